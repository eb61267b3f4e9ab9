"""What takes existing resources over."""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from windlass import cloud
from windlass.release.clock import SystemClock

if TYPE_CHECKING:
    from windlass.delivery.adoption import Adoption
    from windlass.delivery.digest import PreviewDigest


def plan_adoption(
    root: Path, stack: str, environ: MutableMapping[str, str], *, only: frozenset[str] | None = None
) -> Adoption:
    """Look which resources that the stack would make exist already. Nothing is changed.

    Args:
        root: The folder of the project.
        stack: The stack's name.
        environ: The environment; it is made to fit the stack's cloud.
        only: URNs of what an interrupted run was making. Nothing else is looked at, only what carries the tags that
            the program gives it is found, and Azure is given the time to end what it is still making.

    Raises:
        PreviewFailedError: The stack cannot be previewed, so nobody knows what it would make.
        StillRunningError: Azure did not end an operation in time.
    """
    from windlass.azure.arm import Arm
    from windlass.azure.credential import sign_in
    from windlass.azure.look import AzureEyes
    from windlass.azure.workspace import workspace_id
    from windlass.delivery.adoption import adopt, find_candidates, inputs_of, is_ours
    from windlass.project.stack_file import known_outputs, load_settings
    from windlass.recovery.models import Presence
    from windlass.recovery.quiet import look_until_quiet

    outputs = known_outputs(load_settings(root, stack))
    cloud.enter(outputs, root, environ)
    digest, written = _preview_import(root, stack, environ)
    clock = SystemClock()
    eyes = AzureEyes(Arm(sign_in(), workspace_id(outputs), sleep=clock.sleep), outputs)
    candidates = find_candidates(digest, outputs.subscription_id)
    if only is None:
        seen = {each.id: eyes.look(each.id, each.api_version) for each in candidates}
    else:
        wanted = [each for each in candidates if each.urn in only]
        looked = {each.id: look_until_quiet(eyes, clock, each.id, each.api_version) for each in wanted}
        seen = {each.id: looked[each.id] for each in wanted if is_ours(each, looked[each.id].tags)}
    existing = {arm_id: each.id for arm_id, each in seen.items() if each.presence is not Presence.ABSENT}
    failed = {arm_id for arm_id, each in seen.items() if each.presence is Presence.FAILED and only is not None}
    retry = frozenset(each.urn for each in candidates if each.id in failed)
    begun = inputs_of(digest, frozenset(each.urn for each in candidates if each.id in existing) & (only or frozenset()))
    return replace(adopt(digest, written, candidates, existing), retry=retry, begun=begun)


def _preview_import(
    root: Path, stack: str, environ: MutableMapping[str, str]
) -> tuple[PreviewDigest, Mapping[str, Any]]:
    """Ask the engine what it would make, and for its import file of that."""
    import json
    from tempfile import TemporaryDirectory

    from windlass.engine.preview import run_preview
    from windlass.errors.delivery import PreviewFailedError

    with TemporaryDirectory(prefix="windlass-import-") as folder:
        file = Path(folder, "import.json")
        digest = run_preview(root, stack, environ, import_file=file)
        if errors := digest.said("error"):
            raise PreviewFailedError(stack, errors, ())
        return digest, json.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}


def adopt(root: Path, stack: str, environ: MutableMapping[str, str], adoption: Adoption) -> None:
    """Import what was found, and settle what an import writes otherwise than the program.

    Raises:
        EngineFailedError: It could not be imported.
    """
    from windlass.delivery.adoption import settle, settle_begun
    from windlass.engine.adoption import import_resources
    from windlass.engine.backend import find_backend
    from windlass.engine.preview import run_preview
    from windlass.engine.state import EngineState
    from windlass.project.loader import load_project_name

    import_resources(root, stack, environ, adoption.file)
    state = EngineState(root, load_project_name(root), stack, find_backend(root, stack, environ), environ)
    settled = settle(state.export(), run_preview(root, stack, environ), adoption.retry)
    state.replace(settle_begun(settled, adoption.begun))
