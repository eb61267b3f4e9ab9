"""From the body of a request to the answer, without any web framework.

Two forms of body are read, one row or many:

    {"input_data": {"columns": ["age", ...], "data": [[41, ...], ...]}}
    [{"age": 41, ...}, ...]

`customer_id` is optional and comes back beside its prediction; other unknown columns are refused, because a
misspelt column that is silently dropped would be found in the figures of next quarter. Everything wrong with
a body is a `BadInputError` that names the field and the row. Values are checked strictly: a number in quotes
is not a number.
"""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING

from churn_features import COLUMN_NAMES, COLUMNS, CUSTOMER_ID, Choice, Column, Flag, Number, build_features

if TYPE_CHECKING:
    from collections.abc import Sequence

    from churn_model import Model

MAX_BODY_BYTES = 4 * 1024 * 1024
MAX_ROWS = 10_000
THRESHOLD = 0.5
LONGEST_ID = 128

Json = object


class BadInputError(Exception):
    """The caller's mistake: which field, which row, what is expected there.

    Attributes:
        status: The HTTP status, 400 or 413.
        field: The column or part of the body.
        row: The row, counted from 0, where one row is to blame.
    """

    def __init__(self, message: str, *, field: str, row: int | None = None, status: int = 400) -> None:
        super().__init__(message)
        self.field = field
        self.row = row
        self.status = status

    def body(self) -> dict[str, Json]:
        """The JSON answer."""
        error: dict[str, Json] = {"code": "BadInput", "field": self.field, "message": str(self)}
        if self.row is not None:
            error["row"] = self.row
        return {"error": error}


def too_large(size: int) -> BadInputError:
    """The refusal of a body of this many bytes."""
    limit = f"at most {MAX_BODY_BYTES} are read; send a table to the batch endpoint"
    return BadInputError(f"the body has {size} bytes, {limit}", field="body", status=413)


def score_body(model: Model, body: bytes) -> dict[str, Json]:
    """Answer one request.

    Args:
        model: A loaded model.
        body: What the caller sent, as it came.

    Returns:
        `{"predictions": [{"customer_id": ..., "probability": ..., "buys_again": ...}, ...]}`, in the order
        of the rows.

    Raises:
        BadInputError: The body cannot be scored.
    """
    columns, ids = parse_body(body)
    return {"predictions": predict(model, columns, ids)}


def predict(model: Model, columns: dict[str, list[object]], ids: list[str | None]) -> list[dict[str, Json]]:
    """Score valid columns, one prediction per row."""
    probabilities = model.predict_proba(build_features(columns))[:, 1].tolist()
    return [
        ({} if customer is None else {CUSTOMER_ID: customer})
        | {"probability": round(probability, 6), "buys_again": probability >= THRESHOLD}
        for customer, probability in zip(ids, probabilities, strict=True)
    ]


def parse_body(body: bytes) -> tuple[dict[str, list[object]], list[str | None]]:
    """Read and check a body.

    Returns:
        The model's columns, and the customer ids (None where the caller gave none).

    Raises:
        BadInputError: Too large, not JSON, empty, or a field is missing, unknown or wrong.
    """
    if len(body) > MAX_BODY_BYTES:
        raise too_large(len(body))
    names, rows = _names_and_rows(_parse_json(body))
    _check_names(names)
    position = {name: index for index, name in enumerate(names)}
    columns = {column.name: _read_column(column, rows, position[column.name]) for column in COLUMNS}
    return columns, _read_ids(rows, position.get(CUSTOMER_ID))


def _parse_json(body: bytes) -> Json:
    if not body.strip():
        raise BadInputError("the body is empty", field="body")
    try:
        parsed: Json = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise BadInputError(f"the body is not JSON: {error}", field="body") from error
    return parsed


def _names_and_rows(parsed: Json) -> tuple[list[str], list[Sequence[Json]]]:
    data = parsed.get("input_data") if isinstance(parsed, dict) else parsed
    if isinstance(parsed, dict) and data is None:
        raise BadInputError("an object must hold input_data", field="input_data")
    if isinstance(data, dict):
        return _split(data)
    if isinstance(data, list):
        return _records(data)
    raise BadInputError("expected columns with data, or a list of records", field="input_data")


def _split(data: dict[str, Json]) -> tuple[list[str], list[Sequence[Json]]]:
    """The form of columns and data."""
    names, rows = data.get("columns"), data.get("data")
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise BadInputError("columns must be a list of names", field="input_data.columns")
    if not isinstance(rows, list):
        raise BadInputError("data must be a list of rows", field="input_data.data")
    _check_row_count(len(rows), "input_data.data")
    for index, row in enumerate(rows):
        if not isinstance(row, list) or len(row) != len(names):
            message = f"every row must be a list of {len(names)} values, as many as there are columns"
            raise BadInputError(message, field="input_data.data", row=index)
    return names, rows


def _records(records: list[Json]) -> tuple[list[str], list[Sequence[Json]]]:
    """The form of one object per row; every record must have the columns of the first."""
    _check_row_count(len(records), "records")
    names: list[str] = []
    rows: list[Sequence[Json]] = []
    for index, record in enumerate(records):
        if not isinstance(record, dict):
            raise BadInputError("every record must be an object", field="records", row=index)
        names = names or list(record)
        if record.keys() != set(names):
            field = min(record.keys() ^ set(names))
            raise BadInputError(f"{field} is in some records and not in others", field=field, row=index)
        rows.append([record[name] for name in names])
    return names, rows


def _check_row_count(count: int, field: str) -> None:
    if count == 0:
        raise BadInputError("there is no row to score", field=field)
    if count > MAX_ROWS:
        message = f"{count} rows in one request, at most {MAX_ROWS} are scored; send a table to the batch endpoint"
        raise BadInputError(message, field=field, status=413)


def _check_names(names: list[str]) -> None:
    known = {*COLUMN_NAMES, CUSTOMER_ID}
    for name in COLUMN_NAMES:
        if name not in names:
            raise BadInputError(f"the column {name} is missing", field=name)
    for name in names:
        if name not in known:
            raise BadInputError(f"{name!r} is not a column of this model", field=name)
        if names.count(name) > 1:
            raise BadInputError(f"the column {name} is there {names.count(name)} times", field=name)


def _read_column(column: Column, rows: list[Sequence[Json]], position: int) -> list[object]:
    values = [row[position] for row in rows]
    for index, value in enumerate(values):
        problem = find_problem(column, value)
        if problem:
            raise BadInputError(f"{column.name} {problem}, not {_show(value)}", field=column.name, row=index)
    return values


def find_problem(column: Column, value: Json) -> str | None:
    """What a value of a column must be, where it is not."""
    match column:
        case Choice():
            return None if value in column.words else f"must be one of {', '.join(column.words)}"
        case Flag():
            return None if isinstance(value, bool) else "must be true or false"
        case Number():
            return _find_number_problem(column, value)


def _find_number_problem(column: Number, value: Json) -> str | None:
    kind = "a whole number" if column.whole else "a number"
    if isinstance(value, bool) or not isinstance(value, int | float) or not _is_finite(value):
        return f"must be {kind}"
    if column.whole and value != int(value):
        return f"must be {kind}"
    if not column.lowest <= value <= column.highest:
        return f"must be {kind} from {column.lowest:g} to {column.highest:g}"
    return None


def _is_finite(value: float) -> bool:
    # An integer of any size is finite; asking math about a huge one would overflow.
    return isinstance(value, int) or math.isfinite(value)


def _read_ids(rows: list[Sequence[Json]], position: int | None) -> list[str | None]:
    if position is None:
        return [None] * len(rows)
    ids: list[str | None] = []
    for index, row in enumerate(rows):
        value = row[position]
        if not isinstance(value, str) or not 0 < len(value) <= LONGEST_ID:
            message = f"{CUSTOMER_ID} must be a text of 1 to {LONGEST_ID} characters, not {_show(value)}"
            raise BadInputError(message, field=CUSTOMER_ID, row=index)
        ids.append(value)
    return ids


def _show(value: Json) -> str:
    text = json.dumps(value)
    longest = 60
    return text if len(text) <= longest else text[:longest] + "..."
