"""Shapes of every type in the table: what goes to Azure comes back as it was."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from windlass_provider.codec import decode, encode
from windlass_provider.paths import parameters_in, resource_id
from windlass_provider.schema.load import load_table
from windlass_provider.schema.model import Kind, Property, ResourceType
from windlass_provider.shaping import inputs_of_body, outputs_of, preview_outputs, request_body
from windlass_provider.validation import failures_of
from windlass_provider.values import UNKNOWN

pytestmark = pytest.mark.inferred

TABLE = load_table()
TYPES = sorted(TABLE.types)


def filled(prop: Property, depth: int = 6) -> Any:  # noqa: PLR0911 - one line per kind
    """A value that uses everything a property has, down to a depth (shapes may contain themselves)."""
    match prop.kind:
        case Kind.STRING:
            return prop.constant or "name1"
        case Kind.BOOLEAN:
            return True
        case Kind.INTEGER:
            return 7
        case Kind.NUMBER:
            return 0.5
        case Kind.ANY:
            return {"free": "form"}
        case Kind.SET:
            return ["/ids/one"]
        case Kind.ARRAY:
            assert prop.items is not None
            return [filled(prop.items, depth)]
        case Kind.MAP:
            assert prop.items is not None
            return {"key": filled(prop.items, depth)}
        case Kind.OBJECT | Kind.UNION:
            members = TABLE.shapes[prop.shapes[0]].properties
            return {name: filled(member, depth - 1) for name, member in members.items()} if depth else {}


def without_empty(value: Any) -> Any:
    """Leave out objects with nothing in them, as an import does: where a shape contains itself, filling has an end."""
    if isinstance(value, dict):
        kept = {name: without_empty(item) for name, item in value.items()}
        return {name: item for name, item in kept.items() if item not in ({}, [])}
    return [kept for item in value if (kept := without_empty(item)) != {}] if isinstance(value, list) else value


def all_inputs(row: ResourceType) -> dict[str, Any]:
    return {name: filled(prop) for name, prop in row.inputs.properties.items()}


@pytest.mark.parametrize("token", TYPES)
def test_inputs_with_everything_set_are_valid(token: str) -> None:
    row = TABLE.types[token]

    assert failures_of(TABLE, row, all_inputs(row)) == ()


@pytest.mark.parametrize("token", TYPES)
def test_a_body_with_everything_set_imports_as_the_inputs_that_made_it(token: str) -> None:
    row = TABLE.types[token]
    inputs = all_inputs(row)
    parameters = {name: inputs[name] for name in row.parameters}

    body = json.loads(json.dumps(request_body(TABLE, row, inputs)))

    # Every body has an id, which an import takes for the resource's own.
    imported = {name: value for name, value in without_empty(inputs).items() if name != "id"}
    assert inputs_of_body(TABLE, row, parameters, body) == imported


@pytest.mark.parametrize("token", TYPES)
def test_an_id_gives_back_the_parameters_that_made_it(token: str) -> None:
    row = TABLE.types[token]
    whole = {"scope", "resourceUri"}
    parameters = {name: f"/sub/{name}" if name in whole else f"a b.{name}" for name in row.parameters}

    assert parameters_in(row.path, resource_id(row.path, parameters, "s")) == parameters


@pytest.mark.parametrize("token", TYPES)
def test_a_preview_of_nothing_knows_nothing_but_constants(token: str) -> None:
    outputs = preview_outputs(TABLE, TABLE.types[token].outputs, {})

    assert set(outputs.values()) == {UNKNOWN}
    assert set(outputs) == set(TABLE.types[token].outputs.properties)


@pytest.mark.parametrize("token", TYPES)
def test_what_the_sdk_does_not_know_stays_out_of_the_outputs(token: str) -> None:
    assert outputs_of(TABLE, TABLE.types[token].outputs, {"surprise": 1, "properties": None}) == {}


_VALUES = st.recursive(
    st.one_of(st.booleans(), st.integers(-(2**50), 2**50), st.text("ab-é", max_size=8), st.just(UNKNOWN)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.text("xyz", max_size=4), inner, max_size=3)
    ),
    max_leaves=10,
)


@given(st.dictionaries(st.text("xyz", min_size=1, max_size=4), _VALUES, max_size=4))
def test_values_survive_the_engines_protocol(values: dict[str, Any]) -> None:
    assert decode(encode(values)) == values
