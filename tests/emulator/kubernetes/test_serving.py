"""A cluster attached to a workspace, and the endpoints that it serves, with azure-ai-ml as people use it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from azure.ai.ml.entities import (
    Environment,
    KubernetesCompute,
    KubernetesOnlineDeployment,
    KubernetesOnlineEndpoint,
    Model,
    TargetUtilizationScaleSettings,
)
from azure.ai.ml.exceptions import UserErrorException
from azure.core.exceptions import HttpResponseError
from support.arm_clients import ArmClients
from support.kubernetes import CLUSTER_RP, INSECURE, SECURE, cluster, extension, pool
from support.local_azure import RunningAzure
from support.online_world import CONDA, SCRIPT, World, world
from windlass_emulator.errors import MlError
from windlass_emulator.ml.attached import refuse_managed_network
from windlass_emulator.store import Resource

GROUP = "kubernetesserving"
NAMESPACE = "azureml-serving"
TYPES = {
    "small": {"resources": {"requests": {"cpu": "1", "memory": "1Gi"}, "limits": {"cpu": "1", "memory": "1Gi"}}},
    "large": {"resources": {"requests": {"cpu": "8", "memory": "1Gi"}, "limits": {"cpu": "8", "memory": "1Gi"}}},
}


@dataclass(slots=True)
class Served:
    """A workspace with an attached cluster."""

    work: World
    arm: ArmClients
    cluster: str

    def attach(self, name: str, **more: Any) -> Any:
        """Attach the cluster and return the first answer of Azure."""
        inner = {"namespace": NAMESPACE, "instanceTypes": TYPES, "defaultInstanceType": "small", **more}
        properties = {"computeType": "Kubernetes", "resourceId": self.cluster, "properties": inner}
        return self.work.rest.send("PUT", f"{self.work.id}/computes/{name}", {"properties": properties})

    def endpoint(self, name: str, **more: Any) -> KubernetesOnlineEndpoint:
        """Make an endpoint on the cluster."""
        made = KubernetesOnlineEndpoint(
            name=name, compute=f"{self.work.id}/computes/aks", **{"auth_mode": "key", **more}
        )
        return self.work.ml.online_endpoints.begin_create_or_update(made).result()

    def deploy(self, endpoint: str, model: str, **how: Any) -> Any:
        """Make a deployment whose model says `model`; returns the SDK's poller."""
        folder, code = self.work.files / f"model-{model}", self.work.files / "code"
        for each in (folder, code):
            each.mkdir(exist_ok=True)
        (folder / "model.txt").write_text(model)
        (code / "score.py").write_text(SCRIPT)
        made = KubernetesOnlineDeployment(
            endpoint_name=endpoint,
            **{
                "name": model,
                "model": Model(name=f"says-{model}", version="1", path=str(folder / "model.txt")),
                "environment": Environment(name="inference", version="1", image="inference", conda_file=str(CONDA)),
                "code_path": str(code),
                "scoring_script": "score.py",
                "instance_type": "small",
                "instance_count": 1,
                **how,
            },
        )
        return self.work.ml.online_deployments.begin_create_or_update(made)

    def score(self, endpoint: str, *, key: str = "") -> httpx.Response:
        """Send one row to the address that Azure tells, through the proxy of azure.env."""
        key = key or self.work.ml.online_endpoints.get_keys(endpoint).primary_key
        uri = self.work.ml.online_endpoints.get(endpoint).scoring_uri
        environment = self.work.rest.azure.environment
        mounts = {scheme: httpx.HTTPTransport(proxy=environment["HTTP_PROXY"]) for scheme in ("http://",)}
        with httpx.Client(mounts=mounts, trust_env=False, timeout=30) as client:
            return client.post(uri, content=json.dumps({}), headers={"Authorization": f"Bearer {key}"})


@pytest.fixture(scope="module")
def served(azure: RunningAzure, arm: ArmClients, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A cluster whose router speaks plain HTTP, attached as `aks`."""
    with world(azure, tmp_path_factory.mktemp("files"), GROUP) as work:
        autoscaled = pool("models", mode="User", count=1, enableAutoScaling=True, minCount=1, maxCount=2)
        body = cluster(pool(), autoscaled)
        made = arm.clusters.managed_clusters.begin_create_or_update(GROUP, "aks", body).result()
        arm.extensions.begin_create(GROUP, *CLUSTER_RP, "aks", "azureml", extension(INSECURE)).result()
        named = {"properties": {"adoptionPolicy": "IfIdentical", "deletePolicy": "Delete"}}
        arm.clusters.managed_namespaces.begin_create_or_update(GROUP, "aks", NAMESPACE, named).result()
        stack = Served(work, arm, made.id)
        assert work.rest.finish(stack.attach("aks")) == "Succeeded"
        yield stack


@pytest.mark.specified
def test_the_sdk_reads_an_attached_cluster(served: Served) -> None:
    shown = served.work.ml.compute.get("aks")

    assert isinstance(shown, KubernetesCompute)
    assert (shown.namespace, shown.provisioning_state) == (NAMESPACE, "Succeeded")
    assert shown.resource_id == served.cluster.replace("/resourcegroups/", "/resourceGroups/")
    assert shown.properties["properties"]["extensionPrincipalId"] if "properties" in shown.properties else True


@pytest.mark.specified
def test_the_sdk_attaches_and_detaches(served: Served) -> None:
    made = KubernetesCompute(name="second", resource_id=served.cluster, namespace="default")
    served.work.ml.compute.begin_create_or_update(made).result()
    shown = served.work.rest.send("GET", f"{served.work.id}/computes/second").json()

    with pytest.raises(HttpResponseError, match="detached"):
        served.work.ml.compute.begin_delete("second", action="Delete").result()
    served.work.ml.compute.begin_delete("second", action="Detach").result()

    assert shown["properties"]["isAttachedCompute"] is True
    assert shown["properties"]["properties"]["defaultInstanceType"] == "defaultinstancetype"
    assert served.work.rest.send("GET", f"{served.work.id}/computes/second").status_code == 404


@pytest.mark.specified
def test_an_attached_cluster_is_not_updated(served: Served) -> None:
    answer = served.attach("aks", namespace="default")

    assert answer.status_code == 400
    assert "cannot be updated" in answer.json()["error"]["message"]


@pytest.mark.specified
def test_a_namespace_has_to_be_there_before_the_cluster_is_attached(served: Served) -> None:
    error = served.work.rest.failure(served.attach("third", namespace="nowhere"))

    assert "'nowhere' does not exist" in error["message"]


@pytest.mark.inferred
@pytest.mark.parametrize(
    ("more", "named"),
    [
        ({"defaultInstanceType": "huge"}, "huge"),
        ({"instanceTypes": {"small": {"resources": {"requests": {"cpu": "lots"}}}}}, "lots"),
        ({"instanceType": "small"}, "instanceType"),
    ],
)
def test_instance_types_that_are_none_are_refused(served: Served, more: dict[str, Any], named: str) -> None:
    answer = served.attach("third", **more)

    assert answer.status_code == 400
    assert named in answer.text


@pytest.mark.specified
@pytest.mark.parametrize("mode", ["AllowInternetOutbound", "AllowOnlyApprovedOutbound"])
def test_a_workspace_with_a_managed_network_takes_no_cluster(mode: str) -> None:
    body = {"properties": {"managedNetwork": {"isolationMode": mode}}}

    with pytest.raises(MlError, match="cannot be attached"):
        refuse_managed_network(Resource("/work", "workspace", body, 0.0, 0.0))


@pytest.fixture(scope="module")
def scored(served: Served) -> str:
    """An endpoint with two deployments; `one` has all traffic."""
    served.endpoint("on-aks")
    served.deploy("on-aks", "one").result()
    served.deploy("on-aks", "two").result()
    served.work.traffic("on-aks", one=100)
    return "on-aks"


@pytest.mark.specified
def test_an_endpoint_answers_at_the_address_of_the_cluster(served: Served, scored: str) -> None:
    shown = served.work.ml.online_endpoints.get(scored)

    answer = served.score(scored)

    assert isinstance(shown, KubernetesOnlineEndpoint)
    assert shown.scoring_uri.startswith("http://198.1")
    assert shown.scoring_uri.endswith("/api/v1/endpoint/on-aks/score")
    assert answer.json()["model"] == "one"
    assert answer.headers["azureml-model-deployment"] == "one"
    assert served.score(scored, key="wrong").status_code == 401


@pytest.mark.specified
def test_traffic_is_divided_as_on_managed_endpoints(served: Served, scored: str) -> None:
    served.work.traffic(scored, one=50, two=50)
    answers = {served.score(scored).json()["model"] for _ in range(4)}
    served.work.traffic(scored, one=100)

    assert answers == {"one", "two"}


@pytest.mark.specified
def test_the_sdk_reads_back_a_deployment_with_its_kind_and_size(served: Served, scored: str) -> None:
    shown = served.work.ml.online_deployments.get("one", scored)

    assert isinstance(shown, KubernetesOnlineDeployment)
    assert (shown.instance_type, shown.instance_count, shown.provisioning_state) == ("small", 1, "Succeeded")
    assert "loaded one" in served.work.ml.online_deployments.get_logs("one", scored, lines=50)


@pytest.mark.specified
def test_instances_that_fit_on_no_node_fail_as_on_azure(served: Served, scored: str) -> None:
    with pytest.raises(HttpResponseError) as failed:
        served.deploy(scored, "two", name="large", instance_type="large", instance_count=2).result()
    served.work.ml.online_deployments.begin_delete("large", scored).result()

    assert "OutOfQuota" in str(failed.value)
    assert "Insufficient cpu" in str(failed.value)


@pytest.mark.specified
def test_where_it_scales_by_load_the_fewest_instances_run(served: Served, scored: str) -> None:
    scale = TargetUtilizationScaleSettings(
        min_instances=2, max_instances=3, polling_interval=10, target_utilization_percentage=70
    )
    served.deploy(scored, "two", name="scaled", scale_settings=scale).result()
    running = [each for each in served.work.instances(scored) if each["deployment"] == "scaled"]
    shown = served.work.ml.online_deployments.get("scaled", scored)
    served.work.ml.online_deployments.begin_delete("scaled", scored).result()

    assert len(running) == 2
    assert (shown.scale_settings.min_instances, shown.scale_settings.max_instances) == (2, 3)


@pytest.mark.inferred
@pytest.mark.parametrize(
    ("endpoint", "named"),
    [
        ({"auth_mode": "aad_token"}, "AADToken"),
        ({"mirror_traffic": {"one": 10}}, "Mirror traffic"),
    ],
    ids=["sign-in", "mirror"],
)
def test_what_kubernetes_endpoints_do_not_have_is_refused(served: Served, endpoint: dict[str, Any], named: str) -> None:
    with pytest.raises((HttpResponseError, UserErrorException)) as refused:
        served.endpoint("refused", **endpoint)

    assert named in str(refused.value)


@pytest.mark.inferred
@pytest.mark.parametrize(
    ("deployment", "named"),
    [
        ({"instance_type": "Standard_DS3_v2"}, "small, large"),
        ({"name": "d" * 32}, "characters"),
    ],
    ids=["instance type", "name"],
)
def test_a_deployment_that_the_cluster_cannot_have_is_refused(
    served: Served, scored: str, deployment: dict[str, Any], named: str
) -> None:
    endpoint = scored if "name" not in deployment else "e" + "x" * 31
    if endpoint != scored:
        served.endpoint(endpoint)

    with pytest.raises(HttpResponseError) as refused:
        served.deploy(endpoint, "one", **deployment).result()

    assert named in str(refused.value)


@pytest.mark.inferred
def test_an_endpoint_on_a_cluster_takes_no_managed_deployment(served: Served, scored: str) -> None:
    with pytest.raises(HttpResponseError, match="takes deployments of type Kubernetes"):
        served.work.deploy(scored, "managed").result()


@pytest.mark.specified
def test_with_a_certificate_the_endpoint_answers_encrypted_at_its_name(served: Served, scored: str) -> None:
    install = served.arm.extensions.begin_create
    install(GROUP, *CLUSTER_RP, "aks", "azureml", extension(SECURE)).result()
    caller = served.work.caller(scored)
    uri = served.work.ml.online_endpoints.get(scored).scoring_uri

    answer = caller.http.post(uri, content="{}", headers={"Authorization": f"Bearer {caller.key}"})
    with pytest.raises(httpx.ProxyError):
        caller.http.post(uri.replace("models.", "others."), content="{}")
    install(GROUP, *CLUSTER_RP, "aks", "azureml", extension(INSECURE)).result()

    assert uri == "https://models.example.org/api/v1/endpoint/on-aks/score"
    assert answer.json()["model"] == "one"
