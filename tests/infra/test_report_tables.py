"""The tables of the report know every type and every property that the program makes: nothing of ours is unknown."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from changes_model import BROUGHT
from support.pulumi_program import Program, Run

from windlass.delivery.differences import find_made
from windlass.delivery.digest import ResourceState
from windlass.delivery.judge import find_rule
from windlass.delivery.losses import short_type
from windlass.delivery.table import TABLE
from windlass.delivery.values import write_path

TLS = {"tls": {"secret": "certificate", "host": "models.example.com"}, "internal_load_balancer": True}
OUTBOUND = {
    "site": {"fqdn": "data.contoso.com"},
    "tag": {"service_tag": "DataFactory"},
    "data": {"private_endpoint": BROUGHT["storage_account"],
             "subresource": "blob"},
}  # fmt: skip


def unknown(run: Run) -> Iterator[str]:
    """Types and properties that no table knows."""
    for each in run.resources:
        type_ = short_type(each.type)
        for leaf in find_made(ResourceState(inputs=dict(each.inputs))):
            if type_ not in TABLE or find_rule(TABLE[type_], leaf.path) is None:
                yield f"{type_} {write_path(leaf.path)}"


@pytest.mark.parametrize("situation", ["usual", "private", "managed"])
def test_every_property_of_the_usual_stacks_is_known(situation: str, request: pytest.FixtureRequest) -> None:
    assert sorted(set(unknown(request.getfixturevalue(situation)))) == []


@pytest.mark.parametrize(
    "settings",
    [
        {
            "network": {"mode": "managed", "isolation": "approved", "outbound": OUTBOUND},
            "registry": {"tier": "Premium", "zone_redundant": True},
        },
        {
            "network": {"mode": "private"},
            "registry": {"tier": "Premium"},
            "kubernetes": {**TLS, "version": "1.33"},
            "logs": {"daily_cap_gb": 5},
            "vault": {"purge_protection": True},
        },
    ],
)
def test_every_property_of_unusual_stacks_is_known(settings: dict[str, Any], program: Program) -> None:
    assert sorted(set(unknown(program(settings=settings)))) == []


def test_every_type_of_the_tables_is_one_that_somebody_can_meet(usual: Run, private: Run, managed: Run) -> None:
    made = {short_type(each.type) for run in (usual, private, managed) for each in run.resources}

    assert made - set(TABLE) == set()
