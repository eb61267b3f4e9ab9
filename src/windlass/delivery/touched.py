"""Which stacks a change touches, from the paths that it changes. Pure.

Whatever is not known to be without effect touches every stack: a preview too many costs a minute, one too few is a
change that nobody saw.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from pathlib import PurePosixPath
from typing import Final

ORDER: Final = ("local", "dev", "staging", "prod")
"""In which stacks are named, and deployed; others follow by name."""

_WITHOUT_EFFECT: Final = ("docs/", "tests/", "benchmarks/", ".github/", ".vscode/")
_FILES_WITHOUT_EFFECT: Final = frozenset({"LICENSE", ".gitignore", ".gitattributes", ".editorconfig", ".ci/run"})
_ONE_STACK: Final = re.compile(r"Pulumi\.([^/]+)\.yaml|endpoints/[^/]+/(?:online|batch)/stacks/([^/]+)\.yml")


def stack_of(path: str) -> str | None:
    """Name the one stack that a file is about: its settings, or an overlay of an endpoint's definition."""
    found = _ONE_STACK.fullmatch(path)
    return next((name for name in found.groups() if name), None) if found else None


def touched_stacks(paths: Iterable[str], stacks: Collection[str]) -> tuple[str, ...]:
    """Tell which stacks a change touches.

    Args:
        paths: The files that it changes, relative to the project's folder.
        stacks: All stacks of the project.
    """
    touched: set[str] = set()
    for path in paths:
        if _has_no_effect(path):
            continue
        stack = stack_of(path)
        touched |= set(stacks) if stack is None else {stack} & set(stacks)
    return in_order(touched)


def touched_endpoints(paths: Iterable[str], folders: Collection[str]) -> tuple[str, ...]:
    """Name the folders under `endpoints/` in which a change touches anything.

    Args:
        paths: The files that it changes, relative to the project's folder.
        folders: All folders there.
    """
    found = {parts[1] for path in paths if (parts := path.split("/"))[0] == "endpoints" and len(parts) > 1}
    return tuple(sorted(found & set(folders)))


def gone_stacks(paths: Iterable[str], stacks: Collection[str]) -> tuple[str, ...]:
    """Name the stacks whose settings a change removes: nobody can preview them, and what they made stays in Azure."""
    settings = (stack_of(path) for path in paths if path.startswith("Pulumi."))
    return in_order({stack for stack in settings if stack and stack not in stacks})


def in_order(stacks: Iterable[str]) -> tuple[str, ...]:
    """Sort stacks as they are deployed."""
    known = {name: place for place, name in enumerate(ORDER)}
    return tuple(sorted(stacks, key=lambda name: (known.get(name, len(ORDER)), name)))


def _has_no_effect(path: str) -> bool:
    is_page = "/" not in path and PurePosixPath(path).suffix == ".md"
    return path.startswith(_WITHOUT_EFFECT) or path in _FILES_WITHOUT_EFFECT or is_page
