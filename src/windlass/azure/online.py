"""Online endpoints: observed and changed over Resource Manager, deployments made with azure-ai-ml.

An endpoint is never sent as a freshly built entity: such a request carries empty traffic and takes the service away.
It is read, its traffic is changed, and it is written back as it was.
"""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from typing import Any

from windlass.azure.failures import describe, innermost_message, patiently
from windlass.azure.workspace import Workspace, accepted
from windlass.errors.azure import AzureNotFoundError
from windlass.errors.release import DeploymentFailedError, EndpointUnreadableError
from windlass.release.models import (
    DIGEST_VARIABLE,
    TAG_BASE,
    TAG_MODEL,
    TAG_RELEASE,
    TAG_SHA256,
    TAG_TARGET,
    Condition,
    CreateDeployment,
    Deployment,
    Endpoint,
)
from windlass.release.status import BatchStatus
from windlass.release.traffic import Traffic

Json = dict[str, Any]

CONTAINERS = {"inference": "InferenceServer", "storage": "StorageInitializer"}
"""The containers that have a log, by our word and Azure's."""

_CONDITIONS = {"Succeeded": Condition.READY, "Failed": Condition.DEAD, "Canceled": Condition.DEAD}
_WRITABLE = ("authMode", "compute", "description", "mirrorTraffic", "properties", "publicNetworkAccess")
_AUTH_MODES = {"key": "key", "amltoken": "aml_token", "aadtoken": "aad_token"}


class AzureOnlineEndpoints:
    """Satisfies `release.ports.OnlineEndpoints`."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._arm = workspace.arm

    def observe(self, endpoint: str) -> Endpoint:
        """Look at an endpoint and all its deployments."""
        found = self._arm.get(f"onlineEndpoints/{endpoint}", f"read endpoint {endpoint}")
        path, what = f"onlineEndpoints/{endpoint}/deployments", f"list the deployments of {endpoint}"
        return read_endpoint(found, tuple(self._arm.list(path, what)))

    def create_deployment(self, endpoint: str, step: CreateDeployment) -> None:
        """Make a deployment and wait until it answers.

        Raises:
            DeploymentFailedError: Azure tried and failed; the deployment is there, dead.
        """
        what = f"create deployment {step.name}"
        patiently(what, lambda: self._create(endpoint, step, what), sleep=self._workspace.sleep)

    def set_traffic(self, endpoint: str, traffic: Traffic, *, target: str, base: Traffic) -> None:
        """Set who serves how much, and what was before, in one request; wait until it holds."""
        path, what = f"onlineEndpoints/{endpoint}", f"set the traffic of {endpoint}"

        def change() -> None:
            # Read again for every attempt: another writer may be why the last one was refused.
            now = self._arm.get(path, f"read endpoint {endpoint}")
            self._arm.put(path, with_traffic(now, traffic, target=target, base=base), what)

        patiently(what, change, sleep=self._workspace.sleep)

    def delete_deployment(self, endpoint: str, deployment: str) -> None:
        """Remove a deployment and wait until it is gone."""
        path, what = f"onlineEndpoints/{endpoint}/deployments/{deployment}", f"delete deployment {deployment}"
        patiently(what, lambda: self._arm.delete(path, what), sleep=self._workspace.sleep)

    def logs(self, endpoint: str, deployment: str, *, lines: int, container: str = "inference") -> str:
        """Read the end of a container's log."""
        answer = self._arm.post(
            f"onlineEndpoints/{endpoint}/deployments/{deployment}/getLogs",
            {"tail": lines, "containerType": CONTAINERS[container]},
            f"read the log of deployment {deployment}",
        )
        return str(answer.get("content") or "")

    def find(self, endpoint: str) -> Endpoint | None:
        """Look at an endpoint that may be gone."""
        try:
            return self.observe(endpoint)
        except AzureNotFoundError:
            return None

    def find_batch(self, endpoint: str) -> BatchStatus | None:
        """Look at a batch endpoint that may be gone."""
        path = f"batchEndpoints/{endpoint}"
        found = self._arm.find(path, f"read batch endpoint {endpoint}")
        if found is None:
            return None
        deployments = self._arm.list(f"{path}/deployments", f"list the deployments of {endpoint}")
        return read_batch_endpoint(found, tuple(deployments))

    def _create(self, endpoint: str, step: CreateDeployment, what: str) -> None:
        with self._workspace.sdk(what) as client:
            from azure.ai.ml import load_online_deployment
            from azure.core.exceptions import HttpResponseError

            source = io.StringIO(json.dumps(deployment_document(endpoint, step)))
            with accepted(step.definition.file):
                entity = load_online_deployment(source, relative_origin=str(step.definition.file))
                poller = client.online_deployments.begin_create_or_update(entity)
            try:
                poller.result()
            except HttpResponseError as error:
                # Azure took the request, so the deployment is there, and did not come up: the version's fault.
                message = innermost_message(error.error, error.message)
                raise DeploymentFailedError(step.name, message, details=describe(error)) from error


def deployment_document(endpoint: str, step: CreateDeployment) -> Json:
    """Fill in what a release decides; everything else goes to azure-ai-ml as the user wrote it."""
    document = dict(step.definition.document)
    if step.definition.serving.compute == "kubernetes":
        document["type"] = "kubernetes"
    tags = {TAG_MODEL: step.model.label, TAG_SHA256: step.model.sha256, TAG_RELEASE: step.release}
    variables = dict(document.get("environment_variables") or {})
    if step.model.sha256:
        variables.setdefault(DIGEST_VARIABLE, step.model.sha256)
    count = {} if step.instances is None else {"instance_count": step.instances}
    return (
        document
        | count
        | {
            "name": step.name,
            "endpoint_name": endpoint,
            "model": f"azureml:{step.model.label}",
            "environment": f"azureml:{step.environment}",
            "environment_variables": variables,
            "tags": {
                **(document.get("tags") or {}),
                **{name: value for name, value in tags.items() if value},
                **dict(step.tags),
            },
        }
    )


def with_traffic(endpoint: Json, traffic: Traffic, *, target: str, base: Traffic) -> Json:
    """Make the request that changes an endpoint's traffic and leaves everything else as it was read."""
    properties = {name: endpoint["properties"].get(name) for name in _WRITABLE}
    tags = {name: value for name, value in (endpoint.get("tags") or {}).items() if name not in {TAG_TARGET, TAG_BASE}}
    if target:
        tags |= {TAG_TARGET: target, TAG_BASE: str(base) or "none"}
    body = {
        "location": endpoint["location"],
        "tags": tags,
        "identity": _writable_identity(endpoint.get("identity")),
        "kind": endpoint.get("kind"),
        "sku": endpoint.get("sku"),
        "properties": _present(properties) | {"traffic": traffic.as_dict()},
    }
    return _present(body)


def read_endpoint(resource: Json, deployments: tuple[Json, ...] = ()) -> Endpoint:
    """Read an endpoint as Resource Manager shows it.

    Raises:
        EndpointUnreadableError: Its traffic or our tags on it are not what they must be.
    """
    properties, tags = resource["properties"], resource.get("tags") or {}
    name = resource["name"]
    base = tags.get(TAG_BASE, "none")
    try:
        traffic = Traffic.of(properties.get("traffic") or {})
        before = Traffic() if base == "none" else Traffic.parse(base)
    except ValueError as error:
        raise EndpointUnreadableError(name, str(error)) from error
    return Endpoint(
        name=name,
        traffic=traffic,
        deployments=tuple(_read_deployment(each) for each in deployments),
        target=tags.get(TAG_TARGET, ""),
        base=before,
        scoring_uri=properties.get("scoringUri") or "",
        auth_mode=_AUTH_MODES.get(str(properties.get("authMode")).lower(), "key"),
        compute=properties.get("compute") or "",
    )


def _read_deployment(resource: Json) -> Deployment:
    properties, tags = resource["properties"], resource.get("tags") or {}
    state = str(properties.get("provisioningState") or "")
    return Deployment(
        name=resource["name"],
        condition=_CONDITIONS.get(state, Condition.MOVING),
        state=state,
        model=tags.get(TAG_MODEL) or _label(properties.get("model")),
        release=tags.get(TAG_RELEASE, ""),
        environment=_label(properties.get("environmentId")),
        sha256=tags.get(TAG_SHA256, ""),
        instance_type=properties.get("instanceType") or "",
        instances=int((resource.get("sku") or {}).get("capacity") or 0),
    )


def _label(reference: str | None) -> str:
    """Shorten `.../models/churn/versions/2` to `churn:2`."""
    parts = (reference or "").split("/")
    return f"{parts[-3]}:{parts[-1]}" if "versions" in parts[-2:-1] else (reference or "")


def _writable_identity(identity: Mapping[str, Any] | None) -> Json | None:
    """Keep what may be sent: Azure fills in principals itself, and lets nobody change an endpoint's identity."""
    if identity is None:
        return None
    users: Json = {name: {} for name in identity.get("userAssignedIdentities") or {}}
    return {"type": identity["type"], **({"userAssignedIdentities": users} if users else {})}


def _present(document: Mapping[str, Any]) -> Json:
    return {key: value for key, value in document.items() if value is not None}


def read_batch_endpoint(resource: Json, deployments: tuple[Json, ...]) -> BatchStatus:
    """Read a batch endpoint as Resource Manager shows it."""
    defaults = resource["properties"].get("defaults") or {}
    return BatchStatus(
        name=resource["name"],
        default=defaults.get("deploymentName") or "",
        deployments=tuple(
            (
                each["name"],
                str(each["properties"].get("provisioningState") or ""),
                _label((each["properties"].get("model") or {}).get("assetId")),
            )
            for each in deployments
        ),
    )
