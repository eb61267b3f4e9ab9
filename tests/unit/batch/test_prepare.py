from __future__ import annotations

import csv
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyarrow import parquet
from support.batch import write_customers

from windlass.batch.plan import FEWEST_ROWS, MOST_ROWS, PIECES_PER_WORKER, rows_per_piece
from windlass.batch.prepare import (
    digest_tables,
    find_tables,
    load_keys,
    prepare_input,
    read_keys,
    write_keys,
)
from windlass.errors import ExitCode
from windlass.errors.batch import InputColumnsError, InputKeysRepeatError, InputMissingError

KEY = ("customer_id",)


def rows_of(folder: Path) -> list[dict[str, str]]:
    found: list[dict[str, str]] = []
    for piece in sorted(folder.glob("*.csv")):
        with piece.open(encoding="utf-8", newline="") as stream:
            found.extend(csv.DictReader(stream))
    return found


def test_every_row_is_in_exactly_one_piece(tmp_path: Path) -> None:
    table = write_customers(tmp_path / "customers.csv", 5_000)

    prepared, keys = prepare_input(table, tmp_path / "input", key=KEY, workers=2)

    assert [row["customer_id"] for row in rows_of(tmp_path / "input")] == [key for (key,) in keys]
    assert prepared.rows == len(keys) == 5_000
    assert [piece.rows for piece in prepared.pieces] == [1_000] * 5


def test_text_is_copied_and_not_interpreted(tmp_path: Path) -> None:
    table = tmp_path / "t.csv"
    table.write_bytes('\ufeffcustomer_id,note\r\n007,"a ""b"", c\nd"\r\n1e3, x \r\n'.encode())

    prepare_input(table, tmp_path / "input", key=KEY, workers=1)

    assert rows_of(tmp_path / "input") == [
        {"customer_id": "007", "note": 'a "b", c\nd'},
        {"customer_id": "1e3", "note": " x "},
    ]


def test_the_same_table_is_the_same_input_and_another_is_another(tmp_path: Path) -> None:
    first = write_customers(tmp_path / "a.csv", 10)
    again, _ = prepare_input(first, tmp_path / "one", key=KEY, workers=1)
    twice, _ = prepare_input(first, tmp_path / "two", key=KEY, workers=1)
    other, _ = prepare_input(write_customers(tmp_path / "b.csv", 11), tmp_path / "three", key=KEY, workers=1)

    assert again.digest == twice.digest != other.digest


def test_a_folder_is_all_its_tables(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    write_customers(tmp_path / "in" / "a.csv", 3)
    (tmp_path / "in" / "b.csv").write_text("customer_id,age\nX,1\n")
    (tmp_path / "in" / ".hidden").write_text("")

    _, keys = prepare_input(tmp_path / "in", tmp_path / "input", key=KEY, workers=1)

    assert keys == [("C0",), ("C1",), ("C2",), ("X",)]


def test_parquet_stays_parquet(tmp_path: Path) -> None:
    table = tmp_path / "t.parquet"
    parquet.write_table(pa.table({"customer_id": list(range(2_500)), "age": [30] * 2_500}), table)

    prepared, keys = prepare_input(table, tmp_path / "input", key=KEY, workers=1)

    assert [piece.file for piece in prepared.pieces] == [f"part-{n:05d}.parquet" for n in (1, 2, 3)]
    assert keys[0] == ("0",)
    assert parquet.read_table(tmp_path / "input").num_rows == 2_500


def test_keys_are_kept_and_read_back(tmp_path: Path) -> None:
    keys = [("a", "1"), ('b "c"', "2,3"), ("d\ne", "4")]

    write_keys(keys, tmp_path / "keys.csv")

    assert load_keys(tmp_path / "keys.csv") == keys


def test_an_input_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputMissingError, match="does not exist"):
        find_tables(tmp_path / "nothing.csv")


def test_a_file_of_another_kind_is_refused(tmp_path: Path) -> None:
    (tmp_path / "t.xlsx").write_bytes(b"")

    with pytest.raises(InputMissingError, match=r"\.xlsx"):
        find_tables(tmp_path / "t.xlsx")


def test_nothing_in_a_folder_is_left_out_silently(tmp_path: Path) -> None:
    write_customers(tmp_path / "a.csv", 1)
    (tmp_path / "b.json").write_text("[]")

    with pytest.raises(InputMissingError, match=r"b\.json"):
        find_tables(tmp_path)


def test_an_empty_folder_is_no_input(tmp_path: Path) -> None:
    with pytest.raises(InputMissingError, match="holds no table"):
        find_tables(tmp_path)


def test_a_table_without_rows_is_no_input(tmp_path: Path) -> None:
    with pytest.raises(InputMissingError, match="holds no row"):
        read_keys([write_customers(tmp_path / "a.csv", 0)], KEY)


def test_keys_that_name_two_rows_are_named_and_nothing_starts(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("customer_id\nA\nB\nA\n")

    with pytest.raises(InputKeysRepeatError, match=r"more than one row of the input: A\.") as caught:
        read_keys([tmp_path / "a.csv"], KEY)

    assert caught.value.exit_code is ExitCode.REFUSED


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (b"id,age\n1,2\n", "no column customer_id"),
        (b"customer_id,age\n1,2\n3\n", "1 values in line 3"),
        (b"customer_id,age\n,2\n", "no customer_id in row 1"),
        (b"customer_id\n\xff\xfe\n", "not a CSV file"),
        (b'customer_id\n"a\n', "not a CSV file"),
    ],
)
def test_a_broken_table_is_named_with_the_place(tmp_path: Path, content: bytes, complaint: str) -> None:
    (tmp_path / "a.csv").write_bytes(content)

    with pytest.raises(InputColumnsError, match=complaint):
        read_keys([tmp_path / "a.csv"], KEY)


def test_a_parquet_file_that_is_none_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.parquet").write_bytes(b"nothing of the kind")

    with pytest.raises(InputColumnsError, match="not a Parquet file"):
        read_keys([tmp_path / "a.parquet"], KEY)


def test_a_parquet_row_without_key_is_named(tmp_path: Path) -> None:
    parquet.write_table(pa.table({"customer_id": ["a", None]}), tmp_path / "a.parquet")

    with pytest.raises(InputColumnsError, match="in row 2"):
        read_keys([tmp_path / "a.parquet"], KEY)


def test_the_digest_depends_on_names_and_content(tmp_path: Path) -> None:
    one, two = write_customers(tmp_path / "a.csv", 2), write_customers(tmp_path / "b.csv", 2)

    assert digest_tables([one]) != digest_tables([two])
    assert digest_tables([one]) == digest_tables([one])


@given(rows=st.integers(1, 10_000_000), workers=st.integers(1, 64))
def test_pieces_are_neither_tiny_nor_huge_and_keep_every_worker_busy(rows: int, workers: int) -> None:
    size = rows_per_piece(rows, workers)

    assert FEWEST_ROWS <= size <= MOST_ROWS
    if rows >= FEWEST_ROWS * workers * PIECES_PER_WORKER:
        assert rows / size >= workers * PIECES_PER_WORKER - workers
