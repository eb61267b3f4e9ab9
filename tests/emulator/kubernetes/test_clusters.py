"""AKS clusters, their pools of nodes and their namespaces, as the official client sees them."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from azure.core.exceptions import HttpResponseError
from support.arm_clients import ArmClients, fresh
from support.kubernetes import cluster, pool

OPERATOR = "f1a07417-d97a-45cb-824c-7a7467783830"
TYPE = "Microsoft.ContainerService/managedClusters"


@pytest.fixture(scope="module")
def made(arm: ArmClients) -> tuple[str, str]:
    """A cluster that no test changes but by adding to it."""
    return _make(arm)


def _make(arm: ArmClients, *pools: dict[str, Any], **properties: Any) -> tuple[str, str]:
    group, name = arm.group(), fresh("aks-")
    arm.clusters.managed_clusters.begin_create_or_update(group, name, cluster(*pools, **properties)).result()
    return group, name


def _give(arm: ArmClients, scope: str, principal: str, role: str) -> None:
    definition = f"/subscriptions/{arm.azure.subscription}/providers/Microsoft.Authorization/roleDefinitions/{role}"
    body = {"role_definition_id": definition, "principal_id": principal, "principal_type": "ServicePrincipal"}
    arm.roles.role_assignments.create(scope.lstrip("/"), str(uuid.uuid4()), body)


def _put(arm: ArmClients, body: dict[str, Any], name: str = "") -> Any:
    path = f"{{sub}}/resourceGroups/{arm.group()}/providers/{TYPE}/{name or fresh('aks-')}"
    return arm.call("PUT", path, body, api_version="2025-09-01")


def _refused(arm: ArmClients, body: dict[str, Any]) -> dict[str, Any]:
    answer = _put(arm, body)
    assert answer.status_code in {400, 409}, answer.text
    error: dict[str, Any] = answer.json()["error"]
    return error


@pytest.mark.recorded
def test_a_cluster_shows_what_azure_adds(arm: ArmClients, made: tuple[str, str]) -> None:
    group, name = made

    shown = arm.call("GET", f"{{sub}}/resourceGroups/{group}/providers/{TYPE}/{name}", api_version="2025-09-01").json()

    properties = shown["properties"]
    assert shown["id"].split("/")[3] == "resourcegroups"
    assert shown["type"] == "Microsoft.ContainerService/ManagedClusters"
    assert shown["sku"] == {"name": "Base", "tier": "Free"}
    assert properties["nodeResourceGroup"] == f"MC_{group}_{name}_westeurope"
    assert properties["currentKubernetesVersion"].startswith(properties["kubernetesVersion"] + ".")
    assert properties["servicePrincipalProfile"] == {"clientId": "msi"}
    assert properties["oidcIssuerProfile"] == {"enabled": False}
    assert properties["maxAgentPools"] == 100
    assert set(properties["identityProfile"]["kubeletidentity"]) == {"resourceId", "clientId", "objectId"}


@pytest.mark.recorded
def test_a_pool_has_azures_defaults_inside_its_cluster_and_alone(arm: ArmClients, made: tuple[str, str]) -> None:
    (inside,) = arm.clusters.managed_clusters.get(*made).agent_pool_profiles
    alone = arm.clusters.agent_pools.get(*made, "system")

    for shown in (inside, alone):
        assert (shown.max_pods, shown.os_sku, shown.os_disk_type) == (250, "Ubuntu", "Managed")
        assert shown.upgrade_settings.max_surge == "10%"
        assert shown.power_state.code == "Running"
        assert shown.provisioning_state == "Succeeded"


@pytest.mark.specified
def test_the_address_of_the_control_plane_comes_from_its_prefix(arm: ArmClients, made: tuple[str, str]) -> None:
    shown = arm.clusters.managed_clusters.get(*made)

    assert shown.fqdn.startswith("models-")
    assert shown.fqdn.endswith(".hcp.westeurope.azmk8s.io")
    assert ".portal.hcp." in shown.azure_portal_fqdn


@pytest.mark.specified
def test_a_workload_identity_has_an_issuer(arm: ArmClients) -> None:
    made = _make(arm, oidcIssuerProfile={"enabled": True}, securityProfile={"workloadIdentity": {"enabled": True}})

    assert arm.clusters.managed_clusters.get(*made).oidc_issuer_profile.issuer_url.startswith("https://westeurope.oic.")


@pytest.mark.specified
def test_a_new_cluster_is_not_ready_at_once(arm: ArmClients) -> None:
    answer = _put(arm, cluster())

    assert answer.status_code == 201
    assert answer.json()["properties"]["provisioningState"] == "Creating"
    assert "azure-asyncoperation" in answer.headers


@pytest.mark.inferred
@pytest.mark.parametrize(
    ("body", "code", "named"),
    [
        (cluster() | {"identity": None}, "InvalidParameter", "servicePrincipalProfile"),
        (cluster(dnsPrefix=None), "InvalidParameter", "dnsPrefix"),
        (cluster(pool(mode="User")), "InvalidParameter", "at least one system pool"),
        (cluster(pool(count=0)), "InvalidParameter", "at least one node"),
        (cluster(pool(scaleSetPriority="Spot")), "InvalidParameter", "Spot"),
        (cluster(pool(name="System")), "InvalidParameter", "a-z0-9"),
        (cluster(pool(count=None)), "InvalidParameter", "properties.count"),
        (cluster(pool(enableAutoScaling=True, minCount=3, maxCount=2)), "InvalidParameter", "maxCount"),
        (cluster(pool(enableAutoScaling=True, minCount=2, maxCount=3)), "InvalidParameter", "count"),
        (cluster(pool(vmSize="Standard_Z1")), "BadRequest", "Standard_Z1"),
        (cluster(pool(vmSize="Standard_DS1_v2")), "SystemPoolSkuTooLow", "too small"),
        (cluster(kubernetesVersion="1.12"), "K8sVersionNotSupported", "1.12"),
        (cluster(autoUpgradeProfile={"upgradeChannel": "weekly"}), "InvalidParameter", "weekly"),
        (cluster(securityProfile={"workloadIdentity": {"enabled": True}}), "InvalidParameter", "OIDC"),
        (cluster(nodeCount=1), "InvalidRequestContent", "nodeCount"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_cluster_that_azure_would_not_make_is_refused(
    arm: ArmClients, body: dict[str, Any], code: str, named: str
) -> None:
    error = _refused(arm, body)

    assert error["code"] == code
    assert named in error["message"]


@pytest.mark.specified
def test_a_kubelet_identity_of_ones_own_needs_a_control_plane_of_ones_own(arm: ArmClients) -> None:
    group = arm.group()
    kubelet = arm.identities.user_assigned_identities.create_or_update(group, fresh("id-"), {"location": "westeurope"})
    profile = {"kubeletidentity": {"resourceId": kubelet.id}}

    error = _refused(arm, cluster(identityProfile=profile))
    body = cluster(identityProfile=profile)
    own = arm.identities.user_assigned_identities.create_or_update(group, fresh("id-"), {"location": "westeurope"})
    body["identity"] = {"type": "UserAssigned", "userAssignedIdentities": {own.id: {}}}
    forbidden = _refused(arm, body)
    _give(arm, kubelet.id, own.principal_id, OPERATOR)
    accepted = _put(arm, body)

    assert forbidden["code"] == "CustomKubeletIdentityMissingPermissionError"
    assert error["code"] == "CustomKubeletIdentityOnlySupportedOnUserAssignedMSICluster"
    assert accepted.json()["properties"]["identityProfile"]["kubeletidentity"]["objectId"] == kubelet.principal_id


@pytest.mark.specified
def test_more_cores_than_the_region_has_fail_inside_the_operation(arm: ArmClients) -> None:
    with pytest.raises(HttpResponseError) as failed:
        _make(arm, pool(vmSize="Standard_E8s_v3", count=13))

    assert "exceeding approved standardESv3Family Cores quota" in str(failed.value)


@pytest.mark.specified
@pytest.mark.parametrize(
    "changed",
    [
        {"dnsPrefix": "others"},
        {"networkProfile": {"networkPlugin": "kubenet"}},
        {"nodeResourceGroup": "elsewhere"},
    ],
    ids=lambda change: next(iter(change)),
)
def test_what_a_cluster_keeps_for_life_cannot_change(
    arm: ArmClients, made: tuple[str, str], changed: dict[str, Any]
) -> None:
    with pytest.raises(HttpResponseError) as refused:
        arm.clusters.managed_clusters.begin_create_or_update(*made, cluster(**changed)).result()

    assert refused.value.error.code == "PropertyChangeNotAllowed"


@pytest.mark.recorded
def test_a_put_changes_the_pools_that_it_names_and_leaves_the_others(arm: ArmClients) -> None:
    made = _make(arm)
    arm.clusters.agent_pools.begin_create_or_update(*made, "models", {"count": 1, "vmSize": "Standard_DS3_v2"}).result()

    changed = cluster(pool(count=2), kubernetesVersion="1.34")
    arm.clusters.managed_clusters.begin_create_or_update(*made, changed).result()
    with pytest.raises(HttpResponseError) as refused:
        arm.clusters.managed_clusters.begin_create_or_update(
            *made, cluster(pool(), pool("third", mode="User"))
        ).result()

    pools = {each.name: each.count for each in arm.clusters.agent_pools.list(*made)}
    assert pools == {"system": 2, "models": 1}
    assert "A new agent pool was introduced" in refused.value.error.message


@pytest.mark.specified
def test_a_version_goes_one_step_up_and_never_down(arm: ArmClients) -> None:
    made = _make(arm, kubernetesVersion="1.32")

    with pytest.raises(HttpResponseError, match="not allowed"):
        arm.clusters.managed_clusters.begin_create_or_update(*made, cluster(kubernetesVersion="1.34")).result()
    with pytest.raises(HttpResponseError, match="not allowed"):
        arm.clusters.managed_clusters.begin_create_or_update(*made, cluster(kubernetesVersion="1.31")).result()
    arm.clusters.managed_clusters.begin_create_or_update(*made, cluster(kubernetesVersion="1.33")).result()

    assert arm.clusters.managed_clusters.get(*made).kubernetes_version == "1.33"


@pytest.mark.specified
def test_a_pool_grows_and_keeps_its_machine_size(arm: ArmClients, made: tuple[str, str]) -> None:
    body = {"vmSize": "Standard_DS3_v2", "count": 1, "enableAutoScaling": True, "minCount": 1, "maxCount": 2}
    pools = arm.clusters.agent_pools
    pools.begin_create_or_update(*made, "grows", body).result()
    grown = pools.begin_create_or_update(*made, "grows", {**body, "maxCount": 5}).result()

    with pytest.raises(HttpResponseError) as refused:
        pools.begin_create_or_update(*made, "grows", {**body, "vmSize": "Standard_DS4_v2"}).result()

    assert grown.max_count == 5
    assert refused.value.error.code == "PropertyChangeNotAllowed"


@pytest.mark.inferred
def test_the_last_system_pool_cannot_be_deleted_and_another_can(arm: ArmClients, made: tuple[str, str]) -> None:
    pools = arm.clusters.agent_pools
    pools.begin_create_or_update(*made, "goes", {"count": 0, "vmSize": "Standard_DS3_v2"}).result()

    pools.begin_delete(*made, "goes").result()
    with pytest.raises(HttpResponseError, match="at least one system agent pool"):
        pools.begin_delete(*made, "system").result()

    assert "goes" not in {each.name for each in pools.list(*made)}


@pytest.mark.specified
def test_a_managed_namespace_is_made_changed_and_deleted(arm: ArmClients, made: tuple[str, str]) -> None:
    namespaces = arm.clusters.managed_namespaces
    body = {
        "location": "westeurope",
        "properties": {"adoptionPolicy": "IfIdentical", "deletePolicy": "Delete", "labels": {"team": "crm"}},
    }

    namespaces.begin_create_or_update(*made, "serving", body).result()
    shown = namespaces.get(*made, "serving")
    listed = _run(arm, made, "kubectl get namespaces")
    namespaces.begin_delete(*made, "serving").result()

    assert (shown.properties.labels, shown.properties.provisioning_state) == ({"team": "crm"}, "Succeeded")
    assert "serving " in listed
    assert "serving " not in _run(arm, made, "kubectl get namespaces")


@pytest.mark.specified
@pytest.mark.parametrize(
    ("name", "properties", "named"),
    [
        ("kube-models", {"adoptionPolicy": "Never", "deletePolicy": "Keep"}, "system namespace"),
        ("default", {"adoptionPolicy": "Never", "deletePolicy": "Keep"}, "already exists"),
        ("serving2", {"adoptionPolicy": "Never"}, "deletePolicy"),
        ("serving2", {"adoptionPolicy": "Perhaps", "deletePolicy": "Keep"}, "Perhaps"),
    ],
)
def test_a_namespace_that_azure_would_not_make_is_refused(
    arm: ArmClients, made: tuple[str, str], name: str, properties: dict[str, str], named: str
) -> None:
    with pytest.raises(HttpResponseError, match=named):
        arm.clusters.managed_namespaces.begin_create_or_update(*made, name, {"properties": properties}).result()


def _run(arm: ArmClients, made: tuple[str, str], command: str) -> str:
    return str(arm.clusters.managed_clusters.begin_run_command(*made, {"command": command}).result().logs)


@pytest.mark.specified
def test_a_namespace_is_made_by_a_command(arm: ArmClients, made: tuple[str, str]) -> None:
    assert _run(arm, made, "kubectl create namespace by-hand") == "namespace/by-hand created\n"
    assert "already exists" in _run(arm, made, "kubectl create namespace by-hand")


@pytest.mark.inferred
def test_a_command_that_is_not_emulated_is_501_by_name(arm: ArmClients, made: tuple[str, str]) -> None:
    path = f"{{sub}}/resourceGroups/{made[0]}/providers/{TYPE}/{made[1]}/runCommand"

    answer = arm.call("POST", path, {"command": "kubectl delete pods --all"}, api_version="2025-09-01")

    assert answer.status_code == 501
    assert "kubectl delete pods" in answer.json()["error"]["message"]


@pytest.mark.specified
def test_credentials_are_a_kubeconfig_and_the_admins_can_be_switched_off(arm: ArmClients) -> None:
    made = _make(arm)
    clusters = arm.clusters.managed_clusters

    (config,) = clusters.list_cluster_admin_credentials(*made).kubeconfigs
    clusters.begin_create_or_update(*made, cluster(disableLocalAccounts=True)).result()
    with pytest.raises(HttpResponseError, match="disable local accounts"):
        clusters.list_cluster_admin_credentials(*made)

    assert b"azmk8s.io" in bytes(config.value)
    assert clusters.list_cluster_user_credentials(*made).kubeconfigs[0].name == "clusterUser"


@pytest.mark.specified
def test_a_cluster_goes_with_all_that_is_on_it(arm: ArmClients) -> None:
    made = _make(arm)

    arm.clusters.managed_clusters.begin_delete(*made).result()
    again = arm.call("DELETE", f"{{sub}}/resourceGroups/{made[0]}/providers/{TYPE}/{made[1]}", api_version="2025-09-01")

    assert again.status_code == 204
    with pytest.raises(HttpResponseError, match="was not found"):
        arm.clusters.agent_pools.get(*made, "system")
