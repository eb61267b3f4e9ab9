"""Check: are the inputs of a resource ones that its type has, complete and of the right form?

The real provider lets an unknown property pass and drops it silently. This one refuses it by its path,
because a misspelt property that does nothing is what a local run is there to find.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches

from windlass_provider.schema.model import Kind, Property, ResourceType, Shape, Table
from windlass_provider.values import API_VERSION, UNKNOWN, Value, is_internal

_LOCATION_HINT = ". Either set it explicitly or configure it with 'pulumi config set azure-native:location <value>'."
_WORDS: Mapping[Kind, str] = {
    Kind.STRING: "string",
    Kind.BOOLEAN: "boolean",
    Kind.INTEGER: "integer",
    Kind.NUMBER: "number",
    Kind.ARRAY: "array",
    Kind.SET: "array",
    Kind.MAP: "object",
    Kind.OBJECT: "object",
    Kind.UNION: "object",
}


@dataclass(frozen=True)
class Failure:
    """One thing that is wrong with the inputs."""

    path: str
    reason: str


def failures_of(table: Table, row: ResourceType, inputs: Mapping[str, Value]) -> tuple[Failure, ...]:
    """Everything that is wrong, all of it at once."""
    given = {name: value for name, value in inputs.items() if not is_internal(name) and name != API_VERSION}
    return tuple(_object_failures(table, row.inputs, given, "", row.token))


def _object_failures(
    table: Table, shape: Shape, values: Mapping[str, Value], path: str, token: str
) -> Iterator[Failure]:
    for name in shape.required:
        if values.get(name) is None:
            where = _join(path, name)
            hint = _LOCATION_HINT if where == "location" else ""
            yield Failure(where, f"missing required property '{where}'{hint}")
    for name, value in values.items():
        where = _join(path, name)
        prop = shape.properties.get(name)
        if prop is None:
            yield Failure(where, _unknown_property(where, name, shape, token))
        else:
            yield from _value_failures(table, prop, value, where, token)


def _unknown_property(where: str, name: str, shape: Shape, token: str) -> str:
    close = get_close_matches(name, shape.properties, n=1)
    hint = f"Did you mean '{close[0]}'?" if close else f"Known here are: {', '.join(shape.properties)}."
    return f"{token} has no property '{where}'. {hint} Correct the name or remove it."


def _value_failures(table: Table, prop: Property, value: Value, where: str, token: str) -> Iterator[Failure]:
    if value is UNKNOWN or value is None or prop.kind is Kind.ANY:
        return
    if not _has_kind(prop, value):
        yield Failure(where, f"'{where}' should be of type '{_WORDS[prop.kind]}' but got {_name_of(value)}")
        return
    match value:
        case dict():
            yield from _container_failures(table, prop, value, where, token)
        case list():
            for index, item in enumerate(value):
                if prop.items is not None:
                    yield from _value_failures(table, prop.items, item, f"{where}[{index}]", token)
        case str():
            yield from _text_failures(prop, value, where)
        case float() if prop.kind is Kind.INTEGER:
            yield Failure(where, f"'{where}' must be an integer but got {value:f}")


def _has_kind(prop: Property, value: Value) -> bool:
    match prop.kind:
        case Kind.STRING:
            return isinstance(value, str)
        case Kind.BOOLEAN:
            return isinstance(value, bool)
        case Kind.INTEGER | Kind.NUMBER:
            return isinstance(value, int | float) and not isinstance(value, bool)
        case Kind.ARRAY:
            return isinstance(value, list)
        case Kind.SET:
            return isinstance(value, list) and all(item is UNKNOWN or isinstance(item, str) for item in value)
    return isinstance(value, dict)


def _name_of(value: Value) -> str:
    match value:
        case bool():
            return "a boolean"
        case str():
            return "a string"
        case int() | float():
            return "a number"
        case list():
            return "an array"
    return "an object"


def _container_failures(
    table: Table, prop: Property, value: Mapping[str, Value], where: str, token: str
) -> Iterator[Failure]:
    if prop.kind is Kind.MAP:
        for key, item in value.items():
            if prop.items is not None:
                yield from _value_failures(table, prop.items, item, _join(where, key), token)
        return
    shape = table.shape_of(prop, value)
    if shape is not None:
        yield from _object_failures(table, shape, value, where, token)
    elif UNKNOWN not in value.values():
        yield from _variant_failures(table, prop, value, where, token)


def _variant_failures(
    table: Table, prop: Property, value: Mapping[str, Value], where: str, token: str
) -> Iterator[Failure]:
    """A union object whose constant is missing, misspelt or that of a member that is left out."""
    constants = {
        name: inner.constant
        for key in prop.shapes
        for name, inner in table.shapes[key].properties.items()
        if inner.constant is not None
    }
    key = next(iter(constants))
    known = sorted(
        inner.constant
        for shape in prop.shapes
        if (inner := table.shapes[shape].properties.get(key)) is not None and inner.constant is not None
    )
    there = _join(where, key)
    got = f"'{value[key]}'" if key in value else "nothing"
    left_out = f" ({', '.join(prop.refused)} are left out of the local Azure.)" if prop.refused else ""
    yield Failure(there, f"'{there}' of {token} must be one of {', '.join(known)}, but got {got}.{left_out}")


def _text_failures(prop: Property, value: str, where: str) -> Iterator[Failure]:
    length = len(value)
    if prop.min_length is not None and length < prop.min_length:
        yield Failure(where, f"'{where}' is too short ({length}): at least {prop.min_length} characters required")
    if prop.max_length is not None and length > prop.max_length:
        yield Failure(where, f"'{where}' is too long ({length}): at most {prop.max_length} characters allowed")
    if prop.pattern is not None and re.search(prop.pattern, value) is None:
        yield Failure(where, f"'{where}' does not match expression '{prop.pattern}'")


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name
