"""What Azure refuses of a container group, and what the local Azure does not run."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from windlass_emulator.arm.common import Draft
from windlass_emulator.containers.kind import FQDN_SUFFIX, KIND
from windlass_emulator.errors import AzureError, NotEmulatedError, invalid_content
from windlass_emulator.images import images

if TYPE_CHECKING:
    from windlass_emulator.azure import LocalAzure

RESTART_POLICIES = ("Always", "OnFailure", "Never")
MOST_CPU, MOST_MEMORY = 4.0, 16.0
_LABEL = re.compile(r"(?=.{5,63}\Z)[a-z]([a-z0-9-]*[a-z0-9])?")
_NOT_RUN = (
    *("confidentialComputeProperties", "containerGroupProfile", "diagnostics", "dnsConfig", "encryptionProperties"),
    *("extensions", "initContainers", "standbyPoolProfile", "volumes"),
)
_NOT_RUN_OF_A_CONTAINER = ("command", "configMap", "securityContext", "volumeMounts")


def check(azure: LocalAzure, draft: Draft) -> None:
    """Refuse a group that Azure would, and by name one that is not run here.

    Raises:
        AzureError: As Azure words it.
        NotEmulatedError: It asks for something else than a server of one container.
    """
    _check_emulated(draft)
    container = _one_container(draft)
    _check_resources(draft.name, container)
    _check_variables(container)
    _check_address(azure, draft)
    _check_updates(draft)
    _check_image(azure, draft, container)


def _check_emulated(draft: Draft) -> None:
    properties = draft.properties
    for part in _NOT_RUN:
        if properties.get(part):
            raise NotEmulatedError(f"a container group with '{part}'")
    if str(properties["osType"]).lower() != "linux":
        raise NotEmulatedError(f"a container group with osType '{properties['osType']}'")
    if (
        str(properties.get("sku") or "Standard") != "Standard"
        or str(properties.get("priority") or "Regular") != "Regular"
    ):
        raise NotEmulatedError("a container group with another sku than Standard or another priority than Regular")
    policy = properties.get("restartPolicy") or "Always"
    if policy not in RESTART_POLICIES:
        raise invalid_content(
            f"The restart policy '{policy}' is none of {', '.join(RESTART_POLICIES)}.", target="restartPolicy"
        )


def _one_container(draft: Draft) -> dict[str, Any]:
    containers = draft.properties["containers"]
    if not containers:
        raise invalid_content("The container group has no containers.", target="properties.containers")
    if len(containers) > 1:
        raise NotEmulatedError("a container group of several containers")
    container: dict[str, Any] = containers[0]
    properties = container.get("properties") or {}
    if not re.fullmatch(KIND.name.pattern, str(container.get("name", ""))):
        raise AzureError(
            400,
            "InvalidContainerName",
            f"The container name '{container.get('name')}' in container group '{draft.name}' is invalid. "
            f"{KIND.name.sentence}",
        )
    if not properties.get("image"):
        raise AzureError(
            400,
            "MissingImageName",
            f"The image of container '{container['name']}' in container group '{draft.name}' is missing.",
        )
    for part in _NOT_RUN_OF_A_CONTAINER:
        if properties.get(part):
            raise NotEmulatedError(f"a container with '{part}'")
    for probe in ("livenessProbe", "readinessProbe"):
        if (properties.get(probe) or {}).get("exec"):
            raise NotEmulatedError("a probe that runs a command in a container")
    return container


def _check_resources(group: str, container: Mapping[str, Any]) -> None:
    requests = ((container["properties"].get("resources") or {}).get("requests")) or {}
    if requests.get("gpu"):
        raise NotEmulatedError("a container with a GPU")
    cpu, memory = requests.get("cpu"), requests.get("memoryInGB")
    if cpu is None or memory is None:
        raise AzureError(
            400,
            "ResourceRequestsNotSpecified",
            f"The resource requests of container '{container['name']}' in container group '{group}' are missing: "
            "cpu and memoryInGB.",
        )
    if not (0 < float(cpu) <= MOST_CPU and 0 < float(memory) <= MOST_MEMORY):
        raise AzureError(
            400,
            "ResourceRequestsExceedLimits",
            f"The requested resource is not available: a container group may have {MOST_CPU:g} CPU and "
            f"{MOST_MEMORY:g} GB, and '{group}' asks for {float(cpu):g} CPU and {float(memory):g} GB.",
        )


def _check_variables(container: Mapping[str, Any]) -> None:
    for variable in container["properties"].get("environmentVariables") or []:
        if not variable.get("name"):
            raise invalid_content("An environment variable has no name.", target="environmentVariables")
        if variable.get("value") is not None and variable.get("secureValue") is not None:
            raise AzureError(
                400,
                "InvalidEnvironmentVariable",
                f"The environment variable '{variable['name']}' has both a value and a secure value.",
            )


def _check_address(azure: LocalAzure, draft: Draft) -> None:
    address = draft.properties.get("ipAddress")
    if not address:
        return
    kind = address.get("type")
    if kind not in {"Public", "Private"}:
        raise invalid_content("The type of an IP address is Public or Private.", target="ipAddress.type")
    if not address.get("ports"):
        raise invalid_content("An IP address needs ports.", target="ipAddress.ports")
    container = draft.properties["containers"][0]["properties"]
    listening = {port.get("port") for port in container.get("ports") or []}
    for port in address["ports"]:
        if port.get("port") not in listening:
            raise AzureError(
                400,
                "InvalidIPAddressPort",
                f"The port '{port.get('port')}' of the IP address of container group '{draft.name}' is not a port of "
                "a container.",
            )
    _check_subnet(azure, draft, kind)
    if address.get("dnsNameLabel"):
        _check_label(azure, draft, str(address["dnsNameLabel"]), kind)


def _check_label(azure: LocalAzure, draft: Draft, label: str, kind: str) -> None:
    if kind == "Private":
        raise AzureError(
            400,
            "DnsNameLabelNotSupported",
            f"The DNS name label of container group '{draft.name}' needs a public IP address.",
        )
    if not _LABEL.fullmatch(label):
        raise AzureError(
            400,
            "InvalidDnsNameLabel",
            f"The DNS name label '{label}' in container group '{draft.name}' is invalid. It can contain only lowercase "
            "letters, numbers and hyphens. The first character must be a letter. The last character must be a letter "
            "or number. The value must be between 5 and 63 characters long.",
        )
    for other in azure.store.of_type(KIND.type):
        taken = (other.body["properties"].get("ipAddress") or {}).get("dnsNameLabel")
        if (taken, other.body["location"]) == (label, draft.location) and other.id.lower() != draft.id.lower():
            raise AzureError(
                409,
                "DnsNameLabelNotAvailable",
                f"The DNS name label '{label}' in container group '{draft.name}' not available. Try using a different "
                "label.",
            )


def _check_subnet(azure: LocalAzure, draft: Draft, kind: str) -> None:
    subnets = draft.properties.get("subnetIds") or []
    if bool(subnets) != (kind == "Private"):
        raise AzureError(
            400,
            "InvalidIPAddressType",
            f"Container group '{draft.name}' needs both a subnet and an IP address of type Private, or neither.",
        )
    for subnet in subnets:
        stored = azure.store.get(str(subnet.get("id", "")))
        if stored is None:
            raise AzureError(
                400,
                "SubnetNotFound",
                f"The subnet '{subnet.get('id')}' of container group '{draft.name}' is not found.",
            )
        if not _is_delegated(stored.body):
            raise AzureError(
                400,
                "SubnetMissingRequiredDelegation",
                f"Subnet {stored.id} requires any of the following delegation(s) [{KIND.type}] to reference service "
                f"association link {stored.id}/serviceAssociationLinks/acisal.",
            )


def _is_delegated(subnet: Mapping[str, Any]) -> bool:
    delegations = subnet["properties"].get("delegations") or []
    names = [str((each.get("properties") or {}).get("serviceName", "")).lower() for each in delegations]
    return KIND.type.lower() in names


def _check_updates(draft: Draft) -> None:
    if draft.existing is None:
        return
    before, after = _fixed(draft.existing.body["properties"]), _fixed(draft.properties)
    if before != after:
        raise AzureError(
            400,
            "InvalidContainerGroupUpdate",
            f"The updates on container group '{draft.name}' are invalid. If you are going to update the os type, "
            "restart policy, network profile, CPU, memory or GPU resources for a container group, you must delete it "
            "first and then create a new one.",
        )


def _fixed(properties: Mapping[str, Any]) -> tuple[Any, ...]:
    requests = properties["containers"][0]["properties"]["resources"]["requests"]
    return (
        str(properties["osType"]).lower(),
        properties.get("restartPolicy") or "Always",
        float(requests["cpu"]),
        float(requests["memoryInGB"]),
        sorted(str(subnet["id"]).lower() for subnet in properties.get("subnetIds") or []),
        (properties.get("ipAddress") or {}).get("type"),
    )


def _check_image(azure: LocalAzure, draft: Draft, container: Mapping[str, Any]) -> None:
    image = str(container["properties"]["image"])
    server = image.partition("/")[0]
    credentials = draft.properties.get("imageRegistryCredentials") or []
    mine = next((each for each in credentials if each.get("server") == server), None)
    assigned = {name.lower() for name in (draft.body.get("identity") or {}).get("userAssignedIdentities") or {}}
    if mine and mine.get("identity") and str(mine["identity"]).lower() not in assigned:
        raise AzureError(
            400,
            "InvalidImageRegistryCredentialIdentity",
            f"The identity '{mine['identity']}' that pulls the image is not assigned to container group "
            f"'{draft.name}'.",
        )
    try:
        images.find(azure, image)
        images.require_pull(azure, image, mine)
    except images.InaccessibleError as error:
        raise AzureError(
            400,
            "InaccessibleImage",
            f"The image '{image}' in container group '{draft.name}' is not accessible. Please check the image and "
            "registry credential.",
        ) from error


def address_of(draft: Draft, before: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return the IP address of a group as a GET shows it: the address stays for as long as the group does."""
    sent = draft.properties.get("ipAddress")
    if not sent:
        return None
    digest = hashlib.sha256(draft.id.lower().encode()).digest()
    first = "10.1" if sent["type"] == "Private" else "20.50"
    shown: dict[str, Any] = {**sent, "ip": before.get("ip") or f"{first}.{digest[0]}.{digest[1] or 1}"}
    if label := sent.get("dnsNameLabel"):
        shown["fqdn"] = f"{label}.{draft.location}.{FQDN_SUFFIX}"
        shown.setdefault("autoGeneratedDomainNameLabelScope", "Unsecure")
    return shown
