"""What is in service in this process: the way in of each endpoint, and the fleet of each deployment.

All of it is made from the store, which is written first: after a kill the same keys, traffic and instances come
back. Nothing here is ever the only place of a fact, but for the counts of requests.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from windlass_emulator.ml.common import child_id
from windlass_emulator.online import kubernetes
from windlass_emulator.online.balance import Share, Turns
from windlass_emulator.online.fleet import Fleet, Server
from windlass_emulator.online.keys import TokenSigner, keys_of
from windlass_emulator.online.views import host_of

if TYPE_CHECKING:
    from windlass_emulator.azure import LocalAzure
    from windlass_emulator.store import Resource


@dataclass(slots=True)
class Doorway:
    """The way into one endpoint.

    Attributes:
        endpoint: Its id.
        name: Its name.
        auth_mode: Key, AMLToken or AADToken.
        keys: With which it is scored in mode Key.
        turns: Whose turn it is.
        mirror: Who gets copies, and of which requests.
    """

    endpoint: str
    name: str
    auth_mode: str
    keys: Mapping[str, str]
    turns: Turns
    mirror: tuple[str, Share] | None = None


@dataclass(slots=True)
class Live:
    """All that is in service.

    Attributes:
        doorways: By host name, or by cluster and name (`cluster_way`).
        fleets: By the deployment's id in lower case.
        arriving: Instances that are starting and in no fleet yet, by the same.
        signer: Of endpoint tokens; made when one is first asked for.
        tasks: What runs behind the answers: mirrored requests, deployments coming back.
    """

    doorways: dict[str, Doorway] = field(default_factory=dict)
    fleets: dict[str, Fleet] = field(default_factory=dict)
    arriving: dict[str, Sequence[Server]] = field(default_factory=dict)
    signer: TokenSigner | None = None
    tasks: set[asyncio.Task[None]] = field(default_factory=set)

    def fleet_of(self, endpoint: str, deployment: str) -> Fleet | None:
        """Return the fleet of a deployment that takes requests, or None."""
        return self.fleets.get(child_id(endpoint, "deployments", deployment).lower())


def live(azure: LocalAzure) -> Live:
    """Return what is in service in this local Azure."""
    state: Live = azure.live.setdefault("online", Live())
    return state


def signer(azure: LocalAzure) -> TokenSigner:
    """Return the signer of endpoint tokens."""
    state = live(azure)
    if state.signer is None:
        state.signer = TokenSigner.of(azure.store)
    return state.signer


def effective_traffic(azure: LocalAzure, endpoint: str) -> dict[str, dict[str, int]]:
    """Return the traffic and mirror traffic that requests meet now; an update under way has not changed it yet."""
    stored: dict[str, dict[str, int]] = azure.store.fact(endpoint, "effective", {"traffic": {}, "mirror": {}})
    return stored


def open_doorway(azure: LocalAzure, endpoint: Resource) -> None:
    """Let requests in as the store says now: after a change of keys or traffic, and at start."""
    if kubernetes.is_kubernetes(endpoint.body) and not kubernetes.cluster_of(azure, endpoint):
        return  # its cluster was detached: nobody gets to it any more
    effective = effective_traffic(azure, endpoint.id)
    mirrored = next(((name, Share(share)) for name, share in effective["mirror"].items() if share), None)
    live(azure).doorways[_way_in(azure, endpoint)] = Doorway(
        endpoint=endpoint.id,
        name=endpoint.name,
        auth_mode=endpoint.body["properties"]["authMode"],
        keys=keys_of(azure, endpoint.id),
        turns=Turns(effective["traffic"]),
        mirror=mirrored,
    )


def close_doorway(azure: LocalAzure, endpoint: Resource) -> None:
    """Let no more requests in."""
    for way, doorway in list(live(azure).doorways.items()):
        if doorway.endpoint.lower() == endpoint.id.lower():
            del live(azure).doorways[way]


def _way_in(azure: LocalAzure, endpoint: Resource) -> str:
    """Return the host of a managed endpoint; of one on a cluster the cluster of the endpoint and its name."""
    if cluster := kubernetes.cluster_of(azure, endpoint):
        return cluster_way(cluster, endpoint.name)
    return host_of(endpoint.name, endpoint.body["location"])


def cluster_way(cluster: str, endpoint: str) -> str:
    """Return the way into an endpoint on a cluster: the router's address may change, the cluster does not."""
    return f"{cluster.lower()}/{endpoint.lower()}"


async def close_fleet(azure: LocalAzure, deployment: str) -> None:
    """Take a deployment out of service: it finishes the requests under way, then its instances end."""
    if fleet := live(azure).fleets.get(deployment.lower()):
        await fleet.close()
        live(azure).fleets.pop(deployment.lower(), None)


def status(azure: LocalAzure) -> dict[str, Any]:
    """Return the instances and the counts of requests."""
    state = live(azure)
    running = [one for fleet in state.fleets.values() for one in [*fleet.instances, *fleet.leaving]]
    starting = [one for instances in state.arriving.values() for one in instances]
    return {
        "instances": [_instance_row(one) for one in [*running, *starting]],
        "requests": [
            {"endpoint": fleet.endpoint, "deployment": fleet.deployment, "answers": dict(fleet.answers)}
            for fleet in state.fleets.values()
        ],
    }


def _instance_row(instance: Server) -> dict[str, Any]:
    return {
        "endpoint": instance.endpoint,
        "deployment": instance.deployment,
        "index": instance.index,
        "pid": instance.pid,
        "port": instance.port,
        "state": instance.state,
    }
