"""What of a stack answers public addresses: a table by network mode, and nothing else decides."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from windlass.project.settings.network import NetworkMode


@dataclass(frozen=True, kw_only=True)
class Exposure:
    """Which things have a public address; roles guard each that has.

    Attributes:
        storage: The storage account, that models are uploaded to and results fetched from.
        vault: The key vault; nobody but the workspace uses it.
        registry: The container registry. A private one builds no images itself: a cluster does.
        workspace: The workspace, that scripts and people talk to.
        endpoints: Endpoints, unless their file says otherwise.
        nodes: Nodes of batch clusters, for what they send out; nobody can come in.
    """

    storage: bool
    vault: bool
    registry: bool
    workspace: bool
    endpoints: bool
    nodes: bool


EXPOSURE: Final[Mapping[NetworkMode, Exposure]] = {
    "public": Exposure(storage=True, vault=True, registry=True, workspace=True, endpoints=True, nodes=True),
    "private": Exposure(storage=False, vault=False, registry=False, workspace=False, endpoints=False, nodes=False),
    # The service's network isolates what goes out. People still come in from outside, and upload to the storage.
    "managed": Exposure(storage=True, vault=False, registry=False, workspace=True, endpoints=True, nodes=False),
}


def switch(open_to_the_public: bool) -> str:  # noqa: FBT001 - a switch has one position
    """Write it as Azure does."""
    return "Enabled" if open_to_the_public else "Disabled"
