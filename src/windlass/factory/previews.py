"""What previews a stack, judges it and saves both for those who review and apply it later."""

from __future__ import annotations

import json
from collections.abc import MutableMapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from windlass.delivery.cost import CostComparison
    from windlass.delivery.digest import PreviewDigest
    from windlass.delivery.models import Report
    from windlass.delivery.saved import SavedPreview
    from windlass.engine.state import EngineState
    from windlass.project.settings import StackSettings


@dataclass(frozen=True, kw_only=True)
class Looked:
    """A preview with what it was made for.

    Attributes:
        state: The state that it was made for; None when it cannot be read.
        plan: What `pulumi up --plan` takes; None when the engine wrote none.
    """

    saved: SavedPreview
    state: dict[str, Any] | None
    plan: bytes | None


def glance(root: Path, stack: str, environ: MutableMapping[str, str]) -> SavedPreview:
    """Preview a stack for whoever asked, and keep nothing. Nothing is changed."""
    from windlass.delivery.saved import SavedPreview
    from windlass.engine.preview import run_preview

    digest = run_preview(root, stack, environ)
    return SavedPreview.of(digest, stack=stack, notes=_held_names(root, stack, environ, digest))


def look(root: Path, stack: str, environ: MutableMapping[str, str], *, commit: str) -> Looked:
    """Preview a stack to be saved: with a plan, and its state, which is read meanwhile. Nothing is changed.

    What keeps the engine from a preview at all is part of it too, as an error, so that a reviewer reads of it.

    Raises:
        UnknownStackError: The stack has no settings.
        ShellNotReadyError: The stack is local and this shell has not loaded `.windlass/env`.
        EngineMissingError: There is no engine.
        StateMovedWhilePreviewingError: Another run has begun meanwhile.
    """
    from windlass.delivery.manifest import state_digest
    from windlass.delivery.saved import SavedPreview
    from windlass.errors.plans import StateMovedWhilePreviewingError

    engine_state = _state_of(root, stack, environ)
    with TemporaryDirectory(prefix="windlass-plan-") as folder, ThreadPoolExecutor(max_workers=1) as beside:
        file = Path(folder, "plan.json")
        reading = beside.submit(_read, engine_state)
        digest = _ask(root, stack, environ, file)
        state = reading.result()
        plan = file.read_bytes() if file.is_file() else None
    if state is not None and state_digest(state) != state_digest(_read(engine_state)):
        raise StateMovedWhilePreviewingError(stack)
    notes = _held_names(root, stack, environ, digest)
    saved = SavedPreview.of(digest, stack=stack, commit=commit, state=state, notes=notes)
    return Looked(saved=saved, state=state, plan=plan)


def judge(root: Path, saved: SavedPreview, *, base_root: Path | None = None) -> Report:
    """Make the report of a preview, by the settings of its stack as far as they can be read.

    Args:
        root: The folder of the project.
        saved: The preview.
        base_root: The files that what is deployed was made of, for the difference of cost; `root` when None.
    """
    from windlass.delivery.assess import assess
    from windlass.errors import UsageError
    from windlass.project.stack_file import load_settings

    try:
        settings = load_settings(root, saved.stack)
    except UsageError:
        settings = None  # which is why the preview failed: its errors tell
    return assess(saved, settings=settings, cost=_cost(root, saved, settings, base_root) if settings else None)


def _cost(root: Path, saved: SavedPreview, settings: StackSettings, base_root: Path | None) -> CostComparison | None:
    """Estimate what it will cost; nothing where files are wrong, which the preview tells, or where it is no preview."""
    from windlass.errors import UsageError
    from windlass.factory.cost import cost_of_change

    # The engine calls it a failure too when a rule is broken; the preview is whole then.
    failed = bool(saved.digest.said("error")) and not saved.policies
    if saved.kind != "preview" or failed:
        return None
    try:
        return cost_of_change(root, saved, settings, base_root=base_root)
    except UsageError:
        return None


def save(folder: Path, looked: Looked, report: Report) -> None:
    """Save a preview and its report as `<folder>/<stack>`; a plan only when it may be carried out."""
    from windlass.delivery.manifest import Manifest, content_digest, state_digest
    from windlass.delivery.report import report_as_json
    from windlass.engine.saved_previews import write_preview

    failed = bool(report.errors or report.stopped_by)
    plan = None if failed else looked.plan
    manifest = Manifest(
        stack=looked.saved.stack,
        commit=looked.saved.commit,
        plan_sha256="" if plan is None else content_digest(plan),
        state_sha256=state_digest(looked.state),
        failed=failed,
        made_at=datetime.now(UTC),
    )
    written = json.dumps(report_as_json(report), indent=1, ensure_ascii=False) + "\n"
    write_preview(folder, manifest, preview=looked.saved.as_text(), report=written, plan=plan)


def read_state(root: Path, stack: str, environ: MutableMapping[str, str]) -> dict[str, Any] | None:
    """Read the state of a stack; None when it cannot be read."""
    return _read(_state_of(root, stack, environ))


def _ask(root: Path, stack: str, environ: MutableMapping[str, str], plan_file: Path) -> PreviewDigest:
    from windlass.delivery.digest import PreviewDiagnostic, PreviewDigest
    from windlass.engine.preview import run_preview
    from windlass.errors.engine import EngineFailedError, StackNotFoundError

    try:
        return run_preview(root, stack, environ, plan_file=plan_file)
    except (EngineFailedError, StackNotFoundError) as error:
        said = (str(error), *error.details)
        return PreviewDigest(diagnostics=(PreviewDiagnostic(message="\n".join(said), severity="error"),))


def _read(state: EngineState) -> dict[str, Any] | None:
    from windlass.errors.engine import EngineFailedError, StackNotFoundError

    try:
        return state.export()
    except (EngineFailedError, StackNotFoundError):
        return None  # the preview fails for the same reason, and tells it


def _state_of(root: Path, stack: str, environ: MutableMapping[str, str]) -> EngineState:
    from windlass.engine.backend import find_backend
    from windlass.engine.state import EngineState
    from windlass.project.loader import load_project_name

    backend = find_backend(root, stack, environ)
    return EngineState(root, load_project_name(root), stack, backend, environ)


def _held_names(root: Path, stack: str, environ: MutableMapping[str, str], digest: PreviewDigest) -> tuple[str, ...]:
    """Say which names Azure still holds for what was deleted, so that `up` cannot make what a preview shows."""
    from windlass.delivery.held_names import makes_vault
    from windlass.factory.recoveries import held_names
    from windlass.recovery.report import describe_left

    if digest.said("error") or not makes_vault(digest):
        return ()
    return tuple(describe_left(each, stack) for each in held_names(root, stack, environ))
