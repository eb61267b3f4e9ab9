"""The program of a node, in the parts that can be called without one."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from windlass_emulator.batch import driver

CELLS = st.text(st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"]), min_size=1, max_size=8)
TABLES = st.integers(1, 4).flatmap(
    lambda width: st.lists(st.lists(CELLS, min_size=width, max_size=width), min_size=1, max_size=6)
)


@pytest.mark.specified
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(TABLES)
def test_what_a_data_frame_wrote_is_read_back_with_a_space_as_separator(tmp_path: Path, table: list[list[str]]) -> None:
    # As Azure's own documentation reads it: header=None, sep=" ".
    part = tmp_path / "part"
    rows = driver.write_rows(pd.DataFrame(table), part)

    with part.open(newline="", encoding="utf-8") as file:
        assert list(csv.reader(file, delimiter=" ")) == table
    assert rows == len(table)


@pytest.mark.specified
@pytest.mark.parametrize(
    ("result", "text"),
    [
        ([1, "b", None], "1\nb\nNone\n"),
        ((0.5,), "0.5\n"),
        (np.array([1, 2]), "1\n2\n"),
        (np.array([[1, 2], [3, 4]]), "[1 2]\n[3 4]\n"),
        (pd.Series([1.5, 2.5]), "1.5\n2.5\n"),
        ([], ""),
    ],
)
def test_anything_else_with_a_length_is_written_one_element_a_line(tmp_path: Path, result: Any, text: str) -> None:
    driver.write_rows(result, tmp_path / "part")

    assert (tmp_path / "part").read_text() == text


@pytest.mark.specified
@pytest.mark.parametrize("result", [None, "rows", b"rows", {"a": 1}, 7, iter([1])])
def test_what_has_no_rows_is_refused(tmp_path: Path, result: Any) -> None:
    with pytest.raises(TypeError, match="must return a pandas DataFrame or a list"):
        driver.write_rows(result, tmp_path / "part")


@pytest.mark.specified
@pytest.mark.parametrize(
    ("text", "missing"), [("def run(b): pass", "init"), ("def init(): pass\nrun = 3", "run"), ("", "init")]
)
def test_a_script_without_one_of_its_two_functions_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, missing: str
) -> None:
    monkeypatch.syspath_prepend(tmp_path)  # and so sys.path is afterwards what it was
    script = tmp_path / f"script_{missing}.py"
    script.write_text(text)

    with pytest.raises(AttributeError, match=rf"has no function {missing}\(\)"):
        driver.load_script(script)


@pytest.mark.inferred
def test_a_script_that_is_not_there_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(tmp_path)

    with pytest.raises(FileNotFoundError, match=r"no scoring script nowhere\.py"):
        driver.load_script(tmp_path / "nowhere.py")
