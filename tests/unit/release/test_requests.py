from __future__ import annotations

import json

from windlass.release.requests import table_request


def test_a_table_becomes_columns_and_typed_rows() -> None:
    request = json.loads(table_request("customer_id,age,newsletter,country\n007,41,true,DE\nb,,false,null\n"))

    assert request == {
        "input_data": {
            "columns": ["customer_id", "age", "newsletter", "country"],
            "data": [["007", 41, True, "DE"], ["b", None, False, None]],
        }
    }


def test_an_empty_table_has_no_rows() -> None:
    assert json.loads(table_request("")) == {"input_data": {"columns": [], "data": []}}
