"""Has the Pulumi engine preview a stack, or reads a preview that was saved."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from windlass.delivery.digest import PreviewDigest, parse_digest, parse_events
from windlass.engine.environment import engine_environment
from windlass.errors.delivery import PreviewUnreadableError
from windlass.errors.engine import EngineFailedError, EngineMissingError, StackNotFoundError
from windlass.errors.teardown import ShellNotReadyError
from windlass.project.loader import load_cloud

_BACKEND: Final = "PULUMI_BACKEND_URL"
POLICY_PACK: Final = Path("infra", "policy")
"""What stacks are held to, from the folder of the project."""

_EVENTS: Final = "PULUMI_DEBUG_COMMANDS"
"""Makes the engine know `--event-log`, the only place where it says as data which rules are broken."""
_STREAMING: Final = "PULUMI_ENABLE_STREAMING_JSON_PREVIEW"
"""Makes the engine write events instead of one document."""


def run_preview(
    root: Path,
    stack: str,
    environ: Mapping[str, str],
    *,
    import_file: Path | None = None,
    plan_file: Path | None = None,
) -> PreviewDigest:
    """Ask the engine what `pulumi up` would do. Nothing is changed.

    A preview that fails is returned as well: its diagnostics have the severity `error`.

    Args:
        root: The folder of the project.
        stack: The stack's name.
        environ: The environment that the engine runs in.
        import_file: Where the engine writes what it would make, as `pulumi import` reads it.
        plan_file: Where it writes the plan that `pulumi up --plan` is held to. It may be there, and of no use, when
            the preview failed.

    Raises:
        UnknownStackError: The stack has no settings.
        ShellNotReadyError: The stack is local and this shell has not loaded `.windlass/env`.
        EngineMissingError: There is no engine.
        StackNotFoundError: The backend does not know the stack.
        EngineFailedError: The engine ended without a preview.
    """
    if load_cloud(root, stack) == "local" and _BACKEND not in environ:
        raise ShellNotReadyError(stack)
    command = ["pulumi", "preview", "--json", "--stack", stack, "--non-interactive", "--color", "never"]
    if import_file is not None:
        command += ["--import-file", str(import_file)]
    if plan_file is not None:
        command += ["--save-plan", str(plan_file)]
    env = {name: value for name, value in engine_environment(root, environ).items() if name != _STREAMING}
    # The events hold all that a state file holds: nobody else may read them, and they go when they are read.
    with TemporaryDirectory(prefix="windlass-preview-") as folder:
        events = Path(folder, "events")
        done = _ask(root, [*command, *policy_flags(root), "--event-log", str(events)], {**env, _EVENTS: "true"})
        policies = parse_events(events.read_text(encoding="utf-8").splitlines()) if events.is_file() else ()
    has_none = done.returncode and not done.stdout.strip()
    digest = PreviewDigest() if has_none else parse_digest(done.stdout, "what the engine said")
    digest = digest.model_copy(update={"policies": policies})
    if done.returncode and not digest.said("error"):
        if "no stack named" in done.stderr:
            raise StackNotFoundError(stack, "the Pulumi backend in use", details=tuple(done.stderr.splitlines()))
        raise EngineFailedError(" ".join(command), done.stderr)
    return digest


def _ask(root: Path, command: Sequence[str], env: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(
            command, cwd=root, env=env, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
        )
    except FileNotFoundError as error:
        raise EngineMissingError from error


def policy_flags(root: Path) -> tuple[str, ...]:
    """Return what holds the stack to the project's rules; a project may have none."""
    pack = POLICY_PACK / "PulumiPolicy.yaml"
    return ("--policy-pack", str(POLICY_PACK)) if (root / pack).is_file() else ()


def read_preview(file: Path) -> PreviewDigest:
    """Read what `pulumi preview --json` wrote into a file.

    Raises:
        PreviewUnreadableError: There is no such file, or it holds something else.
    """
    try:
        text = file.read_bytes()
    except OSError as error:
        raise PreviewUnreadableError(str(file), error.strerror or "it cannot be opened") from error
    return parse_digest(text, str(file))
