"""The table of resource types, held against three sources that it was not written from, and one that it was.

Microsoft's clients say which paths, versions, names and limits there are on the wire; the Pulumi SDK says which inputs
a program may give; the generator says whether the checked-in file is fresh.
"""

import ast
import importlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from support.official_models import Field, Fields, fields_of, long_running, module_path, requests_of
from windlass_provider.schema.load import load_table
from windlass_provider.schema.model import Kind, Property, ResourceType, Shape

# Programs under tools/ are on no checker's path, so they are loaded by name.
GENERATE = importlib.import_module("provider_schema.generate")
READ_SDK = importlib.import_module("provider_schema.read_sdk")
ML = "azure.ai.ml._restclient.arm_ml_service"
TYPES = load_table().types


@dataclass(frozen=True, kw_only=True)
class Official:
    """Where Microsoft's client has a type, and what is known to differ from the table with its reason."""

    models: str
    model: str
    """The body of a PUT."""
    answer: str
    """The body of a GET."""
    operations: str
    owner: str
    create: str = "create_or_update"
    same_version: bool = True
    """False where no release of the client speaks exactly the default version of the Pulumi SDK."""
    newer: frozenset[str] = field(default_factory=frozenset)
    """Writable properties of the client that the older default version does not have."""
    left_out: frozenset[str] = field(default_factory=frozenset)
    """Writable properties of the client that the Pulumi SDK does not offer as inputs."""
    only_here: frozenset[str] = field(default_factory=frozenset)
    """Properties of the Pulumi SDK, by wire path, that the client (of an older version) does not have."""


def _mgmt(
    package: str, model: str, answer: str, file: str, owner: str, *, models: str = "_models_py3", **rest: object
) -> Official:
    base = f"azure.mgmt.{package}"
    return Official(
        models=f"{base}.models.{models}",
        model=model,
        answer=answer,
        operations=f"{base}.operations.{file}",
        owner=owner,
        **rest,  # type: ignore[arg-type]
    )


def _ml(model: str, owner: str) -> Official:
    return Official(
        models=f"{ML}.models._models",
        model=model,
        answer=model,
        operations=f"{ML}.operations._operations",
        owner=owner,
    )


def _network(model: str, owner: str, **rest: Any) -> Official:
    return _mgmt("network", model, model, "_operations", owner, **rest)


def _private_dns(model: str, file: str, owner: str) -> Official:
    # A zone's and a link's etag is for conditions, which azure-native does not send.
    return _mgmt(
        "privatedns", model, model, file, owner, left_out=frozenset({"etag"}), only_here=frozenset({"systemData"})
    )


_WITH_IDENTITY = ("automationRunbook", "azureFunction", "eventHub", "logicApp", "webhook")
OFFICIAL: Mapping[str, Official] = {
    "resources:ResourceGroup": _mgmt(
        "resource.resources.v2024_07_01",
        "ResourceGroup",
        "ResourceGroup",
        "_operations",
        "ResourceGroupsOperations",
        same_version=False,
        left_out=frozenset({"properties"}),  # holds nothing but the read-only provisioningState
    ),
    "storage:StorageAccount": _mgmt(
        "storage",
        "StorageAccountCreateParameters",
        "StorageAccount",
        "_storage_accounts_operations",
        "StorageAccountsOperations",
        create="create",
    ),
    "storage:BlobContainer": _mgmt(
        "storage",
        "BlobContainer",
        "BlobContainer",
        "_blob_containers_operations",
        "BlobContainersOperations",
        create="create",
    ),
    "keyvault:Vault": _mgmt(
        "keyvault",
        "VaultCreateOrUpdateParameters",
        "Vault",
        "_vaults_operations",
        "VaultsOperations",
        left_out=frozenset({"properties.vaultUri", "properties.provisioningState"}),  # the service decides on both
    ),
    "containerregistry:Registry": _mgmt(
        "containerregistry.v2023_01_01_preview",
        "Registry",
        "Registry",
        "_registries_operations",
        "RegistriesOperations",
        create="create",
    ),
    "operationalinsights:Workspace": _mgmt(
        "loganalytics",
        "Workspace",
        "Workspace",
        "_workspaces_operations",
        "WorkspacesOperations",
        same_version=False,
        newer=frozenset({"properties.replication", "properties.failover"}),
        left_out=frozenset({"etag", "properties.features."}),  # the latter stands for keys of any name
    ),
    "applicationinsights:Component": _mgmt(
        "applicationinsights.v2020_02_02",
        "ApplicationInsightsComponent",
        "ApplicationInsightsComponent",
        "_components_operations",
        "ComponentsOperations",
        left_out=frozenset({"etag"}),
    ),
    "managedidentity:UserAssignedIdentity": _mgmt(
        "msi.v2023_01_31",
        "Identity",
        "Identity",
        "_user_assigned_identities_operations",
        "UserAssignedIdentitiesOperations",
    ),
    "authorization:RoleAssignment": _mgmt(
        "authorization.v2022_04_01",
        "RoleAssignmentCreateParameters",
        "RoleAssignment",
        "_role_assignments_operations",
        "RoleAssignmentsOperations",
        create="create",
        only_here=frozenset({"systemData"}),
    ),
    # The SDK's nested subnet is that of a newer version than the type's own.
    "network:VirtualNetwork": _network(
        "VirtualNetwork",
        "VirtualNetworksOperations",
        only_here=frozenset({"properties.subnets.properties.serviceGateway"}),
    ),
    "network:Subnet": _network("Subnet", "SubnetsOperations"),
    "network:NetworkSecurityGroup": _network("NetworkSecurityGroup", "NetworkSecurityGroupsOperations"),
    "network:NatGateway": _network("NatGateway", "NatGatewaysOperations"),
    "network:PublicIPAddress": _network("PublicIPAddress", "PublicIPAddressesOperations"),
    "network:PrivateEndpoint": _network(
        "PrivateEndpoint",
        "PrivateEndpointsOperations",
        only_here=frozenset({"properties.subnet.properties.serviceGateway"}),
    ),
    "network:PrivateDnsZoneGroup": _network("PrivateDnsZoneGroup", "PrivateDnsZoneGroupsOperations"),
    "privatedns:PrivateZone": _private_dns("PrivateZone", "_private_zones_operations", "PrivateZonesOperations"),
    "privatedns:VirtualNetworkLink": _private_dns(
        "VirtualNetworkLink", "_virtual_network_links_operations", "VirtualNetworkLinksOperations"
    ),
    "machinelearningservices:ManagedNetworkSettingsRule": _ml(
        "OutboundRuleBasicResource", "ManagedNetworkSettingsRuleOperations"
    ),
    "monitor:ActionGroup": _mgmt(
        "monitor.v2023_01_01",
        "ActionGroupResource",
        "ActionGroupResource",
        "_action_groups_operations",
        "ActionGroupsOperations",
        same_version=False,
        only_here=frozenset(
            {
                *("identity", "systemData", "properties.incidentReceivers"),
                *(f"properties.{kind}Receivers.managedIdentity" for kind in _WITH_IDENTITY),
            }
        ),
    ),
    "monitor:MetricAlert": _mgmt(
        "monitor.v2018_03_01",
        "MetricAlertResource",
        "MetricAlertResource",
        "_metric_alerts_operations",
        "MetricAlertsOperations",
        left_out=frozenset({"properties.criteria."}),  # stands for keys of any name
    ),
    "monitor:ScheduledQueryRule": _mgmt(
        "monitor.v2022_08_01_preview",
        "ScheduledQueryRuleResource",
        "ScheduledQueryRuleResource",
        "_scheduled_query_rules_operations",
        "ScheduledQueryRulesOperations",
        same_version=False,
        newer=frozenset({"properties.ruleResolveConfiguration", "properties.publicNetworkAccess"}),  # renamed, dropped
        only_here=frozenset(
            {
                *("properties.actions.actionProperties", "properties.resolveConfiguration"),
                *("properties.criteria.allOf.alertSensitivity", "properties.criteria.allOf.criterionType"),
                *("properties.criteria.allOf.ignoreDataBefore", "properties.criteria.allOf.minRecurrenceCount"),
            }
        ),
    ),
    "monitor:DiagnosticSetting": _mgmt(
        "monitor.v2021_05_01_preview",
        "DiagnosticSettingsResource",
        "DiagnosticSettingsResource",
        "_diagnostic_settings_operations",
        "DiagnosticSettingsOperations",
    ),
    "monitor:AutoscaleSetting": _mgmt(
        "monitor.v2021_05_01_preview",
        "AutoscaleSettingResource",
        "AutoscaleSettingResource",
        "_autoscale_settings_operations",
        "AutoscaleSettingsOperations",
        only_here=frozenset({"properties"}),  # flat in the client, an object of its own among the SDK's outputs
    ),
    "consumption:Budget": _mgmt(
        "consumption",
        "Budget",
        "Budget",
        "_operations",
        "BudgetsOperations",
        models="_models",
    ),
    "authorization:ManagementLockByScope": _mgmt(
        "resource.locks",
        "ManagementLockObject",
        "ManagementLockObject",
        "_operations",
        "ManagementLocksOperations",
    ),
    "authorization:ManagementLockAtResourceGroupLevel": _mgmt(
        "resource.locks",
        "ManagementLockObject",
        "ManagementLockObject",
        "_operations",
        "ManagementLocksOperations",
    ),
    "containerservice:ManagedCluster": _mgmt(
        "containerservice",
        "ManagedCluster",
        "ManagedCluster",
        "_managed_clusters_operations",
        "ManagedClustersOperations",
        left_out=frozenset({"properties.status", "properties.agentPoolProfiles.status"}),  # hold read-only errors
    ),
    "containerservice:AgentPool": _mgmt(
        "containerservice",
        "AgentPool",
        "AgentPool",
        "_agent_pools_operations",
        "AgentPoolsOperations",
        left_out=frozenset({"properties.status"}),  # holds a read-only error
    ),
    "containerservice:ManagedNamespace": _mgmt(
        "containerservice",
        "ManagedNamespace",
        "ManagedNamespace",
        "_managed_namespaces_operations",
        "ManagedNamespacesOperations",
    ),
    "kubernetesconfiguration:Extension": _mgmt(
        "kubernetesconfiguration.v2023_05_01",
        "Extension",
        "Extension",
        "_extensions_operations",
        "ExtensionsOperations",
        create="create",
    ),
    "machinelearningservices:Workspace": _ml("Workspace", "WorkspacesOperations"),
    "machinelearningservices:Compute": _ml("ComputeResource", "ComputeOperations"),
    "machinelearningservices:OnlineEndpoint": _ml("OnlineEndpoint", "OnlineEndpointsOperations"),
    "machinelearningservices:BatchEndpoint": _ml("BatchEndpoint", "BatchEndpointsOperations"),
}


def official_models(official: Official, name: str) -> Fields:
    path = module_path(official.models)
    return fields_of(path.with_suffix(".py"), name)


def find(official: Official, fields: Fields, wire: tuple[str, ...]) -> Field | None:
    """The field at a wire path: flat in older clients, nested in newer ones."""
    if wire in fields:
        return fields[wire]
    head = fields.get(wire[:1])
    if head is not None and head.kind == "object" and head.model is not None and len(wire) > 1:
        return find(official, official_models(official, head.model), wire[1:])
    return None


def kinds_agree(prop: Property, official: Field) -> bool:
    words = {
        Kind.SET: {"map"},
        Kind.UNION: {"object"},
        Kind.NUMBER: {"number", "integer"},
        Kind.MAP: {"map", "object"},
        Kind.ANY: {"any", "object", "map"},
        # A class with constants only is an object in the clients and a map in the SDK, and the other way round.
        Kind.OBJECT: {"object"},
    }
    return official.kind in words.get(prop.kind, {prop.kind.value})


def inner_shapes(prop: Property, model: str | None) -> Iterator[tuple[Shape, str]]:
    """What stands inside a property, each with the official class that it is to be held against."""
    holder = prop.items if prop.kind in {Kind.ARRAY, Kind.MAP} and prop.items is not None else prop
    for key in holder.shapes:
        # The members of a union are classes of the same name in the official client; its field names only their base.
        official = key.rpartition("/")[2] if holder.kind is Kind.UNION else model
        if official is not None:
            yield load_table().shapes[key], official


def disagreements(
    official: Official, properties: Mapping[str, Property], fields: Fields, at: str, seen: set[str] | None = None
) -> Iterator[str]:
    """Properties of the table that the official model does not have in that place or of that kind."""
    seen = set() if seen is None else seen
    for name, prop in properties.items():
        found = find(official, fields, prop.wire)
        where = ".".join((*([at] if at else []), *prop.wire))
        if found is None:
            yield f"{where} ({name}) is not in the official model"
            continue
        if not kinds_agree(prop, found):
            yield f"{where}: {prop.kind.value} here, {found.kind} there"
        for shape, model in inner_shapes(prop, found.model):
            if model not in seen:  # once is enough; an address holds a gateway, which holds addresses
                seen.add(model)
                yield from disagreements(official, shape.properties, official_models(official, model), where, seen)


def writable(official: Official, fields: Fields, at: str = "", above: tuple[str, ...] = ()) -> Iterator[str]:
    """Every property that the official model lets a client write, by wire path, until a class stands in itself."""
    for wire, found in fields.items():
        where = ".".join((*([at] if at else []), *wire))
        if found.read_only:
            continue
        yield where
        if found.model is not None and found.model not in above:
            inner = official_models(official, found.model)
            yield from writable(official, inner, where, (*above, found.model))


def known(properties: Mapping[str, Property], at: str = "", above: tuple[Shape, ...] = ()) -> Iterator[str]:
    """Every input of the table by wire path, with the containers on the way, until a shape stands in itself."""
    for prop in properties.values():
        for length in range(1, len(prop.wire) + 1):
            yield ".".join((*([at] if at else []), *prop.wire[:length]))
        for shape, _ in inner_shapes(prop, ""):
            if shape not in above:
                yield from known(shape.properties, ".".join((*([at] if at else []), *prop.wire)), (*above, shape))


def test_every_type_has_an_official_model_to_be_held_against() -> None:
    assert set(OFFICIAL) == set(TYPES)


@pytest.mark.parametrize("token", TYPES)
def test_every_input_stands_where_the_official_model_has_it(token: str) -> None:
    official = OFFICIAL[token]

    wrong = list(disagreements(official, TYPES[token].body, official_models(official, official.model), ""))

    assert [line for line in wrong if line.partition(" ")[0] not in official.only_here] == []


@pytest.mark.parametrize("token", TYPES)
def test_every_output_stands_where_the_official_model_has_it(token: str) -> None:
    official = OFFICIAL[token]

    wrong = list(
        disagreements(official, TYPES[token].outputs.properties, official_models(official, official.answer), "")
    )

    assert [line for line in wrong if line.partition(" ")[0] not in official.only_here] == []


@pytest.mark.parametrize("token", TYPES)
def test_no_writable_property_of_the_official_model_is_missing(token: str) -> None:
    official = OFFICIAL[token]
    inputs = set(known(TYPES[token].body))

    missing = {path for path in writable(official, official_models(official, official.model)) if path not in inputs}

    assert {path for path in missing - official.left_out if not path.startswith(tuple(official.newer))} == set()


def put_of(row: ResourceType) -> tuple[str, str, Mapping[str, Mapping[str, object]]]:
    """Path, version and limits of the official PUT on the path of a type."""
    official = OFFICIAL[row.token]
    same = [
        request
        for request in requests_of(module_path(official.operations).with_suffix(".py"))
        if request.method == "PUT" and shape_of_path(request.path) == shape_of_path(row.path)
    ]
    assert len(same) == 1, f"{row.token}: {len(same)} official PUT requests on {row.path}"
    return same[0].path, same[0].api_version, same[0].limits


def shape_of_path(path: str) -> str:
    return re.sub(r"\{\w+\}", "{}", path).casefold()


@pytest.mark.parametrize("token", TYPES)
def test_the_path_is_that_of_the_official_client(token: str) -> None:
    path, _, _ = put_of(TYPES[token])

    assert re.sub(r"\{\w+\}", "{}", path) == re.sub(r"\{\w+\}", "{}", TYPES[token].path)


@pytest.mark.parametrize("token", [token for token, official in OFFICIAL.items() if official.same_version])
def test_the_api_version_is_that_of_the_official_client(token: str) -> None:
    _, version, _ = put_of(TYPES[token])

    assert version == TYPES[token].api_version


@pytest.mark.parametrize("token", TYPES)
def test_names_are_limited_as_the_official_client_limits_them(token: str) -> None:
    row = TYPES[token]
    _, _, limits = put_of(row)
    demanded = {name: rules for name, rules in limits.items() if name in row.parameters}

    for name, rules in demanded.items():
        prop = row.inputs.properties[name]
        if name != "resourceGroupName" or token == "resources:ResourceGroup":
            assert prop.min_length == rules.get("min_length"), name
            assert prop.max_length == rules.get("max_length"), name
            assert rules.get("pattern") in {None, prop.pattern}, name


@pytest.mark.parametrize("token", TYPES)
def test_what_is_long_running_is_so_in_the_official_client(token: str) -> None:
    official = OFFICIAL[token]
    started = long_running(module_path(official.operations).with_suffix(".py"), official.owner)

    assert (official.create in started, "delete" in started) == (
        TYPES[token].put_long_running,
        TYPES[token].delete_long_running,
    )


@pytest.mark.parametrize("token", [token for token in TYPES if token.startswith("machinelearningservices:")])
def test_top_level_properties_that_can_only_be_set_at_creation_replace(token: str) -> None:
    official = OFFICIAL[token]
    fields = official_models(official, official.model)
    create_only = {wire[0] for wire, found in fields.items() if found.create_only and len(wire) == 1}

    replacing = {name for name, prop in TYPES[token].body.items() if prop.replaces}

    assert replacing == create_only


def sdk_file(token: str) -> Path:
    module, _, name = token.partition(":")
    folder: Path = GENERATE.sdk_root()
    words = re.sub(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name)
    return folder / module / f"{words.lower()}.py"


def sdk_members(token: str) -> Mapping[str, bool]:
    """The arguments of the SDK's class for a type, and whether it demands each."""
    source = GENERATE.arguments_of(READ_SDK.read_module(sdk_file(token)), token.rpartition(":")[2])
    return {member.name: member.required for member in source.members}


@pytest.mark.parametrize("token", TYPES)
def test_the_inputs_are_those_of_the_pulumi_sdk(token: str) -> None:
    assert set(sdk_members(token)) == set(TYPES[token].inputs.properties)


@pytest.mark.parametrize("token", TYPES)
def test_what_the_pulumi_sdk_demands_is_required(token: str) -> None:
    demanded = {name for name, required in sdk_members(token).items() if required}

    assert demanded <= set(TYPES[token].inputs.required)


@pytest.mark.parametrize("token", TYPES)
def test_the_sdk_speaks_the_same_api_version(token: str) -> None:
    tree = ast.parse(sdk_file(token).read_text(encoding="utf-8"))
    documented = {
        match[1]
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef)
        for match in re.finditer(r"Uses Azure REST API version (\S+)\.", ast.get_docstring(node) or "")
    }

    assert documented == {TYPES[token].api_version}


def test_the_checked_in_table_is_fresh() -> None:
    assert GENERATE.TABLE.read_text(encoding="utf-8") == GENERATE.render(GENERATE.sdk_root())


def test_the_paths_that_the_toolkit_looks_at_are_fresh() -> None:
    assert GENERATE.PATHS.read_text(encoding="utf-8") == GENERATE.render_paths(GENERATE.sdk_root())


pytestmark = pytest.mark.specified
