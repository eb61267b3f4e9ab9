# mypy: disable-error-code="no-any-return,return,unused-ignore"
from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from churn_features import COLUMN_NAMES, COLUMNS, Choice, Flag, Number, build_features  # type: ignore[import-not-found]
from churn_scoring import MAX_BODY_BYTES, MAX_ROWS, BadInputError, parse_body, score_body  # type: ignore[import-not-found]
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

GOOD: dict[str, Any] = {
    "age": 48,
    "country": "DE",
    "channel": "search",
    "tenure_days": 537,
    "orders": 46,
    "days_since_last_order": 11,
    "mean_order_value": 80.42,
    "return_rate": 0.021,
    "support_tickets": 0,
    "visits_30d": 5,
    "newsletter": True,
}


class Half:
    """A model that gives every customer the same probability, or the given ones."""

    def __init__(self, *probabilities: float) -> None:
        self.probabilities = probabilities
        self.seen: list[NDArray[np.float64]] = []

    def predict_proba(self, features: NDArray[np.float64], /) -> NDArray[np.float64]:
        self.seen.append(features)
        buys = np.array(self.probabilities or [0.5] * len(features))
        return np.column_stack([1 - buys, buys])


def body(*records: dict[str, Any]) -> bytes:
    return json.dumps(records).encode()


def refusal(content: bytes) -> BadInputError:
    with pytest.raises(BadInputError) as caught:
        parse_body(content)
    return caught.value


def test_both_forms_of_a_body_get_the_same_answer() -> None:
    records = [{"customer_id": "a", **GOOD}, {"customer_id": "b", **GOOD, "orders": 1}]
    columns = list(records[0])
    table = {"input_data": {"columns": columns, "data": [[record[name] for name in columns] for record in records]}}

    answers = [score_body(Half(0.2, 0.7), content) for content in (body(*records), json.dumps(table).encode())]

    assert answers[0] == answers[1]
    assert answers[0] == {
        "predictions": [
            {"customer_id": "a", "probability": 0.2, "buys_again": False},
            {"customer_id": "b", "probability": 0.7, "buys_again": True},
        ]
    }


def test_records_may_stand_under_input_data() -> None:
    content = json.dumps({"input_data": [GOOD]}).encode()

    assert len(parse_body(content)[1]) == 1


def test_without_a_customer_id_there_is_none_in_the_answer() -> None:
    assert score_body(Half(), body(GOOD)) == {"predictions": [{"probability": 0.5, "buys_again": True}]}


def test_the_order_of_columns_does_not_matter() -> None:
    turned = dict(reversed(GOOD.items()))
    first, second = Half(), Half()

    score_body(first, body(GOOD))
    score_body(second, body(turned))

    assert (first.seen[0] == second.seen[0]).all()


def test_features_have_one_indicator_per_word_and_counts_on_a_logarithmic_scale() -> None:
    features = build_features({name: [value] for name, value in GOOD.items()})

    words = sum(len(column.words) for column in COLUMNS if isinstance(column, Choice))
    others = sum(not isinstance(column, Choice) for column in COLUMNS)
    assert features.shape == (1, words + others)
    assert np.isfinite(features).all()
    assert np.log1p(46) in features[0]


@pytest.mark.parametrize("name", COLUMN_NAMES)
def test_a_missing_column_is_named(name: str) -> None:
    error = refusal(body({key: value for key, value in GOOD.items() if key != name}))

    assert (error.field, error.status) == (name, 400)
    assert error.body()["error"] == {"code": "BadInput", "field": name, "message": f"the column {name} is missing"}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("age", "48"),
        ("age", True),
        ("age", 48.5),
        ("age", 15),
        ("age", None),
        ("age", [48]),
        ("age", 10**400),
        ("mean_order_value", -1),
        ("return_rate", 1.01),
        ("country", "US"),
        ("country", 7),
        ("country", {}),
        ("channel", "Search"),
        ("newsletter", 1),
        ("newsletter", "true"),
        ("customer_id", 7),
        ("customer_id", ""),
        ("customer_id", "x" * 129),
    ],
)
def test_a_wrong_value_is_named_with_its_field_and_row(name: str, value: Any) -> None:
    error = refusal(body({"customer_id": "a", **GOOD}, {"customer_id": "b", **GOOD, name: value}))

    assert (error.field, error.row, error.status) == (name, 1, 400)
    assert name in str(error)


@pytest.mark.parametrize("text", ["NaN", "Infinity", "-Infinity"])
def test_numbers_that_are_none_are_refused(text: str) -> None:
    content = body(GOOD).replace(b"80.42", text.encode())

    assert refusal(content).field == "mean_order_value"


@pytest.mark.parametrize(
    ("content", "field"),
    [
        (b"", "body"),
        (b"  \n", "body"),
        (b"nope", "body"),
        (b"\xff\xfe\x00", "body"),
        (b"[" * 100_000, "body"),
        (b"7", "input_data"),
        (b'"text"', "input_data"),
        (b"null", "input_data"),
        (b"{}", "input_data"),
        (b'{"input_data": 7}', "input_data"),
        (b"[]", "records"),
        (b"[7]", "records"),
        (b'{"input_data": {}}', "input_data.columns"),
        (b'{"input_data": {"columns": [1], "data": []}}', "input_data.columns"),
        (b'{"input_data": {"columns": ["age"]}}', "input_data.data"),
        (b'{"input_data": {"columns": ["age"], "data": []}}', "input_data.data"),
        (b'{"input_data": {"columns": ["age"], "data": [[1, 2]]}}', "input_data.data"),
        (b'{"input_data": {"columns": ["age"], "data": [7]}}', "input_data.data"),
    ],
)
def test_a_body_of_another_form_is_refused_and_says_where(content: bytes, field: str) -> None:
    error = refusal(content)

    assert (error.field, error.status) == (field, 400)


def test_an_unknown_column_is_refused_and_not_dropped() -> None:
    assert refusal(body({**GOOD, "agee": 48})).field == "agee"


def test_a_column_that_is_there_twice_is_refused() -> None:
    columns = [*GOOD, "age"]
    data = [[*GOOD.values(), 48]]

    assert refusal(json.dumps({"input_data": {"columns": columns, "data": data}}).encode()).field == "age"


def test_records_must_have_the_same_columns() -> None:
    error = refusal(body({**GOOD, "customer_id": "a"}, GOOD))

    assert (error.field, error.row) == ("customer_id", 1)


def test_too_many_rows_are_sent_to_the_batch_endpoint() -> None:
    error = refusal(json.dumps([0] * (MAX_ROWS + 1)).encode())

    assert (error.status, error.field) == (413, "records")
    assert "batch endpoint" in str(error)


def test_too_large_a_body_is_refused_before_it_is_read() -> None:
    error = refusal(b"[" * (MAX_BODY_BYTES + 1))

    assert (error.status, error.field) == (413, "body")


def test_a_long_wrong_value_is_not_sent_back_whole() -> None:
    assert len(str(refusal(body({**GOOD, "country": "x" * 10_000})))) < 200


def value_of(column: Number | Flag | Choice) -> st.SearchStrategy[Any]:
    match column:
        case Number(lowest=lowest, highest=highest, whole=True):
            return st.integers(int(lowest), int(highest))
        case Number(lowest=lowest, highest=highest):
            return st.floats(lowest, highest)
        case Flag():
            return st.booleans()
        case Choice(words=words):
            return st.sampled_from(words)


RECORDS = st.lists(st.fixed_dictionaries({column.name: value_of(column) for column in COLUMNS}), min_size=1, max_size=5)


@given(records=RECORDS)
def test_every_valid_body_is_answered_row_by_row(records: list[dict[str, Any]]) -> None:
    model = Half()

    answer = score_body(model, body(*records))

    assert len(answer["predictions"]) == len(records)  # type: ignore[arg-type] # a list in JSON
    assert np.isfinite(model.seen[0]).all()


@given(content=st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_whatever_comes_is_an_answer_or_a_refusal(content: bytes) -> None:
    error: BadInputError | None = None
    try:
        score_body(Half(), content)
    except BadInputError as refused:
        error = refused

    assert error is None or (400 <= error.status < 500 and json.dumps(error.body()))
