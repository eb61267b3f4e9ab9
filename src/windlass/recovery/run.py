"""Recovers a stack after its engine was killed: looks at everything, decides (`decide`), and does the steps.

A recovery can itself be killed and run again: until the one write of the state everything that was under way still
stands there, and after it nothing is left to settle.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import assert_never

from windlass.errors.recovery import StateChangedError
from windlass.recovery.decide import WORKSPACE_TYPE, plan_recovery
from windlass.recovery.models import (
    AwaitAzure,
    DropResource,
    EndProcess,
    Forget,
    Found,
    LetArrive,
    MendState,
    Operation,
    Presence,
    ReadAgain,
    Recovery,
    RemoveLock,
    Seen,
    Settlement,
    Step,
    TakeOver,
)
from windlass.recovery.ports import Azure, Clock, Json, Locks, Processes, State
from windlass.recovery.quiet import look_until_quiet
from windlass.recovery.state import Pending, candidates, pending_operations, settled

Tell = Callable[[Step], None]


@dataclass(frozen=True, kw_only=True)
class Recoveries:
    """Recovers one stack.

    Attributes:
        workspace: The name of its workspace; empty when it was brought.
    """

    stack: str
    workspace: str
    subscription: str
    locks: Locks
    processes: Processes
    state: State
    azure: Azure
    clock: Clock

    def plan(self) -> Recovery:
        """Say what `recover` would do. Nothing is changed.

        Raises:
            StackInUseError: An engine works on the stack.
            LockElsewhereError: One on another machine may.
        """
        return plan_recovery(self._find(self.state.export()))

    def recover(self, tell: Tell) -> Recovery:
        """Settle everything, and return what was done and what is left.

        Raises:
            StackInUseError: An engine works on the stack.
            LockElsewhereError: One on another machine may.
            StillRunningError: Azure did not end an operation in time.
            StateChangedError: Another run has begun meanwhile.
        """
        done, deployment, last = self._until_quiet(tell)
        settlements = tuple(step for step in last.steps if isinstance(step, Settlement))
        # All that takes long is done while the dead lock still keeps other runs out.
        edited = self._settle(deployment, settlements) if settlements else None
        for step in last.steps:
            tell(step)
            self._act(step)
        if edited is not None:
            self.state.replace(edited)
        return Recovery(stack=self.stack, steps=(*done, *last.steps), left=last.left)

    def _until_quiet(self, tell: Tell) -> tuple[tuple[Step, ...], Json, Recovery]:
        """Do what ends the dead run, until nothing of it goes on, here or in Azure.

        Returns:
            What was done, the state, and the plan for the rest.
        """
        done: tuple[Step, ...] = ()
        while True:
            deployment = self.state.export()
            plan = plan_recovery(self._find(deployment))
            quieting = tuple(step for step in plan.steps if _quiets(step) and not _is_repeated(step, done))
            if not quieting:
                rest = tuple(step for step in plan.steps if not _quiets(step))
                return done, deployment, Recovery(stack=self.stack, steps=rest, left=plan.left)
            for step in quieting:
                tell(step)
                self._act(step)
            done += quieting

    def _find(self, deployment: Json) -> Found:
        locks = self.locks.find()
        pending = pending_operations(deployment, self.subscription)
        return Found(
            stack=self.stack,
            workspace=self.workspace,
            has_workspace=any(row["type"] == WORKSPACE_TYPE for row in deployment.get("resources") or ()),
            locks=locks,
            orphans=self.processes.orphans(locks),
            operations=tuple(
                Operation(kind=each.kind, urn=each.urn, tags=each.tags, seen=self._look(each)) for each in pending
            ),
            deleted=self.azure.deleted_names(),
            torn=self.state.torn(),
        )

    def _look(self, pending: Pending) -> Seen:
        if not pending.is_azure:
            return Seen(presence=Presence.NOWHERE, id=pending.id)
        if not pending.id:
            return Seen(presence=Presence.UNSEEN)
        return self.azure.look(pending.id, pending.api_version)

    def _act(self, step: Step) -> None:
        match step:
            case EndProcess():
                self.processes.end(step.pid, step.started_at)
            case LetArrive():
                self.clock.sleep(step.seconds)
            case AwaitAzure():
                self._await(step)
            case MendState():
                self.state.mend(step.file)
            case RemoveLock():
                self.locks.remove(step.name)
            case TakeOver() | ReadAgain() | Forget() | DropResource():
                pass  # all of them in one write of the state, after every other step
            case _:
                assert_never(step)

    def _await(self, step: AwaitAzure) -> None:
        versions = {each.urn: each for each in pending_operations(self.state.export(), self.subscription)}
        look_until_quiet(self.azure, self.clock, step.id, versions[step.urn].api_version)

    def _settle(self, deployment: Json, settlements: tuple[Settlement, ...]) -> Json:
        """Make the state that the settlements lead to."""
        candidate, wanted = candidates(deployment, settlements)
        read = self.state.read_resources(candidate, wanted) if wanted else candidate
        if self.state.export() != deployment:
            raise StateChangedError(self.stack)
        return settled(deployment, read, settlements)


def _quiets(step: Step) -> bool:
    return isinstance(step, EndProcess | LetArrive | AwaitAzure)


def _is_repeated(step: Step, done: tuple[Step, ...]) -> bool:
    return isinstance(step, LetArrive) and step in done
