"""A cluster (AmlCompute) and its nodes: real processes that come when a job needs them and leave when idle.

A node is the agent of `driver.py`, in a process group of its own. It passes through the states starting, idle,
running (a job has it) and leaving. A node that dies is reported to its job and replaced while there is need.
Scale-up and scale-down follow `scheduling.target_nodes`; a node that has been idle for the cluster's
`nodeIdleTimeBeforeScaleDown`, at most `node.idle` of the table of durations, leaves down to the minimum.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import secrets
import shutil
import sys
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol

from windlass_emulator.batch import driver
from windlass_emulator.batch.scheduling import Demand, assign, target_nodes
from windlass_emulator.batch.spec import seconds

if TYPE_CHECKING:
    from windlass_emulator.azure import LocalAzure
    from windlass_emulator.processes import Child

_log = logging.getLogger(__name__)

State = Literal["starting", "idle", "running", "leaving"]
_LEAVE_SECONDS = 3.0
_START_AGAIN_SECONDS = 1.0


class Door(Protocol):
    """Where nodes report when they have started."""

    @property
    def address(self) -> str:
        """Its host and port."""

    def expect(self, cluster: Cluster, node: Node) -> None:
        """Know a node by its token when it reports."""

    def dismiss(self, node: Node) -> None:
        """No longer listen to a node."""


class JobPort(Protocol):
    """What a cluster tells a job that asked for nodes."""

    def node_given(self, node: Node) -> None:
        """Take a node into use."""

    def node_lost(self, node: Node) -> None:
        """Forget a node that has died."""

    def node_said(self, node: Node, message: dict[str, Any]) -> None:
        """Hear what the agent of one of its nodes reports."""

    def nodes_counted(self, count: int) -> None:
        """Take note of the size of the cluster."""

    def cluster_gone(self) -> None:
        """End: the cluster has been deleted."""


@dataclass(slots=True, eq=False)
class Node:
    """One node."""

    name: str
    folder: Path
    child: Child
    token: str
    state: State = "starting"
    job: str | None = None
    connected: asyncio.Event = field(default_factory=asyncio.Event)
    writer: asyncio.StreamWriter | None = None
    rested: bool = False

    def send(self, **order: Any) -> None:
        """Give the agent an order; one that is gone is noticed where it is listened to."""
        if self.writer is not None and not self.writer.is_closing():
            self.writer.write((json.dumps(order) + "\n").encode())


@dataclass(slots=True)
class _Wish:
    port: JobPort
    wants: int


class Cluster:
    """One cluster: its nodes and the jobs that want some."""

    def __init__(self, azure: LocalAzure, compute_id: str, door: Door) -> None:
        self._azure = azure
        self._door = door
        self.compute_id = compute_id
        self.nodes: dict[str, Node] = {}
        self._wishes: dict[str, _Wish] = {}
        self._watchers: dict[str, JobPort] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._arriving = 0
        self._stopped = False

    # What jobs ask

    def want(self, job: str, nodes: int, port: JobPort) -> None:
        """Ask for nodes; they are given one by one as they become free."""
        self._wishes[job] = _Wish(port, nodes)
        self._watchers[job] = port
        port.nodes_counted(len(self.nodes))
        self.reconcile()

    def release(self, job: str) -> None:
        """Give all nodes of a job back; its workers are ended at once."""
        self._wishes.pop(job, None)
        for node in self.nodes.values():
            if node.job == job:
                node.send(do="end")
        self.reconcile()

    @property
    def maximum(self) -> int:
        """The most nodes that the cluster may have."""
        return self._scale()[1]

    @property
    def target(self) -> int:
        """How many nodes the cluster should have."""
        minimum, maximum, _ = self._scale()
        return target_nodes(self._demands(), minimum, maximum)

    # What the cluster does

    def reconcile(self) -> None:
        """Bring the nodes in line with what is wanted."""
        if self._stopped:
            return
        minimum, _, _ = self._scale()
        target = self.target
        staying = [node for node in self.nodes.values() if node.state != "leaving"]
        for _ in range(target - len(staying) - self._arriving):
            self._arriving += 1
            self._spawn(self._start())
        idle = [node.name for node in staying if node.state == "idle"]
        for name, job in assign(idle, self._demands()).items():
            self._give(self.nodes[name], job)
        surplus = [node for node in staying if node.state == "idle" and node.rested]
        for node in surplus[: max(0, len(staying) - target)]:
            self._spawn(self._dismiss(node))
        self._forget_watchers(minimum)

    def _scale(self) -> tuple[int, int, float]:
        compute = self._azure.store.get(self.compute_id)
        if compute is None:
            return 0, 0, 0.0
        scale = (compute.body["properties"].get("properties") or {}).get("scaleSettings") or {}
        idle = scale.get("nodeIdleTimeBeforeScaleDown")
        limit = self._azure.settings.durations["node.idle"]
        rest = min(limit, seconds(idle, "nodeIdleTimeBeforeScaleDown")) if idle else limit
        return int(scale.get("minNodeCount") or 0), int(scale.get("maxNodeCount") or 0), rest

    def _demands(self) -> list[Demand]:
        held = Counter(node.job for node in self.nodes.values())
        return [Demand(job, wish.wants, held[job]) for job, wish in self._wishes.items()]

    def _give(self, node: Node, job: str) -> None:
        node.state, node.job, node.rested = "running", job, False
        self._wishes[job].port.node_given(node)

    async def _start(self) -> None:
        """Start a node and let it take its time to come up."""
        try:
            node = await self._launch()
        finally:
            self._arriving -= 1
        self._count()
        self._spawn(self._watch(node))
        await node.connected.wait()
        await self._azure.take("node.start")
        if self.nodes.get(node.name) is node and node.state == "starting":
            self._rest(node)

    async def _launch(self) -> Node:
        name, token = self._next_name(), secrets.token_hex(16)
        folder = self._azure.settings.data.resolve() / "batch" / "nodes" / name
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        log = folder.with_suffix(".log")
        argv = [sys.executable, driver.__file__, "node", "--address", self._door.address]
        argv += ["--folder", str(folder)]
        environment = {
            "PATH": "/usr/bin:/bin",
            "LANG": "C.UTF-8",
            "HOME": str(folder),
            "WINDLASS_NODE_TOKEN": token,
        }
        child = await self._azure.processes.spawn(f"node {name}", argv, env=environment, cwd=folder, log=log)
        node = Node(name, folder, child, token)
        self.nodes[name] = node
        self._door.expect(self, node)
        return node

    def _next_name(self) -> str:
        number = self._azure.store.fact(self.compute_id, "nodes.started", 0) + 1
        self._azure.store.set_fact(self.compute_id, "nodes.started", number)
        return f"{self.compute_id.rsplit('/', 1)[1]}-{number}"

    def _rest(self, node: Node) -> None:
        node.state, node.job, node.rested = "idle", None, False
        self.reconcile()
        if node.state == "idle":
            self._spawn(self._let_rest(node))

    async def _let_rest(self, node: Node) -> None:
        _, _, rest = self._scale()
        await self._azure.clock.sleep(rest)
        if node.state == "idle" and self.nodes.get(node.name) is node:
            node.rested = True
            self.reconcile()

    async def _dismiss(self, node: Node) -> None:
        if node.state != "idle":
            return
        node.state = "leaving"
        node.send(do="leave")
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(node.child.wait(), _LEAVE_SECONDS)
        await node.child.stop()

    async def _watch(self, node: Node) -> None:
        """Wait for the end of a node, expected or not."""
        await node.child.wait()
        node.connected.set()
        if self.nodes.get(node.name) is not node:
            return
        del self.nodes[node.name]
        self._door.dismiss(node)
        self._count()
        if node.state != "leaving":
            _log.warning("node %s ended unexpectedly with code %s", node.name, node.child.returncode)
        if node.job and (wish := self._wishes.get(node.job)):
            wish.port.node_lost(node)
        await asyncio.to_thread(shutil.rmtree, node.folder, ignore_errors=True)
        if node.state == "starting":  # one that cannot start must not be replaced in a tight loop
            await asyncio.sleep(_START_AGAIN_SECONDS)
        self.reconcile()

    def heard(self, node: Node, message: dict[str, Any]) -> None:
        """Hear an agent."""
        if message["event"] == "ended":
            self._rest(node)
        elif node.job and (wish := self._wishes.get(node.job)):
            wish.port.node_said(node, message)

    def _count(self) -> None:
        for port in self._watchers.values():
            port.nodes_counted(len(self.nodes))

    def _forget_watchers(self, minimum: int) -> None:
        """A job watches the cluster until it has shrunk after it."""
        if len(self.nodes) <= minimum:
            self._watchers = {job: port for job, port in self._watchers.items() if job in self._wishes}

    def _spawn(self, work: Any) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._finished)

    def _finished(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()):
            _log.error("cluster %s", self.compute_id, exc_info=error)

    async def delete(self) -> None:
        """End all nodes and tell the jobs that wait for some."""
        wishes, self._wishes = self._wishes, {}
        for wish in wishes.values():
            wish.port.cluster_gone()
        await self.stop()

    async def stop(self) -> None:
        """End all nodes at once."""
        self._stopped = True
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await asyncio.gather(*(node.child.stop() for node in self.nodes.values()))
        for node in self.nodes.values():
            self._door.dismiss(node)
        self.nodes.clear()
