"""Reads the models and operations of Microsoft's own clients, to hold the provider's table against them.

Two generations of generated code: `_attribute_map` classes (azure-mgmt-*) and `rest_field` classes (azure-ai-ml). Both
are parsed and not imported: importing the machine learning models alone takes seconds.
"""

import ast
import importlib.util
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path


@dataclass(frozen=True)
class Field:
    """One property on the wire.

    Attributes:
        kind: string, boolean, integer, number, any, array, map, or object.
        model: The class of an object, or of what an array or a map holds.
    """

    kind: str
    model: str | None = None
    read_only: bool = False
    create_only: bool = False
    required: bool = False


Fields = Mapping[tuple[str, ...], Field]
_SCALARS = {
    "str": "string",
    "bool": "boolean",
    "int": "integer",
    "long": "integer",
    "float": "number",
    "decimal.Decimal": "number",
    "object": "any",
    "iso-8601": "string",
    "duration": "string",
    "rfc-1123": "string",
    "datetime.datetime": "string",
    "datetime.timedelta": "string",
    "Any": "any",
    "bytearray": "string",
}


def module_path(module: str) -> Path:
    """The folder of an installed module, found without importing more than its parents."""
    top, *rest = module.split(".")
    spec = importlib.util.find_spec(f"{top}.{rest[0]}")
    assert spec is not None
    assert spec.submodule_search_locations is not None
    folder = Path(next(iter(spec.submodule_search_locations)))
    return folder.joinpath(*rest[1:])


@cache
def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


@cache
def _classes(path: Path) -> dict[str, ast.ClassDef]:
    return {node.name: node for node in _tree(path).body if isinstance(node, ast.ClassDef)}


@cache
def fields_of(models: Path, name: str) -> Fields:
    """The properties of a model by their wire path."""
    node = _classes(models)[name]
    old = _literal(node, "_attribute_map")
    bases = [base.id for base in node.bases if isinstance(base, ast.Name) and base.id in _classes(models)]
    if old is None and bases and not any(_is_new(item) for item in node.body):
        return fields_of(models, bases[0])  # a class that adds nothing to the one it extends
    if old is not None:
        return _old_fields(old, _literal(node, "_validation") or {})
    if not node.body[1:] and isinstance(base := node.bases[0], ast.Name):  # an older class of another name alone
        return fields_of(models, base.id)
    return _new_fields(models, node)


def _is_new(item: ast.stmt) -> bool:
    return isinstance(item, ast.AnnAssign)


def _literal(node: ast.ClassDef, name: str) -> dict[str, dict[str, object]] | None:
    for item in node.body:
        match item:
            case ast.Assign(targets=[ast.Name(id=target)], value=value) if target == name:
                return dict(ast.literal_eval(value))
    return None


def _old_fields(rows: Mapping[str, Mapping[str, object]], validation: Mapping[str, Mapping[str, object]]) -> Fields:
    fields = {}
    for attribute, row in rows.items():
        wire = tuple(part.replace("\0", ".") for part in str(row["key"]).replace("\\.", "\0").split("."))
        rules = validation.get(attribute, {})
        kind, model = _old_kind(str(row["type"]))
        fields[wire] = Field(kind, model, bool(rules.get("readonly")), required=bool(rules.get("required")))
    return fields


def _old_kind(text: str) -> tuple[str, str | None]:
    if text in _SCALARS:
        return _SCALARS[text], None
    if text.startswith("["):
        return "array", _model_name(text[1:-1])
    if text.startswith("{"):
        return "map", _model_name(text[1:-1])
    return "object", text


def _model_name(text: str) -> str | None:
    return None if text in _SCALARS or text.startswith(("[", "{")) else text


def _new_fields(models: Path, node: ast.ClassDef) -> Fields:
    fields: dict[tuple[str, ...], Field] = {}
    for base in node.bases:
        if isinstance(base, ast.Name) and base.id in _classes(models):
            fields.update(_new_fields(models, _classes(models)[base.id]))
    for item in node.body:
        match item:
            case ast.AnnAssign(
                target=ast.Name(id=attribute),
                annotation=annotation,
                value=ast.Call(func=ast.Name(id="rest_field" | "rest_discriminator"), keywords=keywords),
            ):
                options = {keyword.arg: ast.literal_eval(keyword.value) for keyword in keywords if _plain(keyword)}
                visibility = options.get("visibility", [])
                kind, model = _new_kind(ast.unparse(annotation))
                fields[(str(options.get("name", attribute)),)] = Field(
                    kind,
                    model,
                    read_only=visibility == ["read"],
                    create_only="create" in visibility and "update" not in visibility,
                    required="Optional" not in ast.unparse(annotation) and visibility != ["read"],
                )
    return fields


def _plain(keyword: ast.keyword) -> bool:
    return keyword.arg in {"name", "visibility"}


def _new_kind(text: str) -> tuple[str, str | None]:
    text = text.replace("'", "").replace("_models.", "")
    if inner := re.fullmatch(r"Optional\[(.*)\]", text):
        return _new_kind(inner[1])
    if re.fullmatch(r"Union\[str, .*\]", text) or text.startswith("Literal["):
        return "string", None
    if inner := re.fullmatch(r"list\[(.*)\]", text):
        return "array", _new_kind(inner[1])[1]
    if inner := re.fullmatch(r"dict\[str, (.*)\]", text):
        return "map", _new_kind(inner[1])[1]
    if text in _SCALARS:
        return _SCALARS[text], None
    return "object", text


@dataclass(frozen=True)
class Request:
    """A request that a client builds: its verb, path, version and what it demands of its path parameters."""

    builder: str
    method: str
    path: str
    api_version: str
    limits: Mapping[str, Mapping[str, object]]


@cache
def requests_of(operations: Path) -> tuple[Request, ...]:
    """All requests that one file of operations builds."""
    builders = [
        node for node in _tree(operations).body if isinstance(node, ast.FunctionDef) and node.name.startswith("build_")
    ]
    return tuple(_request(node) for node in builders)


def _request(node: ast.FunctionDef) -> Request:
    strings = [item.value for item in ast.walk(node) if isinstance(item, ast.Constant) and isinstance(item.value, str)]
    path = next((text for text in strings if text.startswith("/")), "")
    version = next((text for text in strings if re.fullmatch(r"20\d\d-\d\d-\d\d(-preview)?", text)), "")
    method = next((text for text in strings if text in {"GET", "PUT", "POST", "PATCH", "DELETE", "HEAD"}), "")
    limits = {}
    for item in ast.walk(node):
        match item:
            case ast.Dict(keys=keys, values=values):
                for key, value in zip(keys, values, strict=True):
                    if isinstance(key, ast.Constant) and isinstance(value, ast.Call):
                        limits[str(key.value)] = {
                            str(keyword.arg): ast.literal_eval(keyword.value)
                            for keyword in value.keywords
                            if isinstance(keyword.value, ast.Constant)
                        }
    return Request(node.name, method, path, version, limits)


@cache
def long_running(operations: Path, owner: str) -> frozenset[str]:
    """The methods of a class of operations that start a long-running operation, without their `begin_`."""
    names = (item.name for item in _classes(operations)[owner].body if isinstance(item, ast.FunctionDef))
    return frozenset(name.removeprefix("begin_") for name in names if name.startswith("begin_"))
