"""Virtual environments for Azure ML environments: one per content, made once, cached."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol


class Environments(Protocol):
    """Makes what an environment's conda or pip section names."""

    async def ensure(self, conda_file: str) -> Path:
        """Return the Python interpreter of the environment with this conda content (YAML or JSON text).

        Raises:
            OperationFailedError: "ImageBuildFailure": the requested Python cannot be had here or an install failed;
                the message names the requirement and ends with the installer's last lines.
        """
