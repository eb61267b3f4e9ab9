"""The environment that the Pulumi engine is started with."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final

TOOLS: Final = Path(".windlass", "bin")


def engine_environment(root: Path, environ: Mapping[str, str]) -> dict[str, str]:
    """Return the environment with the checkout's own engine as the last place to look for one.

    An engine on PATH is the person's choice and comes first; without one, that of `make setup` serves, so that a
    command for a stack on Azure needs nothing sourced.
    """
    path = [each for each in environ.get("PATH", os.defpath).split(os.pathsep) if each]
    return {**environ, "PATH": os.pathsep.join([*path, str(root / TOOLS)])}
