"""Images that a registry builds."""

from __future__ import annotations

import httpx
import pytest
from azure.core.exceptions import HttpResponseError
from azure.storage.blob import BlobClient
from support.container_world import DOCKERFILE, ContainerWorld, context


@pytest.mark.recorded
def test_a_run_is_queued_and_then_tells_what_it_built(containers: ContainerWorld) -> None:
    run = containers.build("windlass/told:v1", context(script="def run(raw_data):\n    return raw_data\n"))

    shown = run.as_dict()

    assert shown["status"] == "Succeeded"
    assert shown["run_type"] == "QuickRun"
    assert shown["agent_configuration"] == {"cpu": 2}
    (image,) = shown["output_images"]
    assert (image["registry"], image["repository"], image["tag"]) == (
        f"{containers.registry}.azurecr.io",
        "windlass/told",
        "v1",
    )
    assert image["digest"].startswith("sha256:")


@pytest.mark.specified
def test_the_runs_of_a_registry_are_listed_newest_first(containers: ContainerWorld) -> None:
    last = containers.build("windlass/listed:v1", context())

    names = [run.name for run in containers.arm.builds.runs.list(containers.group, containers.registry)]

    assert names[0] == last.name
    assert len(names) >= 2


@pytest.mark.inferred
def test_a_dockerfile_of_somebody_else_is_refused_by_name_in_the_log(containers: ContainerWorld) -> None:
    run = containers.build("windlass/other:v1", context(f"{DOCKERFILE}RUN apt-get install curl\n"))
    link = containers.arm.builds.runs.get_log_sas_url(containers.group, containers.registry, run.name).log_link
    log = containers.arm.http.get(link).text

    assert run.status == "Failed"
    assert run.run_error_message == "failed during run, err: exit status 1"
    assert "line 'RUN apt-get install curl' is none of theirs" in log


@pytest.mark.inferred
def test_an_environment_that_cannot_be_made_fails_the_run(containers: ContainerWorld) -> None:
    run = containers.build("windlass/broken:v1", context(conda="dependencies:\n  - cudatoolkit=11\n"))

    assert run.status == "Failed"


@pytest.mark.specified
def test_an_upload_needs_the_signature_of_its_address(containers: ContainerWorld) -> None:
    upload = containers.arm.builds.registries.get_build_source_upload_url(containers.group, containers.registry)
    unsigned = httpx.URL(upload.upload_url).copy_set_param("sig", "other")

    with (
        BlobClient.from_blob_url(str(unsigned), **containers.arm.azure.client_options()) as client,
        pytest.raises(HttpResponseError) as refused,
    ):
        client.upload_blob(b"x")

    assert refused.value.status_code == 403


@pytest.mark.inferred
@pytest.mark.parametrize(
    ("change", "what"),
    [
        ({"type": "EncodedTaskRunRequest"}, "EncodedTaskRunRequest"),
        ({"agentPoolName": "pool"}, "agentPoolName"),
        ({"sourceLocation": "https://github.com/a/b.git"}, "from a repository"),
        ({"isPushEnabled": False}, "pushes no image"),
    ],
)
def test_other_runs_are_refused_by_name(containers: ContainerWorld, change: dict[str, object], what: str) -> None:
    request = {
        "type": "DockerBuildRequest",
        "imageNames": ["a:b"],
        "isPushEnabled": True,
        "dockerFilePath": "Dockerfile",
        "platform": {"os": "Linux"},
        "sourceLocation": "tasks/none",
    }
    registry = f"{{sub}}/resourceGroups/{containers.group}/providers/Microsoft.ContainerRegistry/registries"

    refused = containers.arm.call(
        "POST",
        f"{registry}/{containers.registry}/scheduleRun",
        {**request, **change},
        api_version="2019-06-01-preview",
    )

    assert refused.status_code == 501
    assert what in refused.json()["error"]["message"]
