"""The type of a container group, and what every module here calls its parts."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from windlass_emulator.arm.common import GROUP, Kind, NameRule

if TYPE_CHECKING:
    from windlass_emulator.azure import LocalAzure
    from windlass_emulator.store import Resource

KIND = Kind(
    type="Microsoft.ContainerInstance/containerGroups",
    body="container group",
    name=NameRule(
        r"(?=.{1,63}\Z)[a-z0-9]+(-[a-z0-9]+)*",
        "It can contain only lowercase letters, numbers and single hyphens, and has 1 to 63 characters.",
        code="InvalidContainerGroupName",
    ),
    required=("properties.containers", "properties.osType"),
    # recorded: its GETs have none
    system_data=False,
)
ONE = KIND.template
MANY = f"{GROUP}/providers/{KIND.type}"
SECRETS = "secure values"
"""The fact that holds what a GET never shows."""

STOPPED = "stopped"
"""The fact that says whether somebody has stopped the group."""

FQDN_SUFFIX = "azurecontainer.io"


def container_of(group: Resource) -> dict[str, Any]:
    """Return the one container of a group."""
    container: dict[str, Any] = group.body["properties"]["containers"][0]
    return container


def host_of(group: Resource) -> str | None:
    """Return the public host name of a group, or None."""
    label = (group.body["properties"].get("ipAddress") or {}).get("dnsNameLabel")
    return f"{label}.{group.body['location']}.{FQDN_SUFFIX}" if label else None


def folder_of(azure: LocalAzure, group: str) -> Path:
    """Return the folder of a group; its name is short, because paths of sockets are not."""
    digest = hashlib.sha256(group.lower().encode()).hexdigest()[:10]
    return azure.settings.data / "containers" / f"{group.rpartition('/')[2][:20]}-{digest}"
