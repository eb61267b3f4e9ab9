"""The network that the service runs for a workspace: isolation, rules, provisioning, and what it excludes."""

from __future__ import annotations

from typing import Any

import pytest
from support import access
from support.in_process import GROUP, InProcess
from support.workspace import WORKSPACE
from windlass_emulator.arm.network import connections
from windlass_emulator.errors import AzureError, MlError, OperationFailedError
from windlass_emulator.ml import image_builds, managed_network

STORAGE = f"{GROUP}/providers/Microsoft.Storage/storageAccounts/store1"
CLUSTER = f"{WORKSPACE}/computes/cpu"
ACR_PUSH = "8311e382-0749-4cb8-b61a-304f252e45ec"
RULE = f"{WORKSPACE}/outboundRules"
SIZE = {"vmSize": "STANDARD_DS3_V2", "scaleSettings": {"minNodeCount": 0, "maxNodeCount": 2}}


async def _isolate(local: InProcess, mode: str) -> None:
    await local.send("PATCH", WORKSPACE, {"properties": {"managedNetwork": {"isolationMode": mode}}})
    await local.settle()


def _cluster(**inner: Any) -> dict[str, Any]:
    properties = {**SIZE, **inner}
    return {"location": "westeurope", "properties": {"computeType": "AmlCompute", "properties": properties}}


def _to_storage(group: str) -> dict[str, Any]:
    destination = {"serviceResourceId": STORAGE, "subresourceTarget": group}
    return {"properties": {"type": "PrivateEndpoint", "destination": destination}}


async def _network(local: InProcess) -> dict[str, Any]:
    network: dict[str, Any] = (await local.send("GET", WORKSPACE)).body["properties"]["managedNetwork"]
    return network


@pytest.mark.specified
@pytest.mark.parametrize(
    ("first", "then"),
    [
        ("AllowInternetOutbound", "Disabled"),
        ("AllowOnlyApprovedOutbound", "Disabled"),
        ("AllowOnlyApprovedOutbound", "AllowInternetOutbound"),
    ],
)
async def test_isolation_cannot_be_taken_back(local: InProcess, first: str, then: str) -> None:
    await _isolate(local, first)

    with pytest.raises(MlError, match=f"cannot be changed from '{first}' to '{then}'"):
        await _isolate(local, then)


@pytest.mark.specified
async def test_a_network_is_made_with_the_first_compute(local: InProcess) -> None:
    await _isolate(local, "AllowInternetOutbound")
    before = await _network(local)
    await local.send("PUT", CLUSTER, _cluster(enableNodePublicIp=False))
    await local.settle()

    after = await _network(local)

    assert (before["status"]["status"], after["status"]["status"]) == ("Inactive", "Active")
    assert before["changeableIsolationModes"] == ["AllowOnlyApprovedOutbound"]


@pytest.mark.specified
async def test_a_network_is_made_when_asked_for(local: InProcess) -> None:
    await _isolate(local, "AllowInternetOutbound")

    begun = await local.send("POST", f"{WORKSPACE}/provisionManagedNetwork", {"includeSpark": False})
    await local.settle()

    assert (begun.status, "Location" in begun.headers) == (202, True)
    assert (await _network(local))["status"] == {"status": "Active", "sparkReady": False}


@pytest.mark.specified
async def test_a_network_lets_out_what_the_service_needs(local: InProcess) -> None:
    await _isolate(local, "AllowOnlyApprovedOutbound")

    rules = (await local.send("GET", RULE)).body["value"]

    kinds = {rule["name"]: rule["properties"]["category"] for rule in rules}
    assert set(kinds.values()) == {"Required"}
    assert {"__SYS_PE_store1_blob", "__SYS_ST_AzureResourceManager_TCP"} <= set(kinds)


@pytest.mark.specified
async def test_a_rule_of_ones_own_becomes_active_with_the_network(local: InProcess) -> None:
    await _isolate(local, "AllowInternetOutbound")
    put = await local.send("PUT", f"{RULE}/queue", _to_storage("queue"))
    await local.settle()
    before = (await local.send("GET", f"{RULE}/queue")).body["properties"]
    await local.send("PUT", CLUSTER, _cluster())
    await local.settle()

    after = (await local.send("GET", f"{RULE}/queue")).body["properties"]

    assert put.status == 202
    assert (before["status"], after["status"], after["category"]) == ("Inactive", "Active", "UserDefined")
    assert after["fqdns"] == ["store1.queue.core.windows.net"]


@pytest.mark.specified
async def test_a_rule_can_be_deleted_and_the_services_own_cannot(local: InProcess) -> None:
    await _isolate(local, "AllowOnlyApprovedOutbound")
    await local.send("PUT", f"{RULE}/outside", {"properties": {"type": "FQDN", "destination": "example.org"}})
    await local.settle()

    await local.send("DELETE", f"{RULE}/outside")
    await local.settle()
    with pytest.raises(MlError, match="the service needs"):
        await local.send("DELETE", f"{RULE}/__SYS_PE_store1_blob")

    names = [rule["name"] for rule in (await local.send("GET", RULE)).body["value"]]
    assert "outside" not in names


@pytest.mark.specified
async def test_what_a_network_cannot_have_is_refused(local: InProcess) -> None:
    with pytest.raises(MlError, match="has no managed network"):
        await local.send("PUT", f"{RULE}/queue", _to_storage("queue"))
    await _isolate(local, "AllowInternetOutbound")
    with pytest.raises(MlError, match='Only "PrivateEndpoint" outbound rules are supported'):
        await local.send("PUT", f"{RULE}/outside", {"properties": {"type": "FQDN", "destination": "example.org"}})
    with pytest.raises(MlError, match="The group id 'vault' is not one of"):
        await local.send("PUT", f"{RULE}/bad", _to_storage("vault"))
    await _isolate(local, "AllowOnlyApprovedOutbound")
    with pytest.raises(MlError, match="leads to blob of"):
        await local.send("PUT", f"{RULE}/blob", _to_storage("blob"))


@pytest.mark.specified
async def test_subnets_and_early_deployments_are_refused_in_a_managed_network(local: InProcess) -> None:
    await _isolate(local, "AllowInternetOutbound")
    workspace = local.azure.store.get(WORKSPACE)
    assert workspace is not None

    with pytest.raises(MlError, match="created inside that network"):
        await local.send("PUT", CLUSTER, _cluster(subnet={"id": f"{GROUP}/x/y/z"}))
    with pytest.raises(MlError, match="is not provisioned"):
        managed_network.require_provisioned(local.azure, workspace)


@pytest.mark.specified
async def test_nodes_without_addresses_need_a_network(local: InProcess) -> None:
    with pytest.raises(MlError, match="would reach nothing"):
        await local.send("PUT", CLUSTER, _cluster(enableNodePublicIp=False))
    with pytest.raises(MlError, match="was not found"):
        await local.send("PUT", CLUSTER, _cluster(subnet={"id": f"{GROUP}/providers/a/b/c"}))


@pytest.mark.specified
async def test_a_private_registry_builds_images_on_a_compute(local: InProcess) -> None:
    registry = f"{GROUP}/providers/Microsoft.ContainerRegistry/registries/reg1"
    body = {"location": "westeurope", "properties": {"publicNetworkAccess": "Disabled"}}
    local.azure.store.put(registry, "Microsoft.ContainerRegistry/registries", body, parent=GROUP, now=0.0)
    await local.send("PATCH", WORKSPACE, {"properties": {"containerRegistry": registry}})
    await local.settle()

    with pytest.raises(OperationFailedError, match="Container Registry cannot build your image"):
        image_builds.require_builder(local.azure, WORKSPACE)
    await local.send("PATCH", WORKSPACE, {"properties": {"imageBuildCompute": "cpu"}})
    await local.settle()
    with pytest.raises(OperationFailedError, match="is not one of"):
        image_builds.require_builder(local.azure, WORKSPACE)
    await local.send("PUT", CLUSTER, _cluster())
    await local.settle()

    image_builds.require_builder(local.azure, WORKSPACE)


@pytest.mark.inferred
async def test_a_compute_pushes_the_images_that_it_builds_as_itself(local: InProcess) -> None:
    registry = f"{GROUP}/providers/Microsoft.ContainerRegistry/registries/reg1"
    body = {"location": "westeurope", "properties": {"publicNetworkAccess": "Disabled"}}
    local.azure.store.put(registry, "Microsoft.ContainerRegistry/registries", body, parent=GROUP, now=0.0)
    identity = access.add_identity(local.azure.store, "nodes")
    linked = {"containerRegistry": registry, "imageBuildCompute": "cpu"}
    await local.send("PATCH", WORKSPACE, {"properties": linked})
    await local.settle()
    await local.send("PUT", CLUSTER, {**_cluster(), "identity": access.as_identity(identity)})
    await local.settle()
    access.give(local.azure.store, identity, access.ACR_PULL, registry)

    with pytest.raises(OperationFailedError, match="does not have push permission on the registry 'reg1'"):
        image_builds.require_builder(local.azure, WORKSPACE)
    access.give(local.azure.store, identity, ACR_PUSH, registry)

    image_builds.require_builder(local.azure, WORKSPACE)


@pytest.mark.specified
async def test_a_workspace_shows_who_is_connected_to_it(local: InProcess) -> None:
    workspace = local.azure.store.get(WORKSPACE)
    assert workspace is not None
    endpoint = f"{GROUP}/providers/Microsoft.Network/privateEndpoints/pe"
    connections.open_connection(local.azure, workspace, endpoint, "amlworkspace", approved=True)

    properties = (await local.send("GET", WORKSPACE)).body["properties"]

    (connection,) = properties["privateEndpointConnections"]
    assert connection["properties"]["privateEndpoint"] == {"id": endpoint}
    assert (properties["privateLinkCount"], properties["notebookInfo"]["isPrivateLinkEnabled"]) == (1, True)


@pytest.mark.specified
async def test_an_unknown_isolation_mode_is_refused(local: InProcess) -> None:
    with pytest.raises(AzureError, match="is not one of Disabled"):
        await _isolate(local, "Sometimes")
