"""No text becomes Markdown, HTML, a mention, a link or the end of a cell, whatever it holds."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from windlass.delivery.text import block, cell, code, one_line, prose, shortened, size_of

NASTY = [
    "`", "``", "</details>", "@team", "a|b", "\\|", "\n\n# x", "[a](http://x)", "![a](x)", "www.x.org",
    "https://x.org",
    "~x~", "#12", "org/repo#12", "GH-12", "*a*", "_a_", "a_b", "\u202eabc", "<!-- x", "&lt;", "\x1b[31m", "```",
    "a`|`b",
    "0123456789abcdef0123456789abcdef01234567", ":smile:", "- [ ] x", "    code", "1. x", "|---|", "$x$",
]  # fmt: skip
TEXTS = st.text(st.characters(codec="utf-8"), max_size=60) | st.lists(st.sampled_from(NASTY), max_size=4).map("".join)
CODE = re.compile(r"(`+)(?!`)(.*?)(?<!`)\1(?!`)")


def outside_code(text: str) -> str:
    """What GitHub reads as Markdown."""
    return CODE.sub("", text)


@given(TEXTS)
def test_no_text_leaves_its_code_span(text: str) -> None:
    assert outside_code(code(text)) == ""
    assert "\n" not in code(text)
    assert code(text).isprintable()


@given(TEXTS)
def test_no_text_ends_a_cell(text: str) -> None:
    assert "|" not in cell(text)
    assert "|" not in prose(text)
    assert outside_code(cell(text)) == ""


@given(TEXTS)
def test_prose_is_plain_words_or_a_code_span(text: str) -> None:
    left = outside_code(prose(text))

    assert re.fullmatch(r"[\w ,;:.'()/%+=-]*", left, re.ASCII)
    assert not re.search(r"www\.|://|(?<!\w)_|_(?!\w)", left)


@pytest.mark.parametrize("text", ["www.x.org", "https://x.org", "GH-12", "a/b#3", "0123456789", "deadbeef", "@team"])
def test_what_github_links_by_itself_is_no_prose(text: str) -> None:
    assert prose(text) == f"`{text}`"


def test_plain_words_stay_as_they_are() -> None:
    assert prose("32 cores of family DSv2 at the most (4 x 8), 16 more than now") == (
        "32 cores of family DSv2 at the most (4 x 8), 16 more than now"
    )
    assert prose("name it in protection.may_replace") == "name it in protection.may_replace"


@given(TEXTS)
def test_every_line_of_a_block_is_indented(text: str) -> None:
    assert all(not line or line.startswith("    ") for line in block(text))


@given(TEXTS)
def test_a_line_is_one_and_printable(text: str) -> None:
    assert one_line(text).isprintable()


def test_a_text_is_counted_in_bytes() -> None:
    assert size_of("aé🔴") == 1 + 2 + 4


def test_what_is_cut_says_so() -> None:
    assert (shortened("abcdef", 6), shortened("abcdefg", 6)) == ("abcdef", "abc...")
