"""All clusters, and the door at which their nodes report; `azure.live["clusters"]`."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from windlass_emulator.batch.addresses import COMPUTE_TYPE
from windlass_emulator.batch.cluster import Cluster, Node
from windlass_emulator.ml.quota import NodeCounts

if TYPE_CHECKING:
    from windlass_emulator.azure import LocalAzure

_LINE_LIMIT = 2**22
"""The longest message of an agent; what scripts raise is in it."""

_FOLLOW_SECONDS = 0.5
"""How soon a cluster notices that its minimum has changed; what jobs need is noticed at once."""


class Clusters:
    """All clusters, and the door at which their nodes report."""

    def __init__(self, azure: LocalAzure) -> None:
        self._azure = azure
        self._clusters: dict[str, Cluster] = {}
        self._expected: dict[str, tuple[Cluster, Node]] = {}
        self._server: asyncio.Server | None = None
        self._following: asyncio.Task[None] | None = None
        self.address = ""

    async def open(self) -> None:
        """Listen for nodes on a port of loopback that the system chooses."""
        self._server = await asyncio.start_server(self._meet, "127.0.0.1", 0, limit=_LINE_LIMIT)
        self.address = f"127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    def of(self, compute_id: str) -> Cluster:
        """Return the cluster of a compute resource."""
        key = compute_id.lower()
        if key not in self._clusters:
            self._clusters[key] = Cluster(self._azure, compute_id, self)
        return self._clusters[key]

    def counts(self, compute_id: str) -> NodeCounts:
        """Return how many nodes a cluster has now."""
        cluster = self._clusters.get(compute_id.lower())
        if cluster is None:
            return NodeCounts()
        states = Counter(node.state for node in cluster.nodes.values())
        return NodeCounts(
            preparing=states["starting"],
            running=states["running"],
            idle=states["idle"],
            leaving=states["leaving"],
            target=cluster.target,
        )

    def nodes(self, compute_id: str) -> list[Mapping[str, Any]]:
        """Return the nodes of a cluster as listNodes shows them."""
        cluster = self._clusters.get(compute_id.lower())
        return [
            {
                "nodeId": node.name,
                "privateIpAddress": "127.0.0.1",
                "publicIpAddress": None,
                "port": None,
                "nodeState": "preparing" if node.state == "starting" else node.state,
                "runId": node.job,
            }
            for node in (cluster.nodes.values() if cluster else ())
        ]

    async def release(self, compute_id: str) -> None:
        """End all nodes of a cluster, because it is deleted."""
        if cluster := self._clusters.pop(compute_id.lower(), None):
            await cluster.delete()

    def follow(self) -> None:
        """Keep every cluster at its minimum of nodes from now on, as compute resources come and change."""
        self._following = asyncio.create_task(self._follow(), name="minimum of nodes")

    async def _follow(self) -> None:
        while True:
            for compute in self._azure.store.of_type(COMPUTE_TYPE):
                if compute.body["properties"]["provisioningState"] == "Succeeded":
                    self.of(compute.id).reconcile()
            await asyncio.sleep(_FOLLOW_SECONDS)

    def expect(self, cluster: Cluster, node: Node) -> None:
        """Know a node by its token when it reports."""
        self._expected[node.token] = (cluster, node)

    def dismiss(self, node: Node) -> None:
        """No longer listen to a node."""
        self._expected.pop(node.token, None)
        if node.writer is not None:
            node.writer.close()

    def status(self) -> list[dict[str, Any]]:
        """Return all nodes for `status`."""
        return [
            {"cluster": cluster.compute_id.rsplit("/", 1)[1], "node": node.name, "pid": node.child.pid,
             "state": node.state}
            for cluster in self._clusters.values()
            for node in cluster.nodes.values()
        ]  # fmt: skip

    async def stop(self) -> None:
        """End all nodes and close the door."""
        if self._following is not None:
            self._following.cancel()
        await asyncio.gather(*(cluster.stop() for cluster in self._clusters.values()))
        if self._server is not None:
            self._server.close()

    async def _meet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        hello = await _read(reader)
        cluster, node = self._expected.get(str(hello.get("token")) if hello else "", (None, None))
        if cluster is None or node is None:
            writer.close()
            return
        node.writer = writer
        node.connected.set()
        while message := await _read(reader):
            cluster.heard(node, message)
        # The connection ends with the process; should the process hang without it, it is of no use to anyone.
        await node.child.stop()


async def _read(reader: asyncio.StreamReader) -> dict[str, Any] | None:
    with contextlib.suppress(ConnectionError):
        if line := await reader.readline():
            return dict(json.loads(line))
    return None
