# mypy: disable-error-code="no-any-return,return,unused-ignore"
from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
from churn_features import COLUMN_NAMES, COLUMNS, CUSTOMER_ID, Choice, Flag, Number  # type: ignore[import-not-found]
from churn_scoring import find_problem  # type: ignore[import-not-found]
from customers import LABEL, Table, generate_customers, without_label, write_csv  # type: ignore[import-not-found]

COUNT = 4_000


@pytest.fixture(scope="module")
def customers() -> Table:
    return generate_customers(COUNT, seed=5)


def test_the_same_seed_gives_the_same_customers() -> None:
    first, second = generate_customers(50, seed=9), generate_customers(50, seed=9)

    assert all((first[name] == second[name]).all() for name in first)


def test_another_seed_gives_other_customers() -> None:
    assert (generate_customers(50, seed=1)["age"] != generate_customers(50, seed=2)["age"]).any()


def test_a_table_has_the_id_the_models_columns_and_the_label(customers: Table) -> None:
    assert list(customers) == [CUSTOMER_ID, *COLUMN_NAMES, LABEL]
    assert list(without_label(customers)) == [CUSTOMER_ID, *COLUMN_NAMES]


def test_every_customer_can_be_scored(customers: Table) -> None:
    problems = [
        (column.name, value)
        for column in COLUMNS
        for value in customers[column.name].tolist()
        if find_problem(column, value) is not None
    ]

    assert problems == []


def test_ids_name_one_customer_each(customers: Table) -> None:
    assert len(set(customers[CUSTOMER_ID].tolist())) == COUNT


def test_nobody_has_been_silent_for_longer_than_known(customers: Table) -> None:
    assert (customers["days_since_last_order"].astype(int) <= customers["tenure_days"].astype(int)).all()


def test_some_but_not_most_buy_again(customers: Table) -> None:
    assert 0.2 < float(np.mean(customers[LABEL].astype(bool))) < 0.4


def test_silence_and_complaints_speak_against_another_order(customers: Table) -> None:
    buys = customers[LABEL].astype(bool)
    since = customers["days_since_last_order"].astype(float)
    tickets = customers["support_tickets"].astype(float)

    assert since[buys].mean() < since[~buys].mean() / 3
    assert tickets[buys].mean() < tickets[~buys].mean()


def test_readers_of_the_newsletter_and_friends_of_customers_buy_more(customers: Table) -> None:
    buys = customers[LABEL].astype(bool)
    reads = customers["newsletter"].astype(bool)
    channel = customers["channel"]

    assert buys[reads].mean() > buys[~reads].mean()
    assert buys[channel == "referral"].mean() > buys[channel == "social"].mean()


def test_a_csv_file_reads_back_as_text_that_means_the_same(customers: Table, tmp_path: Path) -> None:
    write_csv(without_label(customers), tmp_path / "deep" / "c.csv")

    with (tmp_path / "deep" / "c.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))

    assert len(rows) == COUNT
    assert {row["newsletter"] for row in rows} == {"true", "false"}
    assert [row["age"] for row in rows] == [str(value) for value in customers["age"].tolist()]


def test_every_column_says_what_it_means() -> None:
    assert all(column.meaning for column in COLUMNS)
    assert {type(column) for column in COLUMNS} == {Number, Flag, Choice}
