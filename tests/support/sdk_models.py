"""What azure-ai-ml's models of api-version 2025-12-01 know, to hold the local Azure's shapes against.

They are generated from Microsoft's specification, independently of the local Azure.
"""

from __future__ import annotations

import importlib
import inspect
import re
import warnings
from typing import Any

from windlass_emulator.shapes import Anything, Items, Shape, Union, Values

MODELS = "azure.ai.ml._restclient.arm_ml_service.models._models"


def properties(model: str) -> dict[str, str | None]:
    """Return the wire names of a model's properties, each with the model it holds (in a list, a map or alone)."""
    known: dict[str, str | None] = {}
    for cls in _model(model).__mro__:
        annotations = inspect.get_annotations(cls)
        for attribute, field in cls.__dict__.items():
            if type(field).__name__ == "_RestField":
                inner = re.search(r"_models\.(\w+)", str(annotations.get(attribute, "")))
                known.setdefault(field._rest_name_input or attribute, inner[1] if inner else None)
    return known


def unknown(shape: Shape, model: str | None, where: str = "") -> set[str]:
    """Return the paths of a shape that a model does not know."""
    match shape:
        case Anything():
            return set()
        case Items(of) | Values(of):
            return unknown(of, model, where)
        case Union(key, choices):
            return {
                path
                for value, choice in choices.items()
                for path in unknown(choice, _subclass(model, key, value), f"{where}<{value}>")
            }
        case _:
            return _unknown_members(shape, model, where)


def _unknown_members(shape: Any, model: str | None, where: str) -> set[str]:
    known = properties(model) if model else {}
    found = set()
    for name, inner in shape.items():
        path = f"{where}.{name}" if where else name
        if name not in known:
            found.add(path)
        else:
            found |= unknown(inner, known[name], path)
    return found


def _subclass(model: str | None, key: str, value: str) -> str | None:
    assert model is not None, f"no model to choose by {key}"
    for name, cls in _mapping(model).items():
        if name.lower() == value:
            return str(cls.__name__)
    raise AssertionError(f"{model} has no kind {value}; known: {sorted(_mapping(model))}")


def _mapping(model: str) -> dict[str, Any]:
    mapping: dict[str, Any] = _model(model).__mapping__
    return mapping


def _model(name: str) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # azure-ai-ml 1.35 warns of its own marshmallow while it is imported
        return getattr(importlib.import_module(MODELS), name)
