"""Decides what has to be there for workflows to deploy stacks. Pure.

Everything that stacks share stands in one resource group: the storage account with a container for the state of each
stack, the key vault with a key for each, and the identities. Each stack has two identities. `deploy` writes, and only
jobs of the GitHub environment `<stack>` sign in as it; `preview` reads, for jobs of `<stack>-preview`, which run the
code of pull requests.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from windlass.bootstrap.models import (
    Bootstrap,
    GiveRole,
    KeepVersions,
    Left,
    MakeAccount,
    MakeContainer,
    MakeEnvironment,
    MakeGroup,
    MakeIdentity,
    MakeKey,
    MakeVault,
    Place,
    RegisterProvider,
    SetVariable,
    Step,
    Subject,
    TrustGitHub,
)
from windlass.bootstrap.roles import (
    BLOB_CONTRIBUTOR,
    CRYPTO_USER,
    DEPLOYER,
    Kept,
    WorkflowRole,
    promotion_roles,
    workflow_roles,
)
from windlass.bootstrap.settings import BootstrapSettings, EnvironmentSettings
from windlass.errors.bootstrap import StacksApartError
from windlass.project.endpoints import EndpointFolder
from windlass.project.names import SharedNames, WorkflowPurpose, grant_name, shared_names, workflow_identity_name
from windlass.project.settings import StackSettings

RETENTION_DAYS: Final = 30
"""How long a deleted state can be had back."""
VAULT_RETENTION_DAYS: Final = 90
"""Azure's longest: without the key the secrets in a state are lost."""
CREDENTIAL: Final = "github"
ISSUER: Final = "https://token.actions.githubusercontent.com"
AUDIENCE: Final = "api://AzureADTokenExchange"
"""Both are the same for every repository on github.com."""
FROM_BACKEND: Final = "WINDLASS_FROM_BACKEND_URL"

_SHARED_PROVIDERS: Final[Mapping[str, str]] = {
    "Microsoft.Storage": "the state",
    "Microsoft.KeyVault": "the keys of secrets",
    "Microsoft.ManagedIdentity": "the identities of workflows",
}
_STACK_PROVIDERS: Final[Mapping[str, str]] = {
    "Microsoft.MachineLearningServices": "the workspace and its endpoints",
    "Microsoft.Storage": "the workspace's storage",
    "Microsoft.KeyVault": "the workspace's vault",
    "Microsoft.ContainerRegistry": "images",
    "Microsoft.OperationalInsights": "logs",
    "Microsoft.Insights": "telemetry and alerts",
    "Microsoft.ManagedIdentity": "identities",
    "Microsoft.AlertsManagement": "alerts",
    "Microsoft.Consumption": "the budget",
    "Microsoft.Network": "private endpoints and networks",
}


@dataclass(frozen=True, kw_only=True)
class StackNeeds:
    """A stack, as far as a bootstrap looks at it.

    Attributes:
        endpoints: The folders under endpoints/.
    """

    settings: StackSettings
    endpoints: tuple[EndpointFolder, ...]


@dataclass(frozen=True, kw_only=True)
class _Shared:
    """What the stacks share."""

    group: MakeGroup
    account: MakeAccount
    vault: MakeVault

    def container(self, stack: str) -> MakeContainer:
        return MakeContainer(account=self.account, name=f"state-{stack}", stack=stack)

    def key(self, stack: str) -> MakeKey:
        return MakeKey(vault=self.vault, name=f"pulumi-{stack}", stack=stack)

    def kept(self, stack: str) -> Kept:
        return Kept(container=self.container(stack).id, key=self.key(stack).id)


def plan_bootstrap(wanted: BootstrapSettings, stacks: Sequence[StackNeeds], subject: Subject) -> Bootstrap:
    """Decide on everything that has to be there.

    Args:
        wanted: What bootstrap.yml says.
        stacks: Those that it lists, in its order, which is that of promotion.
        subject: The repository as GitHub names it to Azure.

    Raises:
        StacksApartError: The stacks are not of one project and one tenant.
    """
    _require_one("project", [(each.settings.stack, each.settings.windlass.project) for each in stacks])
    _require_one("tenant", [(each.settings.stack, each.settings.azure.tenant_id) for each in stacks])
    _require_one("cloud", [(each.settings.stack, each.settings.windlass.cloud) for each in stacks])
    shared = _share(wanted, stacks[0].settings)
    before = (None, *(each.settings for each in stacks[:-1]))
    return Bootstrap(
        steps=(
            *_providers(shared, stacks),
            *_shared_steps(shared, stacks),
            *(step for each in stacks for step in _identities(each.settings, shared, subject)),
            *(step for each, one in zip(stacks, before, strict=True) for step in _roles(each, one, shared)),
            *(step for each, one in zip(stacks, before, strict=True) for step in _github(wanted, each, one, shared)),
        ),
        left=tuple(_left(wanted, stacks, shared)),
        doubts=tuple(_doubts(wanted, stacks)),
    )


def _require_one(what: str, told: list[tuple[str, str]]) -> None:
    if len({value for _, value in told}) > 1:
        raise StacksApartError(what, tuple(told))


def _share(wanted: BootstrapSettings, first: StackSettings) -> _Shared:
    state, project = wanted.state, first.windlass.project
    subscription = state.subscription_id or first.azure.subscription_id
    names: SharedNames = shared_names(project, subscription)
    place = Place(
        subscription_id=subscription,
        resource_group=state.resource_group or names.resource_group,
        location=state.location or first.azure.location,
    )
    tags = {"project": project, "owner": first.windlass.owner, "managed-by": "windlass bootstrap"}
    return _Shared(
        group=MakeGroup(place=place, tags=tags),
        account=MakeAccount(
            place=place,
            name=state.storage_account or names.storage_account,
            redundancy=state.redundancy,
            tags=tags,
        ),
        vault=MakeVault(
            place=place,
            name=state.key_vault or names.key_vault,
            tenant_id=first.azure.tenant_id,
            retention_days=VAULT_RETENTION_DAYS,
            tags=tags,
        ),
    )


def _providers(shared: _Shared, stacks: Sequence[StackNeeds]) -> Iterator[RegisterProvider]:
    """Yield each provider of each subscription once, with the first thing that needs it."""
    home = shared.group.place.subscription_id
    wanted = [(home, namespace, reason) for namespace, reason in _SHARED_PROVIDERS.items()]
    for each in stacks:
        subscription = each.settings.azure.subscription_id
        needed = {**_STACK_PROVIDERS, **_more_providers(each)}
        wanted += [
            (subscription, namespace, f"{reason} of {each.settings.stack}") for namespace, reason in needed.items()
        ]
    seen = set[tuple[str, str]]()
    for subscription, namespace, reason in wanted:
        if (subscription, namespace) not in seen:
            seen.add((subscription, namespace))
            yield RegisterProvider(subscription_id=subscription, namespace=namespace, needed_for=reason)


def _more_providers(stack: StackNeeds) -> Mapping[str, str]:
    kubernetes = stack.settings.windlass.kubernetes is not None
    groups = any(folder.serving.compute == "container-instance" for folder in stack.endpoints)
    return {
        **({"Microsoft.ContainerService": "the AKS cluster"} if kubernetes else {}),
        **({"Microsoft.KubernetesConfiguration": "the extension on the AKS cluster"} if kubernetes else {}),
        **({"Microsoft.ContainerInstance": "container groups"} if groups else {}),
    }


def _shared_steps(shared: _Shared, stacks: Sequence[StackNeeds]) -> Iterator[Step]:
    names = [each.settings.stack for each in stacks]
    yield from (shared.group, shared.account, KeepVersions(account=shared.account, days=RETENTION_DAYS))
    yield from (shared.container(stack) for stack in names)
    yield shared.vault
    yield from (shared.key(stack) for stack in names)


def _identity(settings: StackSettings, purpose: WorkflowPurpose, shared: _Shared) -> MakeIdentity:
    name = workflow_identity_name(settings.name_scope, purpose)
    tags = {**shared.group.tags, "stack": settings.stack}
    return MakeIdentity(place=shared.group.place, name=name, stack=settings.stack, purpose=purpose, tags=tags)


def environment_name(stack: str, purpose: WorkflowPurpose) -> str:
    """Name the GitHub environment whose jobs act as an identity."""
    return stack if purpose == "deploy" else f"{stack}-{purpose}"


def _identities(settings: StackSettings, shared: _Shared, subject: Subject) -> Iterator[Step]:
    for purpose in _PURPOSES:
        identity = _identity(settings, purpose, shared)
        yield identity
        environment = environment_name(settings.stack, purpose)
        yield TrustGitHub(identity=identity, name=CREDENTIAL, subject=subject, environment=environment)


def _roles(stack: StackNeeds, before: StackSettings | None, shared: _Shared) -> Iterator[GiveRole]:
    settings = stack.settings
    needed = workflow_roles(settings, stack.endpoints, shared.kept(settings.stack))
    promoted = promotion_roles(before, shared.kept(before.stack)) if before else ()
    seen = set[tuple[str, str, str]]()
    for each in (*needed, *promoted):
        given = _give(each, _identity(settings, each.purpose, shared))
        # What is read of the stack before may be held already, when both stand in one subscription.
        if (given.identity.name, given.role_id, given.scope) not in seen:
            seen.add((given.identity.name, given.role_id, given.scope))
            yield given


def _give(needed: WorkflowRole, identity: MakeIdentity) -> GiveRole:
    return GiveRole(
        identity=identity,
        assignment=grant_name(scope=needed.scope, principal=identity.name, role_id=needed.role.id),
        role_id=needed.role.id,
        role=needed.role.title,
        scope=needed.scope,
        reason=needed.reason,
        condition=needed.condition,
        applied=needed.applied,
    )


def _github(
    wanted: BootstrapSettings, stack: StackNeeds, before: StackSettings | None, shared: _Shared
) -> Iterator[Step]:
    settings = stack.settings
    said = wanted.stacks[settings.stack]
    for purpose in _PURPOSES:
        environment = environment_name(settings.stack, purpose)
        yield _environment(wanted, environment, said if purpose == "deploy" else None)

        def variable(name: str, value: str, environment: str = environment) -> SetVariable:
            return SetVariable(repository=wanted.repository, environment=environment, name=name, value=value)

        yield SetVariable(
            repository=wanted.repository,
            environment=environment,
            name="AZURE_CLIENT_ID",
            client_of=_identity(settings, purpose, shared),
        )
        yield variable("AZURE_TENANT_ID", settings.azure.tenant_id)
        yield variable("AZURE_SUBSCRIPTION_ID", settings.azure.subscription_id)
        yield variable("PULUMI_BACKEND_URL", shared.container(settings.stack).address)
        if before is not None and purpose == "deploy":
            yield variable(FROM_BACKEND, shared.container(before.stack).address)


def _environment(wanted: BootstrapSettings, name: str, said: EnvironmentSettings | None) -> MakeEnvironment:
    if said is None:  # previews run on pull requests: whoever may push a branch may have one
        return MakeEnvironment(repository=wanted.repository, name=name)
    return MakeEnvironment(
        repository=wanted.repository,
        name=name,
        reviewers=said.reviewers,
        prevent_self_review=said.prevent_self_review,
        wait_minutes=said.wait_minutes,
        branch=wanted.branch,
    )


def _left(wanted: BootstrapSettings, stacks: Sequence[StackNeeds], shared: _Shared) -> Iterator[Left]:
    for each in stacks:
        stack, deployers = each.settings.stack, each.settings.windlass.deployers
        yield _make_stack(stack, shared)
        if DEPLOYER not in deployers:
            yield _name_deployer(stack, _identity(each.settings, "deploy", shared))
    yield from (
        Left(
            what=f"When stack {each.settings.stack} has been applied once, run this again: then there is what "
            f"promotions to {after.settings.stack} read"
        )
        for each, after in pairwise(stacks)
    )
    yield Left(
        what=f"Protect branch {wanted.branch} on GitHub: pull requests with a review, the workflow check as a required "
        "one, no pushes past it. Whoever can push to it can deploy"
    )


def _make_stack(stack: str, shared: _Shared) -> Left:
    container, key = shared.container(stack), shared.key(stack)
    roles = ((BLOB_CONTRIBUTOR, container.id), (CRYPTO_USER, key.id))
    return Left(
        what=f"Make stack {stack} as a person who holds the two roles, and commit Pulumi.{stack}.yaml",
        commands=(
            "me=$(az ad signed-in-user show --query id -o tsv)",
            *(f'az role assignment create --role {role.id} --scope {scope} --assignee "$me"' for role, scope in roles),
            f"pulumi login '{container.address}'",
            f"pulumi stack init {stack} --secrets-provider '{key.address}'",
        ),
    )


def _name_deployer(stack: str, identity: MakeIdentity) -> Left:
    return Left(
        what=f"Name {identity.name} in Pulumi.{stack}.yaml under windlass:settings, so that workflows may release "
        "models, with the object id that the first command tells",
        commands=(
            f"az identity show --ids {identity.id} --query principalId -o tsv",
            f"deployers: {{{DEPLOYER}: {{object_id: <object id>, type: ServicePrincipal}}}}",
        ),
    )


def _doubts(wanted: BootstrapSettings, stacks: Sequence[StackNeeds]) -> Iterator[str]:
    by_subscription: dict[str, list[str]] = {}
    for each in stacks:
        by_subscription.setdefault(each.settings.azure.subscription_id, []).append(each.settings.stack)
    for subscription, names in by_subscription.items():
        if len(names) > 1:
            yield (
                f"{_listed(names)} stand in subscription {subscription}, so that whoever deploys one of them may "
                "change the others: give each a subscription of its own"
            )
    yield from (
        f"environment {stack} has no reviewers: whatever reaches {wanted.branch} is applied without anybody's approval"
        for stack in list(wanted.stacks)[1:]
        if not wanted.stacks[stack].reviewers
    )


def _listed(names: Sequence[str]) -> str:
    return f"{', '.join(names[:-1])} and {names[-1]}"


_PURPOSES: Final[tuple[WorkflowPurpose, ...]] = ("deploy", "preview")
