"""The plugin under the real engine: one stack from its first preview to its end, against the fake of ARM."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from support.arm import failure
from support.azure_host import OBJECT, AzureHost, azure_host
from support.checkout import Ran
from support.stack import Stack, said

pytestmark = pytest.mark.specified

GROUP = "/subscriptions/10ca1000-0000-4000-8000-000000000002/resourceGroups/rg-churn"
ENDPOINT = f"{GROUP}/providers/Microsoft.MachineLearningServices/workspaces/ws-churn/onlineEndpoints/churn"
PROGRAM = """
import pulumi
from pulumi_azure_native import authorization, machinelearningservices as ml, managedidentity, resources, storage

config = pulumi.Config()
tags = {"owner": config.get("owner") or "team"}
group = resources.ResourceGroup("group", resource_group_name="rg-churn", tags=tags)
account = storage.StorageAccount(
    "account", resource_group_name=group.name, account_name=config.get("account") or "stchurn", kind="StorageV2",
    sku={"name": "Standard_LRS"}, enable_https_traffic_only=True, tags=tags)
data = storage.BlobContainer("data", resource_group_name=group.name, account_name=account.name)
identity = managedidentity.UserAssignedIdentity("identity", resource_group_name=group.name, resource_name_="id-churn")
authorization.RoleAssignment(
    "reader", scope=account.id, principal_id=identity.principal_id, principal_type="ServicePrincipal",
    role_definition_id="/providers/Microsoft.Authorization/roleDefinitions/reader")
workspace = ml.Workspace(
    "workspace", resource_group_name=group.name, workspace_name="ws-churn", storage_account=account.id,
    identity={"type": "UserAssigned", "user_assigned_identities": [identity.id]})
ml.Compute(
    "cluster", resource_group_name=group.name, workspace_name=workspace.name, compute_name="cpu",
    properties=ml.AmlComputeArgs(compute_type="AmlCompute", properties=ml.AmlComputePropertiesArgs(
        vm_size="Standard_DS3_v2",
        scale_settings=ml.ScaleSettingsArgs(
            max_node_count=4, min_node_count=0, node_idle_time_before_scale_down="PT120S"))))
endpoint = ml.OnlineEndpoint(
    "endpoint", resource_group_name=group.name, workspace_name=workspace.name, endpoint_name="churn",
    identity={"type": "SystemAssigned"}, properties={"auth_mode": "Key"}, tags=tags,
    opts=pulumi.ResourceOptions(ignore_changes=["properties", "tags", "identity", "sku", "kind"]))
pulumi.export("uri", endpoint.properties.scoring_uri)
pulumi.export("principal", endpoint.identity.principal_id)
pulumi.export("me", authorization.get_client_config_output().object_id)
"""


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AzureHost]:
    with azure_host(tmp_path_factory.mktemp("azure")) as running:
        running.arm.style = "status"
        yield running


@pytest.fixture(scope="module")
def preview(stack: Stack) -> Ran:
    return stack.run("preview", "--json").ok()


@pytest.fixture(scope="module")
def stack(host: AzureHost, tmp_path_factory: pytest.TempPathFactory) -> Stack:
    return Stack(tmp_path_factory.mktemp("stack"), PROGRAM, host.environment)


@pytest.fixture(scope="module")
def deployed(stack: Stack, preview: Ran) -> Stack:
    assert preview.code == 0  # asked for here so that it comes first, on the empty stack
    stack.up().ok()
    return stack


def test_a_preview_of_a_new_stack_creates_everything_and_touches_nothing(preview: Ran, host: AzureHost) -> None:
    assert preview.json()["changeSummary"] == {"create": 9}
    assert host.arm.requests("PUT") == []


def test_up_makes_what_the_program_says(deployed: Stack, host: AzureHost) -> None:
    sent = host.arm.requests("PUT", "/computes/cpu")[0].body

    assert sent["properties"]["properties"]["scaleSettings"]["maxNodeCount"] == 4
    assert sent["location"] == "westeurope"
    assert deployed.resources()["cluster"]["id"].endswith("/workspaces/ws-churn/computes/cpu")


def test_computed_properties_become_stack_outputs(deployed: Stack) -> None:
    outputs = deployed.outputs()

    assert outputs["uri"] == "https://churn.westeurope.inference.ml.azure.com/score"
    assert outputs["me"] == OBJECT
    assert outputs["principal"]


def test_a_second_up_and_a_refresh_find_nothing_to_do(deployed: Stack) -> None:
    again = deployed.up("--expect-no-changes")
    refreshed = deployed.run("refresh", "--yes", "--skip-preview", "--expect-no-changes")

    assert (again.code, refreshed.code) == (0, 0), said(again) + said(refreshed)


def test_a_changed_tag_updates_in_place_and_leaves_the_endpoint_alone(deployed: Stack, host: AzureHost) -> None:
    host.arm.at(ENDPOINT)["properties"]["traffic"] = {"v1": 100}
    puts = len(host.arm.requests("PUT", "/onlineEndpoints/churn"))
    deployed.configure("owner", "others")

    deployed.up().ok()

    assert host.arm.at(GROUP)["tags"] == {"owner": "others"}
    assert len(host.arm.requests("PUT", "/onlineEndpoints/churn")) == puts
    assert host.arm.at(ENDPOINT)["properties"]["traffic"] == {"v1": 100}


def test_another_account_name_replaces_by_deleting_first(deployed: Stack, host: AzureHost) -> None:
    before = len(host.arm.seen)
    deployed.configure("account", "stother")

    deployed.up().ok()

    changed = [(seen.method, seen.path.rpartition("/")[2]) for seen in host.arm.seen[before:] if seen.method != "GET"]
    assert changed.index(("DELETE", "stchurn")) < changed.index(("PUT", "stother"))


def test_a_half_made_resource_is_kept_and_mended_by_the_next_up(deployed: Stack, host: AzureHost) -> None:
    deployed.configure("owner", "broken")
    host.arm.operation_error = {"code": "InternalError", "message": "The service stumbled."}

    failed = deployed.up()
    host.arm.operation_error = None
    mended = deployed.up()

    assert failed.code != 0
    assert 'Code="InternalError" Message="The service stumbled."' in said(failed)
    assert mended.code == 0, said(mended)
    assert deployed.resources()["account"]["outputs"]["provisioningState"] == "Succeeded"


def test_what_was_deleted_by_hand_is_made_again_after_a_refresh(deployed: Stack, host: AzureHost) -> None:
    del host.arm.resources[ENDPOINT.lower()]

    deployed.up("--refresh").ok()

    assert ENDPOINT.lower() in host.arm.resources


def test_a_resource_is_imported_with_the_inputs_that_make_it(deployed: Stack, host: AzureHost) -> None:
    path = f"{GROUP}/providers/Microsoft.Storage/storageAccounts/stfound"
    host.arm.put(path, location="westeurope", kind="StorageV2", sku={"name": "Standard_LRS"})
    adopted = (
        'storage.StorageAccount("found", resource_group_name="rg-churn", account_name="stfound", kind="StorageV2", '
        'location="westeurope", sku={"name": "Standard_LRS"}, minimum_tls_version="TLS1_0", '
        f'opts=pulumi.ResourceOptions(import_="{path}"))\n'
    )
    deployed.write(PROGRAM + adopted)

    deployed.up().ok()
    deployed.write(PROGRAM + adopted.replace(f'import_="{path}"', ""))
    again = deployed.up("--expect-no-changes")
    deployed.write(PROGRAM)

    assert again.code == 0, said(again)
    assert host.arm.requests("PUT", "/storageAccounts/stfound") == []


def test_a_misspelt_property_stops_the_preview_by_its_path(deployed: Stack) -> None:
    wrong = 'storage.StorageAccount("x", resource_group_name="rg-churn", kind="StorageV2", sku={"nmae": "x"})\n'
    deployed.write(PROGRAM + wrong)

    refused = deployed.run("preview")
    deployed.write(PROGRAM)

    assert refused.code != 0
    assert "storage:StorageAccount has no property 'sku.nmae'. Did you mean 'name'?" in said(refused)


def test_a_type_that_is_not_there_stops_the_preview_by_name(deployed: Stack) -> None:
    deployed.write(
        PROGRAM + "from pulumi_azure_native import cdn\ncdn.Profile('x', resource_group_name='rg', sku={'name': 'x'})\n"
    )

    refused = deployed.run("preview")
    deployed.write(PROGRAM)

    assert refused.code != 0
    assert "The resource type azure-native:cdn:Profile is not supported by the stand-in" in said(refused)


def test_the_cloud_is_refused(deployed: Stack) -> None:
    refused = deployed.run("preview", environment={"AZURE_SUBSCRIPTION_ID": "9e2c1a70-1111-4000-8000-000000000000"})

    assert refused.code != 0
    assert "install the real azure-native plugin for Azure" in said(refused)


def test_a_missing_proxy_is_refused(deployed: Stack) -> None:
    refused = deployed.run("preview", environment={"HTTPS_PROXY": ""})

    assert refused.code != 0
    assert "HTTPS_PROXY is not set" in said(refused)


def test_a_local_azure_that_does_not_run_is_named(deployed: Stack) -> None:
    refused = deployed.run("refresh", "--yes", environment={"HTTPS_PROXY": "http://127.0.0.1:1"})

    assert refused.code != 0
    assert "azure.env" in said(refused)


def test_azures_refusal_is_shown_in_its_own_words(deployed: Stack, host: AzureHost) -> None:
    host.arm.fail_next("PUT", "/storageAccounts/stlate", failure("StorageAccountAlreadyTaken", "stlate is taken."))
    late = 'storage.StorageAccount("late", resource_group_name="rg-churn", account_name="stlate", kind="StorageV2", '
    deployed.write(PROGRAM + late + 'sku={"name": "Standard_LRS"})\n')

    refused = deployed.up()
    deployed.write(PROGRAM)

    assert 'Status=409 Code="StorageAccountAlreadyTaken" Message="stlate is taken."' in said(refused)


def test_destroy_leaves_nothing(deployed: Stack, host: AzureHost) -> None:
    deployed.run("destroy", "--yes", "--skip-preview").ok()

    assert host.arm.resources == {}


def test_independent_resources_are_made_at_the_same_time(tmp_path: Path) -> None:
    many = """
from pulumi_azure_native import resources
for index in range(16):
    resources.ResourceGroup(f"group{index}", resource_group_name=f"rg{index}")
"""
    with azure_host(tmp_path, latency=0.25) as slow:
        stack = Stack(tmp_path / "stack", many, slow.environment)
        stack.up("--parallel", "32").ok()

    assert slow.load.most_at_once >= 8


def test_the_plugin_of_a_killed_engine_ends_too(tmp_path: Path) -> None:
    with azure_host(tmp_path) as host:
        host.arm.style, host.arm.polls = "status", 1_000_000
        stack = Stack(tmp_path / "stack", PROGRAM, host.environment)
        engine = stack.start("up", "--yes", "--skip-preview")
        until(lambda: host.arm.requests("GET", "/operations/"), "the engine to wait for an operation")

        engine.kill()
        engine.wait()

        until(lambda: is_silent(host), "the plugin to stop asking")


def until(condition: Callable[[], object], what: str, seconds: float = 30.0) -> None:
    """Waits for a condition."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, f"waited {seconds:g} s for {what}"
        time.sleep(0.05)


def is_silent(host: AzureHost) -> bool:
    """Whether nobody asks anything for a while; a living plugin polls every millisecond."""
    before = len(host.arm.seen)
    time.sleep(0.5)
    return len(host.arm.seen) == before
