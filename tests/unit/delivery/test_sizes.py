from __future__ import annotations

import pytest

from windlass.delivery.sizes import Cores, find_cores


@pytest.mark.parametrize(
    ("size", "cores"),
    [
        ("Standard_DS3_v2", Cores("DSv2", 4)),
        ("Standard_DS5_v2", Cores("DSv2", 16)),
        ("Standard_D14_v2", Cores("Dv2", 16)),
        ("Standard_D4s_v3", Cores("DSv3", 4)),
        ("Standard_D4ds_v4", Cores("DDSv4", 4)),
        ("Standard_E8s_v3", Cores("ESv3", 8)),
        ("Standard_E16-4s_v5", Cores("ESv5", 16)),
        ("Standard_F4s_v2", Cores("FSv2", 4)),
        ("Standard_NC4as_T4_v3", Cores("NCASv3_T4", 4)),
        ("Standard_NC24ads_A100_v4", Cores("NCADSv4_A100", 24)),
        ("Standard_DS99_v2", None),
        ("big", None),
        ("", None),
    ],
)
def test_the_name_of_a_size_tells_family_and_cores(size: str, cores: Cores | None) -> None:
    assert find_cores(size) == cores
