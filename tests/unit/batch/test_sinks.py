from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from pyarrow import parquet
from support.batch import LAYOUT

from windlass.batch.sinks import JobFacts, load_table, name_table, write_files
from windlass.errors.batch import DatabaseFailedError, TableShapeError
from windlass.project.results import ColumnType, ResultColumn, ResultFormat

ROWS = (("a", 0.5, 1), ("b", None, 0))


def facts(job: str = "job-1", rows: int = 2) -> JobFacts:
    return JobFacts(job=job, endpoint="churn", deployment="churn-1", model="churn:1", rows=rows)


def query(database: Path, statement: str) -> list[Any]:
    with closing(sqlite3.connect(database)) as connection:
        return connection.execute(statement).fetchall()


def test_files_hold_the_rows_with_their_types(tmp_path: Path) -> None:
    table, text = write_files(ROWS, LAYOUT, tmp_path / "out")

    assert parquet.read_table(table).to_pylist() == [
        {"customer_id": "a", "probability": 0.5, "buys_again": 1},
        {"customer_id": "b", "probability": None, "buys_again": 0},
    ]
    assert text.read_text() == "customer_id,probability,buys_again\na,0.5,1\nb,,0\n"


def test_no_rows_make_empty_files_with_their_columns(tmp_path: Path) -> None:
    table, text = write_files((), LAYOUT, tmp_path)

    assert parquet.read_table(table).column_names == list(LAYOUT.names)
    assert text.read_text() == "customer_id,probability,buys_again\n"


def test_files_are_replaced_whole(tmp_path: Path) -> None:
    write_files(ROWS, LAYOUT, tmp_path)

    write_files(ROWS[:1], LAYOUT, tmp_path)

    assert sorted(path.name for path in tmp_path.iterdir()) == ["predictions.csv", "predictions.parquet"]
    assert (tmp_path / "predictions.csv").read_text().count("\n") == 2


def test_rows_stand_in_the_table_of_the_endpoint_with_their_job(tmp_path: Path) -> None:
    database = tmp_path / "deep" / "r.sqlite"

    name = load_table(ROWS, LAYOUT, facts(), database, now=0)

    assert name == "churn_predictions"
    assert query(database, f"SELECT * FROM {name}") == [("job-1", "a", 0.5, 1), ("job-1", "b", None, 0)]
    assert query(database, "SELECT job, rows, model, loaded_at FROM batch_jobs") == [
        ("job-1", 2, "churn:1", "1970-01-01T00:00:00+00:00")
    ]


def test_loading_a_job_again_changes_nothing(tmp_path: Path) -> None:
    database = tmp_path / "r.sqlite"
    load_table(ROWS, LAYOUT, facts(), database, now=0)
    before = query(database, "SELECT * FROM churn_predictions ORDER BY 1, 2")

    load_table(ROWS, LAYOUT, facts(), database, now=99)

    assert query(database, "SELECT * FROM churn_predictions ORDER BY 1, 2") == before
    assert query(database, "SELECT count(*), loaded_at FROM batch_jobs") == [(1, "1970-01-01T00:00:00+00:00")]


def test_jobs_stand_beside_each_other(tmp_path: Path) -> None:
    database = tmp_path / "r.sqlite"
    load_table(ROWS, LAYOUT, facts("job-1"), database, now=0)

    load_table(ROWS, LAYOUT, facts("job-2"), database, now=0)

    assert query(database, "SELECT job, count(*) FROM churn_predictions GROUP BY job") == [("job-1", 2), ("job-2", 2)]


def test_a_load_that_dies_in_the_middle_leaves_no_row(tmp_path: Path) -> None:
    class Dying(tuple[Any, ...]):
        __slots__ = ()

        def __iter__(self) -> Iterator[Any]:
            yield from ROWS
            raise KeyboardInterrupt

    database = tmp_path / "r.sqlite"
    load_table(ROWS, LAYOUT, facts("job-0"), database, now=0)
    with pytest.raises(KeyboardInterrupt):
        load_table(Dying(), LAYOUT, facts("job-1"), database, now=0)

    assert query(database, "SELECT count(*) FROM churn_predictions WHERE job = 'job-1'") == [(0,)]
    assert query(database, "SELECT job FROM batch_jobs") == [("job-0",)]


def test_rows_that_do_not_add_up_are_taken_back(tmp_path: Path) -> None:
    database = tmp_path / "r.sqlite"

    with pytest.raises(DatabaseFailedError, match="2 rows of the job instead of 3"):
        load_table(ROWS, LAYOUT, facts(rows=3), database, now=0)

    assert query(database, "SELECT name FROM sqlite_master WHERE name = 'churn_predictions'") in (
        [],
        [("churn_predictions",)],
    )
    assert "job-1" not in str(query(database, "SELECT sql FROM sqlite_master"))


def test_a_table_with_other_columns_is_left_alone(tmp_path: Path) -> None:
    database = tmp_path / "r.sqlite"
    load_table(ROWS, LAYOUT, facts(), database, now=0)
    other = ResultFormat(columns=(ResultColumn(name="customer_id"), ResultColumn(name="score")), key=("customer_id",))

    with pytest.raises(TableShapeError, match="job, customer_id, score"):
        load_table((("a", "1"),), other, facts("job-2", 1), database, now=0)


def test_a_file_that_is_no_database_is_named(tmp_path: Path) -> None:
    (tmp_path / "r.sqlite").write_text("this is a text file and certainly not a database, whatever its name says")

    with pytest.raises(DatabaseFailedError, match="not a database"):
        load_table(ROWS, LAYOUT, facts(), tmp_path / "r.sqlite", now=0)


def test_every_kind_of_column_comes_back_as_it_was(tmp_path: Path) -> None:
    layout = ResultFormat(
        columns=tuple(ResultColumn(name=f"c_{kind}", type=kind) for kind in ColumnType), key=("c_text", "c_whole")
    )

    load_table((("007", 0.1, 3, True),), layout, facts(rows=1), tmp_path / "r.sqlite", now=0)

    assert query(tmp_path / "r.sqlite", "SELECT * FROM churn_predictions") == [("job-1", "007", 0.1, 3, 1)]


def test_table_names_hold_no_hyphen() -> None:
    assert name_table("who-buys-again") == "who_buys_again_predictions"
