"""Clusters and quotas as public recordings of real traffic have them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.in_process import InProcess
from support.workspace import WORKSPACE
from windlass_emulator.errors import AzureError, NotEmulatedError
from windlass_emulator.ml.quota import NodeCounts, reserved_cores, used_cores
from windlass_emulator.ml.vm_sizes import FAMILIES, SIZES, find_size

CLUSTER = f"{WORKSPACE}/computes/cpu"
LOCATION = "/subscriptions/10ca1000-0000-4000-8000-000000000002/providers/Microsoft.MachineLearningServices/locations"
SCALE = {"minNodeCount": 0, "maxNodeCount": 4, "nodeIdleTimeBeforeScaleDown": "PT2M"}


def cluster(size: str = "STANDARD_DS3_V2", scale: Mapping[str, Any] = SCALE, **inner: Any) -> dict[str, Any]:
    """A body as azure-ai-ml sends it."""
    properties = {"vmSize": size, "scaleSettings": dict(scale), **inner}
    return {
        "location": "westeurope",
        "properties": {"computeType": "AmlCompute", "disableLocalAuth": True, "properties": properties},
    }


@dataclass
class BusyClusters:
    """Clusters with two nodes each, of which one works."""

    released: list[str] = field(default_factory=list)

    def counts(self, cluster_id: str) -> NodeCounts:
        assert cluster_id
        return NodeCounts(idle=1, running=1, target=2)

    def nodes(self, cluster_id: str) -> list[Mapping[str, Any]]:
        return [{"nodeId": f"{cluster_id[-3:]}-1", "nodeState": "running"}]

    async def release(self, cluster_id: str) -> None:
        self.released.append(cluster_id)


@pytest.mark.recorded
async def test_a_put_is_answered_201_while_creating(local: InProcess) -> None:
    answer = await local.send("PUT", CLUSTER, cluster())
    properties = answer.body["properties"]

    assert answer.status == 201
    assert "Location" not in answer.headers
    assert "/locations/westeurope/computeOperationsStatus/" in answer.headers["Azure-AsyncOperation"]
    assert answer.headers["Azure-AsyncOperation"].endswith("&service=new")
    assert properties["provisioningState"] == "Creating"
    assert properties["provisioningWarnings"] is None
    assert properties["isAttachedCompute"] is False
    assert "computeLocation" not in properties
    assert not {"systemData", "identity", "sku"} & set(answer.body)


@pytest.mark.recorded
async def test_a_get_shows_a_cluster_at_rest_with_no_nodes(local: InProcess) -> None:
    await local.send("PUT", CLUSTER, cluster())
    await local.settle()

    body = (await local.send("GET", CLUSTER)).body
    inner = body["properties"]["properties"]

    assert body["properties"]["provisioningState"] == "Succeeded"
    assert body["properties"]["provisioningWarnings"] == {}
    assert body["properties"]["computeLocation"] == "westeurope"
    assert inner["vmSize"] == "STANDARD_DS3_V2"
    assert inner["vmPriority"] == "Dedicated"
    assert inner["remoteLoginPortPublicAccess"] == "Enabled"
    assert inner["allocationState"] == "Steady"
    assert inner["currentNodeCount"] == inner["targetNodeCount"] == 0
    assert set(inner["nodeStateCounts"].values()) == {0}
    assert inner["errors"] is None


@pytest.mark.recorded
async def test_scale_settings_change_in_place_and_it_is_creating_again(local: InProcess) -> None:
    await local.send("PUT", CLUSTER, cluster())
    await local.settle()

    answer = await local.send("PUT", CLUSTER, cluster(scale={"minNodeCount": 1, "maxNodeCount": 8}))
    await local.settle()

    assert (answer.status, answer.body["properties"]["provisioningState"]) == (201, "Creating")
    inner = (await local.send("GET", CLUSTER)).body["properties"]["properties"]
    assert inner["scaleSettings"] == {"minNodeCount": 1, "maxNodeCount": 8, "nodeIdleTimeBeforeScaleDown": "PT2M"}


@pytest.mark.inferred
async def test_the_size_of_a_cluster_cannot_be_changed(local: InProcess) -> None:
    await local.send("PUT", CLUSTER, cluster())
    await local.settle()

    with pytest.raises(AzureError, match="'vmSize' of the compute 'cpu' cannot be changed"):
        await local.send("PUT", CLUSTER, cluster("STANDARD_DS4_V2"))


@pytest.mark.inferred
@pytest.mark.parametrize(
    ("method", "query"), [("PUT", ""), ("PATCH", ""), ("DELETE", "?underlyingResourceAction=Delete")]
)
async def test_a_change_in_the_middle_of_another_is_a_conflict(local: InProcess, method: str, query: str) -> None:
    await local.send("PUT", CLUSTER, cluster())

    with pytest.raises(AzureError, match="Another operation on 'cpu' is in progress") as refused:
        await local.send(method, CLUSTER + query, cluster())
    assert refused.value.status == 409


@pytest.mark.inferred
async def test_a_cluster_whose_making_failed_says_so_and_can_be_made_again(local: InProcess) -> None:
    local.azure.faults.add(operation="compute", times=1)
    await local.send("PUT", CLUSTER, cluster())
    await local.settle()
    failed = (await local.send("GET", CLUSTER)).body["properties"]["provisioningState"]

    await local.send("PUT", CLUSTER, cluster())
    await local.settle()

    assert failed == "Failed"
    assert (await local.send("GET", CLUSTER)).body["properties"]["provisioningState"] == "Succeeded"


@pytest.mark.recorded
async def test_a_patch_is_answered_202_with_the_resource(local: InProcess) -> None:
    await local.send("PUT", CLUSTER, cluster())
    await local.settle()

    answer = await local.send("PATCH", CLUSTER, {"properties": {"properties": {"scaleSettings": {"maxNodeCount": 2}}}})
    await local.settle()

    assert (answer.status, answer.body["properties"]["provisioningState"]) == (202, "Updating")
    inner = (await local.send("GET", CLUSTER)).body["properties"]["properties"]
    assert inner["scaleSettings"]["maxNodeCount"] == 2


@pytest.mark.recorded
async def test_nodes_are_those_that_run_now(local: InProcess) -> None:
    await local.send("PUT", CLUSTER, cluster())
    local.azure.live["clusters"] = BusyClusters()

    inner = (await local.send("GET", CLUSTER)).body["properties"]["properties"]
    listed = (await local.send("POST", f"{CLUSTER}/listNodes")).body

    assert inner["currentNodeCount"] == 2
    assert inner["nodeStateCounts"]["runningNodeCount"] == 1
    assert listed == {"computeType": "AmlCompute", "nodes": [{"nodeId": "cpu-1", "nodeState": "running"}]}


@pytest.mark.recorded
async def test_a_deleted_cluster_ends_its_nodes(local: InProcess) -> None:
    await local.send("PUT", CLUSTER, cluster())
    await local.settle()
    live = local.azure.live["clusters"] = BusyClusters()

    answer = await local.send("DELETE", f"{CLUSTER}?underlyingResourceAction=Delete")
    await local.settle()

    assert (answer.status, answer.body) == (202, None)
    assert live.released == [CLUSTER]
    with pytest.raises(AzureError, match="404"):
        await local.send("GET", CLUSTER)


@pytest.mark.inferred
async def test_a_workspace_that_goes_ends_the_nodes_of_its_clusters(local: InProcess) -> None:
    await local.send("PUT", CLUSTER, cluster())
    await local.settle()
    live = local.azure.live["clusters"] = BusyClusters()

    await local.send("DELETE", WORKSPACE)
    await local.settle()

    assert live.released == [CLUSTER]


@pytest.mark.specified
async def test_a_delete_knows_two_things_to_do_with_the_machines(local: InProcess) -> None:
    await local.send("PUT", CLUSTER, cluster())

    with pytest.raises(AzureError, match="underlyingResourceAction"):
        await local.send("DELETE", f"{CLUSTER}?underlyingResourceAction=Keep")


@pytest.mark.inferred
async def test_a_delete_that_does_not_say_what_becomes_of_the_machines_deletes_them(local: InProcess) -> None:
    await local.send("PUT", CLUSTER, cluster())
    await local.settle()

    answer = await local.send("DELETE", CLUSTER)

    assert answer.status == 202


@pytest.mark.inferred
@pytest.mark.parametrize("kind", ["ComputeInstance", "Databricks", "VirtualMachine"])
async def test_other_kinds_are_refused_by_name(local: InProcess, kind: str) -> None:
    with pytest.raises(NotEmulatedError, match=kind):
        await local.send("PUT", CLUSTER, {"properties": {"computeType": kind}})


@pytest.mark.specified
@pytest.mark.parametrize("name", ["a", "a" * 17, "under_score"])
async def test_a_name_that_breaks_azures_rule_is_refused(local: InProcess, name: str) -> None:
    with pytest.raises(AzureError, match="2 to 16"):
        await local.send("PUT", CLUSTER.removesuffix("cpu") + name, cluster())


@pytest.mark.inferred
@pytest.mark.parametrize(
    ("scale", "named"),
    [
        ({"minNodeCount": 3, "maxNodeCount": 2}, "minNodeCount"),
        ({"minNodeCount": -1, "maxNodeCount": 2}, "minNodeCount"),
        ({"minNodeCount": 0}, "maxNodeCount"),
        ({"maxNodeCount": 2, "nodeIdleTimeBeforeScaleDown": "120"}, "PT2M"),
    ],
)
async def test_scale_settings_that_make_no_sense_are_refused(
    local: InProcess, scale: dict[str, Any], named: str
) -> None:
    with pytest.raises(AzureError, match=named):
        await local.send("PUT", CLUSTER, cluster(scale=scale))


# Quotas


@pytest.mark.specified
async def test_a_cluster_larger_than_its_quota_is_refused_with_the_word(local: InProcess) -> None:
    with pytest.raises(AzureError, match="vCPU quota of 100 and cannot accomodate") as refused:
        await local.send("PUT", CLUSTER, cluster(scale={"minNodeCount": 0, "maxNodeCount": 26}))

    assert refused.value.status == 400


@pytest.mark.inferred
async def test_more_nodes_than_a_cluster_may_have_are_refused_with_the_word_quota(local: InProcess) -> None:
    with pytest.raises(AzureError, match="quota of 100 nodes per cluster"):
        await local.send("PUT", CLUSTER, cluster("Standard_DS1_v2", {"minNodeCount": 0, "maxNodeCount": 101}))


@pytest.mark.inferred
async def test_an_unknown_size_is_refused_with_those_that_are_known(local: InProcess) -> None:
    with pytest.raises(AzureError, match="Standard_DS3_v2"):
        await local.send("PUT", CLUSTER, cluster("Standard_X1"))


@pytest.mark.inferred
async def test_instances_count_in_their_region_and_family_unless_left_out(local: InProcess) -> None:
    deployment = f"{WORKSPACE}/onlineEndpoints/e/deployments/v1"
    local.azure.store.put(
        deployment,
        "microsoft.machinelearningservices/workspaces/onlineendpoints/deployments",
        {
            "location": "westeurope",
            "sku": {"capacity": 15},
            "properties": {"endpointComputeType": "Managed", "instanceType": "Standard_DS3_v2"},
        },
        parent=f"{WORKSPACE}/onlineEndpoints/e",
        now=0.0,
    )

    family = "standardDSv2Family"
    assert used_cores(local.azure, "westeurope", family) == 72
    assert used_cores(local.azure, "westeurope", family, without=deployment) == 0
    assert used_cores(local.azure, "northeurope", family) == 0
    assert used_cores(local.azure, "westeurope", "standardESv3Family") == 0


@pytest.mark.specified
@given(st.sampled_from(SIZES), st.integers(1, 50))
def test_a_fifth_is_held_in_reserve_in_whole_instances(size: Any, instances: int) -> None:
    cores = reserved_cores(size, instances)

    assert cores % size.cores == 0
    assert instances * 1.2 <= cores / size.cores < instances * 1.2 + 1


@pytest.mark.recorded
async def test_each_family_has_a_row_of_its_own_and_one_per_workspace(local: InProcess) -> None:
    rows = (await local.send("GET", f"{LOCATION}/westeurope/quotas")).body["value"]

    assert len(rows) == 2 * len(FAMILIES)
    assert rows[0]["name"] == {
        "value": "standardDSv2Family",
        "localizedValue": "Standard DSv2 Family Cluster Dedicated vCPUs",
    }
    assert rows[0]["type"] == "Microsoft.MachineLearningServices/vmFamily/dedicatedCores/quotas"
    assert rows[1]["id"] == f"{WORKSPACE}/quotas/standardDSv2Family"


@pytest.mark.recorded
async def test_usages_count_the_nodes_that_run(local: InProcess) -> None:
    await local.send("PUT", CLUSTER, cluster())
    local.azure.live["clusters"] = BusyClusters()

    rows = (await local.send("GET", f"{LOCATION}/westeurope/usages")).body["value"]

    assert {row["name"]["value"]: row["currentValue"] for row in rows}["standardDSv2Family"] == 8


@pytest.mark.specified
def test_every_size_belongs_to_a_family_and_is_found_in_any_case() -> None:
    assert all(size.family in FAMILIES and find_size(size.name.upper()) is size for size in SIZES)
