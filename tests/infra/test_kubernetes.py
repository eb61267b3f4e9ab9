"""The AKS cluster of a stack: what is made, in which order, and what its settings decide."""

from __future__ import annotations

from typing import Any

import pytest
from support.pulumi_program import Program, Registration, Run

from windlass.infra.azureml_extension import extension_settings, is_highly_available
from windlass.project.outputs import OUTPUT_NAME, StackOutputs
from windlass.project.settings import KubernetesSettings

POOL = {"vm_size": "Standard_DS3_v2", "min_nodes": 1, "max_nodes": 4}
TLS = {"secret": "models-tls", "host": "models.example.org"}
ML = "machinelearningservices"


def settings(**more: Any) -> KubernetesSettings:
    return KubernetesSettings.model_validate({"insecure": True, **more})


def one(run: Run, type_: str) -> Registration:
    (found,) = run.of(type_)
    return found


def attached(run: Run) -> Registration:
    (found,) = [each for each in run.of(f"{ML}:Compute") if each.inputs["properties"]["computeType"] == "Kubernetes"]
    return found


def test_a_stack_without_the_section_has_no_cluster(program: Program) -> None:
    run = program()

    assert run.of("containerservice:ManagedCluster") == []
    assert {each.name for each in run.of("managedidentity:UserAssignedIdentity")} == {
        *("workspace-identity", "serving-identity", "cluster-identity")
    }


def test_the_cluster_is_attached_after_everything_that_azure_ml_needs_of_it(usual: Run) -> None:
    waits_for = attached(usual).depends_on

    assert one(usual, "containerservice:ManagedNamespace").urn in waits_for
    assert one(usual, "kubernetesconfiguration:Extension").urn in waits_for
    assert {
        each.urn for each in usual.of("authorization:RoleAssignment") if each.name.endswith("-kubernetes")
    } <= waits_for


def test_the_extension_waits_for_the_pools_that_it_runs_on(usual: Run) -> None:
    assert one(usual, "containerservice:AgentPool").urn in one(usual, "kubernetesconfiguration:Extension").depends_on


def test_the_cluster_acts_and_its_nodes_act_as_identities_with_roles(usual: Run) -> None:
    cluster = one(usual, "containerservice:ManagedCluster")
    kubelet = cluster.inputs["identityProfile"]["kubeletidentity"]

    assert kubelet["resourceId"].endswith("kubelet-2jfqm6t")
    assert kubelet["objectId"].startswith("principal of")
    assert kubelet["clientId"].startswith("client of")
    needed = {"kubernetes-managed-identity-operator-kubelet-identity", "kubelet-acr-pull-registry"}
    assert needed <= {urn.rpartition("::")[2] for urn in cluster.depends_on}


def test_nobody_reaches_nodes_and_workloads_sign_in_without_secrets(usual: Run) -> None:
    inputs = one(usual, "containerservice:ManagedCluster").inputs

    assert inputs["oidcIssuerProfile"] == {"enabled": True}
    assert inputs["securityProfile"] == {"workloadIdentity": {"enabled": True}}
    assert inputs["aadProfile"] == {"managed": True, "enableAzureRBAC": True}


def test_models_run_on_their_own_pool_and_the_first_one_is_kept_for_the_cluster(usual: Run, program: Program) -> None:
    (first,) = one(usual, "containerservice:ManagedCluster").inputs["agentPoolProfiles"]
    alone = program(settings={"kubernetes": {"insecure": True}})
    (only,) = one(alone, "containerservice:ManagedCluster").inputs["agentPoolProfiles"]

    assert first["nodeTaints"] == ["CriticalAddonsOnly=true:NoSchedule"]
    assert "nodeTaints" not in only
    assert attached(usual).inputs["properties"]["properties"]["instanceTypes"]["small"]["nodeSelector"] == {
        "agentpool": "models"
    }


def test_the_namespace_lets_the_router_in(usual: Run) -> None:
    properties = one(usual, "containerservice:ManagedNamespace").inputs["properties"]

    assert properties["defaultNetworkPolicy"] == {"ingress": "AllowAll", "egress": "AllowAll"}


def test_an_endpoint_is_served_by_the_cluster_where_its_overlay_says_so(program: Program, tmp_path: Any) -> None:
    overlay = tmp_path / "endpoints/churn/online/stacks/local.yml"
    overlay.parent.mkdir(parents=True)
    overlay.write_text("serving: {compute: kubernetes}\n")

    run = program(settings={"kubernetes": {"insecure": True}})

    computes = {each.name: each.inputs["properties"].get("compute") for each in run.of(f"{ML}:OnlineEndpoint")}
    assert str(computes["churn-online-endpoint"]).endswith("/kubernetes")
    assert computes["price-online-endpoint"] is None


def test_in_a_private_network_the_cluster_is_reached_from_inside_alone(program: Program) -> None:
    private = {
        "network": {"mode": "private"},
        "registry": {"tier": "Premium"},
        "kubernetes": {"tls": TLS, "internal_load_balancer": True, "pools": {"models": POOL}},
    }
    run = program(settings=private)
    cluster, pool = one(run, "containerservice:ManagedCluster"), one(run, "containerservice:AgentPool")

    assert cluster.inputs["apiServerAccessProfile"] == {"enablePrivateCluster": True}
    assert cluster.inputs["networkProfile"]["outboundType"] == "userAssignedNATGateway"
    assert cluster.inputs["agentPoolProfiles"][0]["vnetSubnetID"] == pool.inputs["vnetSubnetID"]
    assert str(pool.inputs["vnetSubnetID"]).endswith("/subnets/kubernetes")
    assert "kubernetes-network-contributor-subnet" in {
        each.name for each in run.of("authorization:RoleAssignment") if each.urn in cluster.depends_on
    }


def test_azure_monitor_is_not_asked_about_an_endpoint_that_it_does_not_watch(program: Program, tmp_path: Any) -> None:
    for model in ("churn", "price"):
        overlay = tmp_path / f"endpoints/{model}/online/stacks/local.yml"
        overlay.parent.mkdir(parents=True)
        overlay.write_text("serving: {compute: kubernetes}\n")

    run = program(settings={"kubernetes": {"insecure": True}, "monitoring": {"mails": ["team@example.com"]}})

    assert not [each.name for each in run.resources if "online" in each.name and each.type.split(":")[1] == "monitor"]


def test_another_first_pool_is_another_cluster(program: Program) -> None:
    groups = [
        one(program(settings={"kubernetes": {"insecure": True, **more}}), "containerservice:ManagedCluster").inputs[
            "nodeResourceGroup"
        ]
        for more in ({}, {"tier": "Free"}, {"system": {**POOL, "max_nodes": 5}})
    ]

    assert groups[0] == groups[1] != groups[2]


@pytest.mark.parametrize("protection", [{"endpoints": True, "data": False}, {"endpoints": False, "data": True}])
def test_protection_covers_what_endpoints_run_on(program: Program, protection: dict[str, bool]) -> None:
    run = program(settings={"kubernetes": {"insecure": True}, "protection": protection})

    assert one(run, "containerservice:ManagedCluster").protect
    assert attached(run).protect


def test_scripts_are_told_of_the_cluster(usual: Run) -> None:
    told = StackOutputs.model_validate(usual.outputs[OUTPUT_NAME]).kubernetes

    assert told is not None
    assert told.cluster == one(usual, "containerservice:ManagedCluster").azure_name
    assert (told.compute, told.namespace, told.instance_types) == ("kubernetes", "azureml-serving", ("small",))


def _settings_of(**more: Any) -> dict[str, str]:
    return extension_settings(settings(**more), cluster="aks", cluster_id="/aks", location="westeurope")


def test_the_extension_is_told_what_the_azure_cli_would_work_out() -> None:
    secure = _settings_of(insecure=False, tls=TLS, internal_load_balancer=True)

    assert secure["scoringFe.sslSecret"] == secure["sslSecret"] == "models-tls"
    assert secure["sslCname"] == "models.example.org"
    assert secure["allowInsecureConnections"] == "False"
    assert secure["scoringFe.serviceType.internalLoadBalancer"] == "true"
    assert secure["internalLoadBalancerProvider"] == "azure"
    assert _settings_of()["allowInsecureConnections"] == "True"


@pytest.mark.parametrize(
    ("more", "available"),
    [
        ({"system": {**POOL, "min_nodes": 3}}, True),
        ({"system": {**POOL, "min_nodes": 2}}, False),
        ({"system": {**POOL, "min_nodes": 3}, "pools": {"models": POOL}}, False),
        ({"pools": {"models": {**POOL, "min_nodes": 2}, "more": POOL}}, True),
        ({"pools": {"second": {**POOL, "min_nodes": 3, "mode": "system"}}}, False),
    ],
)
def test_the_router_is_spread_where_three_nodes_for_models_are_always_there(
    more: dict[str, Any],
    available: bool,  # noqa: FBT001 - a column of the table
) -> None:
    assert is_highly_available(settings(**more)) is available
