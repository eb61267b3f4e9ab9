"""The virtual machine sizes that the local Azure knows, and how many cores of each family a region allows.

A machine size is a label here: the processes run on this machine. The figures make plans and refusals real.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from windlass_emulator.errors import ml_refusal


@dataclass(frozen=True, slots=True)
class VmSize:
    """One size.

    Attributes:
        name: Such as `Standard_DS3_v2`.
        family: Such as `standardDSv2Family`.
        cores: vCPUs.
        memory: GB.
        gpus: Number of GPUs.
    """

    name: str
    family: str
    cores: int
    memory: float
    gpus: int = 0


@dataclass(frozen=True, slots=True)
class Family:
    """One family of sizes.

    Attributes:
        name: Such as `standardDSv2Family`.
        title: As Azure writes it for people.
        cores: Cores that a region allows to one subscription.
    """

    name: str
    title: str
    cores: int


FAMILIES: Mapping[str, Family] = MappingProxyType(
    {
        family.name: family
        for family in (
            Family("standardDSv2Family", "Standard DSv2 Family", 100),
            Family("standardDSv3Family", "Standard DSv3 Family", 100),
            Family("standardDDSv4Family", "Standard DDSv4 Family", 100),
            Family("standardESv3Family", "Standard ESv3 Family", 100),
            Family("standardFSv2Family", "Standard FSv2 Family", 100),
            Family("Standard NCASv3_T4 Family", "Standard NCASv3_T4 Family", 0),
        )
    }
)
"""Cores per family and region. A new subscription has none of GPU families."""

SIZES: tuple[VmSize, ...] = (
    VmSize("Standard_DS1_v2", "standardDSv2Family", 1, 3.5),
    VmSize("Standard_DS2_v2", "standardDSv2Family", 2, 7),
    VmSize("Standard_DS3_v2", "standardDSv2Family", 4, 14),
    VmSize("Standard_DS4_v2", "standardDSv2Family", 8, 28),
    VmSize("Standard_DS5_v2", "standardDSv2Family", 16, 56),
    VmSize("Standard_D2s_v3", "standardDSv3Family", 2, 8),
    VmSize("Standard_D4s_v3", "standardDSv3Family", 4, 16),
    VmSize("Standard_D8s_v3", "standardDSv3Family", 8, 32),
    VmSize("Standard_D16s_v3", "standardDSv3Family", 16, 64),
    VmSize("Standard_D2ds_v4", "standardDDSv4Family", 2, 8),
    VmSize("Standard_D4ds_v4", "standardDDSv4Family", 4, 16),
    VmSize("Standard_D8ds_v4", "standardDDSv4Family", 8, 32),
    VmSize("Standard_E2s_v3", "standardESv3Family", 2, 16),
    VmSize("Standard_E4s_v3", "standardESv3Family", 4, 32),
    VmSize("Standard_E8s_v3", "standardESv3Family", 8, 64),
    VmSize("Standard_F2s_v2", "standardFSv2Family", 2, 4),
    VmSize("Standard_F4s_v2", "standardFSv2Family", 4, 8),
    VmSize("Standard_F8s_v2", "standardFSv2Family", 8, 16),
    VmSize("Standard_NC4as_T4_v3", "Standard NCASv3_T4 Family", 4, 28, gpus=1),
    VmSize("Standard_NC8as_T4_v3", "Standard NCASv3_T4 Family", 8, 56, gpus=1),
)

_BY_NAME = MappingProxyType({size.name.lower(): size for size in SIZES})


def find_size(name: str) -> VmSize:
    """Return a size by its name in any case.

    Raises:
        MlError: 400 naming the sizes that the local Azure knows.
    """
    if size := _BY_NAME.get(name.lower()):
        return size
    raise ml_refusal(
        f"The virtual machine size '{name}' is not available in this region. "
        f"Known here: {', '.join(size.name for size in SIZES)}."
    )
