"""Batch scoring driven by azure-ai-ml against a running local Azure: what a user of the SDK does, from end to end."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from support.local_azure import RunningAzure, start

pytestmark = pytest.mark.filterwarnings("ignore")  # azure-ai-ml 1.35 on its own marshmallow and pkg_resources

GROUP = "batch-sdk"
WORKSPACE = "batch-sdk-work"
CONDA = "channels: [conda-forge]\ndependencies:\n- python=3\n"
SCRIPT = """
import os
import time
from pathlib import Path


def init():
    global factor
    factor = int(next(Path(os.environ["AZUREML_MODEL_DIR"]).rglob("factor.txt")).read_text())


def run(mini_batch):
    rows = []
    for file in mini_batch:
        for line in Path(file).read_text().splitlines():
            time.sleep(float(os.environ.get("SECONDS", "0")))
            if line == os.environ.get("BAD"):
                raise ValueError(f"cannot score {line}")
            rows.append(int(line) * factor)
    return rows
"""


@dataclass(frozen=True, slots=True)
class Bench:
    """A workspace with a cluster, a model, an environment, and a batch endpoint with its default deployment."""

    azure: RunningAzure
    client: Any
    folder: Path

    @property
    def input(self) -> Any:
        from azure.ai.ml import Input

        return Input(type="uri_folder", path=str(self.folder / "in"))

    def deploy(self, name: str, *, endpoint: str = "scale-batch", default: bool = False, **settings: Any) -> None:
        """Make a deployment of the model."""
        from azure.ai.ml.entities import CodeConfiguration, ModelBatchDeployment, ModelBatchDeploymentSettings

        wanted = {"instance_count": 2, "mini_batch_size": 1, "max_concurrency_per_instance": 1, **settings}
        deployment = ModelBatchDeployment(
            name=name,
            endpoint_name=endpoint,
            model="factor@latest",
            environment="plain@latest",
            code_configuration=CodeConfiguration(code=str(self.folder / "src"), scoring_script="score.py"),
            compute="cpu",
            settings=ModelBatchDeploymentSettings(**wanted),
        )
        self.client.batch_deployments.begin_create_or_update(deployment).result()
        if default:
            changed = self.client.batch_endpoints.get(endpoint)
            changed.defaults = {"deployment_name": name}
            self.client.batch_endpoints.begin_create_or_update(changed).result()

    def invoke(self, **chosen: Any) -> str:
        """Start a job over the input and return its name."""
        from azure.ai.ml.constants._endpoint import EndpointInvokeFields

        # azure-ai-ml 1.35 writes a named deployment into headers that all later calls of the process share.
        EndpointInvokeFields.DEFAULT_HEADER.pop(EndpointInvokeFields.MODEL_DEPLOYMENT, None)
        return str(self.client.batch_endpoints.invoke("scale-batch", **{"input": self.input, **chosen}).name)

    def rows(self, job: str, to: Path) -> list[int]:
        """Download the rows of a job."""
        self.client.jobs.download(job, download_path=str(to), output_name="score")
        (file,) = to.rglob("predictions.csv")
        return sorted(int(line) for line in file.read_text().splitlines())

    def ended(self, job: str, *, within: float = 90) -> str:
        """Wait for a job's end and return its status."""
        until(lambda: self.status(job) in {"Completed", "Failed", "Canceled"}, within)
        return self.status(job)

    def status(self, job: str) -> str:
        status = self.client.jobs.get(job).status  # an enumeration, or text where it does not know the word
        return str(getattr(status, "value", status))

    def nodes(self) -> list[dict[str, Any]]:
        return [node for node in self.azure.status()["nodes"] if node["cluster"] == "cpu"]


def until(condition: Callable[[], Any], within: float = 60) -> Any:
    """Wait until something is so, and return what it is."""
    end = time.monotonic() + within
    while time.monotonic() < end:
        if found := condition():
            return found
        time.sleep(0.1)
    raise AssertionError(f"not so within {within} seconds")


EXPECTED = [number * 3 for number in range(40)]


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    """A local Azure of its own: a test kills it."""
    folder = tmp_path_factory.mktemp("batch")
    running = start(folder / "data")
    with pytest.MonkeyPatch.context() as patch:
        for name, value in running.environment.items():
            patch.setenv(name, value)
        furnish(running)
        yield register(running, folder)
    from support.local_azure import run

    run("stop", "--data", folder / "data")


def furnish(azure: RunningAzure) -> None:
    """Make what infrastructure code makes, with plain requests."""
    base = f"https://management.azure.com/subscriptions/{azure.subscription}/resourceGroups/{GROUP}"
    token = azure.credential().get_token("https://management.azure.com/.default").token
    with httpx.Client(
        verify=azure.authority, proxy=azure.proxy, headers={"Authorization": f"Bearer {token}"}, timeout=30
    ) as http:

        def put(path: str, version: str, body: Mapping[str, Any]) -> str:
            address = f"{base}{path}?api-version={version}"
            answer = http.put(address, json={"location": "westeurope", **body})
            assert answer.is_success, answer.text
            until(lambda: http.get(address).is_success and _settled(http.get(address).json()))
            return str(http.get(address).json()["id"])

        put("", "2024-03-01", {})
        storage = put(
            "/providers/Microsoft.Storage/storageAccounts/batchsdkstore", "2023-05-01",
            {"sku": {"name": "Standard_LRS"}, "kind": "StorageV2", "properties": {}},
        )  # fmt: skip
        vault_body = {"sku": {"family": "A", "name": "standard"}, "tenantId": azure.environment["AZURE_TENANT_ID"]}
        vault = put(
            "/providers/Microsoft.KeyVault/vaults/batchsdkvault", "2023-07-01",
            {"properties": {**vault_body, "enableRbacAuthorization": True}},
        )  # fmt: skip
        workspace = f"/providers/Microsoft.MachineLearningServices/workspaces/{WORKSPACE}"
        put(
            workspace, "2025-12-01",
            {"identity": {"type": "SystemAssigned"}, "properties": {"storageAccount": storage, "keyVault": vault}},
        )  # fmt: skip
        scale = {"minNodeCount": 0, "maxNodeCount": 2, "nodeIdleTimeBeforeScaleDown": "PT120S"}
        put(
            f"{workspace}/computes/cpu", "2025-12-01",
            {"properties": {"computeType": "AmlCompute",
                            "properties": {"vmSize": "Standard_DS2_v2", "scaleSettings": scale}}},
        )  # fmt: skip


def _settled(resource: Mapping[str, Any]) -> bool:
    state = (resource.get("properties") or {}).get("provisioningState", "Succeeded")
    assert state != "Failed", resource
    return bool(state == "Succeeded")


def register(azure: RunningAzure, folder: Path) -> Bench:
    """Register model and environment and make the endpoint, with azure-ai-ml."""
    from azure.ai.ml import MLClient
    from azure.ai.ml.entities import BatchEndpoint, Environment, Model
    from azure.identity import DefaultAzureCredential

    files = {"in": {f"{n}.csv": "".join(f"{n * 10 + i}\n" for i in range(10)) for n in range(4)}}
    files |= {"src": {"score.py": SCRIPT}, "model": {"factor.txt": "3"}, ".": {"conda.yml": CONDA}}
    for place, content in files.items():
        for name, text in content.items():
            (folder / place).mkdir(exist_ok=True)
            (folder / place / name).write_text(text)
    client = MLClient(DefaultAzureCredential(), azure.subscription, GROUP, WORKSPACE)
    client.models.create_or_update(Model(name="factor", path=str(folder / "model"), type="custom_model"))
    client.environments.create_or_update(
        Environment(name="plain", image="mcr.microsoft.com/x:1", conda_file=str(folder / "conda.yml"))
    )
    client.batch_endpoints.begin_create_or_update(BatchEndpoint(name="scale-batch")).result()
    bench = Bench(azure, client, folder)
    bench.deploy("plain", default=True)
    return bench


@pytest.mark.specified
def test_a_job_is_invoked_streamed_and_its_rows_downloaded(
    bench: Bench, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    job = bench.invoke()
    bench.client.jobs.stream(job)

    assert bench.status(job) == "Completed"
    assert bench.rows(job, tmp_path) == EXPECTED
    assert "Streaming logs/azureml/executionlogs.txt" in capsys.readouterr().out


@pytest.mark.specified
def test_input_of_a_data_asset_and_output_to_a_named_file(bench: Bench, tmp_path: Path) -> None:
    from azure.ai.ml import Input, Output
    from azure.ai.ml.entities import Data

    bench.client.data.create_or_update(Data(name="numbers", path=str(bench.folder / "in"), type="uri_folder"))
    to = "azureml://datastores/workspaceblobstore/paths/results/today/predictions.csv"
    job = bench.invoke(
        input=Input(type="uri_folder", path="azureml:numbers@latest"),
        outputs={"score": Output(type="uri_file", path=to)},
    )
    bench.ended(job)

    assert bench.client.jobs.get(job).outputs["score"].path.endswith("/paths/results/today/predictions.csv")
    assert bench.rows(job, tmp_path) == EXPECTED


@pytest.mark.specified
def test_jobs_are_listed_by_workspace_endpoint_and_deployment(bench: Bench) -> None:
    job = bench.invoke()

    assert job in [listed.name for listed in bench.client.jobs.list()]
    assert job in [listed.name for listed in bench.client.batch_endpoints.list_jobs("scale-batch")]
    assert job in [listed.name for listed in bench.client.batch_deployments.list_jobs("scale-batch", name="plain")]
    (step,) = bench.client.jobs.list(parent_job_name=job)
    assert step.display_name == "batchscoring"
    assert bench.client.jobs.get(step.name).name == step.name
    bench.ended(job)


@pytest.mark.specified
def test_settings_of_a_deployment_come_back_as_they_were_given(bench: Bench) -> None:
    from azure.ai.ml.entities import BatchRetrySettings

    bench.deploy(
        "tuned", mini_batch_size=2, error_threshold=4, retry_settings=BatchRetrySettings(max_retries=1, timeout=60),
        environment_variables={"A": "b"}, output_file_name="rows.csv", logging_level="debug",
    )  # fmt: skip
    found = bench.client.batch_deployments.get("tuned", endpoint_name="scale-batch")

    assert (found.mini_batch_size, found.error_threshold, found.output_file_name) == (2, 4, "rows.csv")
    assert (found.retry_settings.max_retries, found.retry_settings.timeout) == (1, 60)
    assert found.environment_variables == {"A": "b"}
    assert found.logging_level == "Debug"
    assert "tuned" in [each.name for each in bench.client.batch_deployments.list("scale-batch")]


@pytest.mark.specified
def test_a_job_over_its_error_threshold_fails_with_the_cause_in_the_stream(bench: Bench) -> None:
    from azure.ai.ml.entities import BatchRetrySettings
    from azure.ai.ml.exceptions import JobException

    bench.deploy(
        "strict", error_threshold=0, retry_settings=BatchRetrySettings(max_retries=0, timeout=30),
        environment_variables={"BAD": "17"},
    )  # fmt: skip
    job = bench.invoke(deployment_name="strict")

    with pytest.raises(JobException, match="cannot score 17"):
        bench.client.jobs.stream(job)


@pytest.mark.recorded
def test_a_running_job_is_cancelled(bench: Bench) -> None:
    bench.deploy("slow", environment_variables={"SECONDS": "5"})
    job = bench.invoke(deployment_name="slow")
    until(lambda: bench.status(job) == "Running")

    bench.client.jobs.begin_cancel(job).result()

    assert bench.status(job) == "Canceled"


@pytest.mark.specified
def test_an_archived_job_is_no_longer_listed(bench: Bench) -> None:
    job = bench.invoke()
    bench.ended(job)

    bench.client.jobs.archive(job)

    assert job not in [listed.name for listed in bench.client.jobs.list()]


@pytest.mark.specified
def test_a_deployment_and_then_its_endpoint_are_deleted(bench: Bench) -> None:
    from azure.ai.ml.entities import BatchEndpoint

    bench.client.batch_endpoints.begin_create_or_update(BatchEndpoint(name="short-lived")).result()
    bench.deploy("gone", endpoint="short-lived")

    bench.client.batch_deployments.begin_delete("gone", endpoint_name="short-lived").result()
    bench.client.batch_endpoints.begin_delete("short-lived").result()

    assert "short-lived" not in [endpoint.name for endpoint in bench.client.batch_endpoints.list()]


@pytest.mark.inferred
def test_a_killed_node_loses_no_row_and_repeats_none(bench: Bench, tmp_path: Path) -> None:
    bench.deploy("steady", environment_variables={"SECONDS": "0.1"})
    job = bench.invoke(deployment_name="steady")
    victim = until(lambda: [node for node in bench.nodes() if node["state"] == "running"])[0]
    os.kill(victim["pid"], signal.SIGKILL)

    assert bench.ended(job) == "Completed"
    assert bench.rows(job, tmp_path) == EXPECTED
    assert victim["pid"] not in [node["pid"] for node in bench.nodes()]


@pytest.mark.inferred
def test_a_job_survives_the_kill_of_the_supervisor(bench: Bench, tmp_path: Path) -> None:
    bench.deploy("patient", environment_variables={"SECONDS": "0.1"})
    job = bench.invoke(deployment_name="patient")
    until(lambda: bench.client.jobs.get(job).properties["windlass.miniBatchesDone"] not in {"0", "4"})
    before = bench.azure.status()
    os.kill(before["supervisor"]["pid"], signal.SIGKILL)
    until(lambda: not any(Path(f"/proc/{node['pid']}").exists() for node in before["nodes"]), within=5)
    again = start(bench.azure.data)

    with pytest.MonkeyPatch.context() as patch:
        for name, value in again.environment.items():
            patch.setenv(name, value)
        assert bench.ended(job) == "Completed"
        assert bench.rows(job, tmp_path) == EXPECTED


@pytest.mark.inferred
def test_the_cluster_is_off_when_nothing_runs(bench: Bench) -> None:
    job = bench.invoke()
    bench.ended(job)
    until(lambda: not bench.nodes())

    course = bench.client.jobs.get(job).properties["windlass.nodesOverTime"]
    assert course.endswith(", 0]]")
