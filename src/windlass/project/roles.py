"""Who may do what in a stack, derived from what the stack declares: the least that each part needs. Pure.

Whatever acts has an identity of its own. `workspace` is Azure ML itself, at work in the resources of its own.
`serving` is what a real-time deployment runs as: it pulls its image, reads its model and reports. `cluster` is what a
batch node runs as: it also writes results. `kubernetes` is the control plane of an AKS cluster, `kubelet` its nodes.
Azure gives none of these by itself to an identity of one's own. Deployers are people and workflows that release models
and run batches; the settings name them.

To add a role for another resource: a row where the resource is declared, its target in `Target`, and the target's
scope in `infra/__main__.py` and `permissions.py`. A test on the local Azure then has to fail without the row.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Final, Literal, Self, get_args

from windlass.project.endpoints import EndpointFolder
from windlass.project.exposure import EXPOSURE
from windlass.project.names import IDENTITY_PURPOSES, IdentityPurpose
from windlass.project.settings import Settings

Target = Literal[
    "group",
    "storage",
    "vault",
    "registry",
    "insights",
    "serving-identity",
    "kubelet-identity",
    "subnet",
    "workspace",
    "kubernetes",
]

IDENTITY_TYPE: Final = "ServicePrincipal"
"""Said always: without it Azure looks a new identity up and often does not find it yet."""


class Role(Enum):
    """Roles that are built into Azure, by their GUID."""

    title: str
    """Its name in Azure, as `az` and the portal show it."""

    def __new__(cls, guid: str, title: str) -> Self:
        """Make a role whose value is its GUID."""
        made = object.__new__(cls)
        made._value_ = guid
        made.title = title
        return made

    CONTRIBUTOR = "b24988ac-6180-42a0-ab88-20f7382dd24c", "Contributor"
    ACR_PUSH = "8311e382-0749-4cb8-b61a-304f252e45ec", "AcrPush"
    ACR_PULL = "7f951dda-4ed3-4680-a7ca-43fe172d538d", "AcrPull"
    STORAGE_ACCOUNT_CONTRIBUTOR = "17d1049b-9a84-46fb-8f53-869881c3d3ab", "Storage Account Contributor"
    STORAGE_BLOB_DATA_CONTRIBUTOR = "ba92f5b4-2d11-453d-a403-e96b0029c9fe", "Storage Blob Data Contributor"
    STORAGE_BLOB_DATA_READER = "2a2b9908-6ea1-4ae2-8e65-a410df84e7d1", "Storage Blob Data Reader"
    KEY_VAULT_ADMINISTRATOR = "00482a5a-887f-4fb3-b363-3b7fe8e74483", "Key Vault Administrator"
    KEY_VAULT_CONTRIBUTOR = "f25e0fa2-a7c8-4377-a976-54943a77a395", "Key Vault Contributor"
    AZUREML_METRICS_WRITER = "635dd51f-9968-44d3-b7fb-6d9a6bd613ae", "AzureML Metrics Writer (preview)"
    AZUREML_DATA_SCIENTIST = "f6c7c914-8db3-469d-8ca1-694a8f32e121", "AzureML Data Scientist"
    MANAGED_IDENTITY_OPERATOR = "f1a07417-d97a-45cb-824c-7a7467783830", "Managed Identity Operator"
    NETWORK_CONTRIBUTOR = "4d97b98b-1d4f-4787-a291-c67834d212e7", "Network Contributor"
    READER = "acdd72a7-3385-48ef-bd42-f606fba81ae7", "Reader"
    KUBERNETES_EXTENSION_CONTRIBUTOR = "85cb6faf-e071-4c9b-8136-154b5a04f717", "Kubernetes Extension Contributor"
    CONTAINER_INSTANCES = "5d977122-f97e-4b4d-a52f-6b43003ddb4d", "Azure Container Instances Contributor Role"
    REGISTRY_TASKS = "fb382eab-e894-4461-af04-94435c366c3f", "Container Registry Tasks Contributor"
    KEY_VAULT_SECRETS_OFFICER = "b86a8fe4-44ce-4948-aee5-eccb2c155cd7", "Key Vault Secrets Officer"
    AKS_CLUSTER_ADMIN = "0ab0b1a8-8aac-4efd-b8c2-3ee1fb270be8", "Azure Kubernetes Service Cluster Admin Role"

    @property
    def slug(self) -> str:
        """The role as a part of a logical name."""
        return self.name.lower().replace("_", "-")

    def definition_id(self, subscription_id: str) -> str:
        """The role as ARM wants it named in a role assignment."""
        return f"/subscriptions/{subscription_id}/providers/Microsoft.Authorization/roleDefinitions/{self.value}"


@dataclass(frozen=True, kw_only=True)
class Grant:
    """One role that somebody needs.

    Attributes:
        principal: The purpose of an identity, or `deployer-<name>` for one of the settings' deployers.
        role: What it holds.
        target: What it holds it on: a single resource; the group alone where releases make resources in it.
        reason: What it does with it; the end of "needs this to ..".
    """

    principal: str
    role: Role
    target: Target
    reason: str

    @property
    def logical_name(self) -> str:
        """The name of the role assignment in the state."""
        return f"{self.principal}-{self.role.slug}-{self.target}"


def derive_grants(settings: Settings, endpoints: Iterable[EndpointFolder]) -> tuple[Grant, ...]:
    """Derive every role that a stack needs from what it declares.

    Args:
        settings: Of the stack.
        endpoints: The folders under endpoints/.
    """
    folders = tuple(endpoints)
    # An attached cluster runs deployments as the serving identity, whether or not there is an endpoint yet.
    has_online = any(folder.kind == "online" for folder in folders) or settings.kubernetes is not None
    has_groups = any(folder.serving.compute == "container-instance" for folder in folders)
    return tuple(_derive(settings, has_online=has_online, has_groups=has_groups))


def _derive(settings: Settings, *, has_online: bool, has_groups: bool) -> Iterator[Grant]:
    if settings.bring.workspace is None:
        yield from _WORKSPACE
    if has_online:
        yield from _SERVING
    if settings.clusters:
        yield from _CLUSTER
        yield _PULLS if EXPOSURE[settings.network.mode].registry else _BUILDS
    if settings.kubernetes is not None:
        yield from _KUBERNETES
        yield from _IN_A_SUBNET if settings.network.mode == "private" else ()
        yield from _ATTACHING if settings.bring.workspace is None else ()
    for name in settings.deployers:
        yield from _of_deployer(deployer_principal(name), has_online=has_online)
        if has_groups:
            yield from _of_deployer_to_groups(deployer_principal(name))


_WORKSPACE: Final = (
    Grant(
        principal="workspace",
        role=Role.STORAGE_ACCOUNT_CONTRIBUTOR,
        target="storage",
        reason="make the containers and shares of the workspace's datastores",
    ),
    Grant(
        principal="workspace",
        role=Role.STORAGE_BLOB_DATA_CONTRIBUTOR,
        target="storage",
        reason="write assets, logs and results of the workspace",
    ),
    Grant(
        principal="workspace",
        role=Role.KEY_VAULT_CONTRIBUTOR,
        target="vault",
        reason="link the vault to the workspace",
    ),
    Grant(
        principal="workspace",
        role=Role.KEY_VAULT_ADMINISTRATOR,
        target="vault",
        reason="keep the secrets of the workspace in a vault that is opened by roles",
    ),
    Grant(
        principal="workspace",
        role=Role.CONTRIBUTOR,
        target="registry",
        reason="build images by tasks of the registry, and push them",
    ),
    Grant(
        principal="workspace",
        role=Role.CONTRIBUTOR,
        target="insights",
        reason="link Application Insights to the workspace",
    ),
    Grant(
        principal="workspace",
        role=Role.CONTRIBUTOR,
        target="workspace",
        reason="make endpoints and what belongs to them in its own workspace",
    ),
)

_SERVING: Final = (
    Grant(
        principal="serving",
        role=Role.ACR_PULL,
        target="registry",
        reason="pull the image that a deployment runs in",
    ),
    Grant(
        principal="serving",
        role=Role.STORAGE_BLOB_DATA_READER,
        target="storage",
        reason="read the model and the code of a deployment",
    ),
    Grant(
        principal="serving",
        role=Role.AZUREML_METRICS_WRITER,
        target="workspace",
        reason="report the metrics of a deployment",
    ),
)

_CLUSTER: Final = (
    Grant(
        principal="cluster",
        role=Role.STORAGE_BLOB_DATA_CONTRIBUTOR,
        target="storage",
        reason="read the input and the model of a batch job, and write its results",
    ),
)


_KUBERNETES: Final = (
    Grant(
        principal="kubernetes",
        role=Role.MANAGED_IDENTITY_OPERATOR,
        target="kubelet-identity",
        reason="give the nodes of the AKS cluster their identity",
    ),
    Grant(
        principal="kubelet",
        role=Role.ACR_PULL,
        target="registry",
        reason="pull the images that pods run in",
    ),
)

_IN_A_SUBNET: Final = (
    Grant(
        principal="kubernetes",
        role=Role.NETWORK_CONTRIBUTOR,
        target="subnet",
        reason="put nodes and internal load balancers of the AKS cluster into its subnet",
    ),
)

_ATTACHING: Final = (
    Grant(
        principal="workspace",
        role=Role.READER,
        target="kubernetes",
        reason="see the AKS cluster that is attached to the workspace",
    ),
    Grant(
        principal="workspace",
        role=Role.KUBERNETES_EXTENSION_CONTRIBUTOR,
        target="kubernetes",
        reason="see and set up its extension on the AKS cluster",
    ),
    Grant(
        principal="workspace",
        role=Role.AKS_CLUSTER_ADMIN,
        target="kubernetes",
        reason="attach the AKS cluster with the credential of its administrator",
    ),
)
"""Documented for a workspace that acts as an identity of one's own."""

_PULLS: Final = Grant(
    principal="cluster",
    role=Role.ACR_PULL,
    target="registry",
    reason="pull the image that a batch job runs in",
)

_BUILDS: Final = Grant(
    principal="cluster",
    role=Role.ACR_PUSH,
    target="registry",
    reason="build the images that a private registry cannot build itself, push them, and pull the one of a batch job",
)


def _of_deployer(principal: str, *, has_online: bool) -> Iterator[Grant]:
    yield Grant(
        principal=principal,
        role=Role.AZUREML_DATA_SCIENTIST,
        target="workspace",
        reason="register models, make deployments, move traffic, run and follow batch jobs, read keys of endpoints",
    )
    yield Grant(
        principal=principal,
        role=Role.STORAGE_BLOB_DATA_CONTRIBUTOR,
        target="storage",
        reason="upload models, code and input, and download results: the account takes no keys",
    )
    if has_online:
        yield Grant(
            principal=principal,
            role=Role.MANAGED_IDENTITY_OPERATOR,
            target="serving-identity",
            reason="write an endpoint that runs as this identity, which each change of its traffic does",
        )


def _of_deployer_to_groups(principal: str) -> Iterator[Grant]:
    """Yield what a release to container groups needs beside; a public name's zone is not the stack's to give."""
    yield Grant(
        principal=principal,
        role=Role.CONTAINER_INSTANCES,
        target="group",
        reason="make, watch and remove the container group of each version",
    )
    yield Grant(
        principal=principal,
        role=Role.REGISTRY_TASKS,
        target="registry",
        reason="have the registry build the image of a version",
    )
    yield Grant(
        principal=principal,
        role=Role.KEY_VAULT_SECRETS_OFFICER,
        target="vault",
        reason="keep the key and the certificate of an endpoint",
    )


def deployer_principal(name: str) -> str:
    """Return how grants call a deployer of the settings."""
    return f"deployer-{name}"


def acting_identities(grants: Iterable[Grant]) -> tuple[IdentityPurpose, ...]:
    """Return the identities that a stack needs: those that hold a role."""
    holders = {grant.principal for grant in grants}
    return tuple(purpose for purpose in IDENTITY_PURPOSES if purpose in holders)


def on_targets(grants: Iterable[Grant], *targets: Target) -> tuple[Grant, ...]:
    """Return the grants on some targets, in their order."""
    return tuple(grant for grant in grants if grant.target in targets)


BEFORE_THE_WORKSPACE: Final[tuple[Target, ...]] = tuple(
    target for target in get_args(Target) if target not in {"workspace", "kubernetes"}
)
"""Azure ML uses what stands there while it makes a workspace, and so does AKS, so these roles are given first."""


def grants_here(
    grants: Iterable[Grant], *, holders: frozenset[str], elsewhere: frozenset[Target]
) -> tuple[tuple[Grant, ...], tuple[Grant, ...]]:
    """Part the grants that the stack can give from those that somebody else has to.

    Args:
        grants: What is needed.
        holders: Who acts in the stack; the others act with roles that they have already.
        elsewhere: What stands in another subscription.
    """
    wanted = tuple(grant for grant in grants if grant.principal in holders)
    return (
        tuple(grant for grant in wanted if grant.target not in elsewhere),
        tuple(grant for grant in wanted if grant.target in elsewhere),
    )
