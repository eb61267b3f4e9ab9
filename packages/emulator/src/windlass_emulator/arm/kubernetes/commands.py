"""What is done to an AKS cluster rather than described of it: credentials, and the few commands that prepare one."""

from __future__ import annotations

import base64
import shlex
import uuid
from typing import TYPE_CHECKING, Any

from windlass_emulator.arm import common
from windlass_emulator.arm.kubernetes.ids import CLUSTER, require_cluster
from windlass_emulator.arm.kubernetes.namespaces import MADE_BY_COMMANDS, namespaces_of
from windlass_emulator.clock import arm_time
from windlass_emulator.errors import AzureError, NotEmulatedError
from windlass_emulator.feature import Feature
from windlass_emulator.http import Answer, Handler, Request, Route

if TYPE_CHECKING:
    from windlass_emulator.azure import LocalAzure
    from windlass_emulator.store import Resource

_RESULTS = "command results"


def feature() -> Feature:
    """Return credentials and commands of clusters."""
    return Feature(
        "kubernetes commands",
        routes=(
            _route("POST", f"{CLUSTER}/listClusterAdminCredential", _list_admin_credential),
            _route("POST", f"{CLUSTER}/listClusterUserCredential", _list_user_credential),
            _route("POST", f"{CLUSTER}/listClusterMonitoringUserCredential", _list_monitoring_credential),
            _route("POST", f"{CLUSTER}/runCommand", _run_command),
            _route("GET", f"{CLUSTER}/commandResults/{{command}}", _get_result),
        ),
    )


def _route(method: str, template: str, handler: Handler) -> Route:
    return Route(method, template, handler, provenance="specified")


async def _list_admin_credential(request: Request) -> Answer:
    """Get the kubeconfig of a cluster's administrator."""
    cluster = require_cluster(request)
    if cluster.body["properties"].get("disableLocalAccounts"):
        raise AzureError(
            400,
            "BadRequest",
            "Getting static credential is not allowed because this cluster is set to disable local accounts.",
        )
    return _credential(cluster, "clusterAdmin")


async def _list_user_credential(request: Request) -> Answer:
    """Get the kubeconfig of a cluster's users."""
    return _credential(require_cluster(request), "clusterUser")


async def _list_monitoring_credential(request: Request) -> Answer:
    """Get the kubeconfig with which a cluster is monitored."""
    return _credential(require_cluster(request), "clusterMonitoringUser")


def _credential(cluster: Resource, user: str) -> Answer:
    """Write a kubeconfig. It leads nowhere: there is no Kubernetes here whose API could be called."""
    host = cluster.body["properties"]["fqdn"]
    text = (
        "apiVersion: v1\nkind: Config\n"
        f"clusters:\n- name: {cluster.name}\n  cluster: {{server: 'https://{host}:443'}}\n"
        f"users:\n- name: {user}_{cluster.name}\n  user: {{}}\n"
        f"contexts:\n- name: {cluster.name}\n  context: {{cluster: {cluster.name}, user: {user}_{cluster.name}}}\n"
        f"current-context: {cluster.name}\n"
    )
    return Answer(200, {"kubeconfigs": [{"name": user, "value": base64.b64encode(text.encode()).decode()}]})


async def _run_command(request: Request) -> Answer:
    """Run kubectl on a cluster: namespaces are made and listed, anything else is refused by name."""
    cluster, azure = require_cluster(request, for_write=True), request.azure
    sent = common.checked_body(request, "kubernetes command")
    if common.value_at(cluster.body["properties"], "apiServerAccessProfile.disableRunCommand"):
        raise AzureError(400, "RunCommandDisabled", f"Run command is disabled on the cluster '{cluster.name}'.")
    code, logs = run(azure, cluster, str(sent.get("command") or ""))
    now = arm_time(azure.clock.now())
    told = {"provisioningState": "Succeeded", "exitCode": code, "logs": logs, "startedAt": now, "finishedAt": now}
    result = {"id": uuid.uuid4().hex, "properties": told}
    results = azure.store.fact(cluster.id, _RESULTS, {})
    azure.store.set_fact(cluster.id, _RESULTS, {**results, result["id"]: result})
    return Answer(200, result)


def run(azure: LocalAzure, cluster: Resource, command: str) -> tuple[int, str]:
    """Return the exit code and the output of a command.

    Raises:
        NotEmulatedError: It is none of the few that are known here.
    """
    match shlex.split(command):
        case ["kubectl", "get", "namespaces" | "namespace" | "ns"]:
            rows = [f"{name:<20} Active" for name in sorted(namespaces_of(azure, cluster.id))]
            return 0, "\n".join([f"{'NAME':<20} STATUS", *rows, ""])
        case ["kubectl", "create", "namespace" | "ns", name]:
            if name in namespaces_of(azure, cluster.id):
                return 1, f'Error from server (AlreadyExists): namespaces "{name}" already exists\n'
            made: list[Any] = azure.store.fact(cluster.id, MADE_BY_COMMANDS, [])
            azure.store.set_fact(cluster.id, MADE_BY_COMMANDS, [*made, name])
            return 0, f"namespace/{name} created\n"
    raise NotEmulatedError(f"the command '{command}' on a Kubernetes cluster (only creating and listing namespaces)")


async def _get_result(request: Request) -> Answer:
    """Get what a command on a cluster has said."""
    cluster = require_cluster(request)
    results = request.azure.store.fact(cluster.id, _RESULTS, {})
    name = request.params["command"]
    if name not in results:
        raise AzureError(404, "NotFound", f"There is no result of a command '{name}'.")
    return Answer(200, results[name])
