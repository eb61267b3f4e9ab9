"""Content hashes. Pure: who reads the files hands over their digests."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from pathlib import PurePosixPath
from typing import Any

LEFT_BEHIND = frozenset({"__pycache__", ".ipynb_checkpoints", ".DS_Store", ".git"})
"""What tools leave in a folder and what never changes what it means."""


def counts(path: PurePosixPath) -> bool:
    """Tell whether a file of a folder belongs to its content."""
    return path.suffix != ".pyc" and LEFT_BEHIND.isdisjoint(path.parts)


def digest_of_tree(files: Iterable[tuple[PurePosixPath, str]]) -> str:
    """Name a folder by the paths and the SHA-256 of its files; their order and their dates do not matter."""
    lines = sorted(f"{path}\0{digest}\n" for path, digest in files)
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def digest_of_document(document: Any) -> str:
    """Name a parsed YAML or JSON document by its meaning; layout, comments and key order do not matter."""
    text = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=str)
    return hashlib.sha256(text.encode()).hexdigest()
