"""A workspace of the running local Azure with what online deployments are made of, and callers for it."""

from __future__ import annotations

import json
import ssl
import time
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from support.local_azure import RunningAzure

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # azure-ai-ml 1.35 warns of its own marshmallow while it is imported
    from azure.ai.ml import MLClient
    from azure.ai.ml.entities import (
        CodeConfiguration,
        Environment,
        ManagedOnlineDeployment,
        ManagedOnlineEndpoint,
        Model,
        OnlineRequestSettings,
    )

REGION = "westeurope"
VERSION = "2025-12-01"
CONDA = Path(__file__).parents[1] / "data" / "inference" / "conda.yml"

SCRIPT = """
import json, os, time
from pathlib import Path

def init():
    global model
    model = (Path(os.environ["AZUREML_MODEL_DIR"]) / "model.txt").read_text()
    print("loaded", model)
    if model == "broken":
        raise ValueError("the model is broken")

def run(raw_data):
    data = json.loads(raw_data)
    if data.get("fail"):
        raise RuntimeError(data["fail"])
    if data.get("seconds"):
        print("waiting", flush=True)
        time.sleep(data["seconds"])
    if data.get("exit"):
        os.kill(os.getppid(), 9)
        os._exit(9)
    if data.get("large"):
        return "x" * data["large"]
    return {"model": model, "variables": {name: os.environ.get(name) for name in data.get("show", [])}}
"""
"""A scoring script that does as it is told by the request, and says which model it has."""


@dataclass(slots=True)
class Rest:
    """Calls Azure Resource Manager and the scoring addresses without an SDK."""

    azure: RunningAzure
    http: httpx.Client
    token: str

    def send(
        self, method: str, path: str, body: Mapping[str, Any] | None = None, *, version: str = VERSION
    ) -> httpx.Response:
        """Send one request."""
        return self.http.request(
            method,
            f"https://management.azure.com{path}",
            params={"api-version": version},
            json=body,
            headers={"Authorization": f"Bearer {self.token}"},
        )

    def finish(self, answer: httpx.Response) -> str:
        """Wait until an operation has ended and return its last status."""
        assert answer.status_code in {200, 201, 202}, answer.text
        address = answer.headers.get("azure-asyncoperation") or answer.headers.get("location")
        while address and answer.status_code != 200:
            told = self.http.get(address, headers={"Authorization": f"Bearer {self.token}"})
            if told.status_code == 404:  # the resource that a PUT's Location names was deleted meanwhile
                return "Gone"
            status = str((told.json() if told.content else {}).get("status", ""))
            if status in {"Succeeded", "Failed", "Canceled"} or (told.status_code == 200 and not status):
                return status or "Succeeded"
            time.sleep(0.05)  # the pause between two polls, as clients make it
        return "Succeeded"

    def make(self, path: str, body: Mapping[str, Any]) -> None:
        """Create something and wait until it is there."""
        assert self.finish(self.send("PUT", path, body)) == "Succeeded"

    def failure(self, answer: httpx.Response) -> dict[str, Any]:
        """Wait until an operation has failed and return its error."""
        assert self.finish(answer) == "Failed"
        told = self.http.get(answer.headers["azure-asyncoperation"], headers={"Authorization": f"Bearer {self.token}"})
        error: dict[str, Any] = told.json()["error"]
        return error


def rest(azure: RunningAzure) -> Rest:
    """Return a signed-in caller."""
    trust = ssl.create_default_context(cafile=azure.authority)
    http = httpx.Client(proxy=azure.proxy, verify=trust, timeout=60, trust_env=False)
    return Rest(azure, http, azure.credential().get_token("https://management.azure.com/.default").token)


@dataclass(slots=True)
class World:
    """A workspace.

    Attributes:
        id: Its ARM id.
        ml: azure-ai-ml on it.
        files: Where files to upload are written.
    """

    rest: Rest
    id: str
    ml: MLClient
    files: Path

    def endpoint(self, name: str, **how: Any) -> ManagedOnlineEndpoint:
        """Create an endpoint."""
        return self.ml.online_endpoints.begin_create_or_update(
            ManagedOnlineEndpoint(name=name, **{"auth_mode": "key", **how})
        ).result()

    def deploy(self, endpoint: str, name: str, model: str = "one", **how: Any) -> Any:
        """Create or change a deployment whose model says `model`; returns the SDK's poller after its first answer."""
        folder = self.files / f"model-{model}"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "model.txt").write_text(model)
        code = self.files / "code"
        code.mkdir(exist_ok=True)
        (code / "score.py").write_text(SCRIPT)
        timeout, concurrency = how.pop("timeout_ms", 5000), how.pop("concurrency", 20)
        deployment = ManagedOnlineDeployment(
            name=name,
            endpoint_name=endpoint,
            **{
                "model": Model(name=f"says-{model}", version="1", path=str(folder / "model.txt")),
                "environment": Environment(name="inference", version="1", image="inference", conda_file=str(CONDA)),
                "code_configuration": CodeConfiguration(code=str(code), scoring_script="score.py"),
                "instance_type": "Standard_DS3_v2",
                "instance_count": 1,
                "request_settings": OnlineRequestSettings(
                    request_timeout_ms=timeout, max_concurrent_requests_per_instance=concurrency
                ),
                **how,
            },
        )
        return self.ml.online_deployments.begin_create_or_update(deployment)

    def traffic(self, endpoint: str, mirror: Mapping[str, int] | None = None, **shares: int) -> None:
        """Divide the traffic."""
        there = self.ml.online_endpoints.get(endpoint)
        there.traffic, there.mirror_traffic = dict(shares), dict(mirror or {})
        self.ml.online_endpoints.begin_create_or_update(there).result()

    def endpoint_id(self, name: str) -> str:
        """Return the id of an endpoint."""
        return f"{self.id}/onlineEndpoints/{name}"

    def caller(self, endpoint: str) -> Caller:
        """Return a caller with the endpoint's key."""
        key = self.rest.send("POST", self.endpoint_id(endpoint) + "/listKeys").json()["primaryKey"]
        return Caller(self.rest.http, f"https://{endpoint}.{REGION}.inference.ml.azure.com", key)

    def instances(self, endpoint: str) -> list[dict[str, Any]]:
        """Return what the status tells of an endpoint's instances."""
        return [one for one in self.rest.azure.status()["instances"] if one["endpoint"] == endpoint]


@dataclass(frozen=True, slots=True)
class Caller:
    """Scores one endpoint."""

    http: httpx.Client
    address: str
    key: str

    def score(self, body: Any = None, **headers: str) -> httpx.Response:
        """Send one row; `deployment` names one past the traffic."""
        named = {"azureml-model-deployment": headers.pop("deployment")} if "deployment" in headers else {}
        return self.http.post(
            f"{self.address}/score",
            content=body if isinstance(body, bytes) else json.dumps(body or {}),
            headers={"Authorization": f"Bearer {self.key}", "Content-Type": "application/json", **named, **headers},
        )

    def model(self) -> str:
        """Return which model answers."""
        return str(self.score().json()["model"])


@contextmanager
def world(azure: RunningAzure, files: Path, group: str) -> Iterator[World]:
    """Make a workspace in a resource group of its own, with an SDK client that finds the local Azure."""
    caller = rest(azure)
    base = f"/subscriptions/{azure.subscription}/resourceGroups/{group}"
    storage = f"{base}/providers/Microsoft.Storage/storageAccounts/st{group}"
    vault = f"{base}/providers/Microsoft.KeyVault/vaults/kv-{group}"
    workspace = f"{base}/providers/Microsoft.MachineLearningServices/workspaces/work"
    caller.make(base, {"location": REGION})
    caller.make(storage, {"location": REGION, "kind": "StorageV2", "sku": {"name": "Standard_LRS"}, "properties": {}})
    caller.make(vault, _vault(azure))
    caller.make(
        workspace,
        {
            "location": REGION,
            "identity": {"type": "SystemAssigned"},
            "properties": {"storageAccount": storage, "keyVault": vault},
        },
    )
    with pytest.MonkeyPatch.context() as environment:  # the SDK's blob clients read proxy and trust from it alone
        for name, value in azure.environment.items():
            environment.setenv(name, value)
        yield World(caller, workspace, MLClient(azure.credential(), azure.subscription, group, "work"), files)
    caller.http.close()


def _vault(azure: RunningAzure) -> dict[str, Any]:
    tenant = azure.environment["AZURE_TENANT_ID"]
    sku = {"family": "A", "name": "standard"}
    return {"location": REGION, "properties": {"tenantId": tenant, "sku": sku, "enableRbacAuthorization": True}}
