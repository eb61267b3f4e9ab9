"""One setting changed at a time gives the operations that the table says, on the resources that it says."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, get_args

import changes_table
import pytest
from changes_table import BASE, BROUGHT, EVERYTHING, GUARDED, IN_WORKSPACE, ROLES, ROWS, TAGGED, WITHOUT_ROWS, Row
from pydantic import BaseModel
from support.engine_in_small import Plan, Planning, Remembering, Was
from support.pulumi_program import FakeAzure, Program, Run

from windlass.project.overlays import merge
from windlass.project.settings import LOCAL_TENANT, Settings

ML = "azure-native:machinelearningservices:"
THERE: Mapping[str, Mapping[str, Any]] = {
    BROUGHT["storage_account"]: {
        "location": "westeurope",
        "kind": "StorageV2",
        "sku": {"name": "Standard_LRS"},
        "minimumTlsVersion": "TLS1_2",
    },
    BROUGHT["key_vault"]: {
        "location": "westeurope",
        "properties": {"tenantId": LOCAL_TENANT, "enableRbacAuthorization": True},
    },
    BROUGHT["container_registry"]: {"sku": {"name": "Basic"}},
    BROUGHT["log_workspace"]: {},
    BROUGHT["identities"]: {"tenantId": LOCAL_TENANT, "principalId": "who they are", "clientId": "how they sign in"},
}
ENDPOINTS = ("churn/online", "churn/batch")

every_row = pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.key}-{row.says}".replace(" ", "-"))


@pytest.fixture(scope="module")
def state(program_once: Program) -> dict[str, Was]:
    """What there is before the change; everything protected."""
    found: dict[str, Was] = {}
    program_once(settings=BASE, endpoints=ENDPOINTS, recorder=lambda run, azure: Remembering(run, azure, found))
    return found


@pytest.fixture(scope="module")
def planned(program_once: Program, state: dict[str, Was]) -> Callable[[Row], Plan]:
    """Plan a row once, for all tests that look at it."""
    plans: dict[tuple[str, str], Plan] = {}

    def plan_once(row: Row) -> Plan:
        key = (row.key, row.says)
        if key not in plans:
            plans[key] = plan_of(program_once, state, row)
        return plans[key]

    return plan_once


def plan_of(program: Program, state: Mapping[str, Was], row: Row) -> Plan:
    plan = Plan()
    planning: list[Planning] = []

    def recorder(run: Run, azure: FakeAzure) -> Planning:
        planning.append(Planning(run, azure, state, plan))
        return planning[0]

    program(
        settings=merge(BASE, row.change),
        endpoints=ENDPOINTS,
        location=row.location,
        existing=THERE,
        preview=True,
        recorder=recorder,
    )
    planning[0].finish()
    return plan


def named(words: tuple[str, ...], state: Mapping[str, Was]) -> set[str]:
    """The logical names that stand for names and words of the table."""
    members: Mapping[str, Callable[[Was], bool]] = {
        EVERYTHING: lambda _: True,
        TAGGED: lambda was: "tags" in was.inputs and not was.type.endswith("Endpoint"),
        ROLES: lambda was: was.type.endswith(":RoleAssignment"),
        IN_WORKSPACE: lambda was: was.type.startswith(ML),
    }
    return {
        name
        for word in words
        for name in ({was.name for was in state.values() if members[word](was)} if word in members else {word})
    }


@every_row
def test_a_changed_setting_does_what_the_table_says(
    row: Row, state: dict[str, Was], planned: Callable[[Row], Plan]
) -> None:
    found: dict[str, set[str]] = {"update": set(), "replace": set(), "create": set(), "delete": set()}
    for urn, operation in planned(row).operations.items():
        found[operation].add(urn.rpartition("::")[2])

    assert found == {
        "update": named(row.update, state),
        "replace": named(row.replace, state),
        "create": named(row.create, state),
        "delete": named(row.delete, state),
    }


@every_row
def test_what_holds_data_or_traffic_goes_only_when_somebody_has_said_so(
    row: Row, state: dict[str, Was], planned: Callable[[Row], Plan]
) -> None:
    going = {urn for urn, operation in planned(row).operations.items() if operation in {"replace", "delete"}}
    words = {word for word in (*row.replace, *row.delete) if word in GUARDED}

    protected = {state[urn].name for urn in going if state[urn].protect}

    assert protected <= named(tuple(words), state)
    assert all(named((word,), state) & protected for word in words)


def test_a_change_of_nothing_does_nothing(program_once: Program, state: dict[str, Was]) -> None:
    assert plan_of(program_once, state, Row(key="", says="")).operations == {}


def leaves(model: type[BaseModel], path: str = "") -> Iterator[str]:
    """Every key path of a model, the names of things written as <name>."""
    for name, field in model.model_fields.items():
        here = f"{path}.{name}".removeprefix(".")
        below = list(models_in(field.annotation))
        if not below or below[0][1]:
            yield here
        for part, many in below:
            yield from leaves(part, f"{here}.<name>" if many else here)


def models_in(annotation: Any, *, many: bool = False) -> Iterator[tuple[type[BaseModel], bool]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation, many
    for part in get_args(annotation):
        yield from models_in(part, many=many or getattr(annotation, "__origin__", None) is dict)


def test_every_setting_has_a_row() -> None:
    keys = {row.key for row in ROWS}

    without = [key for key in leaves(Settings) if key not in keys and not key.startswith(tuple(WITHOUT_ROWS))]

    assert without == []


def test_the_page_is_what_the_table_says() -> None:
    page = changes_table.changes()

    assert "| `storage.containers` | one less |  |  |  | **storage-scoring** |  |" in page
