"""Between the flat, renamed properties of the SDK and the bodies of Azure Resource Manager.

Four directions, all pure: inputs to a request body, a response body to outputs, outputs to what a preview can
tell of them, and outputs or bodies back to inputs (refresh, import). The table says where a property stands.
"""

from collections.abc import Callable, Mapping
from typing import Any

from windlass_provider.schema.model import Kind, Property, ResourceType, Shape, Table
from windlass_provider.values import UNKNOWN, Properties, Value, is_internal, look_up

_Convert = Callable[[Shape, Mapping[str, Any]], Properties]


def _walk(table: Table, prop: Property, value: Value, convert: _Convert) -> Value:
    """Applies `convert` to every object of a known shape inside a value and leaves all else as it is."""
    match value:
        case list() if prop.kind is Kind.ARRAY and prop.items is not None:
            items = prop.items
            return [_walk(table, items, item, convert) for item in value]
        case dict() if prop.kind is Kind.MAP and prop.items is not None:
            items = prop.items
            return {key: _walk(table, items, item, convert) for key, item in value.items()}
        case dict() if prop.kind in {Kind.OBJECT, Kind.UNION}:
            shape = table.shape_of(prop, value)
            return convert(shape, value) if shape is not None else value
    return value


def _put(body: dict[str, Any], path: tuple[str, ...], value: Value) -> None:
    for key in path[:-1]:
        body = body.setdefault(key, {})
    body[path[-1]] = value


def request_body(table: Table, row: ResourceType, inputs: Mapping[str, Value]) -> dict[str, Any]:
    """The body of a PUT: every input but the path's, in ARM's places and under ARM's names."""
    body = _to_wire(table, row.body, inputs)
    for container in row.required_containers:
        if look_up(body, container) is None:
            _put(body, container, {})
    return body


def _to_wire(table: Table, properties: Mapping[str, Property], values: Mapping[str, Value]) -> dict[str, Any]:
    def nested(shape: Shape, item: Mapping[str, Any]) -> Properties:
        return _to_wire(table, shape.properties, item)

    body: dict[str, Any] = {}
    for name, prop in properties.items():
        value = values.get(name)
        if value is None:
            continue
        if prop.kind is Kind.SET and isinstance(value, list):
            # ARM takes a map of ids with empty values where the program lists ids.
            value = {item: {} for item in value}
        _put(
            body,
            prop.wire,
            _walk(table, prop, value, lambda shape, item: _to_wire(table, shape.properties, item)),
        )
    return body


def outputs_of(table: Table, shape: Shape, body: Mapping[str, Any]) -> Properties:
    """What the program sees of a response: the properties that the SDK knows, flat and under its names."""
    outputs: Properties = {}
    for name, prop in shape.properties.items():
        value = look_up(body, prop.wire)
        if value is not None:
            outputs[name] = _walk(table, prop, value, lambda inner, item: outputs_of(table, inner, item))
    return outputs


def preview_outputs(table: Table, shape: Shape, inputs: Mapping[str, Value]) -> Properties:
    """What a preview can say about the outputs: what the inputs fix, and `UNKNOWN` for the rest."""
    return {name: _preview(table, prop, inputs.get(name)) for name, prop in shape.properties.items()}


def _preview(table: Table, prop: Property, value: Value) -> Value:  # noqa: PLR0911 - one line per kind
    if prop.constant is not None:
        return prop.constant
    match value, prop.kind:
        case (bool(), Kind.BOOLEAN) | (str(), Kind.STRING):
            return value
        case int() | float(), Kind.INTEGER | Kind.NUMBER:
            return value
        case list(), Kind.ARRAY if prop.items is not None:
            items = prop.items
            return [_preview(table, items, item) for item in value]
        case dict(), Kind.MAP if prop.items is not None:
            items = prop.items
            return {key: _preview(table, items, item) for key, item in value.items()}
        case dict(), Kind.OBJECT:
            shape = table.shape_of(prop, value)
            return preview_outputs(table, shape, value) if shape is not None else UNKNOWN
        case dict(), Kind.UNION:
            # As the real provider does: which member it is may hang on an unknown, so the input is taken.
            return value
        case _, Kind.ANY if value is not None:
            return value
    return UNKNOWN


def inputs_in_outputs(table: Table, row: ResourceType, outputs: Mapping[str, Value]) -> Properties:
    """The outputs that are inputs too, in the shape of inputs: what refresh compares."""
    return _project(table, row.body, outputs)


def _project(table: Table, properties: Mapping[str, Property], outputs: Mapping[str, Value]) -> Properties:
    projected: Properties = {}
    for name, prop in properties.items():
        value = outputs.get(name)
        if value is not None:
            projected[name] = _as_input(table, prop, value)
    return projected


def _as_input(table: Table, prop: Property, value: Value) -> Value:
    if prop.kind is Kind.SET and isinstance(value, dict):
        return sorted(value)
    return _walk(table, prop, value, lambda shape, item: _project(table, shape.properties, item))


def inputs_of_body(
    table: Table, row: ResourceType, parameters: Mapping[str, str], body: Mapping[str, Any]
) -> Properties:
    """The inputs that would make a resource as it is: what an import writes down."""
    inputs: Properties = dict(parameters)
    for name, value in _from_wire(table, row.body, body).items():
        kept = _without_empty(value)
        if name != "id" and kept is not None:
            inputs[name] = kept
    return inputs


def _from_wire(table: Table, properties: Mapping[str, Property], body: Mapping[str, Any]) -> Properties:
    inputs: Properties = {}
    for name, prop in properties.items():
        value = look_up(body, prop.wire)
        if value is None:
            continue
        if prop.kind is Kind.SET and isinstance(value, dict):
            value = sorted(value)
        inputs[name] = _walk(table, prop, value, lambda shape, item: _from_wire(table, shape.properties, item))
    return inputs


def _without_empty(value: Value) -> Value:
    """The value without empty lists and maps: ARM answers them where nothing was said."""
    match value:
        case dict():
            kept = {key: inner for key, item in value.items() if (inner := _without_empty(item)) is not None}
            return kept or None
        case list():
            return [inner for item in value if (inner := _without_empty(item)) is not None] or None
    return value


def plain(inputs: Mapping[str, Value]) -> Properties:
    """The inputs without the provider's own bookkeeping."""
    return {key: value for key, value in inputs.items() if not is_internal(key)}
