"""Who may do what: role assignments and identities. Pure.

Whether a role is narrower than another is written down for the roles that the project gives; of any others a change is
taken for a widening.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from windlass.delivery.digest import UNKNOWN
from windlass.delivery.meanings import Meaning
from windlass.delivery.table.model import (
    COSMETIC,
    IDENTITY,
    Known,
    becomes_other_than,
    behaves,
    case,
    either,
    lacks,
    table,
    widens,
)
from windlass.delivery.values import MISSING
from windlass.project.roles import Role

_OTHERS: Final[Mapping[str, str]] = MappingProxyType(
    {
        # Each gives all that there is to give.
        "8e3af657-a8ff-443c-a75c-2fe8c4bcb635": "Owner",
        "18d7d88d-d35e-4fb5-a5c3-7773c20a72d9": "User Access Administrator",
        "f58310d9-a9f6-439a-9e8d-f62e7b41a168": "Role Based Access Control Administrator",
    }
)
_NAMES: Final[Mapping[str, str]] = MappingProxyType({**{role.value: role.title for role in Role}, **_OTHERS})

_NARROWER: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        Role.ACR_PULL.value: (Role.ACR_PUSH.value, Role.CONTRIBUTOR.value),
        Role.ACR_PUSH.value: (Role.CONTRIBUTOR.value,),
        Role.STORAGE_BLOB_DATA_READER.value: (Role.STORAGE_BLOB_DATA_CONTRIBUTOR.value,),
        Role.READER.value: (Role.CONTRIBUTOR.value,),
        Role.STORAGE_ACCOUNT_CONTRIBUTOR.value: (Role.CONTRIBUTOR.value,),
        Role.KEY_VAULT_SECRETS_OFFICER.value: (Role.KEY_VAULT_ADMINISTRATOR.value,),
    }
)
"""Of a role, those that can do all that it can (the role definitions in Azure's documentation)."""


def name_of_role(definition: Any) -> str:
    """Name a role by its definition's id: `Contributor`; a role of one's own by the end of the id."""
    guid = str(definition).rpartition("/")[2].lower()
    return _NAMES.get(guid, f"role {guid}" if definition not in (MISSING, UNKNOWN) else "a role")


def is_broader(before: Any, after: Any) -> bool:
    """Whether a role may do anything that another may not."""
    old, new = (str(each).rpartition("/")[2].lower() for each in (before, after))
    return old not in _NARROWER.get(new, ())


def _is_wider(before: Any, after: Any) -> bool:
    """Whether a scope holds anything that another does not."""
    return not str(after).casefold().startswith(f"{str(before).casefold()}/")


_ROLE_ASSIGNMENT: Final = Known(
    title="role assignment",
    properties={
        "roleAssignmentName": IDENTITY,
        "condition": either(
            case(Meaning.WIDENS_PERMISSION, "the role is held without its condition, or under another", lacks),
            widens("the role is held without its condition, or under another"),
        ),
        "conditionVersion": behaves(),
        "delegatedManagedIdentityResourceId": widens("another identity holds the role"),
        "description": COSMETIC,
        "principalId": widens("somebody else holds the role"),
        "principalType": case(
            Meaning.WIDENS_PERMISSION,
            "it is held by everybody in a group",
            becomes_other_than("ServicePrincipal", "User"),
        ),
        "roleDefinitionId": either(
            case(Meaning.WIDENS_PERMISSION, "the role may do more, or other things", is_broader),
            behaves("the role may do less"),
        ),
        "scope": either(
            case(Meaning.WIDENS_PERMISSION, "the role is held on more, or on other things", _is_wider),
            behaves("the role is held on less"),
        ),
    },
)

ACCESS: Final = table(
    {
        "authorization:RoleAssignment": _ROLE_ASSIGNMENT,
        "managedidentity:UserAssignedIdentity": Known(title="identity", properties={"resourceName": IDENTITY}),
    }
)


def describe_grant(inputs: Mapping[str, Any]) -> str:
    """Say what a new role assignment gives, without names: `a group gets Contributor on a storage account`."""
    holder = _HOLDERS.get(str(inputs.get("principalType")), "somebody")
    return f"{holder} gets {name_of_role(inputs.get('roleDefinitionId', MISSING))}{_on(inputs.get('scope', MISSING))}"


_HOLDERS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "ServicePrincipal": "an identity",
        "User": "a person",
        "Group": "everybody in a group",
        "ForeignGroup": "everybody in a group of another tenant",
    }
)


_KINDS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "components": "an Application Insights",
        "managedclusters": "a Kubernetes cluster",
        "registries": "a container registry",
        "storageaccounts": "a storage account",
        "userassignedidentities": "an identity",
        "vaults": "a key vault",
        "workspaces": "a workspace",
    }
)
"""What people call one, by the last type of an ARM id."""


def _on(scope: Any) -> str:
    """Say what a role is held on; nothing where the preview does not know it yet."""
    parts = [] if scope in (MISSING, UNKNOWN) else str(scope).strip("/").split("/")
    match [part.lower() for part in parts]:
        case []:
            return ""
        case ["subscriptions", _]:
            return " on the whole subscription"
        case ["subscriptions", _, "resourcegroups", _]:
            return " on the whole resource group"
        case [*_, kind, _]:
            return f" on {_KINDS.get(kind, f'one of {kind}')}"
        case _:
            return " on more than a subscription"
