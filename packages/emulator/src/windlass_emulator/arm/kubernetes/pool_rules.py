"""What Azure accepts of pools of nodes, what it fills in, and how many cores they take. Pure, but for counting."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from windlass_emulator.arm.common import value_at, with_defaults
from windlass_emulator.arm.kubernetes.ids import POOL_TYPE, invalid, missing
from windlass_emulator.arm.kubernetes.versions import full_version
from windlass_emulator.errors import AzureError, MlError, OperationFailedError
from windlass_emulator.ml.vm_sizes import FAMILIES, SIZES, VmSize, find_size

if TYPE_CHECKING:
    from windlass_emulator.azure import LocalAzure

_NAME = re.compile(r"[a-z][a-z0-9]{0,11}\Z")
_MOST_NODES = 1000
_SYSTEM_CORES, _SYSTEM_MEMORY = 2, 4
FIXED = (
    "vmSize",
    "osType",
    "osDiskType",
    "osDiskSizeGB",
    "vnetSubnetID",
    "podSubnetID",
    "availabilityZones",
    "maxPods",
    "scaleSetPriority",
    "enableNodePublicIP",
)
"""What a pool keeps for life."""


def require_pool(name: str, pool: Mapping[str, Any], location: str) -> None:
    """Refuse a pool that Azure would refuse.

    Raises:
        AzureError: 400.
    """
    if not _NAME.match(name):
        raise invalid(
            "agentPool.name",
            f"'{name}' must start with a lowercase letter, have max length of 12, and only have characters a-z0-9.",
        )
    size = size_of(pool.get("vmSize"), location)
    _require_counts(name, pool)
    if pool.get("mode") == "System":
        _require_system(name, pool, size)
    if (version := pool.get("orchestratorVersion")) is not None:
        full_version(str(version))


def size_of(name: Any, location: str) -> VmSize:
    """Return a machine size.

    Raises:
        AzureError: 400 (wording seen in public threads).
    """
    if not name:
        raise missing("properties.vmSize")
    try:
        return find_size(str(name))
    except MlError as error:
        known = ", ".join(size.name.lower() for size in SIZES)
        raise AzureError(
            400,
            "BadRequest",
            f"The VM size of {name} is not allowed in your subscription in location '{location}'. "
            f"The available VM sizes are '{known}'. For more details, please visit https://aka.ms/cpu-quota",
        ) from error


def _require_counts(name: str, pool: Mapping[str, Any]) -> None:
    count, least, most = (pool.get(key) for key in ("count", "minCount", "maxCount"))
    if count is None:
        raise missing("properties.count")
    if not pool.get("enableAutoScaling"):
        if least is not None or most is not None:
            raise invalid(
                "agentPoolProfile.minCount", "minCount and maxCount need enableAutoScaling, which is not true."
            )
        _require_within(name, count, 0, _MOST_NODES)
        return
    if least is None or most is None:
        raise missing("agentPoolProfile.minCount" if least is None else "agentPoolProfile.maxCount")
    if not 0 <= least <= most <= _MOST_NODES:
        raise invalid("agentPoolProfile.maxCount", f"0 <= minCount ({least}) <= maxCount ({most}) <= {_MOST_NODES}.")
    _require_within(name, count, least, most)


def _require_within(name: str, count: Any, least: int, most: int) -> None:
    if not isinstance(count, int) or not least <= count <= most:
        raise invalid("agentPoolProfile.count", f"AgentPool '{name}' has count {count}; it must be {least} to {most}.")


def _require_system(name: str, pool: Mapping[str, Any], size: VmSize) -> None:
    if pool.get("scaleSetPriority") == "Spot":
        raise invalid("agentPoolProfile.scaleSetPriority", f"System agent pool '{name}' cannot be of priority Spot.")
    if (pool.get("minCount") if pool.get("enableAutoScaling") else pool["count"]) == 0:
        raise invalid("agentPoolProfile.count", f"System agent pool '{name}' must have at least one node.")
    if pool.get("osType") == "Windows":
        raise invalid("agentPoolProfile.osType", f"System agent pool '{name}' must run Linux.")
    if size.cores < _SYSTEM_CORES or size.memory < _SYSTEM_MEMORY:
        raise AzureError(
            400,
            "SystemPoolSkuTooLow",
            f"The VM SKU chosen for System agent pool '{name}' is too small: {size.name} has {size.cores} cores and "
            f"{size.memory:g} GB. Use at least {_SYSTEM_CORES} cores and {_SYSTEM_MEMORY} GB. For more information, "
            "please check https://aka.ms/aks/system-node-pool",
        )


def complete_pool(sent: Mapping[str, Any], before: Mapping[str, Any], version: str) -> dict[str, Any]:
    """Return a pool as the service stores it (defaults as recorded in 2025).

    Raises:
        AzureError: 409 for a change of what a pool keeps for life.
    """
    kept = {key: value for key, value in before.items() if key not in _LIVE}
    asked = {key: value for key, value in sent.items() if value is not None and key not in {"name", "status"}}
    for key in FIXED:
        if key in asked and key in kept and asked[key] != kept[key]:
            raise AzureError(
                409,
                "PropertyChangeNotAllowed",
                f"Changing property 'properties.{key}' is not allowed.",
                target=f"properties.{key}",
            )
    pool = with_defaults({**kept, **asked}, _DEFAULTS)
    if pool["scaleSetPriority"] == "Regular":
        pool.pop("scaleSetEvictionPolicy", None)
    full = full_version(str(pool.get("orchestratorVersion") or version))
    return {
        **pool,
        "currentOrchestratorVersion": full,
        "orchestratorVersion": str(pool.get("orchestratorVersion") or version),
        "nodeImageVersion": f"AKSUbuntu-2204gen2containerd-{full.replace('.', '')}",
    }


_LIVE = frozenset({"provisioningState", "powerState", "nodeImageVersion", "currentOrchestratorVersion"})
_DEFAULTS: Mapping[str, Any] = {
    "osType": "Linux",
    "osSKU": "Ubuntu",
    "osDiskType": "Managed",
    "osDiskSizeGB": 128,
    "kubeletDiskType": "OS",
    "maxPods": 250,
    "type": "VirtualMachineScaleSets",
    "mode": "User",
    "enableAutoScaling": False,
    "enableNodePublicIP": False,
    "enableEncryptionAtHost": False,
    "enableFIPS": False,
    "enableUltraSSD": False,
    "scaleDownMode": "Delete",
    "scaleSetPriority": "Regular",
    "upgradeSettings": {"maxSurge": "10%"},
    "securityProfile": {"enableVTPM": False, "enableSecureBoot": False},
    "powerState": {"code": "Running"},
}


# Cores


def most_nodes(pool: Mapping[str, Any]) -> int:
    """Return how many nodes a pool may come to have."""
    return int(pool["maxCount"] if pool.get("enableAutoScaling") else pool["count"])


def require_cores(azure: LocalAzure, location: str, wanted: Mapping[str, Mapping[str, Any]]) -> None:
    """Refuse nodes for which the region has not enough cores, inside the operation, as the service does.

    AKS draws on the quota of Microsoft.Compute, which is another one than Azure ML's.

    Args:
        azure: Where to look.
        location: The region.
        wanted: The pools that are made or changed, by the id that they have or will have.

    Raises:
        OperationFailedError: With the wording seen in public threads.
    """
    needed: dict[str, int] = {}
    for pool in wanted.values():
        size = find_size(pool["vmSize"])
        needed[size.family] = needed.get(size.family, 0) + pool["count"] * size.cores
    others = [pool for pool in azure.store.of_type(POOL_TYPE) if pool.id.lower() not in {key.lower() for key in wanted}]
    for family, cores in needed.items():
        used = _used((pool.body["properties"] for pool in others), family)
        limit = FAMILIES[family].cores
        if used + cores > limit:
            raise OperationFailedError(
                "QuotaExceeded",
                f"Operation could not be completed as it results in exceeding approved {family} Cores quota. "
                f"Additional details - Deployment Model: Resource Manager, Location: {location}, Current Limit: "
                f"{limit}, Current Usage: {used}, Additional Required: {cores}, (Minimum) New Limit Required: "
                f"{used + cores}.",
            )


def _used(pools: Iterable[Mapping[str, Any]], family: str) -> int:
    sizes = ((find_size(pool["vmSize"]), int(pool["count"])) for pool in pools)
    return sum(size.cores * count for size, count in sizes if size.family == family)


def labels_of(name: str, pool: Mapping[str, Any]) -> dict[str, str]:
    """Return the labels of a pool's nodes: its own, and those that AKS gives them."""
    own: dict[str, str] = dict(value_at(pool, "nodeLabels") or {})
    return {**own, "agentpool": name, "kubernetes.azure.com/agentpool": name}
