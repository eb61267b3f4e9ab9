"""A workspace with a cluster in this process: jobs run on real nodes, storage is a folder, and no HTTP is needed."""

from __future__ import annotations

import asyncio
import sys
import textwrap
import uuid
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from support.folder_blobs import FolderBlobs
from windlass_emulator.azure import LocalAzure
from windlass_emulator.batch import live
from windlass_emulator.batch.records import TERMINAL, Ledger, create_job
from windlass_emulator.batch.spec import JobSpec, Location
from windlass_emulator.clock import SystemClock
from windlass_emulator.ml.common import type_of
from windlass_emulator.processes import Processes
from windlass_emulator.settings import Settings
from windlass_emulator.store import Store

WORKSPACE = "/subscriptions/s/resourceGroups/g/providers/Microsoft.MachineLearningServices/workspaces/w"
ACCOUNT = "acct"


class ThisPython:
    """Environments that are all the interpreter of the tests."""

    async def ensure(self, conda_file: str) -> Path:
        del conda_file
        return Path(sys.executable)


@dataclass(slots=True)
class BatchWorld:
    """One local Azure without listeners.

    Attributes:
        folder: Where everything is; a second world on the same folder is the first one after a restart.
    """

    folder: Path
    azure: LocalAzure

    @classmethod
    def at(cls, folder: Path, *, clock_rate: float = 20.0) -> BatchWorld:
        """Open or make a world in a folder."""
        data = folder / "data"
        data.mkdir(parents=True, exist_ok=True)
        azure = LocalAzure(
            settings=Settings(data=data, cache=folder / "cache", clock_rate=clock_rate),
            store=Store(data / "store.db"),
            clock=SystemClock(clock_rate),
            processes=Processes(),
            blobs=FolderBlobs(folder / "blobs"),
            environments=ThisPython(),
            actions={},
        )
        world = cls(folder, azure)
        if azure.store.get(WORKSPACE) is None:
            world._furnish()
        return world

    def _furnish(self) -> None:
        self._put("", type_of(), {"location": "westeurope", "properties": {"workspaceId": "guid"}})
        for name, container in (("workspaceblobstore", "blobs"), ("workspaceartifactstore", "azureml")):
            properties = {"datastoreType": "AzureBlob", "accountName": ACCOUNT, "containerName": container}
            self._put(f"/datastores/{name}", type_of("datastores"), {"properties": properties})
        self._put(
            "/environments/env/versions/1", type_of("environments", "versions"), {"properties": {"condaFile": ""}}
        )
        self.azure.blobs.upload(ACCOUNT, "blobs", "models/m/model.txt", b"a model")
        model = {"modelUri": "azureml://datastores/workspaceblobstore/paths/models/m/model.txt"}
        self._put("/models/m/versions/1", type_of("models", "versions"), {"properties": model})
        self.scale(0, 2)

    def _put(self, path: str, resource_type: str, body: dict[str, Any]) -> None:
        self.azure.store.put(WORKSPACE + path, resource_type, body, parent=WORKSPACE, now=0)

    def scale(self, minimum: int, maximum: int) -> None:
        """Set how many nodes the cluster may have."""
        settings = {"minNodeCount": minimum, "maxNodeCount": maximum, "nodeIdleTimeBeforeScaleDown": "PT120S"}
        inner = {"vmSize": "Standard_DS3_v2", "scaleSettings": settings}
        properties = {"computeType": "AmlCompute", "provisioningState": "Succeeded", "properties": inner}
        self._put("/computes/cluster", type_of("computes"), {"location": "westeurope", "properties": properties})

    def add_input(self, name: str, files: dict[str, str]) -> None:
        """Put files where jobs read them."""
        for file, text in files.items():
            self.azure.blobs.upload(ACCOUNT, "blobs", f"{name}/{file}", text.encode())

    def add_script(self, text: str) -> str:
        """Register a scoring script and return the id of its code."""
        name = f"code-{uuid.uuid4().hex[:8]}"
        self.azure.blobs.upload(ACCOUNT, "code", f"{name}/score.py", textwrap.dedent(text).encode())
        uri = f"https://{ACCOUNT}.blob.core.windows.net:443/code/{name}"
        self._put(f"/codes/{name}/versions/1", type_of("codes", "versions"), {"properties": {"codeUri": uri}})
        return f"{WORKSPACE}/codes/{name}/versions/1"

    def invoke(self, script: str, **chosen: Any) -> Ledger:
        """Start a job over the input `in` and return what is written of it."""
        spec = replace(self._spec(self.add_script(script)), **chosen)
        job = create_job(self.azure, spec)
        live.live(self.azure).begin(job.id)
        return Ledger(self.azure, job.id)

    def _spec(self, code: str) -> JobSpec:
        child = str(uuid.uuid4())
        return JobSpec(
            name=f"batchjob-{uuid.uuid4()}", child=child, display_name="a job", workspace=WORKSPACE,
            endpoint="churn", deployment="v1", experiment="churn", compute=f"{WORKSPACE}/computes/cluster",
            model=f"{WORKSPACE}/models/m/versions/1", environment=f"{WORKSPACE}/environments/env/versions/1",
            code=code, script="score.py", input=Location(ACCOUNT, "blobs", "in", "azureml://in"), single_file=False,
            output=Location(ACCOUNT, "blobs", f"azureml/{child}/score", "azureml://out"), output_file="predictions.csv",
            output_action="AppendRow", instance_count=2, concurrency=1, mini_batch_size=1, error_threshold=-1,
            max_retries=3, timeout=30.0, logging_level="Info", created_by="me", created=self.azure.clock.now(),
            input_type="UriFolder",
        )  # fmt: skip

    async def ended(self, job: Ledger, *, within: float = 60.0) -> str:
        """Wait for the end of a job and return its status."""
        await self.until(lambda: job.status in TERMINAL, within=within)
        return job.status

    async def until(self, condition: Any, *, within: float = 60.0) -> None:
        """Wait until something is so."""
        async with asyncio.timeout(within):
            while not condition():
                await asyncio.sleep(0.02)

    def output(self, job: Ledger, name: str = "predictions.csv") -> str:
        """Return a file of a job's output."""
        path = self.folder / "blobs" / ACCOUNT / "blobs" / job.spec.output.path / name
        return path.read_text(encoding="utf-8")

    def log(self, run: str, name: str) -> str:
        """Return a log of a run."""
        path = self.folder / "blobs" / ACCOUNT / "azureml" / "ExperimentRun" / f"dcid.{run}" / name
        return path.read_text(encoding="utf-8")

    def nodes(self) -> list[dict[str, Any]]:
        """Return the nodes as `status` tells them."""
        return list(live.status(self.azure)["nodes"])

    async def start(self) -> BatchWorld:
        """Bring up what runs."""
        await live.start(self.azure)
        return self

    async def stop(self) -> None:
        """End what runs, in an orderly way."""
        await live.stop(self.azure)
        await self.azure.processes.stop()
        self.azure.store.close()
