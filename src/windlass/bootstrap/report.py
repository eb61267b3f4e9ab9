"""Tells a bootstrap to people and to programs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any, assert_never

from windlass.bootstrap.commands import commands_of, prefix_of, subject_of
from windlass.bootstrap.models import (
    Bootstrap,
    GiveRole,
    KeepVersions,
    MakeAccount,
    MakeContainer,
    MakeEnvironment,
    MakeGroup,
    MakeIdentity,
    MakeKey,
    MakeVault,
    RegisterProvider,
    SetVariable,
    Step,
    TrustGitHub,
)
from windlass.bootstrap.perform import Outcome, Result
from windlass.bootstrap.ports import KnownIdentity
from windlass.bootstrap.shared import environment_name

COLUMNS = ("", "step", "because")
IDENTITY_COLUMNS = ("identity", "GitHub environment", "client id", "object id")


def describe_step(step: Step) -> str:  # noqa: PLR0911, C901, PLR0912 - one line for each kind of step
    """Say what has to be there, in one line."""
    match step:
        case RegisterProvider():
            return f"resource provider {step.namespace} in subscription {step.subscription_id}"
        case MakeGroup(place=place):
            return f"resource group {place.resource_group} in {place.location}"
        case MakeAccount():
            return f"storage account {step.name}, without shared keys"
        case KeepVersions():
            return f"versions of every state in {step.account.name}, and what is deleted for {step.days} days"
        case MakeContainer():
            return f"container {step.name} in {step.account.name}"
        case MakeVault():
            return f"key vault {step.name}, which nobody can purge"
        case MakeKey():
            return f"key {step.name} in {step.vault.name}"
        case MakeIdentity():
            return f"managed identity {step.name}"
        case TrustGitHub():
            return f"{step.identity.name} trusts {_described_subject(step)}"
        case GiveRole():
            limited = ", limited by a condition" if step.condition else ""
            return f"{step.identity.name} has {step.role} on {_short(step.scope)}{limited}"
        case MakeEnvironment():
            return f"GitHub environment {step.name}{_described_rules(step)}"
        case SetVariable():
            value = f"the client id of {step.client_of.name}" if step.client_of else step.value
            return f"variable {step.name} of GitHub environment {step.environment}: {value}"
        case _:
            assert_never(step)


def describe_reason(step: Step) -> str:
    """Say what for, where the step does not say it itself."""
    match step:
        case RegisterProvider():
            return f"for {step.needed_for}"
        case MakeContainer():
            return f"holds the state of {step.stack}"
        case MakeKey():
            return f"encrypts the secrets in the state of {step.stack}"
        case MakeIdentity():
            verb = "write" if step.purpose == "deploy" else "only read"
            return f"workflows {verb} {step.stack} as it"
        case GiveRole():
            return f"to {step.reason}"
        case _:
            return ""


def step_rows(bootstrap: Bootstrap) -> list[tuple[str, str, str]]:
    """Give the rows of a table of all steps, see COLUMNS."""
    return [
        (str(number), describe_step(step), describe_reason(step))
        for number, step in enumerate(bootstrap.steps, start=1)
    ]


def step_as_json(step: Step) -> dict[str, Any]:
    """Give a step as plain values; `step` names its kind."""
    return {
        "step": type(step).__name__,
        "what": describe_step(step),
        "because": describe_reason(step),
        **({"id": step.id} if hasattr(step, "id") else {}),
        **({"condition": step.condition} if isinstance(step, GiveRole) and step.condition else {}),
        "commands": list(commands_of(step)),
    }


def bootstrap_as_json(bootstrap: Bootstrap) -> dict[str, Any]:
    """Give a bootstrap as plain values."""
    return {
        "steps": [step_as_json(step) for step in bootstrap.steps],
        "left": _left_as_json(bootstrap),
        "doubts": list(bootstrap.doubts),
    }


def describe_outcome(outcome: Outcome) -> str:
    """Say what became of a step, in one line."""
    note = f" ({outcome.note})" if outcome.note else ""
    return f"{outcome.result.value}: {describe_step(outcome.step)}{note}"


def describe_outcomes(outcomes: Sequence[Outcome]) -> str:
    """Say on one line what became of all steps."""
    counted = Counter(outcome.result for outcome in outcomes)
    if set(counted) == {Result.THERE}:
        return "Everything is there; nothing was changed."
    return f"{', '.join(f'{counted[result]} {result.value}' for result in Result if counted[result])}."


def outcomes_as_json(plan: Bootstrap, outcomes: Sequence[Outcome], roles: Bootstrap | None) -> dict[str, Any]:
    """Give what became of a bootstrap as plain values.

    Args:
        plan: Everything that has to be there.
        outcomes: What became of each step that was done.
        roles: The roles that are left to somebody else, if they are.
    """
    return {
        "steps": [
            {**step_as_json(outcome.step), "result": outcome.result.value, "note": outcome.note} for outcome in outcomes
        ],
        "roles": [step_as_json(step) for step in roles.steps] if roles else [],
        "left": _left_as_json(plan),
        "doubts": list(plan.doubts),
    }


def identity_rows(identities: Iterable[tuple[MakeIdentity, KnownIdentity]]) -> list[tuple[str, ...]]:
    """Give the rows of a table of identities, see IDENTITY_COLUMNS."""
    return [
        (each.name, environment_name(each.stack, each.purpose), known.client_id, known.object_id)
        for each, known in identities
    ]


def identities_as_json(identities: Iterable[tuple[MakeIdentity, KnownIdentity]]) -> list[dict[str, str]]:
    """Give identities as plain values."""
    keys = ("name", "environment", "client_id", "object_id")
    return [dict(zip(keys, row, strict=True)) for row in identity_rows(identities)]


def _left_as_json(bootstrap: Bootstrap) -> list[dict[str, Any]]:
    return [{"what": each.what, "commands": list(each.commands)} for each in bootstrap.left]


def _described_subject(step: TrustGitHub) -> str:
    prefix = prefix_of(step.subject)
    if prefix is None:
        how = "with ids" if step.subject.form == "ids" else "as GitHub tells"
        return f"environment {step.environment} of {step.subject.repository}, named {how}"
    return subject_of(prefix, step.environment)


def _described_rules(step: MakeEnvironment) -> str:
    rules = [
        *([f"only from {step.branch}"] if step.branch else []),
        *([f"approved by {' or '.join(step.reviewers)}"] if step.reviewers else []),
        *(["not by whoever started it"] if step.prevent_self_review else []),
        *([f"after {step.wait_minutes} minutes"] if step.wait_minutes else []),
    ]
    return f": {', '.join(rules)}" if rules else ""


def _short(scope: str) -> str:
    """Name a scope by the end of its id."""
    *_, kind, name = scope.split("/")
    words = {"subscriptions": "subscription", "containers": "container", "keys": "key", "workspaces": "workspace"}
    return f"{words.get(kind, kind)} {name}"
