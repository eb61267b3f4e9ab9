"""What must hold for every resource that the program makes, and for what scripts are told.

The tests walk over all resources of a run of the real program. None of them repeats an input: each says a rule.
"""

from __future__ import annotations

import importlib
import inspect
import json
import re
import uuid
from collections import Counter
from pathlib import Path
from typing import Any

import pulumi
import pytest
from support.pulumi_program import NAME_INPUTS, Program, Registration, Run

from windlass.infra.endpoints import LEFT_TO_SCRIPTS
from windlass.project.outputs import OUTPUT_NAME, StackOutputs

ML = "machinelearningservices"
ENDPOINT_TYPES = (f"{ML}:OnlineEndpoint", f"{ML}:BatchEndpoint")
HOLDS_DATA = (
    "resources:ResourceGroup",
    "storage:StorageAccount",
    "storage:BlobContainer",
    "keyvault:Vault",
    "containerregistry:Registry",
    f"{ML}:Workspace",
    "operationalinsights:Workspace",
    "applicationinsights:Component",
)
PROTECTED = {"endpoints": True, "data": True}
BARE = {"endpoints": False, "data": False}
SECRET = re.compile(r"(?i)(password|secret|access_?key|connection_?string|sas_?token)")


def endpoints(run: Run) -> list[Registration]:
    return [each for type_ in ENDPOINT_TYPES for each in run.of(type_)]


def clusters(run: Run) -> list[Registration]:
    """The computes for batch jobs; an attached Kubernetes cluster is another thing."""
    return [each for each in run.of(f"{ML}:Compute") if each.inputs["properties"]["computeType"] == "AmlCompute"]


def takes(registration: Registration, parameter: str) -> bool:
    """Whether Azure knows this parameter for the type, by the provider's own SDK."""
    _, module, name = registration.type.split(":")
    resource = getattr(importlib.import_module(f"pulumi_azure_native.{module}"), name)
    return parameter in inspect.signature(resource._internal_init).parameters


def values(tree: Any, path: str = "") -> list[tuple[str, Any]]:
    """Every leaf of an input with the path that leads to it."""
    if isinstance(tree, dict):
        return [leaf for key, value in tree.items() for leaf in values(value, f"{path}.{key}")]
    if isinstance(tree, list):
        return [leaf for value in tree for leaf in values(value, path)]
    return [(path, tree)]


def test_every_kind_of_resource_of_a_stack_is_made(usual: Run, private: Run, managed: Run) -> None:
    assert {each.type for run in (usual, private, managed) for each in run.resources} == set(NAME_INPUTS)


def test_every_resource_has_an_explicit_name(usual: Run) -> None:
    assert [each.urn for each in usual.resources if not each.azure_name] == []


def test_a_preview_of_an_empty_subscription_knows_every_name(program: Program) -> None:
    assert [each.urn for each in program(preview=True).resources if not each.azure_name] == []


def test_no_two_resources_of_a_kind_share_a_name(usual: Run) -> None:
    named = Counter((each.type, each.azure_name, each.inputs.get("accountName")) for each in usual.resources)

    assert [name for name, count in named.items() if count > 1] == []


def test_no_two_registrations_share_a_urn(usual: Run) -> None:
    urns = Counter(each.urn for each in usual.registrations)

    assert [urn for urn, count in urns.items() if count > 1] == []


def test_everything_that_takes_tags_says_who_owns_it(program: Program) -> None:
    own = {"project": "shop", "stack": "local", "owner": "team", "managed-by": "windlass", "cost": "42"}
    run = program(settings={"tags": {"cost": "42"}})

    tagged = [each for each in run.resources if takes(each, "tags")]

    assert [each.urn for each in tagged if not own.items() <= each.inputs.get("tags", {}).items()] == []


def test_everything_that_takes_a_location_is_put_into_the_region_of_the_stack(usual: Run) -> None:
    located = [each for each in usual.resources if takes(each, "location")]
    nowhere = [*usual.of("monitor:ActionGroup"), *usual.of("monitor:MetricAlert")]

    assert [each.urn for each in located if each not in nowhere and each.inputs.get("location") != "westeurope"] == []
    assert {each.inputs["location"] for each in nowhere} == {"global"}


def test_everything_in_a_resource_group_is_in_the_one_of_the_stack(usual: Run) -> None:
    (group,) = usual.of("resources:ResourceGroup")

    inside = [each for each in usual.resources if takes(each, "resource_group_name")]

    assert {each.inputs["resourceGroupName"] for each in inside} == {group.azure_name}


def test_every_resource_is_the_child_of_a_component(usual: Run) -> None:
    components = {component.urn for component in usual.components}

    assert [each.urn for each in usual.resources if each.parent not in components] == []


def test_no_component_is_empty(usual: Run) -> None:
    parents = {each.parent for each in usual.resources}

    assert [component.urn for component in usual.components if component.urn not in parents] == []


def test_every_resource_is_made_by_the_provider_that_the_stack_configures(usual: Run) -> None:
    assert {each.provider for each in usual.resources} == {""}


def test_nothing_can_be_read_without_signing_in(usual: Run) -> None:
    leaves = [(each, *leaf) for each in usual.resources for leaf in values(each.inputs)]
    closed = {
        "allowBlobPublicAccess": False,
        "publicAccess": "None",
        "adminUserEnabled": False,
        "anonymousPullEnabled": False,
        "enableHttpsTrafficOnly": True,
        "enableRbacAuthorization": True,
        "disableLocalAuth": True,
        "remoteLoginPortPublicAccess": "Disabled",
    }

    said = [(each.urn, path, value) for each, path, value in leaves if path.rsplit(".", 1)[-1] in closed]

    assert [leaf for leaf in said if leaf[2] != closed[leaf[1].rsplit(".", 1)[-1]]] == []


@pytest.mark.parametrize(
    ("type_", "key"),
    [
        ("storage:StorageAccount", "allowBlobPublicAccess"),
        ("storage:StorageAccount", "enableHttpsTrafficOnly"),
        ("storage:BlobContainer", "publicAccess"),
        ("containerregistry:Registry", "adminUserEnabled"),
        ("keyvault:Vault", "properties.enableRbacAuthorization"),
        (f"{ML}:Compute", "properties.disableLocalAuth"),
        (f"{ML}:Compute", "properties.properties.remoteLoginPortPublicAccess"),
    ],
)
def test_what_keeps_strangers_out_is_said_and_not_left_to_a_default(usual: Run, type_: str, key: str) -> None:
    for each in clusters(usual) if type_ == f"{ML}:Compute" else usual.of(type_):
        assert f".{key}" in dict(values(each.inputs))


def test_old_encryption_is_refused(usual: Run) -> None:
    assert {each.inputs["minimumTlsVersion"] for each in usual.of("storage:StorageAccount")} == {"TLS1_2"}


def test_no_input_and_no_output_is_a_secret(usual: Run) -> None:
    paths = [path for each in usual.resources for path, _ in values(each.inputs)]

    assert [path for path in paths if SECRET.search(path)] == []
    assert SECRET.search(json.dumps(usual.outputs)) is None


def test_a_vault_says_only_what_azure_takes_about_purge_protection(program: Program) -> None:
    (off,) = program(settings={"vault": {"purge_protection": False}}).of("keyvault:Vault")
    (on,) = program(settings={"vault": {"purge_protection": True}}).of("keyvault:Vault")

    assert "enablePurgeProtection" not in off.inputs["properties"]
    assert on.inputs["properties"]["enablePurgeProtection"] is True


def test_every_role_is_held_by_a_service_principal_under_a_guid(usual: Run) -> None:
    for each in usual.of("authorization:RoleAssignment"):
        assert each.inputs["principalType"] == "ServicePrincipal"
        assert str(uuid.UUID(each.azure_name)) == each.azure_name


def test_deployers_hold_their_roles_as_what_they_are(program: Program) -> None:
    ana = {"object_id": "aaaaaaaa-7777-4888-8999-aaaaaaaaaaaa", "type": "User"}
    roles = program(settings={"deployers": {"ana": ana}}).of("authorization:RoleAssignment")

    theirs = [each.inputs for each in roles if each.inputs["principalId"] == ana["object_id"]]

    assert [each["principalType"] for each in theirs] == ["User", "User", "User"]


def test_no_role_is_given_where_somebody_else_gives_them(program: Program) -> None:
    run = program(settings={"role_assignments": "given"})

    assert run.of("authorization:RoleAssignment") == []
    assert len(run.of("managedidentity:UserAssignedIdentity")) == 3


def test_an_identity_is_made_for_what_is_declared_alone(program: Program) -> None:
    run = program(settings={"clusters": {}}, endpoints=())

    (only,) = run.of("managedidentity:UserAssignedIdentity")
    assert "workspace" in str(only.azure_name)


def test_every_role_is_held_on_something_of_this_stack_and_never_on_all_of_it(usual: Run) -> None:
    made = {f"/fake/{each.type}/{each.azure_name}" for each in usual.resources}
    (group,) = usual.of("resources:ResourceGroup")

    scopes = {each.inputs["scope"] for each in usual.of("authorization:RoleAssignment")}

    assert scopes <= made - {f"/fake/{group.type}/{group.azure_name}"}


def test_the_workspace_waits_for_the_roles_it_needs_and_endpoints_for_all(usual: Run) -> None:
    (workspace,) = usual.of(f"{ML}:Workspace")
    roles = [each for each in usual.of("authorization:RoleAssignment") if "ube" not in each.name]
    elsewhere = {each.urn for each in roles if ":Workspace/" not in each.inputs["scope"]}

    assert elsewhere <= workspace.depends_on
    for endpoint in endpoints(usual):
        assert {each.urn for each in roles} - elsewhere <= endpoint.depends_on


def test_every_identity_that_something_runs_as_belongs_to_the_stack(usual: Run) -> None:
    own = {f"/fake/{each.type}/{each.azure_name}" for each in usual.of("managedidentity:UserAssignedIdentity")}
    # An extension acts as an identity that AKS makes for it; it takes no other.
    extension = "azure-native:kubernetesconfiguration:Extension"
    users = [each for each in usual.resources if "identity" in each.inputs and each.type != extension]

    assert users
    for each in users:
        assert each.inputs["identity"]["type"] == "UserAssigned"
        assert set(each.inputs["identity"]["userAssignedIdentities"]) <= own


def test_an_endpoint_is_left_to_the_scripts_after_its_creation(usual: Run) -> None:
    assert {each.ignore_changes for each in endpoints(usual)} == {("properties", "tags", "identity", "sku", "kind")}


def test_nothing_but_an_endpoint_and_what_azure_moves_by_itself_ignores_changes(usual: Run) -> None:
    others = [each for each in usual.resources if each not in endpoints(usual)]

    assert {each.type.partition(":")[2]: each.ignore_changes for each in others if each.ignore_changes} == {
        "consumption:Budget": ("timePeriod",),
        "containerservice:ManagedCluster": ("agentPoolProfiles", "kubernetesVersion"),
        "containerservice:AgentPool": ("count", "orchestratorVersion"),
    }


def test_ignored_inputs_are_all_that_a_put_of_an_endpoint_could_carry(usual: Run) -> None:
    addresses = {"endpointName", "workspaceName", "resourceGroupName", "location"}

    for each in endpoints(usual):
        assert set(each.inputs) - addresses <= set(LEFT_TO_SCRIPTS)


def test_pulumi_never_declares_what_releases_own(usual: Run) -> None:
    for each in endpoints(usual):
        assert not {"traffic", "mirrorTraffic", "defaults", "keys"} & set(each.inputs["properties"])


def test_protection_covers_every_endpoint(program: Program) -> None:
    run = program(settings={"protection": PROTECTED})

    assert [each.urn for each in endpoints(run) if not each.protect] == []


def test_protection_covers_everything_that_holds_data(program: Program) -> None:
    run = program(settings={"protection": PROTECTED})

    assert [each.urn for type_ in HOLDS_DATA for each in run.of(type_) if not each.protect] == []


def test_what_may_be_replaced_loses_its_protection_and_nothing_else_does(program: Program) -> None:
    run = program(settings={"protection": {**PROTECTED, "may_replace": ["registry-registry", "churn-batch-endpoint"]}})

    held = [*endpoints(run), *(each for type_ in HOLDS_DATA for each in run.of(type_))]
    assert {each.name for each in held if not each.protect} == {"registry-registry", "churn-batch-endpoint"}


def test_a_stack_without_protection_can_be_destroyed(program: Program) -> None:
    assert [each.urn for each in program(settings={"protection": BARE}).resources if each.protect] == []


def test_an_endpoint_is_released_by_name_and_no_other_with_it(program: Program) -> None:
    run = program(settings={"protection": {**PROTECTED, "released_endpoints": ["churn/batch"]}})

    assert [each.name for each in endpoints(run) if not each.protect] == ["churn-batch-endpoint"]


def test_a_change_that_azure_refuses_shows_as_a_replacement(usual: Run) -> None:
    changes = {"keyvault:Vault": "location", f"{ML}:Workspace": "storageAccount"}

    for type_, property_ in changes.items():
        assert {property_} <= set(usual.of(type_)[0].replace_on_changes)


def test_a_cluster_of_another_size_takes_the_place_of_the_old_one(usual: Run) -> None:
    for each in clusters(usual):
        assert "properties.properties.vmSize" in each.replace_on_changes
        assert each.delete_before_replace


def test_every_property_that_replaces_is_one_that_the_resource_has(usual: Run) -> None:
    for each in usual.resources:
        inputs = [path.removeprefix(".") + "." for path, _ in values(each.inputs)]
        for replaces in each.replace_on_changes:
            assert any(path.startswith(f"{replaces}.") for path in inputs), replaces


def test_a_cluster_is_off_when_idle_unless_somebody_says_otherwise(usual: Run) -> None:
    for each in clusters(usual):
        assert each.inputs["properties"]["properties"]["scaleSettings"]["minNodeCount"] == 0


def test_scripts_read_back_what_was_built(usual: Run) -> None:

    told = StackOutputs.model_validate_json(json.dumps(usual.outputs[OUTPUT_NAME]))

    built = {each.azure_name for each in usual.resources}
    assert {told.resource_group, told.workspace, told.storage_account} <= built
    assert {told.key_vault, told.container_registry} <= built
    assert {endpoint.name for endpoint in told.endpoints} == {each.azure_name for each in endpoints(usual)}
    assert {cluster.name for cluster in told.clusters} == {each.azure_name for each in clusters(usual)}


def test_scripts_are_told_nothing_before_everything_exists(program: Program) -> None:
    outputs = program(preview=True).outputs

    assert outputs["workspace"]
    assert OUTPUT_NAME not in outputs


def test_a_person_is_told_where_each_model_answers(usual: Run) -> None:
    uris = usual.outputs["scoring_uris"]

    assert set(uris) == {"churn/online", "churn/batch", "price/online"}
    assert all(uri.startswith("https://shop-") for uri in uris.values())


def test_a_project_without_endpoints_and_clusters_is_a_stack_too(program: Program) -> None:
    run = program(settings={"clusters": {}}, endpoints=())

    assert StackOutputs.model_validate(run.outputs[OUTPUT_NAME]).endpoints == ()


def test_wrong_settings_end_the_program_with_a_sentence_and_no_resource(program: Program) -> None:
    with pytest.raises(pulumi.RunError, match=r"Pulumi\.local\.yaml cannot be used"):
        program(settings={"colour": "red"})


def test_an_endpoint_that_asks_for_what_the_stack_lacks_ends_the_program(program: Program, tmp_path: Path) -> None:
    overlay = tmp_path / "endpoints" / "churn" / "online" / "stacks" / "local.yml"
    overlay.parent.mkdir(parents=True)
    overlay.write_text("serving: {compute: kubernetes}\n", encoding="utf-8")

    with pytest.raises(pulumi.RunError, match=r"endpoints/churn/online/stacks/local\.yml: serving\.compute: is kub"):
        program()


def test_a_shell_of_another_cloud_ends_the_program(program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AZURE_TENANT_ID")

    with pytest.raises(pulumi.RunError, match=r"make local-up"):
        program()


def test_a_setting_beside_the_settings_ends_the_program(program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PULUMI_CONFIG", json.dumps({"windlass:owner": "me"}))

    with pytest.raises(pulumi.RunError, match=r"windlass:owner: is not read"):
        program()
