"""What a body refers to, and the right that a caller needs there beside the one on the resource itself."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Link:
    """A right on something that a body names."""

    action: str
    scope: str


_IN_GROUP = r"/subscriptions/[^/]+/resourceGroups/[^/]+/providers/"
_RIGHTS = {
    "Microsoft.ManagedIdentity/userAssignedIdentities": "assign",
    "Microsoft.Network/virtualNetworks/subnets": "join",
    "Microsoft.Network/virtualNetworks": "join",
    "Microsoft.Network/networkSecurityGroups": "join",
    "Microsoft.Network/natGateways": "join",
    "Microsoft.Network/routeTables": "join",
    "Microsoft.Network/publicIPAddresses": "join",
    "Microsoft.Network/privateDnsZones": "join",
}
"""By type, the verb of the right that whoever names a resource of it needs there. Add a row for another type."""


def _pattern(kind: str) -> re.Pattern[str]:
    namespace, *types = kind.split("/")
    below = "".join(rf"/{re.escape(name)}/[^/]+" for name in types)
    return re.compile(rf"{_IN_GROUP}{re.escape(namespace)}{below}", re.IGNORECASE)


_RULES = tuple((_pattern(kind), f"{kind}/{verb}/action") for kind, verb in _RIGHTS.items())


def links_of(body: Any, own: str) -> tuple[Link, ...]:
    """Return the rights that a body asks for, each once.

    Args:
        body: The JSON of a PUT, PATCH or POST.
        own: The id of the resource itself; what it says of itself and of its parts is no link.
    """
    mine = own.lower()
    found = {
        link.scope.lower(): link
        for text in _texts(body)
        if (link := _link(text)) and not (link.scope.lower() + "/").startswith(mine + "/")
    }
    return tuple(found.values())


def _link(text: str) -> Link | None:
    for pattern, action in _RULES:
        if pattern.fullmatch(text):
            return Link(action, text)
    return None


def _texts(value: Any) -> Iterator[str]:
    """Every text of a body, the keys of objects too: user-assigned identities stand there."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield key
            yield from _texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner)
