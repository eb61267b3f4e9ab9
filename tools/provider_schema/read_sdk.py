"""Reads names and shapes of inputs and outputs in the sources of `pulumi_azure_native`.

The sources are parsed, never imported: the package is huge, and an import of one module would run the SDK's
own start-up.
"""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Member:
    """One property of a class of the SDK."""

    name: str
    """As it travels between program and provider (camel case)."""
    annotation: ast.expr
    required: bool
    constant: str | None = None
    default: Any = None


@dataclass(frozen=True)
class ClassSource:
    """A parsed class of the SDK."""

    name: str
    members: tuple[Member, ...]


def _decorated_name(function: ast.FunctionDef) -> str | None:
    """The wire name that `@pulumi.getter(name=...)` gives, or the function's own name under a bare getter."""
    for decorator in function.decorator_list:
        match decorator:
            case ast.Call(func=ast.Attribute(attr="getter"), keywords=keywords):
                for keyword in keywords:
                    if keyword.arg == "name" and isinstance(keyword.value, ast.Constant):
                        return str(keyword.value.value)
            case ast.Attribute(attr="getter"):
                return function.name
    return None


def _getters(node: ast.ClassDef) -> Iterator[tuple[str, str, ast.expr]]:
    for item in node.body:
        if isinstance(item, ast.FunctionDef) and item.returns is not None:
            name = _decorated_name(item)
            if name is not None:
                yield item.name, name, item.returns


def _constructor(node: ast.ClassDef) -> ast.FunctionDef | None:
    for item in node.body:
        if isinstance(item, ast.FunctionDef) and item.name == "__init__":
            return item
    return None


def _constants(constructor: ast.FunctionDef) -> dict[str, str]:
    """Members that the constructor sets to a literal, such as `compute_type` to `AmlCompute`."""
    found = {}
    for statement in ast.walk(constructor):
        match statement:
            case ast.Call(
                func=ast.Attribute(attr="set"),
                args=[_, ast.Constant(value=str(name)), ast.Constant(value=str(value))],
            ):
                found[name] = value
    return found


def _defaults(constructor: ast.FunctionDef) -> dict[str, Any]:
    """Members that take a literal where nothing is given: `if x is None: x = False`."""
    found = {}
    for statement in constructor.body:
        match statement:
            case ast.If(
                test=ast.Compare(left=ast.Name(id=name), ops=[ast.Is()]),
                body=[ast.Assign(targets=[ast.Name(id=target)], value=ast.Constant(value=value))],
            ) if name == target:
                found[name] = value
    return found


def _required(constructor: ast.FunctionDef) -> frozenset[str]:
    arguments = constructor.args
    return frozenset(
        argument.arg
        for argument, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)
        if default is None
    )


def _read_class(node: ast.ClassDef) -> ClassSource:
    constructor = _constructor(node)
    constants = _constants(constructor) if constructor else {}
    defaults = _defaults(constructor) if constructor else {}
    required = _required(constructor) if constructor else frozenset()
    members = tuple(
        Member(
            name=wire,
            annotation=annotation,
            required=python_name in required,
            constant=constants.get(python_name),
            default=defaults.get(python_name),
        )
        for python_name, wire, annotation in _getters(node)
    )
    return ClassSource(node.name, members)


@cache
def read_module(path: Path) -> dict[str, ClassSource]:
    """All classes of one source file that have getters, by name."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return {node.name: _read_class(node) for node in tree.body if isinstance(node, ast.ClassDef)}


@cache
def enum_kinds(path: Path) -> dict[str, str]:
    """The enums of a module's `_enums.py` and the JSON type of their values."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    kinds = {}
    for node in tree.body:
        if isinstance(node, ast.ClassDef):
            bases = {base.attr for base in node.bases if isinstance(base, ast.Attribute)}
            kinds[node.name] = "number" if "float" in bases else "integer" if "int" in bases else "string"
    return kinds


@cache
def invoke_arguments(path: Path) -> tuple[str, ...]:
    """The keys that an invoke's Python function puts into `__args__`."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    names: dict[str, None] = {}
    for node in ast.walk(tree):
        match node:
            case ast.Assign(
                targets=[ast.Subscript(value=ast.Name(id="__args__"), slice=ast.Constant(value=str(name)))]
            ):
                names[name] = None
    return tuple(names)
