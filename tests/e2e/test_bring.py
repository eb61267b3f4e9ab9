"""Bring your own, with the real engine: what others made is used, left as it is, and still there afterwards."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pytest
from ruamel.yaml import YAML
from support.checkout import Checkout, Ran

MAKE = """
import json, os
from azure.identity import DefaultAzureCredential
from azure.mgmt.applicationinsights import ApplicationInsightsManagementClient
from azure.mgmt.containerregistry import ContainerRegistryManagementClient
from azure.mgmt.keyvault import KeyVaultManagementClient
from azure.mgmt.loganalytics import LogAnalyticsManagementClient
from azure.mgmt.msi import ManagedServiceIdentityClient
from azure.mgmt.resource import ResourceManagementClient
from azure.mgmt.storage import StorageManagementClient
about = DefaultAzureCredential(), os.environ["AZURE_SUBSCRIPTION_ID"]
place, tags = {"location": "westeurope"}, {"tags": {"owner": "platform"}}
ResourceManagementClient(*about).resource_groups.create_or_update("shared", place)
def account(name, **properties):
    body = {**place, **tags, "kind": "StorageV2", "sku": {"name": "Standard_LRS"}, "minimumTlsVersion": "TLS1_2"}
    body = {**body, "properties": {"minimumTlsVersion": "TLS1_2", "allowBlobPublicAccess": False, **properties}}
    return StorageManagementClient(*about).storage_accounts.begin_create("shared", name, body).result().id
def vault(name, **properties):
    body = {"tenantId": os.environ["AZURE_TENANT_ID"], "sku": {"family": "A", "name": "standard"}, **properties}
    body = {**place, **tags, "properties": {"accessPolicies": [], **body}}
    return KeyVaultManagementClient(*about).vaults.begin_create_or_update("shared", name, body).result().id
def registry(name, **properties):
    body = {**place, **tags, "sku": {"name": "Basic"}, "properties": properties}
    return ContainerRegistryManagementClient(*about).registries.begin_create("shared", name, body).result().id
def identity(name):
    client = ManagedServiceIdentityClient(*about).user_assigned_identities
    return client.create_or_update("shared", name, {**place, **tags}).id
logs = LogAnalyticsManagementClient(*about).workspaces.begin_create_or_update("shared", "their-logs", {**place, **tags})
traces = {**place, "kind": "web", "properties": {"Application_Type": "web", "WorkspaceResourceId": logs.result().id}}
insights = ApplicationInsightsManagementClient(*about).components
print(json.dumps({
    "insights": insights.create_or_update("shared", "their-traces", traces).id,
    "fit": {
        "storage_account": account("theirdata"),
        "key_vault": vault("their-vault", enableRbacAuthorization=True),
        "container_registry": registry("theirimages"),
        "log_workspace": logs.result().id,
        "identities": {name: identity(f"their-{name}") for name in ("workspace", "serving", "cluster")},
    },
    "unfit": {
        "storage_account": account("theirlake", isHnsEnabled=True),
        "key_vault": vault("their-old-vault", enableRbacAuthorization=False),
        "container_registry": registry("theiropenimages", adminUserEnabled=True),
    },
}))
"""

HOST = """
import json, os
from azure.identity import DefaultAzureCredential
from azure.mgmt.resource import ResourceManagementClient
ids = json.loads('''{ids}''')
group = ids["insights"].partition("/providers/")[0]
workspace = group + "/providers/Microsoft.MachineLearningServices/workspaces/their-ml"
properties = dict(
    storageAccount=ids["fit"]["storage_account"],
    keyVault=ids["fit"]["key_vault"],
    containerRegistry=ids["fit"]["container_registry"],
    applicationInsights=ids["insights"],
)
body = dict(location="westeurope", kind="Default", identity=dict(type="SystemAssigned"), properties=properties)
resources = ResourceManagementClient(DefaultAzureCredential(), os.environ["AZURE_SUBSCRIPTION_ID"]).resources
print(json.dumps(resources.begin_create_or_update_by_id(workspace, "2025-12-01", body).result().id))
"""

SHARED = """
import json, os
from azure.identity import DefaultAzureCredential
from azure.mgmt.resource import ResourceManagementClient
resources = ResourceManagementClient(DefaultAzureCredential(), os.environ["AZURE_SUBSCRIPTION_ID"]).resources
found = resources.list_by_resource_group("shared")
print(json.dumps({each.name: each.tags or {} for each in found}))
"""


@dataclass(frozen=True)
class Guest:
    """A stack that is brought things, from its first preview to its end."""

    ids: Any
    before: Any
    unfit: Ran
    up: Ran
    refreshed: Ran
    resources: Mapping[str, Any]
    destroy: Ran
    after: Any
    hosted_up: Ran
    hosted_again: Ran
    hosted: Mapping[str, Any]
    hosted_teardown: Ran
    hosted_after: Any


@pytest.fixture(scope="module")
def guest(bare: Checkout) -> Guest:
    """One local Azure on which a platform team was first; every test looks at another part of what came then."""
    ids = bare.python(MAKE)
    before = bare.python(SHARED)
    bring(bare, {**ids["unfit"], "log_workspace": f"{ids['fit']['log_workspace']}-gone"})
    unfit = bare.pulumi("preview")
    bring(bare, ids["fit"])
    up, refreshed = bare.up().ok(), bare.pulumi("preview --refresh --expect-no-changes")
    resources, destroy = state(bare), bare.pulumi("destroy --yes --skip-preview")
    after, workspace = bare.python(SHARED), bare.python(HOST.format(ids=json.dumps(ids)))
    bring(bare, {"workspace": workspace, "identities": {"serving": ids["fit"]["identities"]["serving"]}})
    return Guest(
        ids=ids,
        before=before,
        unfit=unfit,
        up=up,
        refreshed=refreshed,
        resources=resources,
        destroy=destroy,
        after=after,
        hosted_up=bare.up(),
        hosted_again=bare.pulumi("preview --refresh --expect-no-changes"),
        hosted=state(bare),
        hosted_teardown=bare.script("teardown", "--stack", "local", "--yes"),
        hosted_after=bare.python(SHARED),
    )


def bring(checkout: Checkout, things: Mapping[str, Any]) -> None:
    """Have the stack bring these, and say nothing of how they would be made."""
    file, yaml = checkout.root / "Pulumi.local.yaml", YAML()
    document = yaml.load(file.read_text(encoding="utf-8"))
    settings = document["config"]["windlass:settings"]
    for made in ("storage", "vault", "registry", "logs"):
        settings.pop(made, None)
    settings["bring"] = things
    with file.open("w", encoding="utf-8") as stream:
        yaml.dump(document, stream)


def state(checkout: Checkout) -> dict[str, Any]:
    """Every resource in the state, by its id."""
    rows = checkout.run("pulumi stack export -s local").ok().json()["deployment"]["resources"]
    return {row["id"]: row for row in rows if "id" in row}


def test_everything_unfit_is_refused_at_preview_by_key_and_id(guest: Guest) -> None:
    unfit = guest.ids["unfit"]
    told = " ".join(guest.unfit.said.split())

    assert guest.unfit.code != 0
    assert f"windlass:settings.bring.storage_account: {unfit['storage_account']} has a hierarchical namespace" in told
    assert f"windlass:settings.bring.key_vault: {unfit['key_vault']} is opened by access policies" in told
    assert f"windlass:settings.bring.container_registry: {unfit['container_registry']} has an admin user" in told
    assert f"{guest.ids['fit']['log_workspace']}-gone does not exist" in told


def test_a_stack_on_what_is_brought_comes_up_and_is_settled(guest: Guest) -> None:
    assert guest.up.code == 0, guest.up.said
    assert guest.refreshed.code == 0, guest.refreshed.said


def test_the_stack_stands_on_what_is_brought_and_does_not_own_it(guest: Guest) -> None:
    (workspace,) = (
        row for row in guest.resources.values() if row["type"].endswith("machinelearningservices:Workspace")
    )
    fit = guest.ids["fit"]

    assert workspace["inputs"]["storageAccount"] == fit["storage_account"]
    assert workspace["inputs"]["primaryUserAssignedIdentity"] == fit["identities"]["workspace"]
    assert {each.lower() for each in guest.resources}.isdisjoint(
        each.lower() for each in [*fit["identities"].values(), *(v for v in fit.values() if isinstance(v, str))]
    )


def test_what_was_brought_is_there_as_it_was_when_the_stack_is_gone(guest: Guest) -> None:
    assert guest.destroy.code == 0, guest.destroy.said
    assert guest.after == guest.before


def test_a_stack_lives_in_a_workspace_of_somebody_else(guest: Guest) -> None:
    assert guest.hosted_up.code == 0, guest.hosted_up.said
    assert guest.hosted_again.code == 0, guest.hosted_again.said
    inside = [each for each in guest.hosted if "/workspaces/their-ml/" in each]
    assert {each.split("/")[-2] for each in inside} == {
        "batchEndpoints",
        "computes",
        "diagnosticSettings",
        "onlineEndpoints",
        "roleAssignments",
    }


def test_a_teardown_leaves_the_workspace_of_somebody_else(guest: Guest) -> None:
    assert guest.hosted_teardown.code == 0, guest.hosted_teardown.said
    assert guest.hosted_after == {**guest.before, "their-ml": guest.hosted_after["their-ml"]}
