"""Which Kubernetes versions there are, and from which to which a cluster may go. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from windlass_emulator.errors import AzureError

PATCHES: Mapping[str, str] = MappingProxyType({"1.31": "1.31.11", "1.32": "1.32.7", "1.33": "1.33.3", "1.34": "1.34.0"})
"""Minor version -> its newest patch, as of late 2025."""

DEFAULT = "1.33"


def full_version(asked: str) -> str:
    """Return the patch that a version means: `1.33` is the newest of its patches.

    Raises:
        AzureError: 400 for a version that there is not (wording seen in public threads).
    """
    minor = ".".join(asked.split(".")[:2])
    if minor not in PATCHES or asked not in {minor, PATCHES[minor]}:
        raise AzureError(
            400,
            "K8sVersionNotSupported",
            f"Version {asked} is not supported in this region. Please use [az aks get-versions] command to get the "
            f"supported version list in this region: {', '.join(PATCHES)}. For more information, please check "
            "https://aka.ms/supported-version-list",
        )
    return PATCHES[minor]


def require_upgrade(old: str, new: str) -> None:
    """Refuse to go back, or to leave a minor version out.

    Raises:
        AzureError: 400.
    """
    before, after = _minor(old), _minor(new)
    if after < before or after > before + 1:
        direction = "back" if after < before else "past a minor version"
        raise AzureError(
            400,
            "OperationNotAllowed",
            f"Upgrading Kubernetes version {old} to {new} is not allowed: a cluster cannot go {direction}. Available "
            f"upgrades: {', '.join(version for version in PATCHES if _minor(version) in {before, before + 1})}. "
            "Please see https://aka.ms/aks-supported-k8s-ver for version details.",
        )


def _minor(version: str) -> int:
    return int(version.split(".")[1])
