"""How a text is cut for the summary of a job, and how an output of a step is written. Pure."""

from __future__ import annotations

import hashlib
import re
from typing import Final

from windlass.errors.github import OutputRefusedError

SUMMARY_LIMIT: Final = 1024 * 1024
"""Bytes of one step (GitHub's docs, workflow commands). More, and GitHub shows nothing of it."""
CUT: Final = (
    "\n\n**Cut here**: GitHub shows 1 MiB of a step's summary. The whole text is among the artefacts of this run.\n"
)
_FENCE = re.compile(r"^ {0,3}(`{3,}|~{3,})", re.MULTILINE)
_FOLD = re.compile(r"<(/?)details\b[^>]*>", re.IGNORECASE)
_CLOSE_ROOM: Final = 256
"""Bytes for closing what stands open at the cut: twenty folds, one in another."""
_OUTPUT = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")


def fit_summary(text: str, room: int = SUMMARY_LIMIT) -> str:
    """Cut a text at the end of a line, so that it fits with the sentence that says so.

    What is folded or fenced at the cut is closed before that sentence, which would show to nobody else.

    Args:
        text: Markdown.
        room: Bytes of UTF-8 that are left in the step's summary.
    """
    if len(text.encode()) <= room:
        return text
    kept = text.encode()[: max(0, room - len(CUT.encode()) - _CLOSE_ROOM)].decode(errors="ignore")
    kept = kept[: kept.rfind("\n") + 1]
    whole = f"{kept}{_closing(kept)}{CUT}"
    return whole if len(whole.encode()) <= room else ""


def output_lines(name: str, value: str) -> str:
    """Return what a step writes to GITHUB_OUTPUT; a value may have several lines.

    Raises:
        OutputRefusedError: The name could be read as something else.
    """
    if not _OUTPUT.fullmatch(name):
        raise OutputRefusedError(name)
    delimiter = f"end-{hashlib.sha256(value.encode()).hexdigest()[:32]}"
    return f"{name}<<{delimiter}\n{value}\n{delimiter}\n"


def _closing(text: str) -> str:
    """Close what stands open at the end of a text: a fence, then what is folded."""
    fence = ""
    for found in _FENCE.findall(text):
        if not fence:
            fence = found
        elif found.startswith(fence):
            fence = ""
    folds = 0
    for slash in _FOLD.findall(text):
        folds = max(0, folds - 1) if slash else folds + 1
    return (f"{fence}\n" if fence else "") + "\n</details>" * folds
