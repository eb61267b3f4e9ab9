"""Everything that a stack stands on, in the order in which it is built."""

from __future__ import annotations

import gc
from datetime import UTC, datetime

# The SDK of Azure ML is many thousand classes, made at import: collecting garbage among them costs a tenth of a run.
gc.disable()

import pulumi

from windlass.infra.acknowledged import release_acknowledged
from windlass.infra.alerts import Alerts, AlertsArgs, watched_clusters, watched_endpoints
from windlass.infra.budget import Budget, BudgetArgs
from windlass.infra.clusters import Cluster, ClusterArgs
from windlass.infra.diagnostics import (
    Diagnostics,
    DiagnosticsArgs,
    logged_endpoints,
    logged_resources,
    logged_surroundings,
)
from windlass.infra.endpoints import Endpoint, EndpointArgs, is_protected
from windlass.infra.existing import find_existing
from windlass.infra.exports import export_readable, stack_outputs, when_built
from windlass.infra.group import Group, GroupArgs
from windlass.infra.identity import (
    Grants,
    GrantsArgs,
    Identity,
    IdentityArgs,
    ScopeOfGrant,
    holders_of,
    scopes_of_identities,
)
from windlass.infra.locks import Locks, LocksArgs, lockable
from windlass.infra.made import remember_resources
from windlass.infra.observability import Observability, ObservabilityArgs
from windlass.infra.reach import connect, lay_network
from windlass.infra.registry import Registry, RegistryArgs
from windlass.infra.serving_cluster import ServingClusterArgs, scope_of_subnet, serving_cluster
from windlass.infra.stack import read_stack
from windlass.infra.storage import Storage, StorageArgs
from windlass.infra.vault import Vault, VaultArgs
from windlass.infra.workspace import Workspace, WorkspaceArgs
from windlass.project.exposure import EXPOSURE
from windlass.project.names import endpoint_name, identity_name
from windlass.project.outputs import OUTPUT_NAME
from windlass.project.roles import BEFORE_THE_WORKSPACE, acting_identities, derive_grants, on_targets

# What was written: Pulumi.<stack>.yaml and the folders under endpoints/; and what exists already and is used instead
# of made.
stack = read_stack()
existing = find_existing(stack)
azure, settings, names = stack.settings.azure, stack.settings.windlass, existing.names
protect_data = settings.protection.data
exposed = EXPOSURE[settings.network.mode]
release_acknowledged(settings.protection)
made = remember_resources()

# Where everything goes.
group = Group(
    "group",
    args=GroupArgs(name=names.resource_group, location=azure.location, tags=stack.settings.tags, protect=protect_data),
).outputs
place = group.place
network = lay_network(stack, existing, place)

# What the workspace stands on.
observability = (
    existing.observability
    or Observability(
        "observability",
        args=ObservabilityArgs(
            place=place,
            log_workspace=names.log_workspace,
            log_workspace_id=existing.log_workspace_id,
            application_insights=names.application_insights,
            settings=settings.logs,
            protect=protect_data,
        ),
    ).outputs
)
storage = (
    existing.storage
    or Storage(
        "storage",
        args=StorageArgs(
            place=place,
            name=names.storage_account,
            settings=settings.storage,
            public=exposed.storage,
            protect=protect_data,
        ),
    ).outputs
)
vault = (
    existing.vault
    or Vault(
        "vault",
        args=VaultArgs(
            place=place,
            name=names.key_vault,
            tenant_id=azure.tenant_id,
            settings=settings.vault,
            public=exposed.vault,
            protect=protect_data,
        ),
    ).outputs
)
registry = (
    existing.registry
    or Registry(
        "registry",
        args=RegistryArgs(
            place=place,
            name=names.container_registry,
            settings=settings.registry,
            public=exposed.registry,
            protect=protect_data,
        ),
    ).outputs
)

# Who acts in the stack, and what each may do before there is a workspace.
needed = derive_grants(settings, stack.endpoints)
identities = {
    purpose: Identity(purpose, args=IdentityArgs(place=place, name=identity_name(stack.scope, purpose))).outputs
    for purpose in existing.identities_to_make(acting_identities(needed))
} | dict(existing.identities)
holders = holders_of(identities, settings.deployers)
resource_grants = Grants(
    "resource-grants",
    args=GrantsArgs(
        subscription_id=azure.subscription_id,
        grants=existing.grants_to_give(on_targets(needed, *BEFORE_THE_WORKSPACE), holders),
        holders=holders,
        scopes={
            "group": ScopeOfGrant(id=group.id, name=names.resource_group),
            "storage": ScopeOfGrant(id=storage.id, name=names.storage_account),
            "vault": ScopeOfGrant(id=vault.id, name=names.key_vault),
            "registry": ScopeOfGrant(id=registry.id, name=names.container_registry),
            "insights": ScopeOfGrant(id=observability.application_insights_id, name=names.application_insights),
            **scopes_of_identities(identities),
            **scope_of_subnet(names.kubernetes_cluster, network),
        },
    ),
).outputs

# The workspace, and who may do what in it.
workspace = (
    existing.workspace
    or Workspace(
        "workspace",
        args=WorkspaceArgs(
            place=place,
            name=names.workspace,
            title=f"{settings.project} {stack.settings.stack}",
            storage_account_id=storage.id,
            key_vault_id=vault.id,
            container_registry_id=registry.id,
            application_insights_id=observability.application_insights_id,
            identity_id=identities["workspace"].id,
            needs=resource_grants.assignments,
            network=settings.network,
            image_build_compute=None if exposed.registry else next(iter(settings.clusters), None),
            protect=protect_data,
        ),
    ).outputs
)
workspace_grants = Grants(
    "workspace-grants",
    args=GrantsArgs(
        subscription_id=azure.subscription_id,
        grants=existing.grants_to_give(on_targets(needed, "workspace"), holders),
        holders=holders,
        scopes={"workspace": ScopeOfGrant(id=workspace.id, name=names.workspace)},
    ),
).outputs

# How all of these reach each other.
connected = connect(
    stack,
    place,
    network,
    workspace,
    {"storage": storage.id, "vault": vault.id, "registry": registry.id, "workspace": workspace.id},
)

# Where batch jobs run.
clusters = [
    Cluster(
        name,
        args=ClusterArgs(
            place=workspace.place,
            workspace=workspace.name,
            name=name,
            identity_id=identities["cluster"].id,
            settings=cluster,
            public_addresses=exposed.nodes,
            subnet_id=network.subnets["clusters"] if network else None,
            needs=connected,
        ),
    ).outputs
    for name, cluster in settings.clusters.items()
]

# Where real-time endpoints run that ask for Kubernetes.
attached = (
    serving_cluster(
        ServingClusterArgs(
            place=place,
            name=names.kubernetes_cluster,
            settings=settings.kubernetes,
            identities=identities,
            workspace=workspace,
            subnet_id=network.subnets["kubernetes"] if network else None,
            nat_gateway=network is not None and existing.network is None,
            needs=(*resource_grants.assignments, *connected),
            attach=GrantsArgs(
                subscription_id=azure.subscription_id,
                grants=existing.grants_to_give(on_targets(needed, "kubernetes"), holders),
                holders=holders,
                scopes={},
            ),
            protect=settings.protection.endpoints or protect_data,
        )
    )
    if settings.kubernetes is not None
    else None
)

# What callers call: one endpoint for each folder under endpoints/ and kind. Container groups stand by themselves.
endpoints = {
    folder.path: Endpoint(
        f"{folder.model}-{folder.kind}",
        args=EndpointArgs(
            place=workspace.place,
            workspace=workspace.name,
            name=endpoint_name(stack.scope, folder.model, folder.kind),
            folder=folder,
            identity_id=identities["serving"].id if folder.kind == "online" else None,
            public=exposed.endpoints,
            compute_id=attached.id if attached and folder.serving.compute == "kubernetes" else None,
            needs=workspace_grants.assignments,
            protect=is_protected(folder, settings.protection),
        ),
    ).outputs
    for folder in stack.endpoints
    if folder.serving.compute != "container-instance"
}

# What of it this stack has made itself, and so looks after.
own = existing.own(
    {
        "storage": storage.id,
        "vault": vault.id,
        "registry": registry.id,
        "workspace": workspace.id,
        "logs": observability.log_workspace_id,
    }
)

# Whose logs are kept, and who is told when something is wrong or costs too much.
logged = {
    **logged_resources(own),
    **logged_endpoints(stack, endpoints),
    **logged_surroundings(made),
}
if settings.monitoring.diagnostics and logged:
    Diagnostics("diagnostics", args=DiagnosticsArgs(log_workspace_id=observability.log_workspace_id, logged=logged))
if settings.monitoring.mails:
    Alerts(
        "alerts",
        args=AlertsArgs(
            place=place,
            name=names.action_group,
            title=settings.project,
            mails=settings.monitoring.mails,
            log_workspace_id=observability.log_workspace_id,
            watched={**watched_endpoints(stack, endpoints), **watched_clusters(stack, workspace.id)},
        ),
    )
if settings.budget is not None:
    Budget(
        "budget",
        args=BudgetArgs(
            scope=group.id,
            name=names.budget,
            settings=settings.budget,
            mails=settings.monitoring.mails,
            today=datetime.now(UTC).date(),
        ),
    )

# What nobody deletes by hand: last of all, because under a lock nothing else could be deleted either.
if settings.protection.locks and lockable(own):
    Locks("locks", args=LocksArgs(locked=lockable(own), after=made))

# What the scripts are told, and what people look for.
outputs = stack_outputs(stack, names)
built = [
    workspace.id,
    *(each.id for each in clusters),
    *([attached.id] if attached else []),
    *(each.id for each in endpoints.values()),
]
pulumi.export(OUTPUT_NAME, when_built(outputs, built))
export_readable(outputs, {path: endpoint.scoring_uri for path, endpoint in endpoints.items()})
