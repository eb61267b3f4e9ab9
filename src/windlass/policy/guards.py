"""What keeps data and service from being lost, and roles from being too wide. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from windlass.delivery.losses import LOSSES
from windlass.delivery.models import Risk
from windlass.policy.model import Facts, Finding, Resource, Rule

_ENDPOINTS: Final = ("machinelearningservices:OnlineEndpoint", "machinelearningservices:BatchEndpoint")

HOLDS_DATA: Final = frozenset(type_ for type_, loss in LOSSES.items() if loss.risk is Risk.LOSES_DATA)
"""What data is lost with."""

HOLDS_TRAFFIC: Final = frozenset({*_ENDPOINTS, "containerservice:ManagedCluster"})
"""What callers lose their answers with."""

LOCKED: Final = frozenset(
    {
        "storage:StorageAccount",
        "keyvault:Vault",
        "containerregistry:Registry",
    }
)
"""What a lock of Azure belongs on. A workspace has none: the lock would keep releases from deleting deployments below
it, and what it knows of lies in the storage account and the registry."""

PRIVILEGED: Final[Mapping[str, str]] = {
    "8e3af657-a8ff-443c-a75c-2fe8c4bcb635": "Owner",
    "18d7d88d-d35e-4fb5-a5c3-7773c20a72d9": "User Access Administrator",
    "f58310d9-a9f6-439a-9e8d-f62e7b41a168": "Role Based Access Control Administrator",
}
"""Built-in roles that can give roles."""


def _is_protected(resource: Resource, facts: Facts) -> Iterator[str]:
    if resource.protect or resource.type not in HOLDS_DATA | HOLDS_TRAFFIC:
        return
    protection = facts.settings.windlass.protection
    if resource.name in protection.may_replace:
        return
    is_endpoint = resource.type in _ENDPOINTS
    released = {path.replace("/", "-") + "-endpoint" for path in protection.released_endpoints}
    if is_endpoint and resource.name in released:
        return
    is_asked_for = protection.endpoints if is_endpoint else protection.data
    if is_asked_for or facts.is_production:
        yield f"is not protected, and protection.may_replace does not name {resource.name}"


def _is_locked(resources: Sequence[Resource], facts: Facts) -> Iterator[Finding]:
    del facts
    locks = [each for each in resources if each.type.startswith("authorization:ManagementLock")]
    named = frozenset(urn for lock in locks for urn in lock.references.get("scope", ()))
    groups = {each.urn for each in resources if each.type == "resources:ResourceGroup"}
    if named & groups or any(lock.type.endswith("AtResourceGroupLevel") for lock in locks):
        return
    for each in resources:
        if each.type in LOCKED and each.urn not in named:
            yield Finding(what="has no lock of its own, and neither has its resource group", urn=each.urn)


def _survives_deletion(resource: Resource, facts: Facts) -> Iterator[str]:
    del facts
    path = "properties.enablePurgeProtection"
    if resource.type == "keyvault:Vault" and resource.read(path) is not True:
        yield f"{path} is {resource.read(path)}"


def _gives_no_roles_away(resource: Resource, facts: Facts) -> Iterator[str]:
    del facts
    if resource.type != "authorization:RoleAssignment":
        return
    role = resource.text("roleDefinitionId").rsplit("/", 1)[-1]
    if role in PRIVILEGED:
        yield f"gives the role {PRIVILEGED[role]}"


def _is_narrow(resource: Resource, facts: Facts) -> Iterator[str]:
    del facts
    if resource.type == "authorization:RoleAssignment" and "/resourcegroups/" not in resource.text("scope"):
        yield f"is given on {resource.read('scope')}"


GUARD_RULES: Final = (
    Rule(
        id="replacement-acknowledged",
        message="What holds data or traffic is protected, or somebody has said that it may be replaced.",
        reason="A changed name or region makes Pulumi delete the old and make an empty new one, in a list of other "
        "changes that is easily read over. Protected, the engine refuses.",
        remedy="Leave protection.data and protection.endpoints at true. To replace one thing on purpose, name it in "
        "protection.may_replace, run `up`, and take the name out again.",
        applies_to="production, and every stack in as far as its protection asks for it",
        check=_is_protected,
    ),
    Rule(
        id="locks-present",
        message="What holds data is locked in Azure against deletion.",
        reason="Pulumi's protection binds Pulumi alone; a lock binds the portal, az and every script as well.",
        remedy="Set protection.locks to true.",
        applies_to="production",
        holds_for=lambda facts: facts.is_production,
        stack_check=_is_locked,
    ),
    Rule(
        id="purge-protection",
        message="A deleted key vault can be recovered for all of its retention.",
        reason="Without it, whoever may delete the vault may also purge it: its keys and secrets are gone for good.",
        remedy="Set vault.purge_protection to true. It cannot be turned off again.",
        applies_to="production on Azure; on the local Azure a vault has to be purged for the next run",
        holds_for=lambda facts: facts.is_production and facts.settings.windlass.cloud == "azure",
        check=_survives_deletion,
    ),
    Rule(
        id="no-privileged-roles",
        message="No identity of the stack may give roles.",
        reason="Whoever takes such an identity over owns everything in its scope: it can give itself any role.",
        remedy="Give the role that the work needs. Whoever runs Pulumi gets the right to give roles from the "
        "platform team.",
        check=_gives_no_roles_away,
    ),
    Rule(
        id="narrow-role-scopes",
        message="Roles are given on a resource or on the resource group, never above.",
        reason="A role on the subscription is one on every other project in it.",
        remedy="Give the role on the resource that it is needed for.",
        check=_is_narrow,
    ),
)
