"""The repository itself, the people and teams around it, and how it signs in elsewhere by OpenID Connect."""

from __future__ import annotations

from typing import Final
from urllib.parse import quote, urlsplit

from windlass.errors.github import SubjectCustomizedError
from windlass.github.access import API_URL
from windlass.github.client import Client, path_of
from windlass.github.models import Call, Need, Repository, Reviewer, SubjectForm
from windlass.github.needs import READ_ACTIONS, READ_MEMBERS, READ_REPOSITORY

IMMUTABLE_AFTER: Final = "2026-07-15"
"""Repositories that github.com made after this day have the ids in their subjects (GitHub's docs, OpenID Connect)."""
_AS_DEFAULT: Final = ("repo", "context")
"""A template of these two claims writes what GitHub writes without one."""


def find_repository(client: Client) -> Repository:
    """Read the repository."""
    document = client.get(path_of(client.repository), Call(f"read {client.repository}", READ_REPOSITORY))
    return Repository(
        id=document["id"],
        owner_id=document["owner"]["id"],
        owner=document["owner"]["login"],
        name=document["name"],
        private=bool(document["private"]),
        default_branch=document["default_branch"],
        created=document["created_at"],
    )


def find_user(client: Client, login: str) -> Reviewer:
    """Look up a user as a reviewer.

    Raises:
        GitHubNotFoundError: There is none.
    """
    document = client.get(f"/users/{quote(login, safe='')}", Call(f"find the user {login}", Need("contents", "read")))
    return Reviewer("User", document["id"], document["login"])


def find_team(client: Client, organisation: str, slug: str) -> Reviewer:
    """Look up a team as a reviewer.

    Raises:
        GitHubNotFoundError: There is none.
    """
    path = f"/orgs/{quote(organisation, safe='')}/teams/{quote(slug, safe='')}"
    document = client.get(path, Call(f"find the team {organisation}/{slug}", READ_MEMBERS))
    return Reviewer("Team", document["id"], document["slug"])


def find_subject_form(client: Client) -> SubjectForm:
    """Read how GitHub writes the subject of a job's token."""
    path = path_of(client.repository, "actions", "oidc", "customization", "sub")
    document = client.find(path, Call("read the form of subjects for OpenID Connect", READ_ACTIONS)) or {}
    said = document.get("use_immutable_subject")
    return SubjectForm(
        default=bool(document.get("use_default", True)),
        # A server of one's own knows the older form only.
        immutable=said if said is not None or _is_github_com(client.api_url) else False,
        prefix=document.get("sub_claim_prefix") or "",
        keys=tuple(document.get("include_claim_keys") or ()),
    )


def subject_of(repository: Repository, form: SubjectForm, *, environment: str) -> str:
    """Return the subject of the token of a job that names an environment: what Azure's federated credential holds.

    Args:
        repository: Its names, ids and age.
        form: How GitHub writes subjects for it.
        environment: The job's environment. It wins over branch and pull request.

    Raises:
        SubjectCustomizedError: A template of its own decides, whose claims we cannot foretell.
    """
    if not form.default and form.keys != _AS_DEFAULT:
        raise SubjectCustomizedError(f"{repository.owner}/{repository.name}", form.keys)
    # A colon separates parts, so one within a name is written as %3A.
    return f"{form.prefix or _prefix(repository, form)}:environment:{environment.replace(':', '%3A')}"


def _prefix(repository: Repository, form: SubjectForm) -> str:
    immutable = form.immutable
    if immutable is None:
        immutable = repository.created[: len(IMMUTABLE_AFTER)] > IMMUTABLE_AFTER
    if immutable:
        return f"repo:{repository.owner}@{repository.owner_id}/{repository.name}@{repository.id}"
    return f"repo:{repository.owner}/{repository.name}"


def _is_github_com(api_url: str) -> bool:
    host = urlsplit(api_url).hostname or ""
    return host == urlsplit(API_URL).hostname or host.endswith(".ghe.com")
