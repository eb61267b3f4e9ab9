"""One setting changed at a time gives the operations that the table says, on the resources that it says."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, get_args

import changes_table
import pytest
from changes_model import (
    ALERTS,
    BASE,
    BROUGHT,
    DIAGNOSTICS,
    EVERYTHING,
    GUARDED,
    IN_WORKSPACE,
    LOCKS,
    NETWORK,
    ROLES,
    TAGGED,
    WITHOUT_ROWS,
    Row,
)
from changes_table import ROWS
from pydantic import BaseModel
from support.engine_in_small import Plan, Planning, Remembering, Was
from support.pulumi_program import FakeAzure, Program, Registration, Run

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

every_row = pytest.mark.parametrize(
    "row",
    [
        pytest.param(
            row,
            id=f"{row.key}-{row.says}".replace(" ", "-"),
            marks=[pytest.mark.slow] if row.slow else [],
        )
        for row in ROWS
    ],
)


@dataclass(frozen=True)
class Planned:
    """A row, what there is before it, what there is in it, and what a preview says."""

    state: Mapping[str, Was]
    after: Mapping[str, Registration]
    plan: Plan

    def named(self, words: tuple[str, ...]) -> set[str]:
        """The logical names that stand for names and words of the table, before the change and after it."""
        things: list[Was | Registration] = [*self.state.values(), *self.after.values()]
        return {
            name
            for word in words
            for name in ({each.name for each in things if MEMBERS[word](each)} if word in MEMBERS else {word})
        }


MEMBERS: Mapping[str, Callable[[Any], bool]] = {
    EVERYTHING: lambda _: True,
    TAGGED: lambda each: "tags" in each.inputs and not each.type.endswith("Endpoint"),
    ROLES: lambda each: each.type.endswith(":RoleAssignment"),
    IN_WORKSPACE: lambda each: each.type.startswith(ML),
    DIAGNOSTICS: lambda each: each.type.endswith(":DiagnosticSetting"),
    ALERTS: lambda each: each.type.startswith("azure-native:monitor:") and not each.type.endswith("DiagnosticSetting"),
    NETWORK: lambda each: each.type.startswith(("azure-native:network:", "azure-native:privatedns:")),
    LOCKS: lambda each: ":ManagementLock" in each.type,
}


class Previews:
    """Runs the program for each row once, and for each state before it once."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self._states: dict[str, dict[str, Was]] = {}
        self._planned: dict[str, Planned] = {}

    def of(self, row: Row) -> Planned:
        """Plan a row."""
        key = f"{row.key} {row.says}"
        if key not in self._planned:
            self._planned[key] = self._plan(row, self._state(row.before))
        return self._planned[key]

    def _state(self, before: Mapping[str, Any]) -> dict[str, Was]:
        key = json.dumps(dict(before))
        if key not in self._states:
            found: dict[str, Was] = {}
            self._run(merge(BASE, before), recorder=lambda run, azure: Remembering(run, azure, found))
            self._states[key] = found
        return self._states[key]

    def _plan(self, row: Row, state: Mapping[str, Was]) -> Planned:
        plan = Plan()
        planning: list[Planning] = []

        def recorder(run: Run, azure: FakeAzure) -> Planning:
            planning.append(Planning(run, azure, state, plan))
            return planning[0]

        settings = merge(merge(BASE, row.before), row.change)
        run = self._run(settings, location=row.location, existing=THERE, preview=True, recorder=recorder)
        planning[0].finish()
        return Planned(state=state, after={each.urn: each for each in run.resources}, plan=plan)

    def _run(self, settings: Mapping[str, Any], **situation: Any) -> Run:
        # Nothing of what other tests take for granted.
        alone = {"budget": None, "monitoring": {}, "protection": {}, **settings}
        return self._program(settings=alone, endpoints=ENDPOINTS, **situation)


@pytest.fixture(scope="module")
def previews(program_once: Program) -> Previews:
    """Every row, planned when it is first looked at."""
    return Previews(program_once)


@every_row
def test_a_changed_setting_does_what_the_table_says(row: Row, previews: Previews) -> None:
    planned = previews.of(row)
    found: dict[str, set[str]] = {"update": set(), "replace": set(), "create": set(), "delete": set()}
    for urn, operation in planned.plan.operations.items():
        found[operation].add(urn.rpartition("::")[2])

    assert found == {
        "update": planned.named(row.update),
        "replace": planned.named(row.replace),
        "create": planned.named(row.create) - {was.name for was in planned.state.values()},
        "delete": planned.named(row.delete),
    }


@every_row
def test_what_holds_data_or_traffic_goes_only_when_somebody_has_said_so(row: Row, previews: Previews) -> None:
    planned = previews.of(row)
    going = {urn for urn, operation in planned.plan.operations.items() if operation in {"replace", "delete"}}
    words = tuple(word for word in (*row.replace, *row.delete) if word in GUARDED)

    protected = {planned.state[urn].name for urn in going if planned.state[urn].protect}

    assert protected <= planned.named(words)
    assert all(planned.named((word,)) & protected for word in words)


def test_a_change_of_nothing_does_nothing(previews: Previews) -> None:
    assert previews.of(Row(key="", says="")).plan.operations == {}


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
