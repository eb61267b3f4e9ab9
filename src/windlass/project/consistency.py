"""What the endpoint folders ask of a stack, held against what the stack has.

Each file may be sound by itself and still ask for something that another does not give. A rule is a pure function
over both that names the file and the key to change.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

from windlass.errors.project import Problem
from windlass.project.choices import Choice, DeploymentChoices
from windlass.project.endpoints import ENDPOINT_FILE, ENDPOINTS_FOLDER, EndpointFolder
from windlass.project.settings import StackSettings

_VM_SIZE = re.compile(r"^Standard_[A-Za-z0-9_]+$", re.IGNORECASE)


def inconsistencies(
    settings: StackSettings, endpoints: Sequence[EndpointFolder], deployments: Sequence[DeploymentChoices]
) -> tuple[Problem, ...]:
    """Find everything that the folders ask for and the stack does not have."""
    chosen = {each.path: each for each in deployments}
    problems = [
        problem
        for folder in endpoints
        for rule in _RULES
        for problem in rule(
            settings, folder, chosen.get(folder.path, DeploymentChoices(model=folder.model, kind=folder.kind))
        )
    ]
    return tuple(problems)


def _there_is_a_kubernetes_cluster(
    settings: StackSettings, folder: EndpointFolder, _: DeploymentChoices
) -> Iterator[Problem]:
    if folder.serving.compute == "kubernetes" and settings.windlass.kubernetes is None:
        yield Problem(
            file=_overlay(settings, folder),
            where="serving.compute",
            what=f"is kubernetes, but Pulumi.{settings.stack}.yaml has no windlass:settings.kubernetes; "
            "add that section, or choose managed or container-instance",
        )


def _kubernetes_knows_the_way_to_sign_in(
    _: StackSettings, folder: EndpointFolder, __: DeploymentChoices
) -> Iterator[Problem]:
    if folder.serving.compute == "kubernetes" and folder.auth_mode == "aad_token":
        yield Problem(
            file=f"{ENDPOINTS_FOLDER}/{folder.path}/{ENDPOINT_FILE}",
            where="auth_mode",
            what="is aad_token, which endpoints on kubernetes (serving.compute) do not know; use key or aml_token",
        )


def _answers_where_the_stack_does(
    settings: StackSettings, folder: EndpointFolder, _: DeploymentChoices
) -> Iterator[Problem]:
    mode, says = settings.windlass.network.mode, folder.public_network_access
    refused = {
        ("private", "enabled"): "nothing of that stack has a public address",
        ("public", "disabled"): "that stack has no private address by which anybody would reach it",
    }
    why = refused.get((mode, says or ""))
    # The network of a brought workspace is not known here, and container groups have a rule of their own.
    known = settings.windlass.bring.workspace is None and folder.serving.compute != "container-instance"
    if why is not None and known:
        yield Problem(
            file=f"{ENDPOINTS_FOLDER}/{folder.path}/{ENDPOINT_FILE}",
            where="public_network_access",
            what=f"is {says}, but network.mode of Pulumi.{settings.stack}.yaml is {mode}: {why}; remove the key",
        )


def _container_groups_are_public_and_open_by_a_key(
    settings: StackSettings, folder: EndpointFolder, _: DeploymentChoices
) -> Iterator[Problem]:
    if folder.serving.compute != "container-instance":
        return
    if settings.windlass.network.mode == "private":
        # A group in a subnet has an address and no name, so no certificate and no switch would hold.
        yield Problem(
            file=_overlay(settings, folder),
            where="serving.compute",
            what=f"is container-instance, which has a public name, but Pulumi.{settings.stack}.yaml says "
            "windlass:settings.network.mode private; choose kubernetes or managed",
        )
    if folder.public_network_access == "disabled":
        yield Problem(
            file=f"{ENDPOINTS_FOLDER}/{folder.path}/{ENDPOINT_FILE}",
            where="public_network_access",
            what="is disabled, but endpoints on container-instance (serving.compute) have a public name",
        )
    if folder.auth_mode != "key":
        yield Problem(
            file=f"{ENDPOINTS_FOLDER}/{folder.path}/{ENDPOINT_FILE}",
            where="auth_mode",
            what=f"is {folder.auth_mode}, but endpoints on container-instance (serving.compute) know key alone",
        )


def _size_of_an_instance_fits_its_compute(
    settings: StackSettings, folder: EndpointFolder, deployment: DeploymentChoices
) -> Iterator[Problem]:
    choice, kubernetes = deployment.instance_type, settings.windlass.kubernetes
    if folder.kind != "online" or choice is None:
        return
    if folder.serving.compute == "managed" and not _VM_SIZE.match(choice.value):
        what = f"{choice.value} is no size of a virtual machine, which serving.compute managed runs on"
        yield _at(choice, f"{what}; write one such as Standard_DS3_v2")
    if folder.serving.compute == "kubernetes" and kubernetes and choice.value not in kubernetes.instance_types:
        known = ", ".join(kubernetes.instance_types)
        what = f"{choice.value} is not in windlass:settings.kubernetes.instance_types of Pulumi.{settings.stack}.yaml"
        yield _at(choice, f"{what} ({known}); choose one of them")


def _batch_runs_on_a_cluster_of_the_stack(
    settings: StackSettings, _: EndpointFolder, deployment: DeploymentChoices
) -> Iterator[Problem]:
    choice, clusters = deployment.compute, settings.windlass.clusters
    name = cluster_name(choice.value) if choice is not None else None
    # A brought workspace may have clusters that nobody here knows.
    if choice is None or name is None or settings.windlass.bring.workspace is not None:
        return
    if name not in clusters:
        known = ", ".join(clusters) or "none"
        what = f"names cluster {name}, which Pulumi.{settings.stack}.yaml does not have"
        yield _at(choice, f"{what} (windlass:settings.clusters: {known}); add it there, or name another")


def _batch_takes_no_more_nodes_than_there_are(
    settings: StackSettings, _: EndpointFolder, deployment: DeploymentChoices
) -> Iterator[Problem]:
    compute, nodes = deployment.compute, deployment.nodes
    name = cluster_name(compute.value) if compute is not None else None
    cluster = settings.windlass.clusters.get(name or "")
    if nodes is not None and cluster is not None and int(nodes.value) > cluster.max_nodes:
        what = f"is {nodes.value}, but cluster {name} grows to {cluster.max_nodes} nodes"
        yield _at(
            nodes, f"{what} (windlass:settings.clusters.{name}.max_nodes in Pulumi.{settings.stack}.yaml); lower it"
        )


def cluster_name(compute: str) -> str | None:
    """Read which cluster a batch deployment names; None when it is given by its ARM id."""
    name = compute.removeprefix("azureml:")
    return None if name.startswith("/") else name


def _at(choice: Choice, what: str) -> Problem:
    return Problem(file=choice.file, where=choice.where, what=what)


def _overlay(settings: StackSettings, folder: EndpointFolder) -> str:
    return f"{ENDPOINTS_FOLDER}/{folder.path}/stacks/{settings.stack}.yml"


_RULES: tuple[Callable[[StackSettings, EndpointFolder, DeploymentChoices], Iterator[Problem]], ...] = (
    _there_is_a_kubernetes_cluster,
    _container_groups_are_public_and_open_by_a_key,
    _kubernetes_knows_the_way_to_sign_in,
    _answers_where_the_stack_does,
    _size_of_an_instance_fits_its_compute,
    _batch_runs_on_a_cluster_of_the_stack,
    _batch_takes_no_more_nodes_than_there_are,
)
