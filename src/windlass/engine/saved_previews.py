"""Saved previews on disk: one folder per stack, which only its owner may read, written whole or not at all."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import mkdtemp
from typing import Final

from windlass.delivery.manifest import MANIFEST, PLAN, Manifest, parse_manifest
from windlass.delivery.saved import FILE as PREVIEW
from windlass.errors.plans import PlanUnreadableError

REPORT: Final = "report.json"
"""Fit to be shared, unlike the other files."""
_OWN_ONLY: Final = 0o600


@dataclass(frozen=True, kw_only=True)
class SavedPlan:
    """A plan that was read, with what it belongs to.

    Attributes:
        content: The plan's bytes; None when there is none.
        file: Where it lies, for the engine.
    """

    manifest: Manifest
    content: bytes | None
    file: Path


def write_preview(folder: Path, manifest: Manifest, *, preview: str, report: str, plan: bytes | None = None) -> None:
    """Save a preview as `<folder>/<stack>`, in place of one that is there.

    A plan holds a stack's inputs, and a preview its outputs too: nobody else may read them.
    """
    folder.mkdir(parents=True, exist_ok=True)
    texts = {PREVIEW: preview.encode(), REPORT: report.encode(), MANIFEST: manifest.as_text().encode()}
    _write_whole(folder / manifest.stack, texts if plan is None else {PLAN: plan, **texts})


def read_plan(folder: Path, stack: str) -> SavedPlan:
    """Read the plan of a stack from where previews are saved.

    Args:
        folder: Where previews are saved, or the folder of the stack in it.
        stack: The stack's name.

    Raises:
        PlanUnreadableError: There is none.
    """
    own = folder if (folder / MANIFEST).is_file() else folder / stack
    try:
        manifest = parse_manifest((own / MANIFEST).read_bytes(), str(own / MANIFEST))
        content = (own / PLAN).read_bytes() if (own / PLAN).is_file() else None
    except OSError as error:
        raise PlanUnreadableError(str(own), error.strerror or "it cannot be opened") from error
    return SavedPlan(manifest=manifest, content=content, file=own / PLAN)


def _write_whole(target: Path, files: Mapping[str, bytes]) -> None:
    """Write files into a folder beside the target, then move that into its place."""
    made = Path(mkdtemp(prefix=f".{target.name}-", dir=target.parent))
    try:
        for name, content in files.items():
            _write_private(made / name, content)
        if target.exists():
            _make_way(target)
        made.rename(target)
    except BaseException:
        shutil.rmtree(made, ignore_errors=True)
        raise


def _make_way(target: Path) -> None:
    old = Path(mkdtemp(prefix=f".{target.name}-", dir=target.parent))
    target.rename(old)
    shutil.rmtree(old)


def _write_private(file: Path, content: bytes) -> None:
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _OWN_ONLY)
    with os.fdopen(descriptor, "wb") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())
