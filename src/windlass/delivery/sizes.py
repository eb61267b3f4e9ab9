"""How many cores a size of virtual machine has, and of which family: what a quota is counted in. Pure.

From the names, as Azure forms them (learn.microsoft.com/azure/virtual-machines/vm-naming-conventions): family, number
of vCPUs, constrained ones after a hyphen, letters for features, version. The old sizes of series D and DS are numbered
instead, so that they stand in a table.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, NamedTuple

_NAME: Final = re.compile(
    r"(?:Standard_)?(?P<family>[A-Z]+)(?P<cores>\d+)(?:-(?P<fewer>\d+))?(?P<features>[a-z]*)"
    r"(?:_(?P<accelerator>(?!v\d)[A-Za-z0-9]+))?(?:_(?P<version>v\d+))?",
)
_NUMBERED: Final[Mapping[str, int]] = MappingProxyType(
    {"1": 1, "2": 2, "3": 4, "4": 8, "5": 16, "11": 2, "12": 4, "13": 8, "14": 16, "15": 20}
)
_OLD: Final = frozenset({"", "v2"})


class Cores(NamedTuple):
    """What a machine of a size takes of a quota.

    Attributes:
        family: As Azure's list of quotas writes it, without `standard` and `Family`: `DSv2`.
        number: vCPUs.
    """

    family: str
    number: int


def find_cores(size: str) -> Cores | None:
    """Tell what a size takes; None when its name is formed otherwise.

    Args:
        size: Such as `Standard_DS3_v2`.
    """
    match = _NAME.fullmatch(size)
    if match is None:
        return None
    series, features, version = match["family"], match["features"], match["version"] or ""
    if series in {"D", "DS"} and not features and version in _OLD:
        cores = _NUMBERED.get(match["cores"])
        return None if cores is None else Cores(f"{series}{version}", cores)
    accelerator = f"_{match['accelerator']}" if match["accelerator"] else ""
    # Quotas of GPU families count all cores of a size, also constrained ones.
    return Cores(f"{series}{features.upper()}{version}{accelerator}", int(match["cores"]))
