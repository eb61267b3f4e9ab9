"""The table of request bodies, held against the models of the official clients."""

from __future__ import annotations

import importlib
import inspect
import re
from collections.abc import Iterator
from typing import Any

import pytest
from windlass_emulator.arm.shapes import BODIES, Body
from windlass_emulator.shapes import Anything, Items, Shape, Union, Values

pytestmark = pytest.mark.specified


def paths_of_shape(shape: Shape, at: str = "") -> set[str]:
    """Return the dotted paths of the properties that a shape takes."""
    match shape:
        case Anything():
            return {at} if at else set()
        case Union(_, choices):
            return set().union(*(paths_of_shape(choice, at) for choice in choices.values()))
        case Items(of):
            return paths_of_shape(of, at)
        case Values(of):
            return paths_of_shape(of, f"{at}.*") | {at}
        case _:
            deeper = (paths_of_shape(value, f"{at}.{name}" if at else name) for name, value in shape.items())
            return set().union(*deeper) if shape else {at}


def paths_of_model(model: Any, module: Any, at: str = "", without: tuple[str, ...] = ()) -> set[str]:
    """Return the dotted paths that an SDK model sends, without what is read-only or left out; of a base, of all its
    kinds."""
    if kinds := model.__dict__.get("_subtype_map"):
        (named,) = kinds.values()
        return set().union(*(paths_of_model(getattr(module, kind), module, at, without) for kind in named.values()))
    if not hasattr(model, "_attribute_map"):
        return _paths_of_newer_model(model, module, at, without)
    paths: set[str] = set()
    for name, told in model._attribute_map.items():
        if model._validation.get(name, {}).get("readonly") or not told["key"]:
            continue
        key = told["key"].replace("\\.", "\0").replace("\0", ".")
        where = f"{at}.{key}" if at else key
        if not any(where == left or where.startswith(f"{left}.") for left in without):
            paths |= _paths_of_type(told["type"], module, where, without)
    return paths or {at}


def _paths_of_newer_model(model: Any, module: Any, at: str, without: tuple[str, ...]) -> set[str]:
    """The same for the clients whose models are made of `rest_field`."""
    paths: set[str] = set()
    for key, written in _rest_fields(model):
        inner = re.search(r"_models\.(\w+)", written)
        shape = "{%s}" if "dict[" in written else "[%s]" if "list[" in written else "%s"
        where = f"{at}.{key}" if at else key
        paths |= _paths_of_type(shape % (inner[1] if inner else "str"), module, where, without)
    return paths or {at}


def _rest_fields(model: Any) -> Iterator[tuple[str, str]]:
    """Name on the wire and annotation of each property that may be written."""
    for cls in getattr(model, "__mro__", ()):
        for attribute, field in vars(cls).items():
            if type(field).__name__ == "_RestField" and field._visibility != ["read"]:
                yield field._rest_name_input or attribute, str(inspect.get_annotations(cls)[attribute])


def _paths_of_type(written: str, module: Any, at: str, without: tuple[str, ...]) -> set[str]:
    inner = re.sub(r"^[\[{]|[\]}]$", "", written)
    if written.startswith("{"):
        return {at} | _paths_of_type(inner, module, f"{at}.*", without)
    if written.startswith("["):
        return _paths_of_type(inner, module, at, without)
    model = getattr(module, written, None)
    is_model = hasattr(model, "_attribute_map") or any(_rest_fields(model))
    return paths_of_model(model, module, at, without) if is_model else {at}


def without_details(paths: set[str], references: tuple[str, ...]) -> set[str]:
    """Leave of each resource inside another one only its id."""
    return {
        path
        for path in paths
        if not any(path.startswith(f"{place}.") and path != f"{place}.id" for place in references)
    }


@pytest.mark.parametrize("row", BODIES, ids=str)
def test_a_row_takes_what_the_official_model_sends_and_nothing_else(row: str) -> None:
    body: Body = BODIES[row]
    module_name, _, class_name = body.model.partition(":")
    module = importlib.import_module(module_name)

    known = paths_of_model(getattr(module, class_name), module, without=body.left_out)
    official = without_details(known, body.references)

    assert paths_of_shape(body.shape) - set(body.beyond) == official
