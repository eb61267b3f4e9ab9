"""Private endpoints of a private stack: which, to what, and the DNS zone that its names stand in. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal

LinkTarget = Literal["storage", "vault", "registry", "workspace"]

GROUPS: Final[Mapping[LinkTarget, tuple[str, ...]]] = {
    # Azure ML keeps assets in blobs and files; batch endpoints hand out work over queues and tables.
    "storage": ("blob", "file", "queue", "table"),
    "vault": ("vault",),
    "registry": ("registry",),
    "workspace": ("amlworkspace",),
}
"""What a private endpoint can lead to in each; one endpoint leads to one."""

ZONES: Final[Mapping[str, tuple[str, ...]]] = {
    **{group: (f"privatelink.{group}.core.windows.net",) for group in GROUPS["storage"]},
    "vault": ("privatelink.vaultcore.azure.net",),
    "registry": ("privatelink.azurecr.io",),
    "amlworkspace": ("privatelink.api.azureml.ms", "privatelink.notebooks.azure.net"),
}
"""The zones that the names of each stand in (Microsoft's list of private DNS zone values)."""

ZONE_NAMES: Final[tuple[str, ...]] = tuple(dict.fromkeys(zone for zones in ZONES.values() for zone in zones))


def label_of(zone: str) -> str:
    """Say a zone in one word, for logical names: `privatelink.blob.core.windows.net` is `blob`."""
    first, second, *_ = zone.removeprefix("privatelink.").split(".")
    return f"{first}-{second}" if first in {"api", "notebooks"} else first
