"""What endpoint folders ask for and the stack does not have is refused, with the file and the key to change."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from windlass.project.choices import Choice, DeploymentChoices, read_choices
from windlass.project.consistency import inconsistencies
from windlass.project.endpoints import EndpointFolder, find_endpoints
from windlass.project.serving import Serving, ServingCompute
from windlass.project.settings import StackSettings

ROOT = Path(__file__).resolve().parents[3]
CLUSTER = {"vm_size": "Standard_DS3_v2", "max_nodes": 4}
KUBERNETES = {"insecure": True, "instance_types": {"small": {"cpu": "1", "memory": "2Gi"}}}
WORKSPACE = (
    "/subscriptions/66666666-7777-4888-8999-aaaaaaaaaaaa/resourceGroups/shared/providers"
    "/Microsoft.MachineLearningServices/workspaces/ours"
)
CLUSTER_ID = f"azureml:{WORKSPACE}/computes/theirs"


def stack(**settings: Any) -> StackSettings:
    return StackSettings.model_validate(
        {
            "stack": "prod",
            "azure": {"location": "westeurope", "subscription_id": "s", "tenant_id": "t"},
            "windlass": {"project": "shop", "cloud": "azure", "owner": "team", **settings},
        }
    )


def online(compute: ServingCompute, **more: Any) -> EndpointFolder:
    facts = {"model": "churn", "kind": "online", "auth_mode": "key", "serving": Serving(compute=compute), **more}
    return EndpointFolder.model_validate(facts)


BATCH = EndpointFolder(model="churn", kind="batch", auth_mode="aad_token")


def choice(value: str) -> Choice:
    return Choice(value=value, file="deployment.yml", where="key")


def of_size(value: str) -> DeploymentChoices:
    return DeploymentChoices(model="churn", kind="online", instance_type=choice(value))


def on_cluster(value: str, nodes: int | None = None) -> DeploymentChoices:
    count = None if nodes is None else choice(str(nodes))
    return DeploymentChoices(model="churn", kind="batch", compute=choice(value), nodes=count)


def told(settings: StackSettings, folder: EndpointFolder, deployment: DeploymentChoices | None = None) -> list[str]:
    return [str(each) for each in inconsistencies(settings, [folder], [deployment] if deployment else [])]


@pytest.mark.parametrize(
    ("settings", "folder", "deployment", "problem"),
    [
        (
            {},
            online("kubernetes"),
            None,
            (
                "endpoints/churn/online/stacks/prod.yml: serving.compute: is kubernetes, but Pulumi.prod.yaml has no "
                "windlass:settings.kubernetes; add that section, or choose managed or container-instance"
            ),
        ),
        (
            {"kubernetes": KUBERNETES},
            online("kubernetes", auth_mode="aad_token"),
            None,
            (
                "endpoints/churn/online/endpoint.yml: auth_mode: is aad_token, which endpoints on kubernetes "
                "(serving.compute) do not know; use key or aml_token"
            ),
        ),
        (
            {"network": {"mode": "private"}},
            online("container-instance"),
            None,
            (
                "endpoints/churn/online/stacks/prod.yml: serving.compute: is container-instance, which has a public "
                "name, but Pulumi.prod.yaml says windlass:settings.network.mode private; choose kubernetes or managed"
            ),
        ),
        (
            {},
            online("container-instance", auth_mode="aml_token"),
            None,
            (
                "endpoints/churn/online/endpoint.yml: auth_mode: is aml_token, but endpoints on container-instance "
                "(serving.compute) know key alone"
            ),
        ),
        (
            {},
            online("container-instance", public_network_access="disabled"),
            None,
            (
                "endpoints/churn/online/endpoint.yml: public_network_access: is disabled, but endpoints on "
                "container-instance (serving.compute) have a public name"
            ),
        ),
        (
            {"network": {"mode": "private"}},
            online("managed", public_network_access="enabled"),
            None,
            (
                "endpoints/churn/online/endpoint.yml: public_network_access: is enabled, but network.mode of "
                "Pulumi.prod.yaml is private: nothing of that stack has a public address; remove the key"
            ),
        ),
        (
            {},
            online("managed", public_network_access="disabled"),
            None,
            (
                "endpoints/churn/online/endpoint.yml: public_network_access: is disabled, but network.mode of "
                "Pulumi.prod.yaml is public: that stack has no private address by which anybody would reach it; "
                "remove the key"
            ),
        ),
        (
            {"kubernetes": KUBERNETES},
            online("kubernetes"),
            of_size("Standard_DS3_v2"),
            (
                "deployment.yml: key: Standard_DS3_v2 is not in windlass:settings.kubernetes.instance_types of "
                "Pulumi.prod.yaml (small); choose one of them"
            ),
        ),
        (
            {"kubernetes": KUBERNETES},
            online("managed"),
            of_size("small"),
            (
                "deployment.yml: key: small is no size of a virtual machine, which serving.compute managed runs on; "
                "write one such as Standard_DS3_v2"
            ),
        ),
        (
            {"clusters": {"cpu": CLUSTER}},
            BATCH,
            on_cluster("azureml:gpu"),
            (
                "deployment.yml: key: names cluster gpu, which Pulumi.prod.yaml does not have "
                "(windlass:settings.clusters: cpu); add it there, or name another"
            ),
        ),
        (
            {},
            BATCH,
            on_cluster("cpu"),
            (
                "deployment.yml: key: names cluster cpu, which Pulumi.prod.yaml does not have "
                "(windlass:settings.clusters: none); add it there, or name another"
            ),
        ),
        (
            {"clusters": {"cpu": CLUSTER}},
            BATCH,
            on_cluster("azureml:cpu", nodes=5),
            (
                "deployment.yml: key: is 5, but cluster cpu grows to 4 nodes "
                "(windlass:settings.clusters.cpu.max_nodes in Pulumi.prod.yaml); lower it"
            ),
        ),
    ],
)
def test_what_the_stack_does_not_have_is_told_with_file_and_key(
    settings: dict[str, Any], folder: EndpointFolder, deployment: DeploymentChoices | None, problem: str
) -> None:
    assert told(stack(**settings), folder, deployment) == [problem]


@pytest.mark.parametrize(
    ("settings", "folder", "deployment"),
    [
        ({}, online("managed"), of_size("Standard_DS3_v2")),
        ({"network": {"mode": "private"}}, online("managed", public_network_access="disabled"), None),
        ({"network": {"mode": "managed"}}, online("managed", public_network_access="disabled"), None),
        ({"bring": {"workspace": WORKSPACE}}, online("managed", public_network_access="disabled"), None),
        ({}, online("container-instance"), of_size("whatever")),
        ({"kubernetes": KUBERNETES}, online("kubernetes"), of_size("small")),
        ({"kubernetes": KUBERNETES}, online("kubernetes"), None),
        ({"clusters": {"cpu": CLUSTER}}, BATCH, on_cluster("azureml:cpu", nodes=4)),
        ({}, BATCH, on_cluster(CLUSTER_ID, nodes=9)),
        ({"bring": {"workspace": WORKSPACE}}, BATCH, on_cluster("azureml:theirs")),
    ],
)
def test_what_the_stack_has_is_not_refused(
    settings: dict[str, Any], folder: EndpointFolder, deployment: DeploymentChoices | None
) -> None:
    assert told(stack(**settings), folder, deployment) == []


def test_problems_of_all_endpoints_are_told_together() -> None:
    problems = inconsistencies(stack(), [online("kubernetes"), BATCH], [on_cluster("cpu")])

    assert [problem.where for problem in problems] == ["serving.compute", "key"]


@pytest.mark.parametrize("name", ["local", "dev", "staging", "prod"])
def test_the_example_asks_only_for_what_every_stack_has(name: str) -> None:
    from ruamel.yaml import YAML

    document = YAML(typ="safe").load((ROOT / f"Pulumi.{name}.yaml").read_text(encoding="utf-8"))
    settings = stack(**document["config"]["windlass:settings"])
    endpoints = find_endpoints(ROOT, name)

    assert inconsistencies(settings, endpoints, read_choices(ROOT, endpoints, name)) == ()
