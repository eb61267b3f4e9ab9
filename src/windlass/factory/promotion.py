"""What takes a model version from one stack to another."""

from __future__ import annotations

import os
from collections.abc import Mapping, MutableMapping
from pathlib import Path
from typing import Final

from windlass.factory.toolkit import Toolkit
from windlass.project.outputs import StackOutputs
from windlass.release.promotion import Promotion, Source, Target

SCRATCH: Final = Path(".windlass", "promotions")
_BACKEND: Final = "PULUMI_BACKEND_URL"


def promotion(
    root: Path,
    name: str,
    *,
    source: str,
    target: str,
    source_backend: str = "",
    recorded: bool = True,
    environ: MutableMapping[str, str] = os.environ,
) -> Promotion:
    """Wire the promotion of one folder.

    Args:
        root: The folder of the project.
        name: The folder under `endpoints/`.
        source: The stack that versions come from.
        target: The stack that they go to.
        source_backend: Where the state of the first stack lies, and its records, unless `WINDLASS_RECORDS_URL` names
            one place for all; where those of the second do if empty.
        recorded: Whether a record of the promotion is written.
        environ: The environment; it is made to fit the stacks' cloud.

    Raises:
        PromotionAcrossCloudsError: One of the stacks is on the local Azure and the other is not.
    """
    from windlass.azure.model_files import AzureModelFiles
    from windlass.project.loader import load_model

    _require_one_cloud(root, source, target)
    to = Toolkit(root, target, environ, recorded=recorded)
    definition, releases = to.fitting(name), to.releases_of(name)
    of_source = environ_of_source(environ, source_backend)
    from_ = Toolkit(root, source, of_source, read=lambda: _read_source(root, source, of_source))
    return Promotion(
        Source(
            stack=source,
            records=from_.records,
            assets=from_.assets,
            models=AzureModelFiles(from_.workspace),
            observe=lambda: from_.observe(name),
        ),
        Target(definition=definition, endpoint=to.endpoint_name(name), assets=to.assets, releases=releases),
        load=load_model,
        scratch=root / SCRATCH,
    )


def _require_one_cloud(root: Path, source: str, target: str) -> None:
    """A process that has entered one cloud must not reach for the other."""
    from windlass.errors.records import PromotionAcrossCloudsError
    from windlass.project.loader import load_cloud

    clouds = load_cloud(root, source), load_cloud(root, target)
    if clouds[0] != clouds[1]:
        raise PromotionAcrossCloudsError((source, clouds[0]), (target, clouds[1]))


def _read_source(root: Path, stack: str, environ: Mapping[str, str]) -> StackOutputs:
    """Read the outputs of the first stack; from its state where that is possible, because its key is not ours."""
    from windlass.azure.credential import sign_in
    from windlass.engine.backend import find_backend
    from windlass.engine.outputs import outputs_of_state, read_outputs
    from windlass.factory.state import files_at
    from windlass.project.loader import load_project_name

    backend = find_backend(root, stack, environ)
    if not backend.startswith("azblob://"):
        return read_outputs(root, stack, environ)
    return outputs_of_state(files_at(backend, stack, environ, sign_in).read, load_project_name(root), stack)


def environ_of_source(environ: MutableMapping[str, str], backend: str) -> MutableMapping[str, str]:
    """The environment in which the first stack is looked at."""
    return {**environ, _BACKEND: backend} if backend else environ
