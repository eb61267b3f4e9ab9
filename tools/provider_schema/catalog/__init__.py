"""What the Pulumi SDK does not say about the types in use: paths, versions, renames, replacement, naming.

Each row comes from the published API specifications and from the source of the real provider. The names and
shapes of properties are not written here: they are read in the SDK, so that none is forgotten or misspelt.
One module for each family of types.
"""

from collections.abc import Mapping

from . import base, kubernetes, monitor, network
from .entry import FunctionEntry, Limits, TypeEntry

__all__ = [
    "FUNCTIONS",
    "LEVEL_OF_PROPERTIES",
    "RENAMES",
    "TYPES",
    "FunctionEntry",
    "Limits",
    "TypeEntry",
]

_FAMILIES = (base, kubernetes, monitor, network)

TYPES: tuple[TypeEntry, ...] = tuple(entry for family in _FAMILIES for entry in family.TYPES)
FUNCTIONS: tuple[FunctionEntry, ...] = tuple(entry for family in _FAMILIES for entry in family.FUNCTIONS)

RENAMES: Mapping[str, Mapping[str, str | tuple[str, ...]]] = {
    key: row for family in _FAMILIES for key, row in family.RENAMES.items()
}
"""`module:Type or nested class` -> SDK name -> name on the wire, or the path to it."""

LEVEL_OF_PROPERTIES: Mapping[str, frozenset[str]] = {
    key: row for family in _FAMILIES for key, row in family.LEVEL_OF_PROPERTIES.items()
}
"""Nested classes whose members, but for the named ones, stand under `properties` on the wire."""
