"""Artefacts of workflow runs: folders that jobs hand on, by the rules of GitHub's two actions as far as we use them."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

UPLOAD = {"name", "path", "if-no-files-found", "retention-days"}
DOWNLOAD = {"name", "pattern", "path", "merge-multiple"}


class ArtifactError(Exception):
    """An artefact action is used in a way that is not known here, or that GitHub refuses."""


@dataclass(frozen=True)
class Artifacts:
    """What runs have kept.

    Attributes:
        folder: Where it is: `<run>/<name>/...`.
    """

    folder: Path

    def upload(self, run: str, root: Path, given: Mapping[str, Any]) -> bool:
        """Keep files; a path with a wildcard keeps its folders from there on, any other what is in the folder."""
        _refuse_unknown(given, UPLOAD)
        path = str(given["path"])
        target = self.folder / "runs" / run / str(given["name"])
        if target.exists():
            raise ArtifactError(f"there is an artefact {given['name']} already")
        base = _base(root, path)
        found = sorted(each for each in _matching(root, path) if each.is_file())
        if not found:
            return bool(given.get("if-no-files-found", "warn") != "error")
        for file in found:
            copy = target / file.relative_to(base)
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, copy)
        return True

    def download(self, run: str, root: Path, given: Mapping[str, Any]) -> bool:
        """Fetch one by name, which has to be there, or all of a pattern, of which there may be none."""
        _refuse_unknown(given, DOWNLOAD)
        kept = self.folder / "runs" / run
        target = root / str(given["path"])
        if "name" in given:
            if not (kept / str(given["name"])).is_dir():
                return False
            shutil.copytree(kept / str(given["name"]), target, dirs_exist_ok=True)
            return True
        if given.get("merge-multiple") is not True:
            raise ArtifactError("a pattern without merge-multiple puts each artefact into a folder of its own")
        for each in sorted(kept.iterdir()) if kept.is_dir() else ():
            if fnmatchcase(each.name, str(given["pattern"])):
                shutil.copytree(each, target, dirs_exist_ok=True)
        return True

    def files(self, pattern: str = "*") -> list[Path]:
        """All files of all artefacts whose name matches."""
        found = (self.folder / "runs").glob(f"*/{pattern}/**/*")
        return sorted(each for each in found if each.is_file())


def _base(root: Path, path: str) -> Path:
    """Return the folder that an artefact's paths start from."""
    parts = Path(path).parts
    wild = next((number for number, part in enumerate(parts) if "*" in part), None)
    if wild is not None:
        return root.joinpath(*parts[:wild])
    return root / path if (root / path).is_dir() else (root / path).parent


def _matching(root: Path, path: str) -> list[Path]:
    if "\n" in path or path.startswith("!"):
        raise ArtifactError("several paths")
    if "*" in path:
        return list(root.glob(path))
    found = root / path
    return list(found.rglob("*")) if found.is_dir() else [found] * found.exists()


def _refuse_unknown(given: Mapping[str, Any], known: set[str]) -> None:
    if unknown := set(given) - known:
        raise ArtifactError(f"not known here: {sorted(unknown)}")
