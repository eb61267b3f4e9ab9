from __future__ import annotations

import pytest
from support.teardown import DECLARED, EXISTING, GROUP, OUTPUTS, VAULT, attached, declared, existing, plan

from windlass.errors import ExitCode
from windlass.errors.engine import EngineFailedError
from windlass.errors.teardown import TeardownBlockedError
from windlass.teardown.models import Step
from windlass.teardown.perform import LOCK_TYPES, WORKSPACE_TYPE, tear_down
from windlass.teardown.ports import Azure, Engine

CONTAINERS = f"{GROUP}/providers/Microsoft.ContainerInstance/containerGroups/shop-1"


class Log:
    """An engine and an Azure that write down what they are asked."""

    def __init__(self, fails_at: str = "") -> None:
        self.acts: list[str] = []
        self._fails_at = fails_at

    def _act(self, what: str) -> None:
        if what == self._fails_at:
            raise EngineFailedError(what, "no")
        self.acts.append(what)

    def destroy(self, stack: str, *, spare: tuple[str, ...] = (), only: tuple[str, ...] = ()) -> None:
        words = [f"destroy {stack}", *(f"but {each}" for each in spare), *(f"only {each}" for each in only)]
        self._act(" ".join(words))

    def delete(self, resource_id: str, what: str) -> None:
        assert what
        self._act(f"delete {resource_id.rpartition('/')[2]}")

    def purge_workspace(self) -> None:
        self._act("purge workspace")

    def purge_vault(self) -> None:
        self._act("purge vault")


def quiet(_step: Step, _done: bool) -> None:  # noqa: FBT001 - told before and after
    """Hear nothing."""


def test_the_log_satisfies_the_ports() -> None:
    engine: Engine = Log()
    azure: Azure = Log()

    assert all((engine, azure))


def test_the_steps_are_done_in_order_and_told_before_and_after() -> None:
    log, told = Log(), list[str]()
    lock = declared("lock", "authorization:ManagementLockByScope", f"{VAULT}/providers/x/locks/l")
    teardown = plan(declared=(*DECLARED, lock), existing=(*EXISTING, existing(CONTAINERS, endpoint="shop")))

    tear_down(teardown, log, log, lambda step, done: told.append(f"{type(step).__name__} {done}"))

    assert log.acts == [
        "delete shop-1",
        f"destroy local only {LOCK_TYPES[0]} only {LOCK_TYPES[1]}",
        f"destroy local but {WORKSPACE_TYPE}",
        "purge workspace",
        "destroy local",
        "purge vault",
    ]
    assert told[:2] == ["DeleteContainerGroup False", "DeleteContainerGroup True"]


def test_a_failure_stops_the_steps_after_it() -> None:
    log = Log(fails_at="purge workspace")

    with pytest.raises(EngineFailedError):
        tear_down(plan(), log, log, quiet)

    assert log.acts == [f"destroy local but {WORKSPACE_TYPE}"]


def test_a_vault_with_purge_protection_is_left_alone() -> None:
    log = Log()
    vault = declared("vault", "keyvault:Vault", VAULT, purge_protection=True, retention_days=90)

    tear_down(plan(declared=(*DECLARED[:3], vault)), log, log, quiet)

    assert "purge vault" not in log.acts


def test_what_forbids_it_is_said_in_full_before_anything_is_done() -> None:
    log = Log()
    lock = attached(GROUP, "Microsoft.Authorization/locks", "by-hand")
    kept = declared("storage", "storage:StorageAccount", "", protect=True)

    with pytest.raises(TeardownBlockedError) as caught:
        tear_down(plan(declared=(*DECLARED, kept), locks=(lock,)), log, log, quiet)

    assert log.acts == []
    assert caught.value.exit_code is ExitCode.REFUSED
    assert f"az lock delete --ids {lock.id}" in str(caught.value)
    assert "storage is protected in the state" in str(caught.value)
    assert OUTPUTS.stack in str(caught.value)
