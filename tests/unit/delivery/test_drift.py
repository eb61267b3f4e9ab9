from __future__ import annotations

from typing import Any

import pytest

from windlass.delivery.digest import PreviewDigest, PreviewStep
from windlass.delivery.drift import find_drift, moves_by_itself

ACCOUNT = "azure-native:storage:StorageAccount"
WORKSPACE = "azure-native:machinelearningservices:Workspace"
ENDPOINT = "azure-native:machinelearningservices:OnlineEndpoint"


def step(op: str, type_: str = ACCOUNT, name: str = "one", **changes: Any) -> PreviewStep:
    return PreviewStep(op=op, urn=f"urn:pulumi:dev::shop::{type_}::{name}", **changes)


def differs(*paths: str, type_: str = ACCOUNT, reasons: tuple[str, ...] = ()) -> PreviewStep:
    return step("update", type_, detailed_diff={path: {"kind": "update"} for path in paths}, diff_reasons=reasons)


def digest(*steps: PreviewStep) -> PreviewDigest:
    return PreviewDigest(steps=steps, change_summary={"same": 5, "update": 1, "delete": 1})


def test_what_is_as_it_was_is_no_drift() -> None:
    drift = find_drift(digest(step("refresh"), step("same")))

    assert not drift.is_there
    assert drift.digest.steps == ()


def test_what_was_changed_and_what_is_gone_is_told_apart() -> None:
    drift = find_drift(digest(differs("sku.name"), step("delete", name="two"), step("refresh", name="three")))

    assert drift.is_there
    assert (drift.changed, drift.gone) == (("one",), ("two",))
    assert [each.op for each in drift.digest.steps] == ["update", "delete"]
    assert drift.digest.change_summary == {"update": 1, "delete": 1, "same": 5}


def test_fields_that_move_by_themselves_are_named_and_no_drift() -> None:
    drift = find_drift(digest(differs("managedNetwork.status.status", 'tags["hidden-link"]', type_=WORKSPACE)))

    assert not drift.is_there
    assert drift.noise == ('one: managedNetwork.status.status, tags["hidden-link"] moved by itself, which is no drift',)


def test_of_a_resource_with_both_only_the_drift_is_kept() -> None:
    both = differs("managedNetwork.status", "tags.owner", type_=WORKSPACE, reasons=("managedNetwork", "tags"))

    drift = find_drift(digest(both))

    assert list(drift.digest.steps[0].detailed_diff) == ["tags.owner"]
    assert drift.digest.steps[0].diff_reasons == ("tags",)
    assert len(drift.noise) == 1


def test_a_difference_that_only_its_key_tells_counts() -> None:
    assert find_drift(digest(differs(reasons=("sku",)))).is_there
    assert not find_drift(digest(differs(reasons=("etag",)))).is_there


@pytest.mark.parametrize(
    ("type_", "path", "expected"),
    [
        (ENDPOINT, "properties.traffic", True),
        (ENDPOINT, "properties.traffic.churn-1", True),
        (ENDPOINT, "properties.properties.AzureAsyncOperationUri", True),
        (ENDPOINT, "properties.properties", True),
        (ENDPOINT, 'tags["windlass.target"]', True),
        (ENDPOINT, "tags.owner", False),
        (ENDPOINT, "properties.authMode", False),
        (ENDPOINT.replace("Online", "Batch"), "properties.defaults.deploymentName", True),
        (WORKSPACE, "managedNetwork.outboundRules.x", True),
        (WORKSPACE, "managedNetwork.isolationMode", False),
        (ACCOUNT, "managedNetwork.status", False),
        (ACCOUNT, "tags.owner", False),
        ("azure-native:containerservice/v20240901:AgentPool", "count", True),
        ("azure-native:containerservice:ManagedCluster", "agentPoolProfiles[0].count", True),
        ("azure-native:containerservice:ManagedCluster", "networkProfile.podCidr", False),
        ("azure-native:network:PrivateEndpoint", "customDnsConfigs[0].fqdn", True),
        ("azure-native:network:PrivateEndpoint", "subnet.id", False),
    ],
)
def test_only_fields_that_are_known_to_move_are_noise(type_: str, path: str, *, expected: bool) -> None:
    assert moves_by_itself(type_, path) is expected
