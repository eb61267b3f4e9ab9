"""Reads `table.json` into the model; the only code that knows the file's form."""

import json
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Any

from windlass_provider.schema.model import Function, Kind, Property, ResourceType, Shape, Table


@cache
def load_table() -> Table:
    """The table that comes with the package (read once per process; it never changes)."""
    text = resources.files("windlass_provider.schema").joinpath("table.json").read_text(encoding="utf-8")
    return parse_table(json.loads(text))


def parse_table(document: Mapping[str, Any]) -> Table:
    """The table in a document of the form that `tools/provider_schema` writes."""
    return Table(
        types={token: _resource_type(token, row) for token, row in document["types"].items()},
        functions={token: _function(token, row) for token, row in document["functions"].items()},
        shapes={key: _shape(row) for key, row in document["shapes"].items()},
    )


def _resource_type(token: str, row: Mapping[str, Any]) -> ResourceType:
    return ResourceType(
        token=token,
        path=row["path"],
        api_version=row["apiVersion"],
        name_parameter=row["name"]["parameter"],
        autoname=row["name"]["autoname"],
        put_long_running=row["putLongRunning"],
        delete_long_running=row["deleteLongRunning"],
        maintained=tuple(tuple(path) for path in row["maintained"]),
        required_containers=tuple(tuple(path) for path in row["requiredContainers"]),
        inputs=_shape(row["inputs"]),
        outputs=_shape(row["outputs"]),
    )


def _function(token: str, row: Mapping[str, Any]) -> Function:
    return Function(
        token=token,
        path=row["path"],
        api_version=row["apiVersion"],
        arguments=tuple(row["arguments"]),
        query=tuple(row["query"]),
        outputs=_shape(row["outputs"]),
    )


def _shape(row: Mapping[str, Any]) -> Shape:
    return Shape(
        properties={name: _property(name, described) for name, described in row["properties"].items()},
        required=tuple(row.get("required", ())),
    )


def _property(name: str, row: Mapping[str, Any]) -> Property:
    inner = row.get("items", row.get("values"))
    shapes = (row["ref"],) if "ref" in row else tuple(row.get("variants", ()))
    return Property(
        kind=Kind(row["type"]),
        wire=tuple(row.get("wire", (name,))),
        items=_property(name, inner) if inner is not None else None,
        shapes=shapes,
        refused=tuple(row.get("refused", ())),
        constant=row.get("const"),
        default=row.get("default"),
        replaces=row.get("replaces", False),
        min_length=row.get("minLength"),
        max_length=row.get("maxLength"),
        pattern=row.get("pattern"),
    )
