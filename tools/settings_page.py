"""The references of settings, from the models that read them: a table for each section of a file."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final, get_args

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from windlass.bootstrap.settings import (
    FILE,
    AccountName,
    BootstrapSettings,
    GroupName,
    Region,
    Repository,
    Reviewer,
    VaultName,
)
from windlass.project.names import CONTAINER_PATTERN, PROJECT_PATTERN, WORDS_PATTERN
from windlass.project.settings import PROVIDER_KEYS, PROVIDER_NAMESPACE, SETTINGS_KEY, SETTINGS_NAMESPACE, Settings
from windlass.project.settings.bring import ZoneName
from windlass.project.settings.parts import ArmId, EndpointPath, Guid, Mail, TagName, VmSize

_INTRODUCTION: Final = f"""# Settings

Everything that a stack is told stands in `Pulumi.<stack>.yaml`, under `config`. Editors that know YAML schemas complete
and check it: the first line of each file points at [stack-file.schema.json](stack-file.schema.json). Whatever is wrong
in the file is told together, each with its key path, before anything is made, and so is what contradicts another key.

`{PROVIDER_NAMESPACE}:` says where the stack is applied:

| key | what it is |
|---|---|
"""


_BOOTSTRAP: Final = """# bootstrap.yml

What `scripts/bootstrap.py` is told beside the settings of the stacks ([how-to](../how-to/github.md)). Editors that know
YAML schemas complete and check it: its first line points at [bootstrap.schema.json](bootstrap.schema.json).

"""


def _pattern(alias: Any) -> str:
    return str(next(each.pattern for each in get_args(alias) if getattr(each, "pattern", None)))


_WORDS: Final[Mapping[str, str]] = {
    _pattern(ArmId): "ARM id",
    _pattern(Guid): "GUID",
    _pattern(Mail): "mail address",
    _pattern(VmSize): "size of a virtual machine",
    _pattern(EndpointPath): "`<folder>/online` or `<folder>/batch`",
    _pattern(TagName): "name of a tag",
    _pattern(ZoneName): "name of a private DNS zone",
    _pattern(Repository): "owner/name",
    _pattern(Reviewer): "`login` or `owner/team`",
    _pattern(AccountName): "name of a storage account",
    _pattern(VaultName): "name of a key vault",
    _pattern(GroupName): "name of a resource group",
    _pattern(Region): "region",
    WORDS_PATTERN: "name",
    PROJECT_PATTERN: "name",
    CONTAINER_PATTERN: "name",
}
"""What a text of each pattern is called; another pattern is shown as it is."""


def settings() -> str:
    """Return the page."""
    text = _INTRODUCTION + "".join(
        f"| `{PROVIDER_NAMESPACE}:{key}` | {meaning[0].upper()}{meaning[1:]} |\n"
        for key, meaning in PROVIDER_KEYS.items()
    )
    return text + "\n" + "\n".join(_sections(f"{SETTINGS_NAMESPACE}:{SETTINGS_KEY}", Settings)) + "\n"


def bootstrap() -> str:
    """Return the page of `bootstrap.yml`."""
    return _BOOTSTRAP + "\n".join(_sections(FILE, BootstrapSettings)) + "\n"


def _sections(path: str, model: type[BaseModel]) -> Iterator[str]:
    """Yield the lines of a section, then those of the sections below it."""
    schema = model.model_json_schema()
    required = set(schema.get("required", ()))
    yield from (f"## `{_title(path)}`", "", _first_sentence(model), "", "| key | type | default | what it says |")
    yield "|---|---|---|---|"
    for name, field in model.model_fields.items():
        kind = _type(schema["properties"][name])
        default = "**required**" if name in required else _default(field)
        yield f"| `{name}` | {kind} | {default} | {_cell(field.description or '')} |"
    yield ""
    for name, field in model.model_fields.items():
        for below, many in _models_in(field.annotation):
            yield from _sections(f"{path}.{name}" + (".<name>" if many else ""), below)


def _title(path: str) -> str:
    """Sections are called as they are written below `windlass:settings`, or in a file of their own."""
    return path.removeprefix(f"{SETTINGS_NAMESPACE}:{SETTINGS_KEY}.").removeprefix(f"{FILE}.")


def _first_sentence(model: type[BaseModel]) -> str:
    return (model.__doc__ or "").strip().splitlines()[0]


def _models_in(annotation: Any, *, many: bool = False) -> Iterator[tuple[type[BaseModel], bool]]:
    """Yield each section that a key holds, and whether it holds many of them by name."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation, many
    for part in get_args(annotation):
        yield from _models_in(part, many=many or getattr(annotation, "__origin__", None) is dict)


def _default(field: FieldInfo) -> str:
    value = field.get_default(call_default_factory=True, validated_data={})
    if isinstance(value, BaseModel):
        return "see below"
    if value is None or value in ((), {}, ""):
        return "none"
    if isinstance(value, dict):
        value = {key: each.model_dump() if isinstance(each, BaseModel) else each for key, each in value.items()}
    return f"`{_cell(value if isinstance(value, str) else json.dumps(value))}`"


def _type(schema: Mapping[str, Any]) -> str:
    if "$ref" in schema:
        return "section"
    if "anyOf" in schema:
        return " or ".join(_type(each) for each in schema["anyOf"] if each.get("type") != "null")
    if "enum" in schema or "const" in schema:
        return ", ".join(f"`{each}`" for each in schema.get("enum", [schema.get("const")]))
    return _plain_type(schema)


def _plain_type(schema: Mapping[str, Any]) -> str:
    match schema["type"]:
        case "string":
            return _text(schema)
        case "boolean":
            return "`true` or `false`"
        case "integer" | "number" as kind:
            return ("whole number" if kind == "integer" else "number") + _range(schema)
        case "array":
            return f"list of: {_type(schema['items'])}"
        case "object":
            values = schema.get("patternProperties", {"": schema.get("additionalProperties")})
            return f"{_type(next(iter(values.values())))}, by {_key(schema)}"
        case other:
            message = f"the reference of settings has no word for {other}"
            raise ValueError(message)


def _key(schema: Mapping[str, Any]) -> str:
    names = schema.get("propertyNames", {})
    if "enum" in names:
        return ", ".join(f"`{each}`" for each in names["enum"])
    return _WORDS.get(next(iter(schema.get("patternProperties", {})), names.get("pattern", "")), "name")


def _text(schema: Mapping[str, Any]) -> str:
    pattern = schema.get("pattern")
    if pattern is None:
        return "text"
    return _WORDS.get(pattern, f"text of the form `{_cell(pattern)}`")


def _range(schema: Mapping[str, Any]) -> str:
    lowest, highest = schema.get("minimum"), schema.get("maximum")
    if "exclusiveMinimum" in schema:
        above = f", more than {schema['exclusiveMinimum']:g}"
        return above if highest is None else f"{above}, up to {highest:g}"
    if lowest is not None and highest is not None:
        return f", {lowest:g} to {highest:g}"
    return "" if lowest is None else f", {lowest:g} or more"


def _cell(text: str) -> str:
    """Keep a table whole: a bar would end the cell, a line break the row, and `<name>` would be an element of HTML."""
    return text.replace("|", "\\|").replace("\n", " ").replace("<", "&lt;")
