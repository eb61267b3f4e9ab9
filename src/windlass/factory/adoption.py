"""What takes existing resources over."""

from __future__ import annotations

from collections.abc import MutableMapping
from pathlib import Path
from typing import TYPE_CHECKING

from windlass import cloud
from windlass.release.clock import SystemClock

if TYPE_CHECKING:
    from windlass.delivery.adoption import Adoption


def plan_adoption(root: Path, stack: str, environ: MutableMapping[str, str]) -> Adoption:
    """Look which resources that the stack would make exist already. Nothing is changed.

    Args:
        root: The folder of the project.
        stack: The stack's name.
        environ: The environment; it is made to fit the stack's cloud.

    Raises:
        PreviewFailedError: The stack cannot be previewed, so nobody knows what it would make.
    """
    import json
    from tempfile import TemporaryDirectory

    from windlass.azure.arm import Arm
    from windlass.azure.credential import sign_in
    from windlass.azure.look import AzureEyes
    from windlass.azure.workspace import workspace_id
    from windlass.delivery.adoption import adopt, find_candidates
    from windlass.engine.preview import run_preview
    from windlass.errors.delivery import PreviewFailedError
    from windlass.project.stack_file import known_outputs, load_settings
    from windlass.recovery.models import Presence

    outputs = known_outputs(load_settings(root, stack))
    cloud.enter(outputs, root, environ)
    with TemporaryDirectory(prefix="windlass-import-") as folder:
        file = Path(folder, "import.json")
        digest = run_preview(root, stack, environ, import_file=file)
        if errors := digest.said("error"):
            raise PreviewFailedError(stack, errors, ())
        written = json.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}
    eyes = AzureEyes(Arm(sign_in(), workspace_id(outputs), sleep=SystemClock().sleep), outputs)
    candidates = find_candidates(digest, outputs.subscription_id)
    seen = {each.id: eyes.look(each.id, each.api_version) for each in candidates}
    existing = {arm_id: each.id for arm_id, each in seen.items() if each.presence is not Presence.ABSENT}
    return adopt(digest, written, candidates, existing)


def adopt(root: Path, stack: str, environ: MutableMapping[str, str], adoption: Adoption) -> None:
    """Import what was found, and settle what an import writes otherwise than the program.

    Raises:
        EngineFailedError: It could not be imported.
    """
    from windlass.delivery.adoption import settle
    from windlass.engine.adoption import import_resources
    from windlass.engine.backend import find_backend
    from windlass.engine.preview import run_preview
    from windlass.engine.state import EngineState
    from windlass.project.loader import load_project_name

    import_resources(root, stack, environ, adoption.file)
    state = EngineState(root, load_project_name(root), stack, find_backend(root, stack, environ), environ)
    state.replace(settle(state.export(), run_preview(root, stack, environ)))
