"""A workspace with a cluster in this process: jobs run on real nodes, storage is in memory, and no HTTP is needed."""

from __future__ import annotations

import asyncio
import json
import sys
import textwrap
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from windlass_emulator import batch
from windlass_emulator.azure import LocalAzure
from windlass_emulator.batch import live
from windlass_emulator.batch.records import TERMINAL, Ledger, create_job
from windlass_emulator.batch.spec import JobSpec, Location
from windlass_emulator.clock import SystemClock
from windlass_emulator.http import Answer, Principal, Request, Router, Site
from windlass_emulator.ml.common import type_of
from windlass_emulator.processes import Processes
from windlass_emulator.settings import PRINCIPAL_OBJECT_ID, Settings
from windlass_emulator.store import Store

from support.blobs import FakeBlobs

WORKSPACE = "/subscriptions/s/resourceGroups/g/providers/Microsoft.MachineLearningServices/workspaces/w"
ACCOUNT = "acct"
CLOCK_RATE = 20.0
CODE = f"{WORKSPACE}/codes/echo/versions/1"
ENDPOINT = f"{WORKSPACE}/batchEndpoints/churn"
DEPLOYMENT = f"{ENDPOINT}/deployments/one"
HOSTS: Mapping[Site, str] = {
    "management": "management.azure.com",
    "api": "westeurope.api.azureml.ms",
    "inference": "churn.westeurope.inference.ml.azure.com",
}
ECHO = """
    from pathlib import Path

    def init():
        pass

    def run(mini_batch):
        return [Path(file).read_text().strip() for file in mini_batch]
"""

ENDPOINT_BODY: Mapping[str, Any] = {
    "location": "westeurope",
    "tags": {"a": "1"},
    "properties": {"authMode": "aadToken"},
}
DEPLOYMENT_BODY: Mapping[str, Any] = {
    "location": "westeurope",
    "properties": {
        "compute": f"{WORKSPACE}/computes/cluster",
        "model": {"referenceType": "Id", "assetId": f"{WORKSPACE}/models/m/versions/1"},
        "environmentId": f"{WORKSPACE}/environments/env/versions/1",
        "codeConfiguration": {"codeId": CODE, "scoringScript": "score.py"},
        "resources": {"instanceCount": 2},
    },
}
INPUT: Mapping[str, Any] = {
    "UriFolder": {"jobInputType": "UriFolder", "uri": "azureml://datastores/workspaceblobstore/paths/in"}
}


@dataclass(frozen=True, slots=True)
class OneInterpreter:
    """Environments that are all the same interpreter.

    Attributes:
        path: By default that of the tests.
    """

    path: Path = Path(sys.executable)

    async def ensure(self, conda_file: str) -> Path:
        """Return it."""
        del conda_file
        return self.path


@dataclass(slots=True)
class BatchWorld:
    """One local Azure without listeners.

    Attributes:
        folder: Where everything is but the blobs; a second world on the same folder and blobs is the first one after a
            restart.
        blobs: Its storage.
    """

    folder: Path
    azure: LocalAzure
    blobs: FakeBlobs

    @classmethod
    def at(
        cls, folder: Path, *, blobs: FakeBlobs | None = None, interpreter: Path = Path(sys.executable)
    ) -> BatchWorld:
        """Open or make a world in a folder."""
        blobs = blobs or FakeBlobs()
        data = folder / "data"
        data.mkdir(parents=True, exist_ok=True)
        feature = batch.feature()
        azure = LocalAzure(
            subscription="s",
            settings=Settings(data=data, cache=folder / "cache", clock_rate=CLOCK_RATE),
            store=Store(data / "store.db"),
            clock=SystemClock(CLOCK_RATE),
            processes=Processes(),
            blobs=blobs,
            environments=OneInterpreter(interpreter),
            actions=feature.actions,
            renderers=feature.renderers,
            features=(feature,),
        )
        world = cls(folder, azure, blobs)
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
        self.blobs.upload(ACCOUNT, "blobs", "models/m/model.txt", b"a model")
        model = {"modelUri": "azureml://datastores/workspaceblobstore/paths/models/m/model.txt"}
        self._put("/models/m/versions/1", type_of("models", "versions"), {"properties": model})
        self.scale(0, 2)
        self._add_code("echo", ECHO)

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
            self.blobs.upload(ACCOUNT, "blobs", f"{name}/{file}", text.encode())

    def add_data(self, name: str, kind: str, uri: str) -> str:
        """Register a data asset and return its id."""
        properties = {"dataType": kind, "dataUri": uri}
        self._put(f"/data/{name}/versions/1", type_of("data", "versions"), {"properties": properties})
        return f"{WORKSPACE}/data/{name}/versions/1"

    def add_script(self, text: str) -> str:
        """Register a scoring script and return the id of its code."""
        return self._add_code(f"code-{uuid.uuid4().hex[:8]}", text)

    def _add_code(self, name: str, text: str) -> str:
        self.blobs.upload(ACCOUNT, "code", f"{name}/score.py", textwrap.dedent(text).encode())
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
            endpoint="churn", deployment="one", experiment="churn", compute=f"{WORKSPACE}/computes/cluster",
            model=f"{WORKSPACE}/models/m/versions/1", environment=f"{WORKSPACE}/environments/env/versions/1",
            code=code, script="score.py", input=Location(ACCOUNT, "blobs", "in", "azureml://in"), single_file=False,
            output=Location(ACCOUNT, "blobs", f"azureml/{child}/score", "azureml://out"), output_file="predictions.csv",
            output_type="UriFolder",
            output_action="AppendRow", instance_count=2, concurrency=1, mini_batch_size=1, error_threshold=-1,
            max_retries=3, timeout=30.0, logging_level="Info", created_by="me", created=self.azure.clock.now(),
            input_type="UriFolder",
        )  # fmt: skip

    async def ended(self, job: Ledger, *, within: float = 60.0) -> str:
        """Wait for the end of a job and return its status."""
        await self.until(lambda: job.status in TERMINAL, within=within)
        return job.status

    async def until(self, condition: Callable[[], bool], *, within: float = 60.0) -> None:
        """Wait until something is so."""
        async with asyncio.timeout(within):
            while not condition():  # noqa: ASYNC110 - what is waited for tells nobody
                await asyncio.sleep(0.02)

    def output(self, job: Ledger, name: str = "predictions.csv") -> str:
        """Return a file of a job's output."""
        return self.blobs.blobs[ACCOUNT, "blobs", f"{job.spec.output.path}/{name}"].decode()

    def log(self, run: str, name: str) -> str:
        """Return a log of a run."""
        return self.blobs.blobs[ACCOUNT, "azureml", f"ExperimentRun/dcid.{run}/{name}"].decode()

    def nodes(self) -> list[dict[str, Any]]:
        """Return the nodes as `status` tells them."""
        return list(live.status(self.azure)["nodes"])

    async def send(
        self, method: str, path: str, body: Any = None, *, site: Site = "management", **headers: str
    ) -> Answer:
        """Call an operation as the app calls it; refusals are raised.

        Args:
            method: Such as PUT.
            path: The path, with a query where one is needed; the api-version is added.
            body: JSON.
            site: The host name asked for; the scoring address is that of the endpoint `churn`.
            headers: With `_` for `-`.
        """
        address, _, query = path.partition("?")
        found = Router(batch.feature().routes).find(site, method, address)
        assert found is not None, f"no route for {method} {address}"
        route, params = found
        audience = "https://ml.azure.com" if site == "inference" else "https://management.azure.com"
        request = Request(
            azure=self.azure,
            method=method,
            host=HOSTS[site],
            path=address,
            query={"api-version": "2024-01-01-preview"} | dict(part.split("=", 1) for part in query.split("&") if part),
            headers={name.replace("_", "-"): value for name, value in headers.items()},
            content=b"" if body is None else json.dumps(body).encode(),
            params=params,
            principal=Principal(PRINCIPAL_OBJECT_ID, audience),
        )
        return await route.handler(request)

    async def settle(self) -> None:
        """Wait until all operations have ended."""
        for row in self.azure.store.running_operations():
            await self.azure.operations.settled(row["id"])

    async def deploy(self) -> None:
        """Make the endpoint `churn` with the default deployment `one`, which echoes its input."""
        await self.send("PUT", ENDPOINT, ENDPOINT_BODY)
        await self.settle()
        await self.send("PUT", DEPLOYMENT, DEPLOYMENT_BODY)
        await self.settle()
        properties = {**ENDPOINT_BODY["properties"], "defaults": {"deploymentName": "one"}}
        await self.send("PUT", ENDPOINT, {**ENDPOINT_BODY, "properties": properties})
        await self.settle()

    async def submit(self, *, deployment: str = "", **properties: Any) -> Answer:
        """Invoke the endpoint `churn` over the input `in`."""
        headers = {"azureml_model_deployment": deployment} if deployment else {}
        body = {"properties": {"inputData": INPUT, **properties}}
        return await self.send("POST", "/jobs", body, site="inference", **headers)

    async def start(self) -> BatchWorld:
        """Bring up what runs."""
        await live.start(self.azure)
        return self

    async def stop(self) -> None:
        """End what runs, in an orderly way."""
        await self.azure.operations.stop()
        await live.stop(self.azure)
        await self.azure.processes.stop()
        self.azure.store.close()
