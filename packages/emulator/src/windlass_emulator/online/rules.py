"""What Azure accepts of online endpoints and deployments: names, traffic, what never changes, quota. Pure.

The envelope of the inference service's refusals (code BadRequest, one detail whose message is JSON text) was seen
in public threads, and so were the wordings of quota and of a deployment that failed at first; the wordings about
traffic are ours.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping
from typing import Any

from windlass_emulator.errors import AzureError, MlError, invalid_content, ml_refusal
from windlass_emulator.ml.quota import reserved_cores
from windlass_emulator.ml.vm_sizes import FAMILIES, VmSize

ENDPOINTS_PER_REGION = 100
DEPLOYMENTS_PER_ENDPOINT = 20
INSTANCES_PER_DEPLOYMENT = 50
MAX_MIRROR = 50
WHOLE = 100
NAME_RULE = (
    "it must have 3 to 32 characters, begin with a letter, end with a letter or digit and hold only letters, digits "
    "and hyphens"
)
_NAME = re.compile(r"[a-zA-Z]([-a-zA-Z0-9]{1,30}[a-zA-Z0-9])\Z")

AUTH_MODES = ("Key", "AMLToken", "AADToken")
_IDENTITY_SINCE = "2025-01-01"
"""From about here on a PUT without identity is refused (thread of 2026-03); older versions make one up."""


def inference_refusal(field: str, message: str, *, creating: bool = False) -> MlError:
    """400 as the inference service behind the ML service words it.

    Args:
        field: The key of its errors, such as "VmSize"; "" when it names none.
        message: What is wrong.
        creating: Whether it came up while a deployment was made, which has an envelope of its own.
    """
    text = json.dumps({"errors": {field: [message]}, "title": "One or more validation errors occurred."})
    code = "InferencingClientCallFailed"
    if creating:
        code = "InferencingClientCreateDeploymentFailed"
        text = f"InferencingClient HttpRequest error, error detail: {text}"
    detail: dict[str, Any] = {"code": code, "message": text, "details": [], "additionalInfo": []}
    return MlError(400, "BadRequest", "The request is invalid.", details=(detail,))


def require_name(name: str, what: str) -> None:
    """Refuse a name that breaks Azure's rule.

    Raises:
        MlError: 400 with the rule.
    """
    if not _NAME.match(name):
        raise ml_refusal(f"The {what} name '{name}' is invalid: {NAME_RULE}.")


def traffic_problems(traffic: Mapping[str, Any], known: Collection[str]) -> list[str]:
    """Return all that is wrong with a division of traffic; nothing when it is in order.

    Args:
        traffic: Percentages by deployment.
        known: The deployments that can take traffic.
    """
    problems = [
        f"The traffic of '{name}' is {share!r}; it must be a whole number from 0 to {WHOLE}."
        for name, share in traffic.items()
        if not _is_share(share, WHOLE)
    ]
    problems += _unknown("Traffic", traffic, known)
    if not problems and sum(traffic.values()) not in {0, WHOLE}:
        problems.append(f"The traffic adds up to {sum(traffic.values())}; it must be {WHOLE}, or 0 for none.")
    return problems


def mirror_problems(mirror: Mapping[str, Any], traffic: Mapping[str, Any], known: Collection[str]) -> list[str]:
    """Return all that is wrong with mirrored traffic: one deployment, without live traffic, at most half."""
    problems = [
        f"The mirror traffic of '{name}' is {share!r}; it must be a whole number from 0 to {MAX_MIRROR}."
        for name, share in mirror.items()
        if not _is_share(share, MAX_MIRROR)
    ]
    problems += _unknown("Mirror traffic", mirror, known)
    if problems:
        return problems
    used = [name for name, share in mirror.items() if share]
    if len(used) > 1:
        problems.append(f"Traffic can be mirrored to one deployment, not to {', '.join(used)}.")
    problems += [
        f"Deployment '{name}' cannot have mirror traffic beside live traffic." for name in used if traffic.get(name)
    ]
    return problems


def _is_share(share: Any, most: int) -> bool:
    return isinstance(share, int) and not isinstance(share, bool) and 0 <= share <= most


def _unknown(what: str, shares: Mapping[str, Any], known: Collection[str]) -> list[str]:
    return [
        f"{what} names '{name}', but the endpoint has no such deployment in service; it has: "
        f"{', '.join(sorted(known)) or 'none'}."
        for name, share in shares.items()
        if share and name not in known
    ]


def require_traffic(traffic: Mapping[str, Any], mirror: Mapping[str, Any], known: Collection[str]) -> None:
    """Refuse a division of traffic that breaks a rule, with all that is wrong with it.

    Raises:
        MlError: 400.
    """
    problems = traffic_problems(traffic, known)
    problems += [] if problems else mirror_problems(mirror, traffic, known)
    if problems:
        raise inference_refusal("Traffic", " ".join(problems))


def require_identity(body: Mapping[str, Any], api_version: str) -> None:
    """Refuse a new endpoint without identity, in the api-versions that do.

    Raises:
        MlError: 400.
    """
    if not body.get("identity") and api_version >= _IDENTITY_SINCE:
        raise ml_refusal(
            "The identity field is required. Give the endpoint an identity of type SystemAssigned or UserAssigned."
        )


def require_same_endpoint(old: Mapping[str, Any], new: Mapping[str, Any]) -> None:
    """Refuse a change of what an endpoint keeps for life: its location, its identity and its compute.

    Its `properties.properties` do not change either, but are not refused: azure-ai-ml adds times of its own to them
    whenever it sends an endpoint back, and the service lets that pass.

    Raises:
        AzureError: 409 for the location, 400 for the rest.
    """
    if _region(new.get("location")) != _region(old["location"]):
        raise AzureError(
            409,
            "InvalidResourceLocation",
            f"The resource already exists in location '{old['location']}'. "
            f"A resource with the same name cannot be created in location '{new.get('location')}'.",
        )
    compute = (new.get("properties") or {}).get("compute")
    if compute and not _same_compute(str(compute), (old.get("properties") or {}).get("compute")):
        raise ml_refusal("The compute of an online endpoint cannot be changed once the endpoint has been created.")
    if new.get("identity") and _identity(new["identity"]) != _identity(old["identity"]):
        raise ml_refusal("The identity of an online endpoint cannot be changed once the endpoint has been created.")


def _same_compute(sent: str, stored: str | None) -> bool:
    return stored is not None and stored.lower().endswith(
        f"/{sent.rsplit('/', 1)[-1].removeprefix('azureml:').lower()}"
    )


SERVICE_PROPERTIES = ("azureml.onlineendpointid", "AzureAsyncOperationUri", "createdAt", "createdBy", "lastModifiedAt")
"""What the service or azure-ai-ml adds to `properties.properties`; it comes back with a changed endpoint."""


def require_same_deployment(old: Mapping[str, Any], new: Mapping[str, Any]) -> None:
    """Refuse a change of what a deployment keeps for life: its location.

    Raises:
        AzureError: 409.
    """
    if _region(new.get("location")) != _region(old["location"]):
        raise AzureError(
            409,
            "InvalidResourceLocation",
            f"The resource already exists in location '{old['location']}'. "
            f"A resource with the same name cannot be created in location '{new.get('location')}'.",
        )


def _region(location: Any) -> str:
    return str(location or "").replace(" ", "").lower()


def _identity(identity: Mapping[str, Any]) -> tuple[str, frozenset[str]]:
    kind = str(identity.get("type", "")).replace(" ", "").lower()
    return kind, frozenset(key.lower() for key in identity.get("userAssignedIdentities") or {})


def require_location(body: Mapping[str, Any], region: str) -> None:
    """Refuse a body without location, or one that is not the workspace's.

    Raises:
        AzureError: 400.
    """
    if not body.get("location"):
        raise AzureError(400, "LocationRequired", "The location property is required for this definition.")
    if _region(body["location"]) != _region(region):
        raise invalid_content(
            f"The location '{body['location']}' is not that of the workspace, '{region}'.", target="location"
        )


def require_capacity(capacity: Any) -> int:
    """Return the number of instances.

    Raises:
        MlError: 400 when it is not from 1 to the quota of a deployment.
    """
    if not isinstance(capacity, int) or isinstance(capacity, bool) or capacity < 1:
        raise inference_refusal("Sku.Capacity", f"The instance count must be a whole number above 0, not {capacity!r}.")
    if capacity > INSTANCES_PER_DEPLOYMENT:
        raise inference_refusal(
            "Sku.Capacity",
            f"The instance count {capacity} is over the quota of {INSTANCES_PER_DEPLOYMENT} instances per deployment.",
        )
    return capacity


def require_cores(size: VmSize, instances: int, used: int, subscription: str) -> None:
    """Refuse instances for which the family has not enough cores left (wording seen in public threads).

    Raises:
        MlError: 400 with the limit and what would be needed.
    """
    needed = reserved_cores(size, instances)
    limit = FAMILIES[size.family].cores
    if used + needed > limit:
        raise inference_refusal(
            "VmSize",
            f"Not enough quota available for {size.name} in SubscriptionId {subscription}. "
            f"Current usage/limit: {used}/{limit}. Additional needed: {needed} Please see troubleshooting guide, "
            "available here: https://aka.ms/oe-tsg#error-outofquota",
            creating=True,
        )


def require_room(what: str, there: int, quota: int, per: str) -> None:
    """Refuse one more when as many as may are there.

    Raises:
        MlError: 400 that names the quota.
    """
    if there >= quota:
        raise inference_refusal(
            "", f"The quota of {quota} {what} per {per} is reached. Delete one that is no longer needed and try again."
        )


def refuse_traffic_holder(name: str, endpoint: str, shares: Mapping[str, Mapping[str, int]]) -> None:
    """Refuse to delete a deployment that still gets requests.

    Args:
        name: The deployment.
        endpoint: Its endpoint's name.
        shares: Percentages by deployment, by "traffic" and "mirror traffic".

    Raises:
        MlError: 400.
    """
    for what, division in shares.items():
        if share := division.get(name):
            raise inference_refusal(
                "Traffic",
                f"Deployment '{name}' has {share} % of the {what} of endpoint '{endpoint}' and cannot be deleted. "
                "Set it to 0 first.",
            )


def unrecoverable_deployment(name: str) -> MlError:
    """400 for a PUT onto a deployment whose first making failed (wording seen in public threads)."""
    return inference_refusal(
        "",
        f"Specified deployment [{name}] failed during initial provisioning and is in an unrecoverable state. "
        "Delete and re-create.",
    )


def unrecoverable_endpoint(name: str) -> MlError:
    """400 for work on an endpoint whose making failed (wording seen in public threads)."""
    return inference_refusal(
        "", f"Specified endpoint [{name}] has not been created successfully. Please recreate the endpoint."
    )
