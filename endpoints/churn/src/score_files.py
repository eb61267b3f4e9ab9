"""Scores files of customers: Azure ML calls `init` once per worker process and `run` per mini-batch of files.

A table of any size arrives cut into files, some of which make a mini-batch. The rows that `run` returns are
appended to predictions.csv by Azure ML: no header, values separated by blanks. `batch/results.yml` names the
columns for whoever collects them. A file that cannot be scored fails its mini-batch: it is retried, then
counted against `error_threshold`, and the rows of other files are not touched.
"""

from __future__ import annotations

import logging
import os
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from churn_features import COLUMNS, CUSTOMER_ID, Choice, Column, Flag, Number, build_features
from churn_model import Model, load_model
from churn_scoring import THRESHOLD

if TYPE_CHECKING:
    from collections.abc import Sequence

RESULT_COLUMNS = (CUSTOMER_ID, "probability", "buys_again")

logger = logging.getLogger("churn")
_loaded: list[Model] = []


class BadFileError(Exception):
    """A file of a mini-batch cannot be scored; says which, and which column."""


def init() -> None:
    """Load the model once per worker process."""
    _loaded[:] = [load_model(os.environ)]


def run(mini_batch: Sequence[str]) -> pd.DataFrame:
    """Score the files of a mini-batch.

    Args:
        mini_batch: Paths of CSV or Parquet files, each with `customer_id` and the model's columns.

    Returns:
        One row per customer: the id, the probability of buying again, and 1 or 0.

    Raises:
        BadFileError: A file is of another kind, lacks a column, or holds a value that makes no sense.
    """
    parts = [score_table(_loaded[0], read_table(Path(path)), Path(path).name) for path in mini_batch]
    result = pd.concat(parts, ignore_index=True)
    logger.info("scored %d rows of %d files", len(result), len(parts))
    return result


def read_table(path: Path) -> pd.DataFrame:
    """Read one file of customers; the ids stay text, so that 007 is not 7."""
    match path.suffix.lower():
        case ".csv":
            return pd.read_csv(path, dtype={CUSTOMER_ID: str})
        case ".parquet":
            return pd.read_parquet(path)
        case other:
            raise BadFileError(f"{path.name}: {other or 'a file without suffix'} is not read, only .csv and .parquet")


def score_table(model: Model, table: pd.DataFrame, name: str) -> pd.DataFrame:
    """Check and score one table.

    Raises:
        BadFileError: A column is missing or holds a value that makes no sense.
    """
    if CUSTOMER_ID not in table.columns or table[CUSTOMER_ID].isna().any():
        raise BadFileError(f"{name}: every row needs a {CUSTOMER_ID}")
    for column in COLUMNS:
        _check_column(column, table, name)
    probability = np.empty(0)
    if len(table):
        features = build_features({column.name: table[column.name].to_numpy() for column in COLUMNS})
        probability = model.predict_proba(features)[:, 1]
    values = (
        table[CUSTOMER_ID].astype(str),
        np.round(probability, 6),
        (probability >= THRESHOLD).astype(int),
    )
    return pd.DataFrame(dict(zip(RESULT_COLUMNS, values, strict=True)))


def _check_column(column: Column, table: pd.DataFrame, name: str) -> None:
    if column.name not in table.columns:
        raise BadFileError(f"{name}: the column {column.name} is missing")
    wrong = ~_find_valid(column, table[column.name])
    if wrong.any():
        row = int(np.argmax(wrong.to_numpy()))
        value = table[column.name].iloc[row]
        more = int(wrong.sum()) - 1
        who = table[CUSTOMER_ID].iloc[row]
        raise BadFileError(
            f"{name}: {column.name} cannot be {value!r} (customer {who}{f', and {more} more' if more else ''})"
        )


def _find_valid(column: Column, values: pd.Series) -> pd.Series:
    match column:
        case Choice():
            return values.isin(column.words)
        case Flag():
            return values.isin([True, False])
        case Number() if pd.api.types.is_bool_dtype(values):
            return values.isna()  # a column of true and false holds no number at all
        case Number():
            # One word among the numbers makes pandas read the whole column as text: look at each value by itself.
            numbers = pd.to_numeric(values, errors="coerce")
            inside = numbers.between(column.lowest, column.highest)
            return inside & (numbers % 1 == 0) if column.whole else inside
