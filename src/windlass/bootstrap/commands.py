"""Writes a bootstrap as commands of the Azure CLI and the GitHub CLI, for a team that does it by hand. Pure.

The script can be run twice: its commands make what is missing, and write again what is there.
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final, assert_never

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
from windlass.bootstrap.plan import AUDIENCE, ISSUER
from windlass.project.roles import IDENTITY_TYPE

API_VERSION: Final = "2026-03-10"
"""The version of GitHub's API that tells how a repository is named in tokens."""
KEY_VERSION: Final = "2024-11-01"
KEY_TYPE: Final = "RSA"
KEY_SIZE: Final = 3072
KEY_OPERATIONS: Final = ("encrypt", "decrypt", "wrapKey", "unwrapKey")


def commands_of(step: Step) -> Iterator[str]:
    """Yield the commands that do a step, in their order and for one shell: one asks for what the next one names.

    What is asked for is assigned first, so that a question that fails ends a script under `set -e`.
    """
    match step:
        case RegisterProvider():
            namespace, subscription = step.namespace, step.subscription_id
            yield f"az provider register --namespace {namespace} --subscription {subscription}"
        case MakeGroup() | MakeAccount() | KeepVersions() | MakeContainer() | MakeVault() | MakeKey() | MakeIdentity():
            yield _in_azure(step)
        case TrustGitHub():
            yield from _trust(step)
        case GiveRole():
            yield from _role(step)
        case MakeEnvironment():
            yield from _environment(step)
        case SetVariable():
            yield from _variable(step)
        case _:
            assert_never(step)


def script_of(bootstrap: Bootstrap, *, with_left: bool = True) -> str:
    """Write all commands as one shell script, each with what it is for, and what is left to people."""
    lines = [
        "#!/bin/sh",
        "# What workflows need in Azure and on GitHub, once. Sign in first: az login, gh auth login.",
        "set -eu",
    ]
    for step in bootstrap.steps:
        lines += ["", *(f"# {line}" for line in _comment(step)), *commands_of(step)]
    if with_left:
        lines += ["", *(f"# {line}" for line in describe_left(bootstrap.left))]
    return "\n".join(lines) + "\n"


def describe_left(left: Iterable[Left]) -> Iterator[str]:
    """Say what is left to people, line by line."""
    for number, each in enumerate(left, start=1):
        yield f"Left to do, {number}: {each.what}{':' if each.commands else '.'}"
        yield from (f"    {command}" for command in each.commands)


def _comment(step: Step) -> Iterator[str]:
    from windlass.bootstrap.report import describe_reason, describe_step

    yield describe_step(step)
    if reason := describe_reason(step):
        yield f"  {reason}"


def _in_azure(  # noqa: PLR0911 - one line for each kind of step
    step: MakeGroup | MakeAccount | KeepVersions | MakeContainer | MakeVault | MakeKey | MakeIdentity,
) -> str:
    match step:
        case MakeGroup(place=place):
            named = f"--name {place.resource_group} --subscription {place.subscription_id}"
            return f"az group create {named} --location {place.location} {_tags(step.tags)}"
        case MakeAccount():
            return (
                f"az storage account create --name {step.name} {_in(step.place)} --location {step.place.location} "
                f"--sku {step.redundancy} --kind StorageV2 --https-only true --min-tls-version TLS1_2 "
                f"--allow-shared-key-access false --allow-blob-public-access false {_tags(step.tags)}"
            )
        case KeepVersions(account=account, days=days):
            return (
                f"az storage account blob-service-properties update --account-name {account.name} {_in(account.place)} "
                f"--enable-versioning true --enable-delete-retention true --delete-retention-days {days} "
                f"--enable-container-delete-retention true --container-delete-retention-days {days}"
            )
        case MakeContainer(account=account):
            named = f"--name {step.name} --storage-account {account.name}"
            return f"az storage container-rm create {named} {_in(account.place)}"
        case MakeVault():
            return (
                f"az keyvault show --name {step.name} {_in(step.place)} >/dev/null 2>&1 || "
                f"az keyvault create --name {step.name} {_in(step.place)} --location {step.place.location} "
                f"--enable-rbac-authorization true --enable-purge-protection true "
                f"--retention-days {step.retention_days} {_tags(step.tags)}"
            )
        case MakeKey():
            # Not `az keyvault key create`: that needs a role for data, and makes a new version each time.
            address = f"https://management.azure.com{step.id}?api-version={KEY_VERSION}"
            return f"az rest --method put --url {shlex.quote(address)} --body {_json(key_body())} --output none"
        case MakeIdentity():
            return f"az identity create --name {step.name} {_in(step.place)} {_tags(step.tags)}"
        case _:
            assert_never(step)


def key_body() -> dict[str, Any]:
    """The body of a key, as Azure Resource Manager takes it; a key that exists is answered and not changed."""
    return {"properties": {"kty": KEY_TYPE, "keySize": KEY_SIZE, "keyOps": list(KEY_OPERATIONS)}}


def prefix_of(subject: Subject) -> str | None:
    """Begin the subjects of a repository; None when GitHub has to be asked."""
    if subject.prefix:
        return subject.prefix
    owner, _, name = subject.repository.partition("/")
    if subject.form == "names":
        return f"repo:{owner}/{name}"
    if subject.form == "ask" or subject.owner_id is None or subject.repository_id is None:
        return None
    return f"repo:{owner}@{subject.owner_id}/{name}@{subject.repository_id}"


def subject_of(prefix: str, environment: str) -> str:
    """Name the jobs of an environment as GitHub does in their tokens; Azure compares letter for letter.

    A colon in a name is written %3A (docs.github.com, OpenID Connect reference).
    """
    return f"{prefix}:environment:{environment.replace(':', '%3A')}"


def _trust(step: TrustGitHub) -> Iterator[str]:
    prefix, subject = prefix_of(step.subject), f'"$repository":environment:{step.environment}'
    if prefix is not None:
        subject = shlex.quote(subject_of(prefix, step.environment))
    elif step.subject.form == "ids":
        query = '"repo:\\(.owner.login)@\\(.owner.id)/\\(.name)@\\(.id)"'
        yield f"repository=$(gh api repos/{step.subject.repository} --jq {shlex.quote(query)})"
    else:
        # A repository that tells no prefix would otherwise be trusted under the name "null".
        query = '.sub_claim_prefix // error("say subject: names or subject: ids in bootstrap.yml")'
        address = f"-H 'X-GitHub-Api-Version: {API_VERSION}' repos/{step.subject.repository}"
        yield f"repository=$(gh api {address}/actions/oidc/customization/sub --jq {shlex.quote(query)})"
    yield (
        f"az identity federated-credential create --name {step.name} --identity-name {step.identity.name} "
        f"{_in(step.identity.place)} --issuer {ISSUER} --audiences {AUDIENCE} --subject {subject}"
    )


def _role(step: GiveRole) -> Iterator[str]:
    limited = f" --condition-version 2.0 --condition {shlex.quote(step.condition)}" if step.condition else ""
    command = (
        f"az role assignment create --name {step.assignment} --role {step.role_id} --scope {step.scope} "
        f'--assignee-object-id "$principal" --assignee-principal-type {IDENTITY_TYPE}{limited}'
    )
    yield f"principal=$(az identity show --ids {step.identity.id} --query principalId -o tsv)"
    if step.applied:
        yield (
            f"if az resource show --ids {step.scope} >/dev/null 2>&1; then {command}; "
            f"else echo 'Not yet: stack {step.applied} has not been applied' >&2; fi"
        )
    else:
        yield command


def _variable(step: SetVariable) -> Iterator[str]:
    value = shlex.quote(step.value)
    if step.client_of is not None:
        yield f"client=$(az identity show --ids {step.client_of.id} --query clientId -o tsv)"
        value = '"$client"'
    yield f"gh variable set {step.name} --repo {step.repository} --env {step.environment} --body {value}"


def _environment(step: MakeEnvironment) -> Iterator[str]:
    """Yield the commands of an environment.

    A rule that is not wanted is not named: on a private repository some plans refuse a body that names it at all.
    """
    address = f"repos/{step.repository}/environments/{step.name}"
    fields = [
        *([f"-F wait_timer={step.wait_minutes}"] if step.wait_minutes else []),
        *(["-F prevent_self_review=true"] if step.prevent_self_review else []),
    ]
    for number, reviewer in enumerate(step.reviewers, start=1):
        owner, is_team, team = reviewer.partition("/")
        asked = f"orgs/{owner}/teams/{team}" if is_team else f"users/{owner}"
        yield f"reviewer{number}=$(gh api {asked} --jq .id)"
        kind = "Team" if is_team else "User"
        fields += [f"-F 'reviewers[][type]={kind}' -F \"reviewers[][id]=$reviewer{number}\""]
    if step.branch:
        policy = "deployment_branch_policy"
        fields += [f"-F '{policy}[protected_branches]=false' -F '{policy}[custom_branch_policies]=true'"]
    yield " ".join(("gh api --method PUT", address, *fields, "--silent"))
    if step.branch:
        policies = f"{address}/deployment-branch-policies"
        found = f"gh api {policies} --jq '.branch_policies[].name' | grep -qxF {shlex.quote(step.branch)}"
        yield f"{found} || gh api --method POST {policies} -f name={shlex.quote(step.branch)} --silent"


def _in(place: Place) -> str:
    return f"--resource-group {place.resource_group} --subscription {place.subscription_id}"


def _tags(tags: Mapping[str, str]) -> str:
    return "--tags " + " ".join(shlex.quote(f"{name}={value}") for name, value in tags.items())


def _json(document: Any) -> str:
    return shlex.quote(json.dumps(document))
