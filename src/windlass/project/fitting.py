"""Whether the deployments of an endpoint fit what the stack serves it on. Pure.

Azure would refuse these too, but only in the middle of a release, after the model was uploaded.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from windlass.errors.project import DefinitionError, Problem
from windlass.project.definitions import DeploymentDefinition, OnlineDefinition
from windlass.project.outputs import KubernetesOutput, StackOutputs

_LONGEST_REQUEST_MS: Final = 300_000
_OF_MANAGED_ALONE: Final = ("egress_public_network_access",)


def require_fitting(definition: OnlineDefinition, outputs: StackOutputs, compute: str) -> None:
    """Refuse deployments that the endpoint's compute cannot have.

    Args:
        definition: What a release would make.
        outputs: What the stack has.
        compute: The id of the attached cluster that serves the endpoint; empty for Azure ML's own instances.

    Raises:
        DefinitionError: With all that does not fit, by file and key.
    """
    problems = tuple(_problems(definition, outputs, compute))
    if problems:
        raise DefinitionError(definition.name, problems)


def _problems(definition: OnlineDefinition, outputs: StackOutputs, compute: str) -> Iterator[Problem]:
    chosen = definition.deployment.serving.compute
    there = "kubernetes" if compute else "managed"
    overlay = f"endpoints/{definition.name}/online/stacks/{outputs.stack}.yml"
    if chosen in {"kubernetes", "managed"} and chosen != there:
        what = f"is {chosen}, but the endpoint was made for {there}, and Azure keeps that for its life; make it anew"
        yield Problem(file=overlay, where="serving.compute", what=f"{what} (protection.released_endpoints)")
    if chosen != "kubernetes":
        return
    if outputs.kubernetes is None:
        what = f"is kubernetes, but stack {outputs.stack} has no AKS cluster; add windlass:settings.kubernetes"
        yield Problem(file=overlay, where="serving.compute", what=what)
        return
    yield from _on_kubernetes(definition, outputs.kubernetes, overlay)


def _on_kubernetes(definition: OnlineDefinition, cluster: KubernetesOutput, overlay: str) -> Iterator[Problem]:
    deployment = definition.deployment
    document = deployment.document

    def at(key: str, what: str, below: str = "") -> Problem:
        where = f"{key}.{below}" if below else key
        if key in deployment.overlaid:
            return Problem(file=overlay, where=f"deployment.{where}", what=what)
        return Problem(file=f"endpoints/{definition.name}/online/deployment.yml", where=where, what=what)

    size = document.get("instance_type")
    if size is not None and size not in cluster.instance_types:
        known = ", ".join(cluster.instance_types)
        yield at("instance_type", f"{size} is no instance type of the AKS cluster ({known}); choose one of them")
    if document.get("type") not in {None, "kubernetes"}:
        yield at("type", f"is {document['type']}, but the endpoint is served on kubernetes; remove it")
    for key in _OF_MANAGED_ALONE:
        if key in document:
            yield at(key, "is for managed endpoints alone; set it to null in the overlay of the stack")
    if _longest_request(deployment) > _LONGEST_REQUEST_MS:
        what = f"is more than {_LONGEST_REQUEST_MS}, the longest that Kubernetes endpoints wait; lower it"
        yield at("request_settings", what, "request_timeout_ms")


def _longest_request(deployment: DeploymentDefinition) -> int:
    settings = deployment.document.get("request_settings")
    value = settings.get("request_timeout_ms") if isinstance(settings, dict) else None
    return value if isinstance(value, int) else 0
