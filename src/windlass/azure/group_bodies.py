"""Container groups as Resource Manager takes and shows them. Pure.

What Azure would not show by itself is kept in tags of the group: which endpoint and deployment it is, what it was
made of, and, where a version replaces another in place, what it has replaced.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from windlass.azure.certificates import Certificate
from windlass.project.serving import ContainerGroup
from windlass.release.models import (
    TAG_MODEL,
    TAG_RELEASE,
    TAG_SHA256,
    Condition,
    CreateDeployment,
    Deployment,
    Style,
)

Json = dict[str, Any]

TAG_ENDPOINT = "windlass.endpoint"
TAG_DEPLOYMENT = "windlass.deployment"
TAG_IMAGE = "windlass.image"
TAG_SERVING = "windlass.serving"
TAG_PREVIOUS = "windlass.previous"
TAG_PREVIOUS_PARTS = "windlass.previous.parts"

CONTAINER = "model"
CERTIFICATE = "WINDLASS_TLS_CERTIFICATE"
PORT = 443
LONGEST_GROUP_NAME = 63
_SECONDS = 1000
_DEFAULT_TIMEOUT_MS, _DEFAULT_QUEUE_MS = 5000, 500
_PROBE = {"initial_delay": "initialDelaySeconds", "period": "periodSeconds", "timeout": "timeoutSeconds"}
_THRESHOLDS = {"failure_threshold": "failureThreshold", "success_threshold": "successThreshold"}


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where groups of one endpoint go and what they share.

    Attributes:
        endpoint: The endpoint's name in Azure.
        location: The region.
        host: The public name, which the certificate is for.
        identity: The id of the identity that they run as.
        client_id: Of that identity.
        registry: The registry's host name.
        tags: Of the stack.
    """

    endpoint: str
    location: str
    host: str
    identity: str
    client_id: str
    registry: str


@dataclass(frozen=True, kw_only=True)
class Secrets:
    """What a group is given and never shows."""

    key: str
    certificate: Certificate

    def __repr__(self) -> str:
        """Show nothing of it."""
        return "Secrets()"


def group_name(endpoint: str, deployment: str, style: Style) -> str:
    """Name the group of a deployment, which is also its label in `<label>.<region>.azurecontainer.io`."""
    if style is Style.RECREATE:
        return endpoint
    name = f"{endpoint}-{deployment}"
    if len(name) <= LONGEST_GROUP_NAME:
        return name
    return f"{endpoint}-{hashlib.sha256(deployment.encode()).hexdigest()[:12]}"


def host_of(label: str, location: str) -> str:
    """The host name that Azure gives to a label."""
    return f"{label}.{location}.azurecontainer.io"


def group_body(
    place: Place, step: CreateDeployment, container: ContainerGroup, content: str, secrets: Secrets, *, label: str
) -> Json:
    """Make the request that creates a group, or replaces what is in it."""
    document = step.definition.document
    # A certificate is no secret: whoever connects is shown it.
    variables = _variables(place, step, content) | {CERTIFICATE: secrets.certificate.chain}
    if container.name is not None:
        variables["WINDLASS_CONNECTION_SECONDS"] = f"{container.name.connection_seconds:g}"
    plain = [{"name": name, "value": value} for name, value in variables.items()]
    secure = {"WINDLASS_KEY": secrets.key, "WINDLASS_TLS_PRIVATE_KEY": secrets.certificate.private_key}
    ports = [{"port": PORT, "protocol": "TCP"}]
    properties = {
        "image": f"{place.registry}/{step.environment}",
        "ports": ports,
        "environmentVariables": [*plain, *({"name": name, "secureValue": value} for name, value in secure.items())],
        "resources": {"requests": {"cpu": container.cpu, "memoryInGB": container.memory_gb}},
        "livenessProbe": _probe("/live", document.get("liveness_probe")),
        "readinessProbe": _probe("/ready", document.get("readiness_probe")),
    }
    return {
        "location": place.location,
        "identity": {"type": "UserAssigned", "userAssignedIdentities": {place.identity: {}}},
        "tags": _tags(place, step),
        "properties": {
            "osType": "Linux",
            "restartPolicy": "Always",
            "containers": [{"name": CONTAINER, "properties": properties}],
            "imageRegistryCredentials": [{"server": place.registry, "identity": place.identity}],
            "ipAddress": {"type": "Public", "ports": ports, "dnsNameLabel": label},
        },
    }


def _variables(place: Place, step: CreateDeployment, content: str) -> dict[str, str]:
    document = step.definition.document
    own = {str(name): str(value) for name, value in (document.get("environment_variables") or {}).items()}
    request = document.get("request_settings") or {}
    return own | {
        "WINDLASS_MODEL": step.model.label,
        "WINDLASS_MODEL_URI": content,
        "WINDLASS_MODEL_SHA256": step.model.sha256,
        "WINDLASS_DEPLOYMENT": step.name,
        "WINDLASS_CLIENT_ID": place.client_id,
        "WINDLASS_CONCURRENCY": str(request.get("max_concurrent_requests_per_instance") or 1),
        "WINDLASS_TIMEOUT_SECONDS": _seconds(request.get("request_timeout_ms") or _DEFAULT_TIMEOUT_MS),
        "WINDLASS_QUEUE_SECONDS": _seconds(request.get("max_queue_wait_ms") or _DEFAULT_QUEUE_MS),
    }


def _seconds(milliseconds: float) -> str:
    return f"{timedelta(milliseconds=milliseconds).total_seconds():g}"


def _probe(path: str, settings: Mapping[str, Any] | None) -> Json:
    asked = {"httpGet": {"path": path, "port": PORT, "scheme": "https"}}
    wanted = settings or {}
    return asked | {
        name: int(wanted[key]) for key, name in (_PROBE | _THRESHOLDS).items() if wanted.get(key) is not None
    }


def _tags(place: Place, step: CreateDeployment) -> dict[str, str]:
    return {
        TAG_ENDPOINT: place.endpoint,
        TAG_DEPLOYMENT: step.name,
        TAG_MODEL: step.model.label,
        TAG_SHA256: step.model.sha256,
        TAG_RELEASE: step.release,
        TAG_IMAGE: step.environment,
        **dict(step.tags),
    }


def tags_of_previous(old: Deployment) -> dict[str, str]:
    """Write down what a version replaces. A tag has 256 characters, so it takes two."""
    return {
        TAG_PREVIOUS: f"{old.name} {old.model} {old.sha256}",
        TAG_PREVIOUS_PARTS: f"{old.release} {old.environment}",
    }


def read_previous(tags: Mapping[str, str]) -> Deployment | None:
    """Read what `tags_of_previous` wrote; None when there is nothing or it is something else."""
    who, parts = tags.get(TAG_PREVIOUS, "").split(" "), tags.get(TAG_PREVIOUS_PARTS, "").split(" ")
    if (len(who), len(parts)) != (3, 2):
        return None
    name, model, sha256 = who
    release, image = parts
    return Deployment(
        name=name, condition=Condition.DEAD, model=model, sha256=sha256, release=release, environment=image, fixed=True
    )


def read_group(group: Json, *, ready: bool, fixed: bool) -> Deployment:
    """Read a group as a deployment.

    Args:
        group: As a GET shows it.
        ready: Whether it answers that it is ready.
        fixed: Whether it is the one that releases by recreate replace the version in.
    """
    tags = group.get("tags") or {}
    condition, state = condition_of(group, ready=ready)
    return Deployment(
        name=str(tags.get(TAG_DEPLOYMENT, group["name"])),
        condition=condition,
        state=state,
        model=tags.get(TAG_MODEL, ""),
        release=tags.get(TAG_RELEASE, ""),
        environment=tags.get(TAG_IMAGE, ""),
        instance_type=_size(group),
        instances=1,
        sha256=tags.get(TAG_SHA256, ""),
        fixed=fixed,
    )


def condition_of(group: Json, *, ready: bool) -> tuple[Condition, str]:
    """Tell what a group is good for, and say it in a word or two.

    Azure calls a group `Succeeded` as soon as its container has begun. Whether it serves, only the container knows;
    that it cannot, one sees in the exit code of the run before.
    """
    properties = group["properties"]
    provisioning = str(properties.get("provisioningState") or "")
    if provisioning == "Failed":
        return Condition.DEAD, provisioning
    if provisioning != "Succeeded":
        return Condition.MOVING, provisioning
    if ready:
        return Condition.READY, "Ready"
    if code := exit_code(group):
        return Condition.DEAD, f"Failed with exit code {code}"
    if str((properties.get("instanceView") or {}).get("state")) == "Stopped":
        return Condition.DEAD, "Stopped"
    return Condition.MOVING, "Starting"


def certificate_of(group: Json) -> str:
    """Return the certificate that a group shows to callers, in PEM; empty when it is not told."""
    variables = group["properties"]["containers"][0]["properties"].get("environmentVariables") or ()
    return next((str(each.get("value") or "") for each in variables if each["name"] == CERTIFICATE), "")


def exit_code(group: Json) -> int:
    """Return the exit code of the container's last run that has ended; 0 when none has failed."""
    view = group["properties"]["containers"][0]["properties"].get("instanceView") or {}
    for moment in (view.get("currentState") or {}, view.get("previousState") or {}):
        if moment.get("exitCode"):
            return int(moment["exitCode"])
    return 0


def _size(group: Json) -> str:
    resources = group["properties"]["containers"][0]["properties"].get("resources") or {}
    requests = resources.get("requests") or {}
    return f"{requests.get('cpu', 0):g} CPU, {requests.get('memoryInGB', 0):g} GB"
