from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from windlass.project.overlays import merge

documents = st.recursive(
    st.dictionaries(st.sampled_from("abc"), st.integers() | st.lists(st.integers())),
    lambda inner: st.dictionaries(st.sampled_from("abc"), inner | st.integers()),
)


def test_mappings_are_merged_and_everything_else_is_replaced() -> None:
    base = {"a": {"x": 1, "y": [1, 2]}, "b": 1}
    overlay = {"a": {"y": [3]}, "b": {"z": 1}}

    assert merge(base, overlay) == {"a": {"x": 1, "y": [3]}, "b": {"z": 1}}


def test_null_takes_a_key_away() -> None:
    assert merge({"a": 1, "b": {"c": 1, "d": 2}}, {"a": None, "b": {"c": None}}) == {"b": {"d": 2}}


@given(documents)
def test_nothing_laid_over_changes_nothing(document: dict[str, object]) -> None:
    assert merge(document, {}) == document


@given(documents, documents)
def test_an_overlay_laid_over_twice_is_laid_over_once(base: dict[str, object], overlay: dict[str, object]) -> None:
    once = merge(base, overlay)

    assert merge(once, overlay) == once
