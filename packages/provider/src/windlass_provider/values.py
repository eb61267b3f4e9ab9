"""The values that travel between engine and provider: JSON, and the mark of what is not known yet."""

from collections.abc import Mapping
from enum import Enum
from typing import Any, Final

Value = Any
"""None, bool, int, float, str, list and dict of values, or `UNKNOWN`."""
Properties = dict[str, Value]


class _Unknown(Enum):
    """The type of `UNKNOWN`: an enum with one member, so that a checker can tell it from everything else."""

    MARK = "unknown"

    def __repr__(self) -> str:
        return "UNKNOWN"


UNKNOWN: Final = _Unknown.MARK
"""Stands where a preview cannot know the value, because the resource that yields it does not exist yet."""

CREATE_BEFORE_DELETE: Final = "__createBeforeDelete"
"""Input that says the name was made up, so that a replacement may live beside what it replaces."""
API_VERSION: Final = "azureApiVersion"


def has_unknowns(value: Value) -> bool:
    """Whether anything inside the value is unknown."""
    match value:
        case dict():
            return any(has_unknowns(item) for item in value.values())
        case list():
            return any(has_unknowns(item) for item in value)
    return value is UNKNOWN


def is_internal(key: str) -> bool:
    """Whether the key is the provider's own bookkeeping and no property of the resource."""
    return key.startswith("__")


def look_up(values: Mapping[str, Value], path: tuple[str, ...]) -> Value:
    """The value at a path of keys, or None where the path breaks off."""
    current: Value = values
    for key in path:
        if not isinstance(current, Mapping) or key not in current:
            return None
        current = current[key]
    return current
