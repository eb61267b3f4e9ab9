"""Files beside a state, in memory, and what every keeper of such files has to do."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from windlass.errors.azure import AzureDeniedError
from windlass.errors.state import StateFileExistsError
from windlass.release.ports import StateFiles


@dataclass
class FakeStateFiles:
    """Files in a dictionary.

    Attributes:
        files: Content by name.
        denied: Whether whoever writes is refused, as storage does it to who has no role.
        guard: Called before and after each write; a test raises from it to kill the process there.
    """

    files: dict[str, bytes] = field(default_factory=dict)
    denied: bool = False
    guard: Callable[[str], None] = lambda _: None

    def read(self, name: str) -> bytes | None:
        """Read a file."""
        return self.files.get(name)

    def write(self, name: str, content: bytes) -> None:
        """Write a file."""
        if self.denied:
            raise AzureDeniedError(f"write {name} beside the state")
        self.guard(f"before write {name}")
        self.files[name] = content
        self.guard(f"after write {name}")

    def write_new(self, name: str, content: bytes) -> None:
        """Write a file that is not there."""
        if name in self.files:
            raise StateFileExistsError(name)
        self.write(name, content)

    def list(self, prefix: str) -> tuple[str, ...]:
        """Name files."""
        return tuple(sorted(name for name in self.files if name.startswith(prefix)))


def check_keeping(files: StateFiles) -> None:
    """Check what a keeper of files promises; it holds none yet below `windlass/`."""
    assert files.read("windlass/shop/dev/a.json") is None
    assert files.list("windlass/shop/") == ()
    files.write("windlass/shop/dev/a.json", b"1")
    files.write("windlass/shop/dev/a.json", b"22")
    files.write_new("windlass/shop/dev/releases/churn/b.json", b"3")
    files.write("windlass/shop/devel/c.json", b"4")
    with pytest.raises(StateFileExistsError, match=r"b\.json"):
        files.write_new("windlass/shop/dev/releases/churn/b.json", b"other")
    assert files.read("windlass/shop/dev/a.json") == b"22"
    assert files.read("windlass/shop/dev/releases/churn/b.json") == b"3"
    assert files.list("windlass/shop/dev/") == ("windlass/shop/dev/a.json", "windlass/shop/dev/releases/churn/b.json")
    assert files.list("windlass/shop/dev/releases/churn/b") == ("windlass/shop/dev/releases/churn/b.json",)
    assert files.list("windlass/shop/prod/") == ()
