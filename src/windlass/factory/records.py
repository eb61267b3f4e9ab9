"""What keeps the records of a stack's releases."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from windlass.factory.state import state_files
from windlass.origin import read_origin
from windlass.project.loader import load_project_name
from windlass.release.clock import SystemClock
from windlass.release.ports import Clock
from windlass.release.recording import Records


def records_of(
    root: Path, stack: str, environ: Mapping[str, str], *, credential: Callable[[], Any], clock: Clock
) -> Records:
    """Wire the records of a stack.

    Raises:
        StateElsewhereError: The state lies where no files can be kept.
    """
    files = state_files(root, stack, environ, credential)

    def origin() -> Any:
        return read_origin(root, environ, lambda: credential().identity)

    return Records(files, load_project_name(root), stack, clock, origin)


def past_records(root: Path, stack: str, environ: Mapping[str, str]) -> Records:
    """Wire the records of a stack for looking alone: nothing of its Azure is asked.

    Raises:
        UnknownStackError: The stack has no settings.
        StateElsewhereError: The state lies where no files can be kept.
    """
    from windlass.azure.credential import sign_in

    return records_of(root, stack, environ, credential=sign_in, clock=SystemClock())
