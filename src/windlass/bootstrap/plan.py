"""Decides what has to be there for workflows to deploy stacks. Pure.

Everything that stacks share stands in one resource group: the storage account with a container for the state of each
stack, the key vault with a key for each, and the identities. Each stack has two identities. `deploy` writes, and only
jobs of the GitHub environment `<stack>` sign in as it; `preview` reads, for jobs of `<stack>-preview`, which run the
code of pull requests.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from windlass.bootstrap.left import doubts_about, what_is_left
from windlass.bootstrap.models import (
    Bootstrap,
    GiveRole,
    KeepVersions,
    MakeEnvironment,
    MakeIdentity,
    RegisterProvider,
    SetVariable,
    Step,
    Subject,
    TrustGitHub,
)
from windlass.bootstrap.roles import (
    WorkflowRole,
    promotion_roles,
    workflow_roles,
)
from windlass.bootstrap.settings import BootstrapSettings, EnvironmentSettings
from windlass.bootstrap.shared import Shared, StackNeeds, environment_name, identity_of, share
from windlass.errors.bootstrap import StacksApartError
from windlass.project.names import WorkflowPurpose, grant_name
from windlass.project.settings import StackSettings

RETENTION_DAYS: Final = 30
"""How long a deleted state can be had back."""
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
    shared = share(wanted, stacks[0].settings)
    before = (None, *(each.settings for each in stacks[:-1]))
    return Bootstrap(
        steps=(
            *_providers(shared, stacks),
            *_shared_steps(shared, stacks),
            *(step for each in stacks for step in _identities(each.settings, shared, subject)),
            *(step for each, one in zip(stacks, before, strict=True) for step in _roles(each, one, shared)),
            *(step for each, one in zip(stacks, before, strict=True) for step in _github(wanted, each, one, shared)),
        ),
        left=tuple(what_is_left(wanted, stacks, shared)),
        doubts=tuple(doubts_about(wanted, stacks, shared)),
    )


def _require_one(what: str, told: list[tuple[str, str]]) -> None:
    if len({value for _, value in told}) > 1:
        raise StacksApartError(what, tuple(told))


def _providers(shared: Shared, stacks: Sequence[StackNeeds]) -> Iterator[RegisterProvider]:
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


def _shared_steps(shared: Shared, stacks: Sequence[StackNeeds]) -> Iterator[Step]:
    names = [each.settings.stack for each in stacks]
    yield from (shared.group, shared.account, KeepVersions(account=shared.account, days=RETENTION_DAYS))
    yield from (shared.container(stack) for stack in names)
    yield shared.vault
    yield from (shared.key(stack) for stack in names)


def _identities(settings: StackSettings, shared: Shared, subject: Subject) -> Iterator[Step]:
    for purpose in _PURPOSES:
        identity = identity_of(settings, purpose, shared)
        yield identity
        environment = environment_name(settings.stack, purpose)
        yield TrustGitHub(identity=identity, name=CREDENTIAL, subject=subject, environment=environment)


def _roles(stack: StackNeeds, before: StackSettings | None, shared: Shared) -> Iterator[GiveRole]:
    settings = stack.settings
    needed = workflow_roles(settings, stack.endpoints, shared.kept(settings.stack))
    promoted = promotion_roles(before, shared.kept(before.stack)) if before else ()
    seen = set[tuple[str, str, str]]()
    for each in (*needed, *promoted):
        given = _give(each, identity_of(settings, each.purpose, shared))
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
    wanted: BootstrapSettings, stack: StackNeeds, before: StackSettings | None, shared: Shared
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
            client_of=identity_of(settings, purpose, shared),
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


_PURPOSES: Final[tuple[WorkflowPurpose, ...]] = ("deploy", "preview")
