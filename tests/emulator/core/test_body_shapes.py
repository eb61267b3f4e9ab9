"""The table of request bodies, held against the models of the official clients."""

from __future__ import annotations

import importlib
import re
from typing import Any

import pytest
from windlass_emulator.arm.shapes import BODIES, Body
from windlass_emulator.shapes import Anything, Items, Shape, Union, Values

pytestmark = pytest.mark.specified


def paths_of_shape(shape: Shape, at: str = "") -> set[str]:
    """Return the dotted paths of the properties that a shape takes."""
    match shape:
        case Anything() | Union():
            return {at} if at else set()
        case Items(of):
            return paths_of_shape(of, at)
        case Values(of):
            return paths_of_shape(of, f"{at}.*") | {at}
        case _:
            deeper = (paths_of_shape(value, f"{at}.{name}" if at else name) for name, value in shape.items())
            return set().union(*deeper) if shape else {at}


def paths_of_model(model: Any, module: Any, at: str = "") -> set[str]:
    """Return the dotted paths that an SDK model sends, without its read-only properties."""
    paths: set[str] = set()
    for name, told in model._attribute_map.items():
        if model._validation.get(name, {}).get("readonly") or not told["key"]:
            continue
        key = told["key"].replace("\\.", "\0").replace("\0", ".")
        paths |= _paths_of_type(told["type"], module, f"{at}.{key}" if at else key)
    return paths or {at}


def _paths_of_type(written: str, module: Any, at: str) -> set[str]:
    inner = re.sub(r"^[\[{]|[\]}]$", "", written)
    if written.startswith("{"):
        return {at} | _paths_of_type(inner, module, f"{at}.*")
    if written.startswith("["):
        return _paths_of_type(inner, module, at)
    model = getattr(module, written, None)
    return paths_of_model(model, module, at) if hasattr(model, "_attribute_map") else {at}


@pytest.mark.parametrize("row", BODIES, ids=str)
def test_a_row_takes_what_the_official_model_sends_and_nothing_else(row: str) -> None:
    body: Body = BODIES[row]
    module_name, _, class_name = body.model.partition(":")
    module = importlib.import_module(module_name)

    official = paths_of_model(getattr(module, class_name), module)

    assert paths_of_shape(body.shape) - set(body.beyond) == official
