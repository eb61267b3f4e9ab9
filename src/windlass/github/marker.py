"""The hidden first line by which we know our own comments and issues again. Pure.

An HTML comment shows to nobody. It stands alone on the first line, so that a text that quotes one is not taken for it.
"""

from __future__ import annotations

import re
from typing import Final

from windlass.errors.github import CommentTooLongError, KeyRefusedError

TEXT_LIMIT: Final = 65_536
"""Characters of a comment or an issue: what GitHub says when it refuses one (422). No text of so many is refused; that
github.com takes more when they are short in UTF-8 was measured by others (262,144 bytes) and is promised nowhere."""
_KEY = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_KEY_LENGTH: Final = 64


def marker(key: str) -> str:
    """Return the hidden line of a key.

    Raises:
        KeyRefusedError: It could end the HTML comment, or be read in two ways.
    """
    if len(key) > _KEY_LENGTH or not _KEY.fullmatch(key):
        raise KeyRefusedError(key)
    return f"<!-- windlass:{key} -->"


def marked(key: str, body: str, *, what: str = "comment") -> str:
    """Put the hidden line of a key before a text.

    Raises:
        CommentTooLongError: GitHub would refuse it.
    """
    text = f"{marker(key)}\n{body}"
    if len(text) > TEXT_LIMIT:
        raise CommentTooLongError(what, len(text), TEXT_LIMIT)
    return text


def carries(key: str, text: str) -> bool:
    """Tell whether a text begins with the hidden line of a key."""
    return next(iter(text.splitlines()), "").strip() == marker(key)
