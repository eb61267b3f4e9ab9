"""The built-in roles that the local Azure knows. A role that is missing is refused by name; add it to the data.

The rows of `built_in_roles.json` are Azure's own answer to a list of role definitions, as published in August 2026
in github.com/iann0036/iam-dataset (azure/built-in-roles-raw.json); none of them has a condition.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from types import MappingProxyType

from windlass_emulator.access.permissions import Permission

OWNER = "8e3af657-a8ff-443c-a75c-2fe8c4bcb635"


@dataclass(frozen=True, slots=True)
class Role:
    """One role.

    Attributes:
        assignable: The scopes in which it may be assigned.
    """

    name: str
    description: str
    permissions: tuple[Permission, ...]
    kind: str = "BuiltInRole"
    assignable: tuple[str, ...] = ("/",)


@cache
def built_in_roles() -> Mapping[str, Role]:
    """Return them by GUID."""
    rows = json.loads(resources.files(__package__).joinpath("built_in_roles.json").read_text(encoding="utf-8"))
    return MappingProxyType({guid: _role(row) for guid, row in rows.items()})


def _role(row: Mapping[str, object]) -> Role:
    return Role(str(row["name"]), str(row["description"]), (read_permission(row),))


def read_permission(row: Mapping[str, object]) -> Permission:
    """Return a permission from the JSON of Azure."""

    def patterns(name: str) -> tuple[str, ...]:
        given = row.get(name)
        return tuple(str(pattern) for pattern in given) if isinstance(given, list) else ()

    return Permission(patterns("actions"), patterns("notActions"), patterns("dataActions"), patterns("notDataActions"))
