"""The SHA-256 that names a model's content, as the toolkit computes it before a release.

A file is named by the SHA-256 of its bytes. A folder is named by the SHA-256 of one line for each file, sorted as
text: its path with `/`, a zero byte, the SHA-256 of its bytes in hexadecimal, a line feed. What tools leave in
folders does not count.
"""

from __future__ import annotations

import hashlib
from pathlib import Path, PurePosixPath

_LEFT_BEHIND = frozenset({"__pycache__", ".ipynb_checkpoints", ".DS_Store", ".git"})


def digest_of(path: Path) -> str:
    """Return the digest of a file or folder."""
    if path.is_file():
        return _digest_of_file(path)
    files = (file for file in path.rglob("*") if file.is_file())
    named = ((PurePosixPath(file.relative_to(path).as_posix()), file) for file in files)
    lines = sorted(f"{name}\0{_digest_of_file(file)}\n" for name, file in named if _counts(name))
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def _counts(path: PurePosixPath) -> bool:
    return path.suffix != ".pyc" and _LEFT_BEHIND.isdisjoint(path.parts)


def _digest_of_file(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
