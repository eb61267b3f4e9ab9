"""The properties that request bodies may have, and the refusal of all others by name.

Azure ignores or refuses unknown properties, depending on the service; the local Azure always refuses them, so
that a misspelt name does not pass here and get lost there. Tests hold every shape against the official SDK models.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from windlass_emulator.errors import invalid_content


@dataclass(frozen=True, slots=True)
class Anything:
    """A value that is not looked into."""


@dataclass(frozen=True, slots=True)
class Items:
    """A list whose items have one shape."""

    of: Shape


@dataclass(frozen=True, slots=True)
class Values:
    """A map with free keys (tags, environment variables, traffic) whose values have one shape."""

    of: Shape


@dataclass(frozen=True, slots=True)
class Union:
    """One of several objects, told apart by the value of a constant property (compared without case).

    Attributes:
        key: The property that tells, such as computeType.
        choices: Lower-case value -> shape.
    """

    key: str
    choices: Mapping[str, Shape]


Shape = Anything | Items | Values | Union | Mapping[str, "Shape"]

ANY = Anything()


def check(body: Any, shape: Shape, where: str = "") -> None:
    """Refuse what a shape does not know.

    Raises:
        AzureError: 400 InvalidRequestContent naming the property and its path.
    """
    if body is None or isinstance(shape, Anything):
        return
    match shape:
        case Items(of):
            for index, item in enumerate(_expect(body, list, where)):
                check(item, of, f"{where}[{index}]")
        case Values(of):
            for key, item in _expect(body, dict, where).items():
                check(item, of, f"{where}.{key}")
        case Union(key, choices):
            check(body, _choose(_expect(body, dict, where), key, choices, where), where)
        case _:
            _check_object(_expect(body, dict, where), shape, where)


def _check_object(body: dict[str, Any], shape: Mapping[str, Shape], where: str) -> None:
    for name, value in body.items():
        path = f"{where}.{name}" if where else name
        if name not in shape:
            known = ", ".join(sorted(shape))
            raise invalid_content(f"Could not find member '{path}' on object. Known here: {known}.", target=path)
        check(value, shape[name], path)


def _choose(body: dict[str, Any], key: str, choices: Mapping[str, Shape], where: str) -> Shape:
    value = str(body.get(key, ""))
    if value.lower() not in choices:
        raise invalid_content(
            f"The property '{where}.{key}' is '{value}'; the local Azure knows {', '.join(sorted(choices))}.",
            target=f"{where}.{key}",
        )
    return choices[value.lower()]


def _expect(value: Any, kind: type, where: str) -> Any:
    if not isinstance(value, kind):
        raise invalid_content(
            f"The property '{where}' must be {'an object' if kind is dict else 'a list'}.", target=where
        )
    return value
