from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from windlass.errors.project import DefinitionError
from windlass.project.results import ColumnType, load_results, parse_results

ROOT = Path(__file__).resolve().parents[3]
GOOD = {"columns": [{"name": "id"}, {"name": "p", "type": "number"}], "key": ["id"]}


def parse(document: Any) -> Any:
    return parse_results(document, name="churn", shown="endpoints/churn/batch/results.yml")


def test_columns_and_key_are_read_in_order() -> None:
    layout = parse(GOOD)

    assert layout.names == ("id", "p")
    assert [column.type for column in layout.columns] == [ColumnType.TEXT, ColumnType.NUMBER]
    assert layout.key_positions == (0,)


@pytest.mark.parametrize(
    ("document", "complaint"),
    [
        ({**GOOD, "key": ["x"]}, "key x is not a column; columns: id, p"),
        ({**GOOD, "key": []}, "key"),
        ({**GOOD, "columns": []}, "columns"),
        ({**GOOD, "columns": [{"name": "id"}, {"name": "id"}]}, "column id is there twice"),
        ({**GOOD, "columns": [{"name": "id"}, {"name": "job"}]}, "column job is one that the results table has"),
        ({**GOOD, "columns": [{"name": "Not good"}]}, "columns.0.name"),
        ({**GOOD, "columns": [{"name": "id", "type": "date"}]}, "columns.0.type"),
        ({**GOOD, "header": True}, "header"),
        (None, "results.yml"),
    ],
)
def test_what_is_wrong_is_named_with_file_and_key(document: Any, complaint: str) -> None:
    with pytest.raises(DefinitionError) as caught:
        parse(document)

    assert "endpoints/churn/batch/results.yml" in str(caught.value)
    assert complaint in str(caught.value)


def test_a_missing_file_says_what_it_is_for(tmp_path: Path) -> None:
    with pytest.raises(DefinitionError, match="say which columns the scoring script returns"):
        load_results(tmp_path, "churn")


def test_a_file_that_is_no_yaml_is_named(tmp_path: Path) -> None:
    folder = tmp_path / "endpoints" / "churn" / "batch"
    folder.mkdir(parents=True)
    (folder / "results.yml").write_text("columns: [")

    with pytest.raises(DefinitionError, match="is not YAML"):
        load_results(tmp_path, "churn")


@pytest.mark.parametrize(
    "folder", sorted(path.parent.parent.name for path in ROOT.glob("endpoints/*/batch/deployment.yml"))
)
def test_every_batch_endpoint_of_this_repository_says_what_it_returns(folder: str) -> None:
    assert load_results(ROOT, folder).key
