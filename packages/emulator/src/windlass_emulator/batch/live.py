"""What runs in this process: clusters with their nodes, and jobs under way; brought back after a start."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from windlass_emulator.batch.addresses import JOB_TYPE
from windlass_emulator.batch.clusters import Clusters
from windlass_emulator.batch.records import TERMINAL, Ledger
from windlass_emulator.batch.runner import JobRun

if TYPE_CHECKING:
    from windlass_emulator.azure import LocalAzure
    from windlass_emulator.operations import Operation


@dataclass(slots=True)
class Live:
    """The running side of batch scoring."""

    azure: LocalAzure
    clusters: Clusters
    tasks: dict[str, asyncio.Task[None]] = field(default_factory=dict)

    def begin(self, job_id: str) -> None:
        """Run a job, or go on with it."""
        key = job_id.lower()
        run = self._run(job_id)
        task = asyncio.create_task(run.run(), name=f"job {run.name}")
        self.tasks[key] = task
        task.add_done_callback(lambda _: self.tasks.pop(key, None))

    async def cancel(self, job_id: str) -> None:
        """Stop a job for good; one that has ended in the meantime stays as it ended."""
        await self.halt(job_id)
        ledger = Ledger(self.azure, job_id)
        if ledger.job() is not None and ledger.status not in TERMINAL:
            await self._run(job_id).cancel()

    async def halt(self, job_id: str) -> None:
        """Stop the task of a job and leave what is written of it as it is."""
        if task := self.tasks.get(job_id.lower()):
            task.cancel()
            await asyncio.wait([task])

    def resume(self) -> None:
        """Go on with every job that had not ended; one that was being cancelled is left to that operation."""
        for job in self.azure.store.of_type(JOB_TYPE):
            Ledger(self.azure, job.id).note_restart()
            if job.body["properties"]["status"] not in TERMINAL | {"CancelRequested"}:
                self.begin(job.id)

    async def stop(self) -> None:
        """Stop everything; a later start goes on."""
        tasks = list(self.tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self.clusters.stop()

    def _run(self, job_id: str) -> JobRun:
        ledger = Ledger(self.azure, job_id)
        return JobRun(self.azure, ledger, self.clusters.of(ledger.spec.compute))


def live(azure: LocalAzure) -> Live:
    """Return the running side."""
    found: Live = azure.live["batch"]
    return found


async def start(azure: LocalAzure) -> None:
    """Bring back clusters and jobs."""
    clusters = Clusters(azure)
    await clusters.open()
    azure.live["clusters"] = clusters
    azure.live["batch"] = Live(azure, clusters)
    clusters.follow()
    live(azure).resume()


async def stop(azure: LocalAzure) -> None:
    """End nodes; jobs stay as they are written."""
    if "batch" in azure.live:
        await live(azure).stop()


def status(azure: LocalAzure) -> dict[str, Any]:
    """Return what `status` shows: the nodes."""
    return {"nodes": azure.live["clusters"].status() if "clusters" in azure.live else []}


async def cancel_job(azure: LocalAzure, operation: Operation) -> None:
    """Carry out the cancellation of a job."""
    await azure.take("job.cancel")
    await live(azure).cancel(operation.resource)


async def job_removed(azure: LocalAzure, job_id: str) -> None:
    """Stop a job that goes with its workspace or group."""
    await live(azure).halt(job_id)
