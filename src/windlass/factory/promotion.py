"""What takes a model version from one stack to another."""

from __future__ import annotations

import os
from collections.abc import MutableMapping
from pathlib import Path
from typing import Final

from windlass.factory.state import ADDRESS
from windlass.factory.toolkit import Toolkit
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
        source_backend: Where the state and the records of the first stack lie; where those of the second do if empty.
        recorded: Whether a record of the promotion is written.
        environ: The environment; it is made to fit the stacks' cloud.
    """
    from windlass.azure.model_files import AzureModelFiles
    from windlass.project.loader import load_model

    to = Toolkit(root, target, environ, recorded=recorded)
    definition, releases = to.fitting(name), to.releases_of(name)
    from_ = Toolkit(root, source, _environ_of_source(environ, source_backend))
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


def _environ_of_source(environ: MutableMapping[str, str], backend: str) -> MutableMapping[str, str]:
    """The environment in which the first stack is looked at; its records lie beside the state that was named."""
    if not backend:
        return environ
    return {**{name: value for name, value in environ.items() if name != ADDRESS}, _BACKEND: backend}
