"""Names that the provider makes up where a program gives none."""

import hashlib
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from windlass_provider.schema.model import ResourceType
from windlass_provider.values import CREATE_BEFORE_DELETE, Properties, Value


class Mode(Enum):
    """What the engine's `pulumi:autonaming` setting asks for."""

    NONE = "none"
    PROPOSE = "propose"
    ENFORCE = "enforce"
    DISABLE = "disable"


@dataclass(frozen=True, kw_only=True)
class Naming:
    """What the engine sends along for making a name."""

    logical_name: str
    seed: bytes = b""
    mode: Mode = Mode.NONE
    proposed: str = ""


def with_name(row: ResourceType, news: Mapping[str, Value], olds: Mapping[str, Value], naming: Naming) -> Properties:
    """The inputs with a name: the given one, else the old one, else one made up by the type's rule."""
    key = row.name_parameter
    named = dict(news)
    if news.get(key) is not None:
        return named
    if olds.get(key) is not None:
        named[key] = olds[key]
        if olds.get(CREATE_BEFORE_DELETE) is True:
            named[CREATE_BEFORE_DELETE] = True
        return named
    made = _made_up(row, naming)
    if made is not None:
        name, random = made
        named[key] = name
        if random:
            named[CREATE_BEFORE_DELETE] = True
    return named


def _made_up(row: ResourceType, naming: Naming) -> tuple[str, bool] | None:
    """A name and whether it is free to change with a replacement; None where names must be given."""
    if naming.mode is Mode.DISABLE:
        return None
    if naming.mode is Mode.ENFORCE or (naming.mode is Mode.PROPOSE and row.autoname != "uuid"):
        return naming.proposed, True
    match row.autoname:
        case "copy":
            return naming.logical_name, False
        case "uuid":
            return str(uuid.UUID(hex=_hex(naming.seed, "", 32))), True
        case "random":
            return naming.logical_name + _hex(naming.seed, naming.logical_name, 8), True


def _hex(seed: bytes, salt: str, length: int) -> str:
    """Hex digits that hang on the engine's seed alone, so that a plan and its execution agree."""
    material = seed or uuid.uuid4().bytes
    return hashlib.sha256(material + salt.encode()).hexdigest()[:length]
