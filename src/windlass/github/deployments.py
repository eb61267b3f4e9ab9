"""Deployments: what the repository's page shows as live where, since when, by which commit."""

from __future__ import annotations

from typing import Any, Final

from windlass.github.client import Client, path_of
from windlass.github.models import Call, Deployment, DeploymentState
from windlass.github.needs import WRITE_DEPLOYMENTS

DESCRIPTION_LIMIT: Final = 140
"""Characters of a status's description (GitHub's REST reference, deployment statuses)."""


def find_deployment(client: Client, environment: str, commit: str) -> Deployment | None:
    """Return the newest deployment of a commit to an environment.

    GitHub makes one itself for each job that names an environment, so most of the time there is one.
    """
    call = Call(f"list the deployments to {environment}", WRITE_DEPLOYMENTS)
    found = client.pages(path_of(client.repository, "deployments"), call, environment=environment, sha=commit)
    newest = max(found, key=lambda each: each["id"], default=None)
    return _deployment(newest) if newest is not None else None


def make_deployment(client: Client, environment: str, commit: str, description: str) -> Deployment:
    """Make a deployment, whatever checks the commit has passed or not: we deploy, GitHub only shows it."""
    call = Call(f"make a deployment to {environment}", WRITE_DEPLOYMENTS)
    body = {
        "ref": commit,
        "environment": environment,
        "description": shorten(description),
        "auto_merge": False,
        "required_contexts": [],
    }
    return _deployment(client.post(path_of(client.repository, "deployments"), body, call))


def put_status(
    client: Client,
    deployment: Deployment,
    state: DeploymentState,
    *,
    description: str = "",
    url: str = "",
    log: str = "",
) -> None:
    """Say how a deployment stands.

    Args:
        client: Reaches the repository.
        deployment: Which.
        state: Where it is now.
        description: A sentence, cut to 140 characters.
        url: Where what was deployed is reached.
        log: Where the run is read.
    """
    call = Call(f"set the status of the deployment to {deployment.environment}", WRITE_DEPLOYMENTS)
    given = {"description": shorten(description), "environment_url": url, "log_url": log}
    body = {"state": state.value, **{name: value for name, value in given.items() if value}}
    client.post(path_of(client.repository, "deployments", deployment.id, "statuses"), body, call)


def shorten(text: str) -> str:
    """Cut a description to what GitHub takes."""
    line = " ".join(text.split())
    return line if len(line) <= DESCRIPTION_LIMIT else f"{line[: DESCRIPTION_LIMIT - 1].rstrip()}…"


def _deployment(document: Any) -> Deployment:
    return Deployment(document["id"], document["environment"], document["sha"])
