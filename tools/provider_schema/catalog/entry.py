"""What a row of the catalog says, and what many rows share."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

GROUP = "/subscriptions/{subscriptionId}/resourceGroups/{resourceGroupName}"
ML_WORKSPACE = f"{GROUP}/providers/Microsoft.MachineLearningServices/workspaces/{{workspaceName}}"
ENVELOPE = frozenset({"location", "tags", "sku", "kind", "identity", "extendedLocation", "managedBy", "zones", "plan"})
"""Keys that ARM keeps at the top of a resource; everything else stands under `properties`."""


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What a name must look like before it is sent."""

    min_length: int | None = None
    max_length: int | None = None
    pattern: str | None = None


@dataclass(frozen=True, kw_only=True)
class TypeEntry:
    """One resource type: where it lives in ARM and how its inputs differ from the general rules."""

    token: str
    path: str
    api_version: str
    source: str
    """Module of the SDK, such as `storage/storage_account`."""
    class_name: str
    autoname: Literal["random", "copy", "uuid"]
    name_parameter: str
    flattened: bool = True
    """Whether the members of `properties` stand at the top of the inputs."""
    top_level: frozenset[str] = ENVELOPE
    replaces: frozenset[str] = frozenset()
    """Inputs besides the path parameters whose change replaces the resource."""
    put_long_running: bool = False
    delete_long_running: bool = False
    read_only_top_level: frozenset[str] = frozenset({"id", "name", "type", "systemData", "etag"})
    variants: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """Property -> the members of its union that are supported."""
    maintained: tuple[tuple[str, ...], ...] = ()
    """Wire paths of arrays that other resources may own: sent empty on create, kept as they are on update."""
    required_containers: tuple[tuple[str, ...], ...] = ()
    limits: Mapping[str, Limits] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class FunctionEntry:
    """An invoke that is one POST on a resource."""

    token: str
    path: str
    api_version: str
    source: str
    class_name: str
    query: tuple[str, ...] = ()


RESOURCE = frozenset({"id", "name", "type", "etag", "systemData", "location", "tags", "identity", "sku"})
"""Members of a nested resource that stay beside its `properties`."""
