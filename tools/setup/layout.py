"""Where setting up puts things: two folders in the checkout and one cache folder."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Layout:
    """The folders of one checkout.

    Attributes:
        root: The checkout.
        cache: Shared by all checkouts of a user; safe to delete.
    """

    root: Path
    cache: Path

    @property
    def venv(self) -> Path:
        """The toolkit's virtual environment."""
        return self.root / ".venv"

    @property
    def python(self) -> Path:
        """Its interpreter."""
        return self.venv / "bin" / "python"

    @property
    def local(self) -> Path:
        """State of the local stack."""
        return self.root / ".windlass"

    @property
    def tools(self) -> Path:
        """The Pulumi engine with its language host, as this checkout uses it."""
        return self.local / "bin"

    @property
    def checkers(self) -> Path:
        """Programs that `make check` needs and that no Python package brings."""
        return self.local / "checkers"


def layout() -> Layout:
    """Return the layout of the checkout that this file belongs to."""
    home = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return Layout(
        root=Path(__file__).resolve().parents[2],
        cache=Path(os.environ.get("WINDLASS_CACHE") or home / "windlass").absolute(),
    )
