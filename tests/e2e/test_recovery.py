"""The engine is killed with SIGKILL, wherever it is: `recover.py` and `up`, and the stack is as if nothing had been."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from support.checkout import Checkout, Ran
from support.killed_engine import (
    Point,
    Whom,
    answered,
    begun,
    kill_at,
    locked,
    nothing_runs,
    program_started,
    provider_started,
    recorded,
)

EVERYTHING = """
import json, os
from azure.core.exceptions import HttpResponseError
from azure.identity import DefaultAzureCredential
from azure.mgmt.authorization import AuthorizationManagementClient
from azure.mgmt.keyvault import KeyVaultManagementClient
from azure.mgmt.monitor import MonitorManagementClient
from azure.mgmt.resource import ResourceManagementClient
from azure.mgmt.storage import StorageManagementClient
about = DefaultAzureCredential(), os.environ["AZURE_SUBSCRIPTION_ID"]
resources, storage = ResourceManagementClient(*about), StorageManagementClient(*about)
monitor = MonitorManagementClient(*about).diagnostic_settings

def diagnostics(scope):
    try:
        return list(monitor.list(scope))
    except HttpResponseError:  # a type that has none
        return []

accounts, everything = list(storage.storage_accounts.list()), list(resources.resources.list())
services = [each.id + f"/{kind}Services/default" for each in accounts for kind in ("blob", "file", "queue", "table")]
scopes = [*(each.id for each in everything), *services]
print(json.dumps(sorted(
    each.id.lower()
    for found in (
        resources.resource_groups.list(),
        everything,
        AuthorizationManagementClient(*about).role_assignments.list_for_subscription(),
        KeyVaultManagementClient(*about).vaults.list_deleted(),
        *(storage.blob_containers.list(each.id.split("/")[4], each.name) for each in accounts),
        *map(diagnostics, scopes),
    )
    for each in found
    if "/containers/azureml" not in each.id  # the workspace makes these by itself
)))
"""
WORKSPACE = "/workspaces/mlw-[^/]+$"
MADE_ANEW = {"principalId": None}
"""Inputs that Azure makes up anew with each identity."""


@dataclass(frozen=True)
class Whole:
    """A stack as Azure and as the engine have it.

    Attributes:
        azure: The ids of everything that is there, of role assignments and softly deleted vaults too.
        state: Name, id and inputs of every resource.
    """

    azure: list[str]
    state: list[Any]

    @property
    def known(self) -> list[str]:
        """The ids that the state knows."""
        return sorted(each for _, each, _ in self.state if each)


@dataclass
class Stack:
    """One stack that is killed and recovered over and over."""

    checkout: Checkout
    idle: dict[int, str]

    def look(self) -> Whole:
        """Look at everything."""
        rows = self.checkout.pulumi("stack export").ok().json()["deployment"].get("resources", [])
        state = [
            [row["urn"], row.get("id", "").lower(), {**row.get("inputs", {}), **MADE_ANEW}]
            for row in rows
            if not row["type"].startswith("pulumi:providers:")
        ]
        return Whole(azure=self.checkout.python(EVERYTHING), state=sorted(state, key=lambda row: str(row[0])))

    def recover(self, *, ends: int = 0) -> Ran:
        """Recover it, and see that nothing of the dead run goes on."""
        ran = self.checkout.script("recover", "-s", "local", "--output", "json")
        assert ran.code == ends, ran.said
        assert nothing_runs(self.checkout, self.idle)
        return ran

    def make_empty(self) -> None:
        """Take it down, whatever there is of it."""
        self.checkout.script("teardown", "-s", "local", "--yes").ok()

    def make_whole(self) -> None:
        """Bring it up, whatever there is of it."""
        self.checkout.up().ok()


@pytest.fixture(scope="module")
def stack(bare: Checkout) -> Stack:
    """A stack that is not up."""
    return Stack(bare, bare.processes())


@pytest.fixture(autouse=True)
def _unlocked(bare: Checkout) -> Iterator[None]:
    """Keep a test that failed from failing those after it."""
    yield
    for lock in (bare.root / ".windlass/state/.pulumi/locks").rglob("*.json*"):
        lock.unlink()


@pytest.fixture(scope="module")
def undisturbed(stack: Stack) -> Whole:
    """The same stack, brought up by an engine that nobody killed."""
    stack.make_empty()
    stack.make_whole()
    whole = stack.look()
    stack.make_empty()
    return whole


def test_an_up_killed_in_the_middle_is_recovered_and_finished(stack: Stack) -> None:
    kill_at(stack.checkout, "up", answered("PUT", WORKSPACE))

    refused = stack.checkout.up()
    planned = stack.checkout.script("recover", "-s", "local", "--dry-run", "--output", "json").ok().json()
    recovered = stack.recover().json()
    stack.make_whole()
    whole = stack.look()

    assert "currently locked" in refused.said
    assert {"RemoveLock", "TakeOver"} <= {each["step"] for each in recovered["steps"]}
    assert planned["up_may_run"]
    assert whole.azure == whole.known
    stack.checkout.up("--expect-no-changes").ok()


UPS = {
    "at its lock": (locked, "engine"),
    "at the start of the program": (program_started, "engine"),
    "at the start of the provider": (provider_started, "all"),
    "at the first creation": (begun("creating", "ResourceGroup"), "engine"),
    "while a storage account is made": (answered("PUT", "/storageAccounts/[^/]+$"), "all"),
    "when a role was given and not yet recorded": (answered("PUT", "/roleAssignments/", 3), "all"),
    "while the workspace is made": (answered("PUT", WORKSPACE), "all"),
    "while an endpoint is made": (answered("PUT", "/onlineEndpoints/[^/]+$"), "engine"),
    "at its outputs": (recorded("OnlineEndpoint", "BatchEndpoint", "Compute"), "engine"),
}


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize(("point", "whom"), UPS.values(), ids=UPS.keys())
def test_an_up_killed_at_any_point_leads_to_the_same_end(
    stack: Stack, undisturbed: Whole, point: Point, whom: Whom
) -> None:
    stack.make_empty()
    kill_at(stack.checkout, "up", point, whom=whom)

    stack.recover()
    stack.make_whole()
    whole = stack.look()

    assert whole == undisturbed
    assert whole.azure == whole.known


CHANGES = {
    "while a storage account is changed": (begun("updating", "StorageAccount"), "engine"),
    "while the workspace is changed": (answered("PUT", WORKSPACE), "all"),
}


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize(("point", "whom"), CHANGES.values(), ids=CHANGES.keys())
def test_a_change_killed_at_any_point_is_made_by_the_next_up(
    stack: Stack, undisturbed: Whole, point: Point, whom: Whom
) -> None:
    stack.make_whole()
    with stack.checkout.edited("Pulumi.local.yaml", "owner: data-science", "owner: somebody-else"):
        kill_at(stack.checkout, "up", point, whom=whom)

        stack.recover()
        stack.make_whole()
        changed = stack.look()
        stack.checkout.up("--expect-no-changes").ok()
    stack.make_whole()

    assert changed != undisturbed
    assert changed.azure == undisturbed.azure
    assert stack.look() == undisturbed


REFRESHES = {
    "at its lock": (locked, "engine"),
    "at its first look": (answered("GET", "/"), "all"),
    "in the middle of its looks": (answered("GET", "/roleAssignments/", 5), "engine"),
}


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize(("point", "whom"), REFRESHES.values(), ids=REFRESHES.keys())
def test_a_refresh_killed_at_any_point_changes_nothing(
    stack: Stack, undisturbed: Whole, point: Point, whom: Whom
) -> None:
    stack.make_whole()
    kill_at(stack.checkout, "refresh", point, whom=whom)

    stack.recover()
    stack.checkout.up("--expect-no-changes").ok()

    assert stack.look() == undisturbed


DESTROYS = {
    "at its lock": (locked, "engine"),
    "at the first deletion": (begun("deleting", "OnlineEndpoint"), "engine"),
    "while the cluster is deleted": (answered("DELETE", "/computes/"), "all"),
    "while roles are taken away": (answered("DELETE", "/roleAssignments/", 2), "engine"),
}
LATE_DESTROYS = {
    "while the workspace is deleted": (answered("DELETE", WORKSPACE), "all"),
    "when the vault was deleted and not yet recorded": (answered("DELETE", "/vaults/kv-[^/]+$"), "engine"),
    "while the group is deleted": (answered("DELETE", "(?i)/resourcegroups/rg-[^/]+$"), "all"),
}


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize(("point", "whom"), DESTROYS.values(), ids=DESTROYS.keys())
def test_a_destroy_killed_early_is_turned_back_by_up(
    stack: Stack, undisturbed: Whole, point: Point, whom: Whom
) -> None:
    stack.make_whole()
    kill_at(stack.checkout, "destroy", point, whom=whom)

    stack.recover()
    stack.make_whole()

    assert stack.look() == undisturbed


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize(("point", "whom"), LATE_DESTROYS.values(), ids=LATE_DESTROYS.keys())
def test_a_destroy_killed_late_says_which_names_are_held_and_is_finished_by_teardown(
    stack: Stack, undisturbed: Whole, point: Point, whom: Whom
) -> None:
    stack.make_whole()
    kill_at(stack.checkout, "destroy", point, whom=whom)

    left = stack.recover(ends=5).json()["left"]
    stack.make_empty()
    empty = stack.look()
    stack.make_whole()

    assert {each["left"] for each in left} == {"DeletedName"}
    assert empty.azure == []
    assert stack.look() == undisturbed
