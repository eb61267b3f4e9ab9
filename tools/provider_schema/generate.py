"""Joins the SDK's shapes with the catalog and renders the table that the provider loads."""

import ast
import importlib.util
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .catalog import (
    FUNCTIONS,
    LEVEL_OF_PROPERTIES,
    RENAMES,
    TYPES,
    FunctionEntry,
    Limits,
    TypeEntry,
)
from .read_sdk import ClassSource, Member, enum_kinds, invoke_arguments, read_module

TABLE = Path(__file__).parents[2] / "packages" / "provider" / "src" / "windlass_provider" / "schema" / "table.json"
PATHS = Path(__file__).parents[2] / "src" / "windlass" / "project" / "arm_paths.py"
"""Where `recover.py` and `teardown.py` look for what the program declares: the same catalog, another reader."""
_PATHS_HEAD = '''"""Made by `PYTHONPATH=tools python -m provider_schema`: where in Azure each type of resource lies."""

# ruff: noqa: E501 - paths are as long as Azure makes them

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

PATHS: Final[Mapping[str, str]] = MappingProxyType(
    {
'''
_SCALARS = {"str": "string", "bool": "boolean", "int": "integer", "float": "number"}
_READ_BY_PULUMI = frozenset({"urn", "id", "azureApiVersion"})
"""Outputs that the engine or the provider itself sets, whatever ARM answers."""

Json = dict[str, Any]


def sdk_root() -> Path:
    """The folder of the installed `pulumi_azure_native`."""
    spec = importlib.util.find_spec("pulumi_azure_native")
    if spec is None or spec.origin is None:
        raise SystemExit("pulumi-azure-native is not installed; run `make setup` first.")
    return Path(spec.origin).parent


@dataclass
class ShapeWriter:
    """Collects the nested shapes that one module's types refer to."""

    module: str
    folder: Path
    direction: str
    """`in` for what a program gives, `out` for what it gets."""
    shapes: Json = field(default_factory=dict)

    def property_of(self, annotation: ast.expr) -> Json:
        """The JSON description of one annotation of the SDK."""
        match annotation:
            case ast.Attribute(attr=("Any")):
                return {"type": "any"}
            case ast.Name(id="Any"):
                return {"type": "any"}
            case ast.Attribute(attr=name) if name in _SCALARS:
                return {"type": _SCALARS[name]}
            case ast.Constant(value=str(name)):
                return self._named(name)
            case ast.Subscript(value=container, slice=argument):
                return self._generic(_last_name(container), argument)
        raise ValueError(f"{self.module}: annotation {ast.dump(annotation)} is not known to the generator.")

    def _generic(self, container: str, argument: ast.expr) -> Json:
        if container in {"Input", "Optional", "Output"}:
            return self.property_of(argument)
        if container == "Sequence":
            return {"type": "array", "items": self.property_of(argument)}
        assert isinstance(argument, ast.Tuple)
        if container == "Mapping":
            return {"type": "map", "values": self.property_of(argument.elts[1])}
        return self._union([self.property_of(element) for element in argument.elts])

    @staticmethod
    def _union(members: list[Json]) -> Json:
        objects = [member["ref"] for member in members if member["type"] == "object"]
        if objects:
            return {"type": "union", "variants": objects}
        # A string that has known values is `Union[str, 'Enum']` in the SDK: one and the same JSON type.
        return members[0]

    def _named(self, name: str) -> Json:
        name = name.removeprefix("outputs.").removeprefix("_enums.")
        if name == "Any":
            return {"type": "any"}
        file = "_inputs.py" if self.direction == "in" else "outputs.py"
        source = read_module(self.folder / file).get(name)
        if source is None:
            return {"type": enum_kinds(self.folder / "_enums.py")[name]}
        return {"type": "object", "ref": self.add(source)}

    def add(self, source: ClassSource) -> str:
        """Describes a nested class once and returns its key."""
        base = source.name.removesuffix("Args").removesuffix("Response")
        key = f"{self.module}/{self.direction}/{base}"
        if key not in self.shapes:
            self.shapes[key] = {}  # entered first, because shapes may contain themselves
            self.shapes[key] = self.members(source, f"{self.module}:{base}")
        return key

    def members(self, source: ClassSource, owner: str) -> Json:
        """The properties of a nested class, with the wire path of each where it differs from its name."""
        staying = LEVEL_OF_PROPERTIES.get(owner)
        described = {}
        for member in sorted(source.members, key=lambda item: item.name):
            renamed = RENAMES.get(owner, {}).get(member.name, member.name)
            wire = [renamed] if isinstance(renamed, str) else list(renamed)
            if staying is not None and member.name not in staying:
                wire.insert(0, "properties")
            described[member.name] = self.describe(member, wire)
        required = sorted(member.name for member in source.members if member.required)
        return {"properties": described, **({"required": required} if required else {})}

    def describe(self, member: Member, wire: list[str]) -> Json:
        """One property: its type, where it stands on the wire, its constant or default."""
        described = self.property_of(member.annotation)
        ids = member.name == "userAssignedIdentities" and described.get("items") == {"type": "string"}
        if self.direction == "in" and ids:
            described = {"type": "set"}  # the program lists ids, ARM wants a map with empty values
        if wire != [member.name]:
            described["wire"] = wire
        if member.constant is not None:
            described["const"] = member.constant
        elif self.direction == "in" and member.default is not None:
            described["default"] = member.default
        return described


def _last_name(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def _wire(entry: TypeEntry, name: str, *, output: bool) -> list[str]:
    renamed = RENAMES.get(entry.token, {}).get(name, name)
    wire = [renamed] if isinstance(renamed, str) else list(renamed)
    on_top = name in entry.top_level or (output and name in entry.read_only_top_level)
    return wire if not entry.flattened or on_top else ["properties", *wire]


def _limits(limits: Limits) -> Json:
    named = {"minLength": limits.min_length, "maxLength": limits.max_length, "pattern": limits.pattern}
    return {key: value for key, value in named.items() if value is not None}


def _keep_variants(entry: TypeEntry, name: str, described: Json) -> Json:
    """Leaves in a union only what the catalog supports; the rest is named, to be refused by name."""
    if described["type"] != "union" or name not in entry.variants:
        return described
    kept = [ref for ref in described["variants"] if ref.rpartition("/")[2] in entry.variants[name]]
    refused = sorted(ref.rpartition("/")[2] for ref in described["variants"] if ref not in kept)
    return {**described, "variants": kept, "refused": refused}


def parameters_of(path: str) -> tuple[str, ...]:
    """The placeholders of a path template that come from a program's inputs, in order."""
    names = [part.partition("}")[0] for part in path.split("{")[1:]]
    return tuple(name for name in names if name != "subscriptionId")


def _inputs(entry: TypeEntry, source: ClassSource, shapes: ShapeWriter) -> Json:
    parameters = parameters_of(entry.path)
    described = {}
    for member in sorted(source.members, key=lambda item: item.name):
        wire = [member.name] if member.name in parameters else _wire(entry, member.name, output=False)
        shape = _keep_variants(entry, member.name, shapes.describe(member, wire))
        if member.name in entry.limits:
            shape.update(_limits(entry.limits[member.name]))
        if member.name in entry.replaces or member.name in parameters:
            shape["replaces"] = True
        described[member.name] = shape
    # The name is optional in the SDK because the provider makes one up; ARM cannot do without it.
    required = {member.name for member in source.members if member.required} | set(parameters)
    return {"properties": described, "required": sorted(required)}


def _outputs(entry: TypeEntry, source: ClassSource, shapes: ShapeWriter) -> Json:
    described = {}
    for member in sorted(source.members, key=lambda item: item.name):
        if member.name not in _READ_BY_PULUMI:
            shape = shapes.describe(member, _wire(entry, member.name, output=True))
            described[member.name] = _keep_variants(entry, member.name, shape)
    return {"properties": described}


def _prune(root: Json, shapes: Json, kept: Json) -> None:
    """Copies into `kept` the shapes that `root` reaches; refused variants brought many that it does not."""
    if "ref" in root or "variants" in root:
        for key in [root["ref"]] if "ref" in root else root["variants"]:
            if key not in kept:
                kept[key] = shapes[key]
                for member in shapes[key]["properties"].values():
                    _prune(member, shapes, kept)
    for inner in ("items", "values"):
        if inner in root:
            _prune(root[inner], shapes, kept)


def arguments_of(classes: Mapping[str, ClassSource], name: str) -> ClassSource:
    """The class of a type's arguments; where a nested type has taken its usual name it is called `..InitArgs`."""
    return classes.get(f"{name}Args") or classes[f"{name}InitArgs"]


def _type_row(root: Path, entry: TypeEntry, kept: Json) -> Json:
    module, _, _ = entry.token.partition(":")
    classes = read_module(root / f"{entry.source}.py")
    into = ShapeWriter(module, root / module, "in")
    out_of = ShapeWriter(module, root / module, "out")
    inputs = _inputs(entry, arguments_of(classes, entry.class_name), into)
    outputs = _outputs(entry, classes[entry.class_name], out_of)
    for shape, shapes in ((inputs, into.shapes), (outputs, out_of.shapes)):
        for member in shape["properties"].values():
            _prune(member, shapes, kept)
    return {
        "path": entry.path,
        "apiVersion": entry.api_version,
        "name": {"parameter": entry.name_parameter, "autoname": entry.autoname},
        "putLongRunning": entry.put_long_running,
        "deleteLongRunning": entry.delete_long_running,
        "maintained": [list(path) for path in entry.maintained],
        "requiredContainers": [list(path) for path in entry.required_containers],
        "inputs": inputs,
        "outputs": outputs,
    }


def _function_row(root: Path, entry: FunctionEntry, kept: Json) -> Json:
    module, _, _ = entry.token.partition(":")
    path = root / f"{entry.source}.py"
    out_of = ShapeWriter(module, root / module, "out")
    outputs = out_of.members(read_module(path)[entry.class_name], entry.token)
    for member in outputs["properties"].values():
        _prune(member, out_of.shapes, kept)
    return {
        "path": entry.path,
        "apiVersion": entry.api_version,
        "arguments": sorted(invoke_arguments(path)),
        "query": list(entry.query),
        "outputs": outputs,
    }


def build(root: Path) -> Mapping[str, Any]:
    """The whole table as JSON values."""
    shapes: Json = {}
    types = {entry.token: _type_row(root, entry, shapes) for entry in TYPES}
    functions = {entry.token: _function_row(root, entry, shapes) for entry in FUNCTIONS}
    return {"types": types, "functions": functions, "shapes": dict(sorted(shapes.items()))}


def render(root: Path) -> str:
    """The table as it is checked in: one type, function or shape a line, so that diffs stay small."""
    sections = []
    for name, rows in build(root).items():
        lines = ",\n".join(f"{json.dumps(key)}: {json.dumps(row, sort_keys=True)}" for key, row in rows.items())
        sections.append(f"{json.dumps(name)}: {{\n{lines}\n}}")
    return "{\n" + ",\n".join(sections) + "\n}\n"


def render_paths(root: Path) -> str:
    """The path of every type, as a module of the toolkit: data, because the two share no code."""
    types = build(root)["types"]
    lines = "".join(f"        {json.dumps(token)}: {json.dumps(types[token]['path'])},\n" for token in sorted(types))
    return f"{_PATHS_HEAD}{lines}    }}\n)\n"
