"""The console of an instance: what it says of an end, and that it does not grow for ever."""

from __future__ import annotations

import re
from pathlib import Path

LOG_BYTES = 20_000_000

_EXCEPTION = re.compile(r"^[A-Za-z_][\w.]*(?:Error|Exception|Exit|Interrupt)\w*\b.*", re.MULTILINE)
_CHAINED = re.compile(r"\n(?:The above exception was|During handling of the above)")


def cause_of(console: str) -> str:
    """Return the line of a console that says best why a server ended.

    The server wraps what a scoring script raises, so of a chain of exceptions the last but one is the script's.
    """
    links = _CHAINED.split(console)
    raised = _EXCEPTION.findall(links[-2] if len(links) > 1 else console)
    if raised:
        return str(raised[-1])
    lines = [line for line in console.splitlines() if line.strip()]
    return lines[-1] if lines else "it ended without a word"


def trim(console: Path, offset: int, *, most: int = LOG_BYTES) -> int:
    """Cut a console that has grown too long down to its newer half.

    Args:
        console: A file to which a process appends.
        offset: A place in it.
        most: Bytes that it may have.

    Returns:
        The same place afterwards, or the beginning when it was cut off.
    """
    size = console.stat().st_size if console.exists() else 0
    if size <= most:
        return offset
    with console.open("r+b") as reading, console.open("ab") as appending:
        reading.seek(size - most // 2)
        newer = reading.read().partition(b"\n")[2]
        appending.truncate(0)
        appending.write(newer)
    return 0
