"""Puts texts that nobody has reviewed into Markdown, so that they stay texts. Pure.

Names, values and messages come from a change, or from a file that another job wrote. What GitHub would read in them
(HTML, links, mentions, references to issues, the ends of table cells) is kept from it by one of three ways: a code
span, prose that is only let through when it holds nothing but plain words, or an indented block.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

_LONGEST_LINE: Final = 2_000
# An underscore within a word is one; at its edge it is mark-up.
_PLAIN: Final = re.compile(r"(?:[A-Za-z0-9 ,;:.'()/%+=-]|(?<=[A-Za-z0-9])_(?=[A-Za-z0-9]))*")
# GitHub makes links of these without any mark-up, and of ten or more hexadecimal digits that are a commit.
_LINKS: Final = re.compile(r"www\.|://|\bGH-\d|\b[0-9a-f]{7,}\b|\S/\S*/?#", re.IGNORECASE)
_BAR: Final = "\N{BROKEN BAR}"


def code(text: str) -> str:
    """Put a text into a code span that it cannot leave."""
    line = one_line(text)
    if not line:
        return "` `"
    fence = "`" * (1 + max((len(run) for run in re.findall("`+", line)), default=0))
    pad = " " if line.startswith("`") or line.endswith("`") else ""
    return f"{fence}{pad}{line}{pad}{fence}"


def cell(text: str) -> str:
    """Put a text into a code span in a cell of a table.

    A bar ends a cell even in a code span, and what escapes it depends on what stands before: it is shown broken.
    """
    return code(text.replace("|", _BAR))


def prose(text: str) -> str:
    """Give plain words as they are, and anything else in a code span; fit for a cell."""
    line = one_line(text).replace("`", "'")
    return line if _PLAIN.fullmatch(line) and not _LINKS.search(line) else cell(line)


def block(text: str, longest: int = _LONGEST_LINE) -> Iterator[str]:
    """Give a text of several lines as lines of an indented block."""
    for line in text.splitlines():
        yield f"    {shortened(_printable(line), longest)}".rstrip()


def shortened(text: str, longest: int) -> str:
    """Cut a text that is longer than that many characters."""
    return text if len(text) <= longest else f"{text[: longest - 3]}..."


def one_line(text: str) -> str:
    """Make a text one line without what is not printed, such as marks that turn the reading direction round."""
    return " ".join(_printable(" ".join(text.splitlines())).split())


def size_of(text: str) -> int:
    """Count a text as GitHub may: in bytes, of which there are at least as many as characters of any kind."""
    return len(text.encode("utf-8", "replace"))


def _printable(text: str) -> str:
    return "".join(each for each in text.replace("\t", " ") if each.isprintable())
