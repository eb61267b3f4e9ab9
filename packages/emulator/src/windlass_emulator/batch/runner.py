"""One batch job from its invocation to its end: prepare, hand out mini-batches, follow the workers, publish.

The runner owns no decision: what a message means for a mini-batch, who gets the next one and how the job ends is in
`scheduling.py`; what must survive a kill is in `records.py`. It can be started again for the same job at any point.
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from windlass_emulator.access import service
from windlass_emulator.batch import scheduling
from windlass_emulator.batch.logs import JobLog
from windlass_emulator.batch.records import Ledger, Progress, join_rows
from windlass_emulator.batch.scheduling import MiniBatch, SlotState, Verdict
from windlass_emulator.errors import AzureError, OperationFailedError
from windlass_emulator.ml.common import workspace_of
from windlass_emulator.ml.content import fetch_code, fetch_model
from windlass_emulator.ml.image_builds import require_builder
from windlass_emulator.ml.references import find_asset

if TYPE_CHECKING:
    from windlass_emulator.azure import LocalAzure
    from windlass_emulator.batch.cluster import Cluster, Node

_log = logging.getLogger(__name__)

_TELL_SECONDS = 0.5
"""How often the progress overview gets a line."""


@dataclass(frozen=True, slots=True)
class _Parts:
    """What the workers of a job run with, fetched and made."""

    python: Path
    model: Path
    code: Path


@dataclass(frozen=True, slots=True)
class _Given:
    node: Node


@dataclass(frozen=True, slots=True)
class _Lost:
    node: Node


@dataclass(frozen=True, slots=True)
class _Said:
    node: Node
    message: dict[str, Any]


@dataclass(frozen=True, slots=True)
class _Gone:
    """The cluster has been deleted."""


_Event = _Given | _Lost | _Said | _Gone


@dataclass(slots=True)
class _Slot:
    state: SlotState = "starting"
    batch: int | None = None


class JobRun:
    """One job under way; also the port through which its cluster speaks to it."""

    def __init__(self, azure: LocalAzure, ledger: Ledger, cluster: Cluster) -> None:
        self._azure = azure
        self._ledger = ledger
        self._spec = ledger.spec
        self._cluster = cluster
        self._log = JobLog(azure, ledger)
        self._events: asyncio.Queue[_Event] = asyncio.Queue()
        self._slots: dict[Node, list[_Slot]] = {}
        self._batches: list[MiniBatch] = []
        self._wanted = 0
        self._init_error = ""
        self._finished = 0
        self._told = 0.0

    @property
    def name(self) -> str:
        """The job's name."""
        return self._spec.name

    # The port

    def node_given(self, node: Node) -> None:
        """Take a node into use."""
        self._events.put_nowait(_Given(node))

    def node_lost(self, node: Node) -> None:
        """Forget a node that has died."""
        self._events.put_nowait(_Lost(node))

    def node_said(self, node: Node, message: dict[str, Any]) -> None:
        """Hear what one of its nodes reports."""
        self._events.put_nowait(_Said(node, message))

    def nodes_counted(self, count: int) -> None:
        """Take note of the size of the cluster."""
        self._ledger.sample_nodes(count)

    def cluster_gone(self) -> None:
        """End: the cluster has been deleted."""
        self._events.put_nowait(_Gone())

    # The way of a job

    async def run(self) -> None:
        """Do the job; whatever happens, it ends in a status that says so."""
        try:
            verdict = await self._work()
        except OperationFailedError as error:
            verdict = Verdict("Failed", error.code, error.message)
        except AzureError as error:  # an asset that was there at the invocation and is not now
            said = " ".join([error.message, *(str(detail["message"]) for detail in error.details)])
            verdict = Verdict("Failed", error.code, said)
        except Exception as error:  # noqa: BLE001 - the edge of a job; nothing above could report it
            _log.exception("job %s", self._spec.name)
            verdict = Verdict("Failed", "InternalServerError", f"{type(error).__name__}: {error}")
        finally:
            self._cluster.release(self._spec.name)
        await self._end(verdict)

    async def cancel(self) -> None:
        """Write the end of a job whose `run` has been stopped for good."""
        self._log.executed("The pipeline run has been canceled.")
        await self._end(None)

    async def _work(self) -> Verdict:
        if self._ledger.fact("started") is None:
            self._ledger.note("started", self._azure.clock.now())
            self._log.executed(f"Submitting 1 runs, first five are: {self._spec.child[:8]}:{self._spec.child}")
        parts = await self._prepare()
        await self._plan()
        left = sum(batch.outcome is None for batch in self._batches)
        self._wanted = scheduling.nodes_for(
            self._spec.instance_count, self._cluster.maximum, left, self._spec.concurrency
        )
        self._cluster.want(self._spec.name, self._wanted, self)
        verdict = self._judge()
        while verdict is None:
            self._take(await self._events.get(), parts)
            verdict = self._judge()
            if verdict is None:
                self._hand_out()
        if verdict.status == "Completed":
            await self._publish()
        return verdict

    async def _prepare(self) -> _Parts:
        """Get what a compute node would have: the image, the model and the code."""
        await self._azure.take("job.prepare")
        if self._azure.store.get(self._spec.compute) is None:
            self._refuse_without_cluster()
        workspace = workspace_of(self._ledger.job_id)
        self._require_rights(workspace)
        require_builder(self._azure, workspace)
        environment = find_asset(self._azure, workspace, "environments", self._spec.environment)
        conda = environment.body["properties"].get("condaFile") or ""
        return _Parts(
            # Not resolved: an environment's interpreter is a link, and through it the environment would be lost.
            python=(await self._azure.environments.ensure(conda)).absolute(),
            model=(await fetch_model(self._azure, workspace, self._spec.model)).absolute(),
            code=(await fetch_code(self._azure, workspace, self._spec.code)).absolute(),
        )

    def _require_rights(self, workspace_id: str) -> None:
        """Let the job run: the workspace builds its image, the cluster pulls it, reads the input, writes results."""
        azure, spec = self._azure, self._spec
        workspace, cluster = azure.store.get(workspace_id), azure.store.get(spec.compute)
        if workspace is not None and cluster is not None:
            service.require_as_workspace(azure, workspace, service.IMAGE_NEEDS)
            service.require_job_rights(azure, workspace, cluster, {spec.input.account, spec.output.account})

    async def _plan(self) -> None:
        """Fetch the input and cut it, once; a job that is resumed finds both."""
        self._batches = self._ledger.batches()
        self._finished = 1 + max((batch.position for batch in self._batches), default=-1)
        if self._batches:
            self._log.progressed(f"The job is resumed. {self._counts()}")
            return
        source, to = self._spec.input, self._ledger.folder / "input"
        files = await asyncio.to_thread(
            self._azure.blobs.download, source.account, source.container, source.path, to
        )  # fmt: skip
        if not files:
            raise OperationFailedError("InputNotFound", f"There are no files at the input '{source.uri}'.")
        self._batches = list(scheduling.split(files, self._spec.mini_batch_size))
        self._ledger.plan(self._batches)
        self._log.progressed(
            f"Created {len(self._batches)} mini-batches of up to {self._spec.mini_batch_size} files out of "
            f"{len(files)} files."
        )

    def _judge(self) -> Verdict | None:
        slots = [slot.state for slots in self._slots.values() for slot in slots]
        return scheduling.verdict(
            self._batches, self._spec.error_threshold, slots,
            nodes_to_come=self._wanted - len(self._slots), init_error=self._init_error,
        )  # fmt: skip

    def _take(self, event: _Event, parts: _Parts) -> None:
        match event:
            case _Given(node):
                self._use(node, parts)
            case _Lost(node):
                lost = [slot.batch for slot in self._slots.pop(node, []) if slot.batch is not None]
                back = f" Its mini-batches {lost} are given to others." if lost else ""
                self._log.progressed(f"The node {node.name} was lost.{back}")
            case _Gone():
                self._refuse_without_cluster()
            case _Said(node, message) if node in self._slots:
                self._hear(node, self._slots[node][message["slot"]], message)

    def _refuse_without_cluster(self) -> None:
        name = self._spec.compute.rsplit("/", 1)[1]
        raise OperationFailedError("ComputeNotFound", f"The compute '{name}' on which the job runs was deleted.")

    def _use(self, node: Node, parts: _Parts) -> None:
        self._slots[node] = [_Slot() for _ in range(self._spec.concurrency)]
        if self._ledger.status == "Preparing":
            self._ledger.move("Running", running=self._azure.clock.now())
        self._log.progressed(f"The node {node.name} joined; {len(self._slots)} of {self._wanted} nodes are at work.")
        node.send(
            do="job",
            name=self._spec.name,
            python=str(parts.python),
            code=str(parts.code),
            script=self._spec.script,
            input=str(self._ledger.folder / "input"),
            logs=str(self._ledger.folder / "logs" / "user" / "stdout" / node.name),
            level=self._spec.logging_level.upper(),
            slots=self._spec.concurrency,
            timeout=self._spec.timeout,
            environment=self._environment(node, parts),
        )

    def _environment(self, node: Node, parts: _Parts) -> dict[str, str]:
        """Return the variables of the workers: Azure's own win over nothing that the deployment sets."""
        output = self._ledger.folder / "output"
        output.mkdir(parents=True, exist_ok=True)
        return {
            "PATH": f"{parts.python.parent}:/usr/bin:/bin",
            "LANG": "C.UTF-8",
            "HOME": str(node.folder),
            **self._azure.client_environment,
            "AZUREML_RUN_ID": self._spec.child,
            "AZUREML_ROOT_RUN_ID": self._spec.name,
            "AZ_BATCH_NODE_ID": node.name,
            **self._spec.variables,
            "AZUREML_MODEL_DIR": str(parts.model),
            "AZUREML_BI_OUTPUT_PATH": str(output),
        }

    def _hear(self, node: Node, slot: _Slot, message: dict[str, Any]) -> None:
        match message["event"]:
            case "ready":
                slot.state = "ready"
            case "init_failed":
                slot.state, self._init_error = "failed", message["message"]
                self._log.erred(f"init() failed on {node.name}, process {message['slot']}: {message['message']}")
            case "done" | "failed" | "timeout" as outcome:
                slot.state, slot.batch = "starting", None
                batch = self._batches[message["batch"]]
                if batch.outcome is None and batch.attempt == message["attempt"]:
                    self._settle(batch, outcome, message, node)

    def _settle(self, batch: MiniBatch, outcome: str, message: dict[str, Any], node: Node) -> None:
        part = None
        if outcome == "done":
            changed = scheduling.done(batch, rows=message["rows"], position=self._finished)
            self._finished += 1
            part = Path(message["part"])
        else:
            changed = scheduling.failed(batch, message["message"], max_retries=self._spec.max_retries)
            again = "given up" if changed.outcome else "tried again"
            self._log.erred(
                f"Mini-batch {batch.index}, attempt {batch.attempt} on {node.name} failed and is {again}: "
                f"{message['message']}"
            )
        self._batches[batch.index] = changed
        self._ledger.record(changed, part=part)
        self._tell_progress()

    def _hand_out(self) -> None:
        under_way = {slot.batch for slots in self._slots.values() for slot in slots if slot.batch is not None}
        for node, slots in self._slots.items():
            for index, slot in enumerate(slots):
                if slot.state != "ready":
                    continue
                batch = scheduling.next_batch(self._batches, under_way)
                if batch is None:
                    return
                slot.state, slot.batch = "busy", batch.index
                under_way.add(batch.index)
                place = node.folder / self._spec.name / "input"
                files = [str(place / name) for name in batch.files]
                node.send(do="run", slot=index, batch=batch.index, attempt=batch.attempt, files=files)

    def _tell_progress(self) -> None:
        """Write how far the job is, not more often than anyone reads it."""
        now = self._azure.clock.now()
        if now >= self._told + _TELL_SECONDS or all(batch.outcome for batch in self._batches):
            self._told = now
            self._log.progressed(self._counts())

    def _counts(self) -> str:
        progress = Progress.of(self._batches)
        return (
            f"Mini-batches: {progress.mini_batches} in all, {progress.done} succeeded, {progress.failed} failed. "
            f"Items: {progress.items} in all, {progress.items_failed} failed. Rows: {progress.rows}."
        )

    async def _publish(self) -> None:
        """Put the results where clients look for them."""
        if self._spec.output_action == "AppendRow":
            target = await asyncio.to_thread(join_rows, self._ledger, self._batches)
            self._log.progressed(f"The rows of all mini-batches are in {target.name}.")
        else:
            (self._ledger.folder / "output").mkdir(parents=True, exist_ok=True)
        await self._upload_output()

    async def _upload_output(self) -> None:
        folder, to = self._ledger.folder / "output", self._spec.output
        await asyncio.to_thread(self._azure.blobs.ensure_container, to.account, to.container)
        for path in await asyncio.to_thread(lambda: sorted(path for path in folder.rglob("*") if path.is_file())):
            name = "/".join(part for part in (to.path, path.relative_to(folder).as_posix()) if part)
            await asyncio.to_thread(self._azure.blobs.upload, to.account, to.container, name, path)

    async def _end(self, verdict: Verdict | None) -> None:
        """Write the end of the job: logs first, the status last, because clients act on the status."""
        if verdict is not None:
            self._log.executed(f"Completing processing run id {self._spec.child}.")
            if verdict.status == "Failed":
                self._log.executed("Execution of experiment failed, update experiment status and cancel running nodes.")
                self._log.progressed(f"The job failed: {verdict.cause}")
        try:
            await self._log.upload(self._ledger.folder / "logs")
            await self._log.flush()
        except Exception:  # noqa: BLE001 - a job whose scoring is over must end, with or without its logs
            _log.exception("logs of job %s", self._spec.name)
        error = {"code": verdict.code, "message": verdict.cause} if verdict and verdict.cause else None
        status = verdict.status if verdict else "Canceled"
        self._ledger.move(status, ended=self._azure.clock.now(), error=error)
        await asyncio.to_thread(self._ledger.discard)
