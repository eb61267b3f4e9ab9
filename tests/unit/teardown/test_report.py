from __future__ import annotations

from datetime import date

from support.teardown import ENDPOINT, EXISTING, GROUP, VAULT, existing, plan

from windlass.teardown.models import (
    Blocker,
    DeleteAutoscale,
    DeleteContainerGroup,
    DeleteDiagnostics,
    DeletePublicName,
    DeleteRole,
    DestroyOnWorkspace,
    DestroyRest,
    KeepVault,
    LockedByHand,
    Name,
    ProtectedBySettings,
    ProtectedInState,
    PurgeVault,
    PurgeWorkspace,
    RemoveLocks,
    Step,
    UnknownResource,
)
from windlass.teardown.report import (
    COLUMNS,
    describe_blocker,
    describe_going,
    describe_step,
    name_row,
    step_as_json,
    teardown_as_json,
)

DAY = date(2026, 12, 6)
STEPS: tuple[Step, ...] = (
    DeleteAutoscale(name="shop-1", id="a"),
    DeleteContainerGroup(name="shop-1", id="c", endpoint="shop"),
    DeletePublicName(name="shop.example.com", id="n"),
    RemoveLocks(stack="dev", names=("one", "two")),
    DeleteDiagnostics(name="d", id=f"{VAULT}/providers/Microsoft.Insights/diagnosticSettings/d"),
    DeleteRole(id="r", scope="/subscriptions/s"),
    DestroyOnWorkspace(stack="dev"),
    PurgeWorkspace(name="mlw"),
    DestroyRest(stack="dev"),
    PurgeVault(name="kv"),
    KeepVault(name="kv", until=DAY),
)
BLOCKERS: tuple[Blocker, ...] = (
    ProtectedBySettings(key="protection.data"),
    ProtectedInState(urn="urn:pulumi:dev::shop::a:b:C::one"),
    LockedByHand(id="lock", scope=GROUP),
    UnknownResource(id="x", type="a/b"),
)


def test_every_step_has_a_line() -> None:
    lines = [describe_step(step) for step in STEPS]

    assert lines[1] == "delete container group shop-1, which serves shop"
    assert lines[3] == "remove the locks of stack dev: one, two"
    assert VAULT.rpartition("/")[2] in lines[4]
    assert lines[-1] == "leave key vault kv in deleted state: its name is free again on 2026-12-06"
    assert len(set(lines)) == len(STEPS)


def test_everything_that_forbids_it_says_what_to_do() -> None:
    said = [describe_blocker(each, "dev") for each in BLOCKERS]

    assert "make up STACK=dev" in said[0]
    assert said[1].startswith("one is protected in the state")
    assert "az lock delete --ids lock" in said[2]
    assert "--with-unknown" in said[3]


def test_a_name_is_a_row() -> None:
    free, held = Name(kind="workspace", name="mlw"), Name(kind="key vault", name="kv", usable_from=DAY)

    assert name_row(free) == ("mlw", "workspace", "at once", "not at all", "")
    assert name_row(held)[2] == "on 2026-12-06"
    assert len(name_row(free)) == len(COLUMNS)


def test_json_names_kinds_and_holds_plain_values() -> None:
    document = teardown_as_json(plan(existing=(*EXISTING, existing(f"{ENDPOINT}/deployments/churn-1"))))

    assert list(document) == ["stack", "steps", "goes_with", "names", "blockers", "unseen"]
    assert document["steps"][0] == {"step": "DestroyOnWorkspace", "stack": "local"}
    assert document["goes_with"][0]["parent"] == "shop"
    assert {each["recoverable_until"] for each in document["names"]} == {None, "2026-12-13"}
    assert step_as_json(STEPS[-1]) == {"step": "KeepVault", "name": "kv", "until": "2026-12-06"}


def test_what_goes_along_says_with_what() -> None:
    (going,) = plan(existing=(*EXISTING, existing(f"{ENDPOINT}/deployments/churn-1"))).goes_with

    assert describe_going(going).endswith("deployments churn-1 goes with shop")
