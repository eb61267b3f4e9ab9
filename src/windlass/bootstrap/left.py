"""What a bootstrap leaves to people, and what of it may be meant otherwise than it is written. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from windlass.bootstrap.models import Left, MakeIdentity
from windlass.bootstrap.roles import BLOB_CONTRIBUTOR, CRYPTO_USER, DEPLOYER, promotion_gaps
from windlass.bootstrap.settings import BootstrapSettings
from windlass.bootstrap.shared import Shared, StackNeeds, identity_of


def what_is_left(wanted: BootstrapSettings, stacks: Sequence[StackNeeds], shared: Shared) -> Iterator[Left]:
    """Yield what people have to do, in the order in which it can be done."""
    for each in stacks:
        stack, deployers = each.settings.stack, each.settings.windlass.deployers
        yield _make_stack(stack, shared)
        if DEPLOYER not in deployers:
            yield _name_deployer(stack, identity_of(each.settings, "deploy", shared))
    yield from (
        Left(
            what=f"When stack {each.settings.stack} has been applied once, run this again: then there is what "
            f"promotions to {after.settings.stack} read"
        )
        for each, after in pairwise(stacks)
    )
    yield from (
        Left(
            what=f"Have its owner give {identity_of(after.settings, 'deploy', shared).name} the role {role.title} on "
            f"{what} that stack {each.settings.stack} brings: promotions to {after.settings.stack} read there"
        )
        for each, after in pairwise(stacks)
        for role, what in promotion_gaps(each.settings)
    )
    yield Left(
        what=f"Protect branch {wanted.branch} on GitHub: pull requests with a review, the workflow check as a required "
        "one, no pushes past it. Whoever can push to it can deploy"
    )


def _make_stack(stack: str, shared: Shared) -> Left:
    container, key = shared.container(stack), shared.key(stack)
    roles = ((BLOB_CONTRIBUTOR, container.id), (CRYPTO_USER, key.id))
    return Left(
        what=f"Make stack {stack} as a person who holds the two roles, and commit Pulumi.{stack}.yaml",
        commands=(
            "me=$(az ad signed-in-user show --query id -o tsv)",
            *(f"az role assignment create --role '{r.title}' --scope {scope} --assignee \"$me\"" for r, scope in roles),
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


def doubts_about(wanted: BootstrapSettings, stacks: Sequence[StackNeeds], shared: Shared) -> Iterator[str]:
    """Yield what may be meant otherwise, each a sentence."""
    yield from _shared_subscriptions(stacks, shared.group.place.subscription_id)
    yield from (
        f"environment {stack} has no reviewers: whatever reaches {wanted.branch} is applied without anybody's approval"
        for stack in list(wanted.stacks)[1:]
        if not wanted.stacks[stack].reviewers
    )


def _shared_subscriptions(stacks: Sequence[StackNeeds], home: str) -> Iterator[str]:
    """Yield where roles on a subscription reach what they are not meant for."""
    by_subscription: dict[str, list[str]] = {}
    for each in stacks:
        by_subscription.setdefault(each.settings.azure.subscription_id, []).append(each.settings.stack)
    for subscription, names in by_subscription.items():
        if len(names) > 1:
            yield (
                f"{_listed(names)} stand in subscription {subscription}, so that whoever deploys one of them may "
                "change the others: give each a subscription of its own"
            )
    if home in by_subscription and len(stacks) > 1:
        yield (
            f"the state of all stacks stands in subscription {home}, where whoever deploys {by_subscription[home][0]} "
            "is Contributor and can open it to itself: name a subscription without stacks as state.subscription_id"
        )


def _listed(names: Sequence[str]) -> str:
    return f"{', '.join(names[:-1])} and {names[-1]}"
