"""Between the engine's wire form (protobuf Struct with marks for unknowns and secrets) and plain values."""

from collections.abc import Mapping
from typing import Final

from google.protobuf.struct_pb2 import ListValue, NullValue, Struct
from google.protobuf.struct_pb2 import Value as WireValue

from windlass_provider.errors import UnsupportedValueError
from windlass_provider.values import UNKNOWN, Properties, Value

_UNKNOWN_STRING: Final = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
_UNKNOWN_MARKS: Final = frozenset(
    {
        _UNKNOWN_STRING,
        "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",  # bool
        "3eeb2bf0-c639-47a8-9e75-3b44932eb421",  # number
        "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",  # list
        "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",  # object
        "030794c1-ac77-496b-92df-f27374a8bd58",  # asset
        "e48ece36-62e2-4504-bad9-02848725956a",  # archive
    }
)
_SIGNATURE: Final = "4dabf18193072939515e22adb298388d"
_SECRET: Final = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105 - the protocol's mark of a secret, none itself
_OUTPUT: Final = "d0e6a833031e9bbcd3f4e8bde6ca49a4"
_RESOURCE: Final = "5cf8f73096256a8f31e491e813e4eb8e"
_KINDS: Final = {
    "c44067f5952c0a294b673a41bacd8c17": "asset",
    "0def7320c3a5731c473e5ecbe6d01bc7": "archive",
}


def decode(struct: Struct | None) -> Properties:
    """The properties of a message, secrets laid open and nulls left out (as the real provider reads them)."""
    if struct is None:
        return {}
    return {key: value for key, item in struct.fields.items() if (value := _decode(item)) is not None}


def _decode(value: WireValue) -> Value:
    match value.WhichOneof("kind"):
        case "bool_value":
            return value.bool_value
        case "number_value":
            number = value.number_value
            return int(number) if number.is_integer() else number
        case "string_value":
            return UNKNOWN if value.string_value in _UNKNOWN_MARKS else value.string_value
        case "list_value":
            return [_decode(item) for item in value.list_value.values]
        case "struct_value":
            return _decode_object(value.struct_value)
    return None


def _decode_object(struct: Struct) -> Value:
    mark = struct.fields[_SIGNATURE].string_value if _SIGNATURE in struct.fields else None
    if mark is None:
        return decode(struct)
    if mark in {_SECRET, _OUTPUT}:
        return _decode(struct.fields["value"]) if "value" in struct.fields else UNKNOWN
    if mark == _RESOURCE:
        return _decode(struct.fields["id"])
    raise UnsupportedValueError(_KINDS.get(mark, "of an unknown mark"))


def encode(properties: Mapping[str, Value]) -> Struct:
    """The message for properties; `UNKNOWN` becomes the engine's mark for it."""
    return Struct(fields={key: _encode(value) for key, value in properties.items() if value is not None})


def _encode(value: Value) -> WireValue:  # noqa: PLR0911 - one line per kind
    match value:
        case None:
            return WireValue(null_value=NullValue.NULL_VALUE)
        case bool():
            return WireValue(bool_value=value)
        case int() | float():
            return WireValue(number_value=value)
        case str():
            return WireValue(string_value=value)
        case list() | tuple():
            return WireValue(list_value=ListValue(values=[_encode(item) for item in value]))
        case dict():
            return WireValue(struct_value=encode(value))
    if value is UNKNOWN:
        return WireValue(string_value=_UNKNOWN_STRING)
    raise UnsupportedValueError(type(value).__name__)
