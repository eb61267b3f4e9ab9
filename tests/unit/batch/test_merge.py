from __future__ import annotations

import csv
import io
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.batch import LAYOUT

from windlass.batch.merge import merge_rows, split_line
from windlass.project.results import ColumnType, ResultColumn, ResultFormat

KEYS = st.lists(
    st.text(st.characters(exclude_categories=("Cs", "Cc", "Zl", "Zp")), min_size=1, max_size=8),
    unique=True,
    min_size=1,
    max_size=20,
)


def write(*values: str) -> str:
    """Write a line as Azure's append_row does: a blank between values, quoted where needed."""
    stream = io.StringIO()
    csv.writer(stream, delimiter=" ", lineterminator="\n").writerow(values)
    return stream.getvalue()


def line_of(key: str) -> str:
    return write(key, "0.5", "1")


def test_a_row_gets_its_types() -> None:
    merged = merge_rows(["007 0.25 1\n"], LAYOUT, None)

    assert merged.rows == (("007", 0.25, 1),)


def test_rows_that_are_there_again_are_counted_and_left_out() -> None:
    merged = merge_rows([line_of("a"), line_of("b"), line_of("a")], LAYOUT, [("a",), ("b",)])

    assert [row[0] for row in merged.rows] == ["a", "b"]
    assert (merged.repeated, merged.differing) == (1, 0)


def test_of_rows_that_say_otherwise_the_first_counts() -> None:
    merged = merge_rows(["a 0.1 0", "a 0.9 1"], LAYOUT, [("a",)])

    assert merged.rows == (("a", 0.1, 0),)
    assert (merged.repeated, merged.differing) == (1, 1)


def test_rows_of_the_input_without_result_are_named_in_their_order() -> None:
    merged = merge_rows([line_of("b")], LAYOUT, [("c",), ("b",), ("a",)])

    assert merged.missing == ("c", "a")


def test_rows_that_the_input_does_not_have_are_named_once_and_left_out() -> None:
    merged = merge_rows([line_of("x"), line_of("x"), line_of("a")], LAYOUT, [("a",)])

    assert merged.unexpected == ("x",)
    assert [row[0] for row in merged.rows] == ["a"]


def test_without_keys_of_the_input_every_row_counts() -> None:
    merged = merge_rows([line_of("x"), line_of("y")], LAYOUT, None)

    assert (len(merged.rows), merged.missing, merged.unexpected) == (2, (), ())


@pytest.mark.parametrize("torn", ["a", "a 0.5", 'a "0.5', "a x 1", "a 0.5 1.5", "a 0.5 1 1"])
def test_a_line_that_is_no_row_is_counted_and_spoils_no_other(torn: str) -> None:
    merged = merge_rows([torn, line_of("a"), line_of("b")], LAYOUT, [("a",), ("b",)])

    assert (len(merged.rows), merged.unreadable, merged.missing) == (2, 1, ())


def test_empty_lines_are_nothing() -> None:
    assert merge_rows(["\n", ""], LAYOUT, None).unreadable == 0


def test_values_with_blanks_and_quotes_are_read_whole() -> None:
    assert split_line(write('Ann "A" Lee', "0.5", "1")) == ['Ann "A" Lee', "0.5", "1"]


def test_flags_and_empty_values_are_read() -> None:
    layout = ResultFormat(columns=(ResultColumn(name="id"), ResultColumn(name="ok", type=ColumnType.FLAG)), key=("id",))

    merged = merge_rows(["a True", "b false", 'c ""', "d maybe"], layout, None)

    assert merged.rows == (("a", True), ("b", False), ("c", None))
    assert merged.unreadable == 1


def test_a_key_may_have_several_columns() -> None:
    layout = ResultFormat(columns=(ResultColumn(name="shop"), ResultColumn(name="id")), key=("id", "shop"))

    merged = merge_rows(["north 1", "south 1"], layout, [("1", "north"), ("1", "south"), ("2", "south")])

    assert (len(merged.rows), merged.missing) == (2, ("2/south",))


@given(keys=KEYS, again=st.lists(st.integers(0, 19)), seed=st.integers())
def test_however_often_and_in_whichever_order_rows_come_each_is_taken_once(
    keys: list[str], again: list[int], seed: int
) -> None:
    lines = [line_of(key) for key in keys] + [line_of(keys[number % len(keys)]) for number in again]
    random.Random(seed).shuffle(lines)

    merged = merge_rows(lines, LAYOUT, [(key,) for key in keys])

    assert sorted(row[0] for row in merged.rows) == sorted(keys)  # type: ignore[type-var] # the keys are texts
    assert (merged.repeated, merged.missing, merged.unexpected) == (len(again), (), ())


@given(keys=KEYS, lost=st.sets(st.integers(0, 19)))
def test_what_has_a_result_and_what_is_missing_make_up_the_input(keys: list[str], lost: set[int]) -> None:
    kept = [key for number, key in enumerate(keys) if number not in lost]

    merged = merge_rows([line_of(key) for key in kept], LAYOUT, [(key,) for key in keys])

    assert {str(row[0]) for row in merged.rows} | set(merged.missing) == set(keys)
    assert len(merged.rows) + len(merged.missing) == len(keys)


@given(values=st.lists(st.text(st.characters(exclude_categories=("Cs", "Cc", "Zl", "Zp"))), min_size=2, max_size=5))
def test_what_azure_writes_is_what_is_read(values: list[str]) -> None:
    assert split_line(write(*values)) == values
