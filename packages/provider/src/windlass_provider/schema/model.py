"""What the table says about a resource type, as frozen values."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Literal


class Kind(StrEnum):
    """The JSON type of a property."""

    STRING = "string"
    BOOLEAN = "boolean"
    INTEGER = "integer"
    NUMBER = "number"
    ANY = "any"
    ARRAY = "array"
    MAP = "map"
    SET = "set"
    """A list of texts in the program, a map from each text to `{}` in ARM."""
    OBJECT = "object"
    UNION = "union"
    """An object of one of several shapes, told apart by their constant property."""


@dataclass(frozen=True, kw_only=True)
class Property:
    """One property of a resource or of an object inside it."""

    kind: Kind
    wire: tuple[str, ...]
    """Where ARM has it, from the object that holds it."""
    items: "Property | None" = None
    """What a list or a map holds."""
    shapes: tuple[str, ...] = ()
    """Keys of the shape of an object, or of all shapes of a union."""
    refused: tuple[str, ...] = ()
    """Members that the real union has and this table leaves out."""
    constant: str | None = None
    default: Any = None
    replaces: bool = False
    min_length: int | None = None
    max_length: int | None = None
    pattern: str | None = None


@dataclass(frozen=True, kw_only=True)
class Shape:
    """The properties of an object by their name in the SDK."""

    properties: Mapping[str, Property]
    required: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class ResourceType:
    """One row of the table."""

    token: str
    path: str
    api_version: str
    name_parameter: str
    autoname: Literal["random", "copy", "uuid"]
    put_long_running: bool
    delete_long_running: bool
    maintained: tuple[tuple[str, ...], ...]
    """Wire paths of arrays that other resources may own."""
    required_containers: tuple[tuple[str, ...], ...]
    inputs: Shape
    outputs: Shape

    @property
    def parameters(self) -> tuple[str, ...]:
        """The inputs that stand in the path, in order."""
        return parameters_of(self.path)

    @property
    def body(self) -> Mapping[str, Property]:
        """The inputs that are sent in the body."""
        parameters = set(self.parameters)
        return {name: prop for name, prop in self.inputs.properties.items() if name not in parameters}


@dataclass(frozen=True, kw_only=True)
class Function:
    """An invoke that is one POST on a resource."""

    token: str
    path: str
    api_version: str
    arguments: tuple[str, ...]
    query: tuple[str, ...]
    outputs: Shape


@dataclass(frozen=True, kw_only=True)
class Table:
    """All types, functions and shapes."""

    types: Mapping[str, ResourceType]
    functions: Mapping[str, Function]
    shapes: Mapping[str, Shape] = field(default_factory=dict)

    def shape_of(self, prop: Property, value: Mapping[str, Any]) -> Shape | None:
        """The shape of an object: the only one, or the member of the union whose constant it carries."""
        for key in prop.shapes:
            shape = self.shapes[key]
            if prop.kind is Kind.OBJECT or _carries_constants(shape, value):
                return shape
        return None


def _carries_constants(shape: Shape, value: Mapping[str, Any]) -> bool:
    return all(
        value.get(name, value.get(prop.wire[-1])) == prop.constant
        for name, prop in shape.properties.items()
        if prop.constant is not None
    )


def parameters_of(path: str) -> tuple[str, ...]:
    """The placeholders of a path template that come from a program's inputs, in order."""
    names = [part.partition("}")[0] for part in path.split("{")[1:]]
    return tuple(name for name in names if name != "subscriptionId")
