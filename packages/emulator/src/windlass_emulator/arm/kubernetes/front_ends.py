"""Where the inference routers of the clusters answer, for the proxy and the front door: state of this process alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from windlass_emulator.arm.common import SUCCEEDED
from windlass_emulator.arm.kubernetes.azureml import TYPE, FrontEnd, front_end
from windlass_emulator.arm.kubernetes.ids import EXTENSION_TYPE

if TYPE_CHECKING:
    from windlass_emulator.azure import LocalAzure
    from windlass_emulator.store import Resource


def front_ends(azure: LocalAzure) -> dict[str, FrontEnd]:
    """Return the front ends that are up, by host."""
    known: dict[str, FrontEnd] = azure.live.setdefault("front ends", {})
    return known


def ml_extension(azure: LocalAzure, cluster: str) -> Resource | None:
    """Return the extension of Azure ML that is installed on a cluster, or None."""
    for extension in azure.store.children(cluster, EXTENSION_TYPE):
        if str(extension.body["properties"].get("extensionType", "")).lower() == TYPE:
            return extension
    return None


def front_end_of(azure: LocalAzure, cluster: str) -> FrontEnd | None:
    """Return where the endpoints of a cluster answer; None while nothing is installed there that serves."""
    extension = ml_extension(azure, cluster)
    if extension is None or extension.body["properties"]["provisioningState"] not in {SUCCEEDED, "Updating"}:
        return None
    return front_end(cluster, extension.body["properties"]["configurationSettings"])


def open_front_ends(azure: LocalAzure) -> None:
    """Have the front ends be those that the store tells of: at start, and after each change of an extension."""
    # Two clusters may say one host name; the one that was set up last has it, as with a record that leads to it.
    extensions = sorted(azure.store.of_type(EXTENSION_TYPE), key=lambda each: each.modified)
    clusters = [extension.id.partition("/providers/" + EXTENSION_TYPE)[0] for extension in extensions]
    found = (front_end_of(azure, cluster) for cluster in clusters)
    known = front_ends(azure)
    known.clear()
    known.update({each.host: each for each in found if each is not None and each.reachable})
