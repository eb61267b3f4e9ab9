"""What a change of the network does to a stack, one setting at a time: nothing that holds data is made anew for it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest
from support.engine_in_small import Plan, Planning, Remembering, Was
from support.pulumi_program import FakeAzure, Program, Run

from windlass.project.overlays import merge

CLUSTER = {"vm_size": "Standard_DS3_v2", "max_nodes": 4}
PUBLIC: Mapping[str, Any] = {"registry": {"tier": "Premium"}, "clusters": {"cpu": CLUSTER}}
PRIVATE = {**PUBLIC, "network": {"mode": "private"}}
MANAGED = {**PUBLIC, "network": {"mode": "managed"}}
ENDPOINTS = ("churn/online", "churn/batch")

HELD = ("storage-account", "vault-vault", "registry-registry", "workspace-workspace")
"""What keeps data and is closed or opened with the network."""


@dataclass(frozen=True, kw_only=True)
class Row:
    """One setting that changes, and what a preview says then of what was there before.

    Attributes:
        says: The change.
        before: The settings.
        change: What is laid over them.
        update: What is changed in place.
        replace: What is made anew.
        delete: What goes.
        made: The types of what is new, and how many of each.
    """

    says: str
    before: Mapping[str, Any]
    change: Mapping[str, Any]
    update: tuple[str, ...] = ()
    replace: tuple[str, ...] = ()
    delete: tuple[str, ...] = ()
    made: Mapping[str, int] = field(default_factory=dict)


ROWS = (
    Row(
        says="a public stack becomes private",
        before=PUBLIC,
        change={"network": {"mode": "private"}},
        update=HELD,
        # A cluster holds nothing. Endpoints keep the access that they were made with: changes of theirs are ignored.
        replace=("cpu-compute",),
        delete=("cluster-acr-pull-registry",),
        made={
            "network:VirtualNetwork": 1,
            "network:NetworkSecurityGroup": 2,
            "network:NatGateway": 1,
            "network:PublicIPAddress": 1,
            "network:PrivateEndpoint": 7,
            "network:PrivateDnsZoneGroup": 7,
            "privatedns:PrivateZone": 8,
            "privatedns:VirtualNetworkLink": 8,
            "authorization:RoleAssignment": 1,
            "monitor:DiagnosticSetting": 4,
        },
    ),
    Row(
        says="a public stack gets a managed network",
        before=PUBLIC,
        change={"network": {"mode": "managed"}},
        update=("vault-vault", "registry-registry", "workspace-workspace"),
        replace=("cpu-compute",),
        delete=("cluster-acr-pull-registry",),
        made={"machinelearningservices:ManagedNetworkSettingsRule": 2, "authorization:RoleAssignment": 1},
    ),
    Row(
        says="a private stack has no way out any more",
        before=PRIVATE,
        change={"network": {"nat_gateway": False}},
        update=("network-clusters-rules", "network-network"),
        delete=("network-address", "network-address-logs", "network-gateway"),
    ),
    Row(
        says="a cluster is added to a private stack",
        before=PRIVATE,
        change={"clusters": {"big": CLUSTER}},
        made={"machinelearningservices:Compute": 1, "monitor:MetricAlert": 1, "monitor:ScheduledQueryRule": 1},
    ),
    Row(
        says="a managed network lets out less",
        before=MANAGED,
        change={"network": {"isolation": "approved"}},
        update=("workspace-workspace",),
    ),
    Row(
        says="a managed network reaches one thing more",
        before={**PUBLIC, "network": {"mode": "managed", "isolation": "approved"}},
        change={"network": {"outbound": {"packages": {"fqdn": "packages.example.org"}}}},
        made={"machinelearningservices:ManagedNetworkSettingsRule": 1},
    ),
)
every_row = pytest.mark.parametrize("row", ROWS, ids=lambda row: row.says.replace(" ", "-"))


@pytest.fixture(scope="module")
def lived(program_once: Program) -> Callable[[Mapping[str, Any]], dict[str, Was]]:
    """The state of a stack with these settings, made once."""
    states: dict[str, dict[str, Was]] = {}

    def state_of(settings: Mapping[str, Any]) -> dict[str, Was]:
        key = repr(settings)
        if key not in states:
            found: dict[str, Was] = {}
            program_once(
                settings=settings,
                endpoints=ENDPOINTS,
                recorder=lambda run, azure: Remembering(run, azure, found),
            )
            states[key] = found
        return states[key]

    return state_of


def plan_of(program: Program, state: Mapping[str, Was], settings: Mapping[str, Any]) -> Plan:
    plan = Plan()
    planning: list[Planning] = []

    def recorder(run: Run, azure: FakeAzure) -> Planning:
        planning.append(Planning(run, azure, state, plan))
        return planning[0]

    program(settings=settings, endpoints=ENDPOINTS, preview=True, recorder=recorder)
    planning[0].finish()
    return plan


@every_row
def test_a_change_of_the_network_does_what_is_said(
    row: Row, program_once: Program, lived: Callable[[Mapping[str, Any]], dict[str, Was]]
) -> None:
    plan = plan_of(program_once, lived(row.before), merge(row.before, row.change))
    found: dict[str, list[str]] = {"update": [], "replace": [], "create": [], "delete": []}
    made: dict[str, int] = {}
    for urn, operation in plan.operations.items():
        found[operation].append(urn.rpartition("::")[2])
        if operation == "create":
            kind = urn.rpartition("::")[0].rpartition("$azure-native:")[2]
            made[kind] = made.get(kind, 0) + 1

    assert {key: sorted(found[key]) for key in ("update", "replace", "delete")} == {
        "update": sorted(row.update),
        "replace": sorted(row.replace),
        "delete": sorted(row.delete),
    }
    assert made == dict(row.made)
