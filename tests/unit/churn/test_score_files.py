# mypy: disable-error-code="no-any-return,return,unused-ignore"
from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from customers import generate_customers, without_label, write_csv  # type: ignore[import-not-found]
from numpy.typing import NDArray
from score_files import RESULT_COLUMNS, BadFileError, read_table, run, score_table  # type: ignore[import-not-found]

from windlass.project.results import load_results

ROOT = Path(__file__).resolve().parents[3]


class Rising:
    """A model that gives each row a higher probability than the one before."""

    def predict_proba(self, features: NDArray[np.float64], /) -> NDArray[np.float64]:
        buys = np.linspace(0, 1, len(features))
        return np.column_stack([1 - buys, buys])


@pytest.fixture
def table(tmp_path: Path) -> Path:
    write_csv(without_label(generate_customers(5, seed=3)), tmp_path / "c.csv")
    return tmp_path / "c.csv"


def score(path: Path) -> pd.DataFrame:
    return score_table(Rising(), read_table(path), path.name)


def test_every_customer_gets_a_row_in_order(table: Path) -> None:
    scored = score(table)

    assert list(scored["customer_id"]) == list(read_table(table)["customer_id"])
    assert list(scored["probability"]) == [0, 0.25, 0.5, 0.75, 1]
    assert list(scored["buys_again"]) == [0, 0, 1, 1, 1]


def test_parquet_is_scored_like_csv(table: Path, tmp_path: Path) -> None:
    read_table(table).to_parquet(tmp_path / "c.parquet")

    pd.testing.assert_frame_equal(score(tmp_path / "c.parquet"), score(table), check_dtype=False)


def test_results_yml_names_what_is_returned() -> None:
    assert load_results(ROOT, "churn").names == RESULT_COLUMNS


def test_ids_keep_their_leading_zeros(table: Path) -> None:
    table.write_text(table.read_text().replace("C003-0000000", "007"))

    assert score(table)["customer_id"][0] == "007"


def test_an_empty_table_has_no_rows(table: Path) -> None:
    table.write_text(table.read_text().splitlines()[0] + "\n")

    assert len(score(table)) == 0


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("country", "land", "the column country is missing"),
        ("customer_id", "id", "every row needs a customer_id"),
        (",true", ",maybe", "newsletter cannot be"),
    ],
)
def test_a_file_that_cannot_be_scored_is_named_with_its_column(table: Path, old: str, new: str, complaint: str) -> None:
    table.write_text(table.read_text().replace(old, new))

    with pytest.raises(BadFileError, match=complaint):
        score(table)


@pytest.mark.parametrize(
    ("column", "value"),
    [("age", "old"), ("age", "7"), ("age", "48.5"), ("age", ""), ("return_rate", "1.5"), ("country", "US")],
)
def test_the_one_value_that_makes_no_sense_is_named_with_its_customer(table: Path, column: str, value: str) -> None:
    frame = pd.read_csv(table, dtype=str)
    frame.loc[3, column] = value
    frame.to_csv(table, index=False)

    with pytest.raises(BadFileError, match=rf"c\.csv: {column} cannot be .* \(customer C003-0000003\)$"):
        score(table)


def test_several_wrong_values_are_counted(table: Path) -> None:
    frame = pd.read_csv(table, dtype=str)
    frame["age"] = "old"
    frame.to_csv(table, index=False)

    with pytest.raises(BadFileError, match=r"customer C003-0000000, and 4 more"):
        score(table)


def test_true_and_false_are_no_numbers(table: Path) -> None:
    frame = pd.read_csv(table)
    frame["orders"] = True
    frame.to_csv(table, index=False)

    with pytest.raises(BadFileError, match="orders cannot be"):
        score(table)


def test_another_kind_of_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadFileError, match=r"\.xlsx is not read"):
        read_table(tmp_path / "c.xlsx")


def test_a_mini_batch_before_init_fails_and_scores_nothing(table: Path) -> None:
    with pytest.raises(IndexError):
        run([str(table)])
