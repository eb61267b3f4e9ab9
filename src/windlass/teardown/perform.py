"""Does the steps of a teardown."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, assert_never

from windlass.errors.teardown import TeardownBlockedError
from windlass.teardown.models import (
    DeleteAutoscale,
    DeleteContainerGroup,
    DeleteDiagnostics,
    DeletePublicName,
    DeleteRole,
    DestroyOnWorkspace,
    DestroyRest,
    KeepVault,
    PurgeVault,
    PurgeWorkspace,
    RemoveLocks,
    Step,
    Teardown,
)
from windlass.teardown.ports import Azure, Engine
from windlass.teardown.report import describe_blocker, describe_step

Tell = Callable[[Step, bool], None]

WORKSPACE_TYPE: Final = "azure-native:machinelearningservices:Workspace"
LOCK_TYPES: Final = (
    "azure-native:authorization:ManagementLockByScope",
    "azure-native:authorization:ManagementLockAtResourceGroupLevel",
)


def refuse_blocked(teardown: Teardown) -> None:
    """Stop before anything is done when something forbids it.

    Raises:
        TeardownBlockedError: With every reason.
    """
    if teardown.blockers:
        reasons = tuple(describe_blocker(each, teardown.stack) for each in teardown.blockers)
        raise TeardownBlockedError(teardown.stack, reasons)


def tear_down(teardown: Teardown, engine: Engine, azure: Azure, tell: Tell) -> None:
    """Do the steps, one after the other; each is told before and after.

    Raises:
        TeardownBlockedError: Something forbids it; nothing was done.
    """
    refuse_blocked(teardown)
    for step in teardown.steps:
        tell(step, False)
        _perform(step, engine, azure)
        tell(step, True)


def _perform(step: Step, engine: Engine, azure: Azure) -> None:
    match step:
        case DeleteAutoscale() | DeletePublicName() | DeleteContainerGroup() | DeleteDiagnostics() | DeleteRole():
            azure.delete(step.id, describe_step(step))
        case RemoveLocks():
            engine.destroy(step.stack, only=LOCK_TYPES)
        case DestroyOnWorkspace():
            engine.destroy(step.stack, spare=(WORKSPACE_TYPE,))
        case PurgeWorkspace():
            azure.purge_workspace()
        case DestroyRest():
            engine.destroy(step.stack)
        case PurgeVault():
            azure.purge_vault()
        case KeepVault():
            pass
        case _:
            assert_never(step)
