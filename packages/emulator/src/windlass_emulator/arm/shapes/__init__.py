"""The request bodies of Azure Resource Manager's types in use: every property that a body may have, in one table.

A test holds each row against the model of the official SDK that `BODIES` names with it: no property here that
Azure does not know, none missing that it takes. One module for each family of types.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from windlass_emulator.arm.shapes import base, containers, kubernetes, monitor, network
from windlass_emulator.arm.shapes.body import Body

__all__ = ["BODIES", "Body"]

_FAMILIES = (base, containers, kubernetes, monitor, network)

BODIES: Mapping[str, Body] = MappingProxyType(
    {row: body for family in _FAMILIES for row, body in family.BODIES.items()}
)
