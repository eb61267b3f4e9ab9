"""What is brought instead of made: looked up and checked before the first resource is registered.

The stack uses these by their ids and leaves them as they are: they are no resources of the program, so nothing here
protects, tags, locks, changes or deletes them. Everything that is missing or unfit is told together.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

import pulumi

from windlass.errors.infra import UnfitResourcesError
from windlass.infra.component import Place
from windlass.infra.fitness import Facts, Needs, rule_of
from windlass.infra.identity import HolderOfGrant, IdentityOutputs
from windlass.infra.lookups import Azure
from windlass.infra.network import NetworkOutputs
from windlass.infra.observability import ObservabilityOutputs
from windlass.infra.registry import RegistryOutputs
from windlass.infra.stack import Stack
from windlass.infra.storage import StorageOutputs
from windlass.infra.vault import VaultOutputs
from windlass.infra.workspace import WorkspaceOutputs
from windlass.project.arm_ids import parse_arm_id
from windlass.project.names import IdentityPurpose, ResourceNames
from windlass.project.roles import Grant, Target, grants_here
from windlass.project.settings import BringSettings, Brought, brought_things
from windlass.project.subnets import PURPOSES, SubnetPurpose, addresses_needed


@dataclass(frozen=True, kw_only=True)
class Existing:
    """What the stack is brought; whatever is None it makes itself.

    Attributes:
        names: The names of the stack's resources, with those of what is brought among them.
        workspace: The workspace, with the place that everything in it is made in.
        storage: The storage account.
        vault: The key vault.
        registry: The container registry.
        observability: Logs and traces of a brought workspace.
        log_workspace_id: Where logs go.
        identities: Who acts.
        elsewhere: What stands in another subscription, where this stack gives no roles.
        gives_roles: Whether this stack gives any; when not, a platform team does.
        network: The virtual network, with the subnets that are given.
    """

    names: ResourceNames
    workspace: WorkspaceOutputs | None = None
    storage: StorageOutputs | None = None
    vault: VaultOutputs | None = None
    registry: RegistryOutputs | None = None
    observability: ObservabilityOutputs | None = None
    log_workspace_id: pulumi.Output[str] | None = None
    identities: Mapping[IdentityPurpose, IdentityOutputs] = field(default_factory=dict)
    elsewhere: Mapping[Target, str] = field(default_factory=dict)
    gives_roles: bool = True
    network: NetworkOutputs | None = None

    def identities_to_make(self, purposes: tuple[IdentityPurpose, ...]) -> tuple[IdentityPurpose, ...]:
        """Leave out the identities that are brought; a brought workspace acts as the one it has."""
        taken = {*self.identities, *(("workspace",) if self.workspace is not None else ())}
        return tuple(purpose for purpose in purposes if purpose not in taken)

    def own(self, ids: Mapping[str, pulumi.Output[str]]) -> dict[str, pulumi.Output[str]]:
        """Leave out what is brought: somebody else keeps its logs and locks it.

        Args:
            ids: Ids by the words `storage`, `vault`, `registry`, `workspace` and `logs`.
        """
        brought = {
            "storage": self.storage,
            "vault": self.vault,
            "registry": self.registry,
            "workspace": self.workspace,
            "logs": self.observability or self.log_workspace_id,
        }
        return {word: id_ for word, id_ in ids.items() if brought[word] is None}

    def grants_to_give(self, needed: tuple[Grant, ...], holders: Mapping[str, HolderOfGrant]) -> tuple[Grant, ...]:
        """Leave out the grants that this stack does not give, and tell whom to ask for those that it cannot give."""
        if not self.gives_roles:
            return ()
        given, asked = grants_here(needed, holders=frozenset(holders), elsewhere=frozenset(self.elsewhere))
        for grant in asked:
            where = self.elsewhere[grant.target]
            pulumi.warn(
                f"{where} is in another subscription, so this stack gives no roles on it. Ask its owner to give "
                f"{grant.role.title} ({grant.role.value}) to {grant.principal} ({holders[grant.principal].name})."
            )
        return given


def find_existing(stack: Stack) -> Existing:
    """Look up and judge what the settings bring.

    Raises:
        pulumi.RunError: With everything that is missing or unfit.
    """
    azure, bring = Azure(stack.settings.azure.subscription_id), stack.settings.windlass.bring
    found = {thing.path: azure.find(thing.id) for thing in brought_things(bring)}
    needs = needs_of(stack)
    problems = [
        f"windlass:settings.{thing.path}: {thing.id} {says}"
        for thing in brought_things(bring)
        for says in _judged(thing, found[thing.path], needs)
    ]
    facts = {path: each for path, each in found.items() if isinstance(each, Mapping)}
    logs = _log_workspace(bring, facts, azure)
    if not problems and bring.workspace is not None and logs is None:
        says = "is missing: Application Insights of bring.workspace names no Log Analytics workspace; give one"
        problems.append(f"windlass:settings.bring.log_workspace: {says}")
    if problems:
        raise pulumi.RunError(str(UnfitResourcesError(stack.settings.stack, tuple(problems))))
    return _existing(stack, facts, logs)


def needs_of(stack: Stack) -> Needs:
    """Say what the stack needs of what it is brought."""
    settings = stack.settings.windlass
    return Needs(
        location=stack.settings.azure.location,
        tenant_id=stack.settings.azure.tenant_id,
        mode=settings.network.mode,
        addresses=dict(addresses_needed(settings).items()),
    )


def _judged(thing: Brought, found: Facts | str, needs: Needs) -> Iterator[str]:
    if isinstance(found, str):
        yield found
    else:
        yield from rule_of(thing)(needs, found)


def _log_workspace(bring: BringSettings, found: Mapping[str, Facts], azure: Azure) -> str | None:
    """Say where logs go if that is given; a workspace brings along where its traces are kept."""
    if bring.log_workspace is not None or bring.workspace is None:
        return bring.log_workspace
    insights = found.get("bring.workspace", {}).get("applicationInsights")
    traces = azure.find(insights) if insights else {}
    return traces.get("workspaceResourceId") if isinstance(traces, Mapping) else None


def _existing(stack: Stack, found: Mapping[str, Facts], logs: str | None) -> Existing:
    bring = _with_what_the_workspace_has(stack.settings.windlass.bring, found)
    ids: dict[Target, str | None] = {
        "storage": bring.storage_account,
        "vault": bring.key_vault,
        "registry": bring.container_registry,
        "workspace": bring.workspace,
        "serving-identity": bring.identities.get("serving"),
    }
    home = stack.settings.azure.subscription_id
    return Existing(
        names=_names(stack.names, bring),
        workspace=None if bring.workspace is None else _workspace(stack, bring.workspace),
        storage=None if bring.storage_account is None else StorageOutputs(**_named(bring.storage_account)),
        vault=None if bring.key_vault is None else VaultOutputs(**_named(bring.key_vault)),
        registry=None if bring.container_registry is None else RegistryOutputs(**_named(bring.container_registry)),
        observability=_observability(found, logs),
        log_workspace_id=None if logs is None else pulumi.Output.from_input(logs),
        identities={
            purpose: _identity(given, found[f"bring.identities.{purpose}"])
            for purpose, given in bring.identities.items()
        },
        elsewhere={
            target: given
            for target, given in ids.items()
            if given is not None and parse_arm_id(given).subscription_id != home
        },
        gives_roles=stack.settings.windlass.role_assignments == "made",
        network=_network(bring),
    )


def _network(bring: BringSettings) -> NetworkOutputs | None:
    if bring.virtual_network is None:
        return None
    given: dict[SubnetPurpose, str | None] = {purpose: getattr(bring.subnets, purpose) for purpose in PURPOSES}
    return NetworkOutputs(
        id=pulumi.Output.from_input(bring.virtual_network),
        subnets={key: pulumi.Output.from_input(each) for key, each in given.items() if each is not None},
    )


def _with_what_the_workspace_has(bring: BringSettings, found: Mapping[str, Facts]) -> BringSettings:
    if bring.workspace is None:
        return bring
    linked = {"storage_account": "storageAccount", "key_vault": "keyVault", "container_registry": "containerRegistry"}
    facts = found["bring.workspace"]
    return bring.model_copy(update={key: facts[output] for key, output in linked.items()})


def _names(own: ResourceNames, bring: BringSettings) -> ResourceNames:
    keys = ("workspace", "storage_account", "key_vault", "container_registry", "log_workspace")
    given = {key: getattr(bring, key) for key in keys}
    return replace(own, **{key: parse_arm_id(each).name for key, each in given.items() if each is not None})


def _workspace(stack: Stack, arm_id: str) -> WorkspaceOutputs:
    thing = parse_arm_id(arm_id)
    place = Place(
        resource_group=pulumi.Output.from_input(thing.resource_group),
        location=stack.settings.azure.location,
        tags=stack.settings.tags,
    )
    return WorkspaceOutputs(**_named(arm_id), place=place)


def _named(arm_id: str) -> dict[str, pulumi.Output[str]]:
    return {"id": pulumi.Output.from_input(arm_id), "name": pulumi.Output.from_input(parse_arm_id(arm_id).name)}


def _observability(found: Mapping[str, Facts], logs: str | None) -> ObservabilityOutputs | None:
    workspace = found.get("bring.workspace")
    if workspace is None or logs is None:
        return None
    return ObservabilityOutputs(
        log_workspace_id=pulumi.Output.from_input(logs),
        application_insights_id=pulumi.Output.from_input(str(workspace["applicationInsights"])),
    )


def _identity(arm_id: str, facts: Facts) -> IdentityOutputs:
    # The id stands for the name in the names of grants: two groups may have identities of the same name.
    return IdentityOutputs(
        id=pulumi.Output.from_input(arm_id),
        principal_id=pulumi.Output.from_input(str(facts["principalId"])),
        client_id=pulumi.Output.from_input(str(facts["clientId"])),
        name=arm_id.lower(),
    )
