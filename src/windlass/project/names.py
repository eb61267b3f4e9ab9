"""Every name that Windlass gives to something in Azure. Pure: the same inputs give the same names for ever.

A name is made of readable words and a token. The words tell people what they look at and are shortened where
Azure leaves little room; the token is a hash of everything the name stands for, so that two different things
never meet under one name, however much of their words was cut. Scripts and people can work a name out without
asking Azure for it.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal, get_args

EndpointKind = Literal["online", "batch"]
IdentityPurpose = Literal["workspace", "serving", "cluster", "kubernetes", "kubelet"]
WorkflowPurpose = Literal["deploy", "preview"]

IDENTITY_PURPOSES: Final[tuple[IdentityPurpose, ...]] = get_args(IdentityPurpose)

ATTACHED_COMPUTE: Final = "kubernetes"
"""What the AKS cluster is called in the workspace."""

SYSTEM_POOL: Final = "system"
"""The pool that an AKS cluster is made with."""

PROJECT_PATTERN: Final = r"^[a-z][a-z0-9]{1,11}$"
"""A short name that every other name starts with; a storage account takes nothing but letters and digits."""

WORDS_PATTERN: Final = r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$"
"""Lower-case words with single hyphens: a folder under endpoints/ and a cluster are named so."""

FOLDER_LENGTH: Final = (2, 32)
CLUSTER_LENGTH: Final = (2, 16)

CONTAINER_PATTERN: Final = r"^[a-z0-9]+(-[a-z0-9]+)*$"
"""A blob container may begin with a digit."""

CONTAINER_LENGTH: Final = (3, 63)

OWN_TAGS: Final = ("project", "stack", "owner", "managed-by")
"""Names of the tags that every resource carries; the settings cannot redefine them."""

SHARED_STACK: Final = "state"
"""Stands for the stack in the names of what all stacks share."""

TOKEN_LENGTH: Final = 7
"""Characters of base 32, so 35 bits: of a thousand things with the same words two meet once in 60,000 tries."""

ENDPOINT_TOKEN_LENGTH: Final = 6
"""One less than elsewhere lets `shop-churn-online-staging` stand unshortened."""

# Azure's limits, in characters. A name that is not global carries the token as well: all names of one stack are
# recognised by the same end.
RESOURCE_GROUP_LIMIT: Final = 90
STORAGE_ACCOUNT_LIMIT: Final = 24
KEY_VAULT_LIMIT: Final = 24
CONTAINER_REGISTRY_LIMIT: Final = 50
KUBERNETES_CLUSTER_LIMIT: Final = 45
"""AKS takes 63; the group of its nodes is named after it, and a host name too."""
LOG_WORKSPACE_LIMIT: Final = 63
APPLICATION_INSIGHTS_LIMIT: Final = 255
IDENTITY_LIMIT: Final = 128
WORKSPACE_LIMIT: Final = 33
ACTION_GROUP_LIMIT: Final = 260
ALERT_LIMIT: Final = 260
BUDGET_LIMIT: Final = 63
ENDPOINT_LIMIT: Final = 32
NETWORK_LIMIT: Final = 64
NETWORK_PART_LIMIT: Final = 80
PRIVATE_ENDPOINT_LIMIT: Final = 64

_GRANTS: Final = uuid.uuid5(uuid.NAMESPACE_URL, "windlass/grants")


@dataclass(frozen=True, kw_only=True)
class NameScope:
    """What all names of one stack have in common.

    Attributes:
        project: The short project name of the settings.
        stack: The Pulumi stack.
        subscription_id: The subscription that the stack is applied to.
    """

    project: str
    stack: str
    subscription_id: str

    @property
    def token(self) -> str:
        """The end of every name of this stack."""
        return _token(self.subscription_id.lower(), self.project, self.stack)


@dataclass(frozen=True, kw_only=True)
class ResourceNames:
    """The names of what a stack has one of."""

    resource_group: str
    storage_account: str
    key_vault: str
    container_registry: str
    log_workspace: str
    application_insights: str
    workspace: str
    kubernetes_cluster: str
    action_group: str
    budget: str


@dataclass(frozen=True, kw_only=True)
class SharedNames:
    """The names of what the stacks of a project share: where their state lies, and their secrets' keys."""

    resource_group: str
    storage_account: str
    key_vault: str


def resource_names(scope: NameScope) -> ResourceNames:
    """Name everything that a stack has one of."""
    words = (scope.project, scope.stack)
    token = scope.token
    return ResourceNames(
        resource_group=_hyphenated("rg", words, token, RESOURCE_GROUP_LIMIT),
        storage_account=_joined("st", words, token, STORAGE_ACCOUNT_LIMIT),
        key_vault=_hyphenated("kv", words, token, KEY_VAULT_LIMIT),
        container_registry=_joined("cr", words, token, CONTAINER_REGISTRY_LIMIT),
        log_workspace=_hyphenated("log", words, token, LOG_WORKSPACE_LIMIT),
        application_insights=_hyphenated("appi", words, token, APPLICATION_INSIGHTS_LIMIT),
        workspace=_hyphenated("mlw", words, token, WORKSPACE_LIMIT),
        kubernetes_cluster=_hyphenated("aks", words, token, KUBERNETES_CLUSTER_LIMIT),
        action_group=_hyphenated("ag", words, token, ACTION_GROUP_LIMIT),
        budget=_hyphenated("budget", words, token, BUDGET_LIMIT),
    )


def identity_name(scope: NameScope, purpose: IdentityPurpose) -> str:
    """Name the managed identity that a part of the stack acts as."""
    return _hyphenated("id", (scope.project, scope.stack, purpose), scope.token, IDENTITY_LIMIT)


def shared_names(project: str, subscription_id: str) -> SharedNames:
    """Name what all stacks of a project share; no stack may be called `state`.

    Args:
        project: The short project name of the settings.
        subscription_id: The subscription that it stands in.
    """
    scope = NameScope(project=project, stack=SHARED_STACK, subscription_id=subscription_id)
    words, token = (scope.project, scope.stack), scope.token
    return SharedNames(
        resource_group=_hyphenated("rg", words, token, RESOURCE_GROUP_LIMIT),
        storage_account=_joined("st", words, token, STORAGE_ACCOUNT_LIMIT),
        key_vault=_hyphenated("kv", words, token, KEY_VAULT_LIMIT),
    )


def workflow_identity_name(scope: NameScope, purpose: WorkflowPurpose) -> str:
    """Name the managed identity that workflows act as on a stack."""
    return _hyphenated("id", (scope.project, scope.stack, purpose), scope.token, IDENTITY_LIMIT)


def virtual_network_name(scope: NameScope) -> str:
    """Name the virtual network of a private stack."""
    return _hyphenated("vnet", (scope.project, scope.stack), scope.token, NETWORK_LIMIT)


def network_part_name(scope: NameScope, kind: Literal["nsg", "nat", "pip"], part: str) -> str:
    """Name something of the virtual network: a security group, a NAT gateway, a public address."""
    return _hyphenated(kind, (scope.project, scope.stack, part), scope.token, NETWORK_PART_LIMIT)


def private_endpoint_name(scope: NameScope, part: str) -> str:
    """Name a private endpoint by what it leads to, such as storage-blob."""
    return _hyphenated("pe", (scope.project, scope.stack, part), scope.token, PRIVATE_ENDPOINT_LIMIT)


def identity_id(scope: NameScope, resource_group: str, name: str) -> str:
    """Return the ARM id of a managed identity of the stack."""
    return (
        f"/subscriptions/{scope.subscription_id}/resourceGroups/{resource_group}"
        f"/providers/Microsoft.ManagedIdentity/userAssignedIdentities/{name}"
    )


def alert_name(scope: NameScope, subject: str, rule: str) -> str:
    """Name an alert.

    Args:
        scope: The stack.
        subject: What it watches: a folder under endpoints/ or a cluster.
        rule: What it watches for, such as latency.
    """
    return _hyphenated("alert", (scope.project, scope.stack, subject, rule), scope.token, ALERT_LIMIT)


def endpoint_name(scope: NameScope, folder: str, kind: EndpointKind) -> str:
    """Name the endpoint of a folder: the host name that callers use, unique in its region.

    A real-time and a batch endpoint of one folder would otherwise ask for the same host name, so the kind is
    one of the words, and never shortened.
    """
    facts = (scope.subscription_id.lower(), scope.project, scope.stack, folder, kind)
    token = _token(*facts)[:ENDPOINT_TOKEN_LENGTH]
    hyphens = 4
    budget = ENDPOINT_LIMIT - len(kind) - len(token) - hyphens
    project, subject, stack = _fitted((scope.project, folder, scope.stack), budget)
    return _with_hyphens(project, subject, kind, stack, token)


def grant_name(*, scope: str, principal: str, role_id: str) -> str:
    """Name a role assignment; Azure takes nothing but a GUID.

    Args:
        scope: Subscription and name of the resource that the role is held on. Not its ARM id: a preview has
            to know the name of an assignment before anything exists.
        principal: The name of the identity; its object id is not known beforehand either.
        role_id: The GUID of the role.
    """
    return str(uuid.uuid5(_GRANTS, json.dumps([scope.lower(), principal, role_id])))


def _token(*facts: str) -> str:
    # JSON keeps ("ab", "c") apart from ("a", "bc").
    digest = hashlib.sha256(json.dumps(facts).encode()).digest()
    return base64.b32encode(digest).decode().lower()[:TOKEN_LENGTH]


def _hyphenated(prefix: str, words: Sequence[str], token: str, limit: int) -> str:
    hyphens = 1 + len(words)
    return _with_hyphens(prefix, *_fitted(words, limit - len(prefix) - len(token) - hyphens), token)


def _joined(prefix: str, words: Sequence[str], token: str, limit: int) -> str:
    letters = tuple(re.sub(r"[^a-z0-9]+", "", word.lower()) for word in words)
    return "".join((prefix, *_shortened(letters, limit - len(prefix) - len(token)), token))


def _fitted(words: Sequence[str], budget: int) -> tuple[str, ...]:
    cleaned = tuple(re.sub(r"[^a-z0-9]+", "-", word.lower()).strip("-") for word in words)
    return tuple(word.strip("-") for word in _shortened(cleaned, budget))


def _with_hyphens(*words: str) -> str:
    return "-".join(word for word in words if word)


def _shortened(words: Sequence[str], budget: int) -> tuple[str, ...]:
    """Cut the longest word first, so that all of them stay readable for as long as possible."""
    kept = list(words)
    while sum(map(len, kept)) > budget:
        longest = max(range(len(kept)), key=lambda index: len(kept[index]))
        kept[longest] = kept[longest][:-1]
    return tuple(kept)
