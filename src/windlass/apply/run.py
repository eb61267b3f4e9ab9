"""Carries out a plan that was shown: checks it, writes down that it begins, has the engine do it, says how it ended."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from windlass.apply.decide import check_locks, check_plan, choose_way
from windlass.apply.models import (
    Applied,
    ApplyRecord,
    EngineRun,
    Outcome,
    Way,
    parse_record,
    record_folder,
    record_name,
)
from windlass.apply.ports import Engine, Locks, Remains, State
from windlass.apply.steps import creations, exceeds, going_on, missing, others, unseen, without_values
from windlass.delivery.manifest import Manifest, state_digest
from windlass.errors import WindlassError
from windlass.errors.plans import (
    ApplyCancelledError,
    ApplyFailedError,
    ApplyIncompleteError,
    PlanExceededError,
    PlanNoLongerFitsError,
    StackLockedError,
    UnsettledStateError,
)
from windlass.errors.policy import PolicyViolationError
from windlass.errors.state import StateFileExistsError
from windlass.release.ports import Clock, StateFiles

Tell = Callable[[str], None]


@dataclass(frozen=True, kw_only=True)
class Applies:
    """Carries out plans of one stack.

    Attributes:
        by: Who does it.
        host: This machine's name.
    """

    project: str
    stack: str
    by: str
    host: str
    engine: Engine
    state: State
    locks: Locks
    files: StateFiles
    remains: Remains
    clock: Clock

    def apply(self, manifest: Manifest, content: bytes | None, file: str, *, commit: str | None, tell: Tell) -> Applied:
        """Carry out a plan, or go on where an interrupted run of it has ended.

        Args:
            manifest: What the plan belongs to.
            content: Its bytes; None when there is none.
            file: Where it lies, for messages.
            commit: The commit of the checkout; None when any will do.
            tell: Is told what is done.

        Raises:
            RefusedError: It may not be carried out, and nothing was changed; the class says why.
            ApplyCancelledError: Somebody ended the run on purpose.
            AzureFailedError: The engine or Azure failed on the way.
        """
        plan = check_plan(manifest, content, file, stack=self.stack, commit=commit)
        record = self._read(record_name(self.project, self.stack, manifest.plan_sha256))
        dead = check_locks(self.stack, self.locks.find(), record)
        deployment = self.state.export()
        way = choose_way(manifest, record, self._others(manifest), state_digest(deployment))
        if way is Way.NOTHING:
            return self._applied(manifest, way, record.attempts if record else 1)
        unsettled = bool(dead or deployment.get("pending_operations"))
        if way is Way.GO_ON:
            tell("going on with a plan that was begun before ...")
            plan = self._taken_up(plan, tell, unsettled=unsettled)
        elif unsettled:
            raise UnsettledStateError(self.stack)
        return self._carry_out(manifest, plan, way, record)

    def _taken_up(self, plan: bytes, tell: Tell, *, unsettled: bool) -> bytes:
        """Settle what the interrupted run left, and fit the plan to what is done of it already."""
        if unsettled:
            tell("settling what the interrupted run left ...")
            self.remains.recover()
        live = {row["urn"] for row in self.state.export().get("resources") or ()}
        if wanted := creations(plan) - live:
            adopted = self.remains.adopt(frozenset(wanted))
            if adopted:
                tell(f"{adopted} resources that were being made exist, and are in the state now")
        return going_on(plan, self.state.export())

    def _carry_out(self, manifest: Manifest, plan: bytes, way: Way, before: ApplyRecord | None) -> Applied:
        begun = self._begin(manifest, before)
        started = self.clock.elapsed()
        try:
            run, begun = self._up(begun, plan)
            unneeded = self._judge(run, plan)
        except WindlassError as error:
            self._end(begun, before, error)
            raise
        self._write(ended(begun, Outcome.DONE, self._now(), self._digest()))
        applied = self._applied(manifest, way, begun.attempts)
        return replace(applied, unneeded=unneeded, seconds=self.clock.elapsed() - started)

    def _up(self, begun: ApplyRecord, plan: bytes) -> tuple[EngineRun, ApplyRecord]:
        """Have the engine do it, and tell what stands written about that now."""
        written = [begun]

        def started(pid: int) -> None:
            written.append(begun.model_copy(update={"engine_pid": pid}))
            self._write(written[-1])

        run = self.engine.up(self.stack, plan, started, at_once=False)
        if run.changed_nothing and not run.signal and unseen(run.errors) and not others(run.errors):
            # Less is to be done than the plan foresaw, which is no reason to refuse.
            run = self.engine.up(self.stack, plan, started, at_once=True)
        return run, written[-1]

    def _judge(self, run: EngineRun, plan: bytes) -> tuple[str, ...]:
        """Tell what of the plan was not needed.

        Raises:
            WindlassError: The plan was not carried out; the class says why.
        """
        if run.code == 0:
            return ()
        if run.locked:
            raise self._locked()
        if run.signal:
            raise ApplyCancelledError(self.stack, run.signal)
        if run.broken:
            raise PolicyViolationError(self.stack, run.broken)
        if more := exceeds(run.errors):
            raise (
                PlanNoLongerFitsError(self.stack, more) if run.changed_nothing else PlanExceededError(self.stack, more)
            )
        unneeded, rest = unseen(run.errors), others(run.errors)
        if rest or not unneeded:
            shown = [without_values(each) for each in rest]
            raise ApplyFailedError(self.stack, shown, changed_nothing=run.changed_nothing, said=run.said)
        if left := missing(plan, unneeded, self.state.export()):
            raise ApplyIncompleteError(self.stack, left)
        return unneeded

    def _locked(self) -> StackLockedError:
        """Say who was first; a run may have taken its lock between our look and the engine's."""
        try:
            check_locks(self.stack, self.locks.find(), None)
        except StackLockedError as error:
            return error
        return StackLockedError(self.stack, (), "Run this again")

    def _begin(self, manifest: Manifest, before: ApplyRecord | None) -> ApplyRecord:
        record = ApplyRecord(
            stack=manifest.stack,
            commit=manifest.commit,
            plan_sha256=manifest.plan_sha256,
            state_sha256=manifest.state_sha256,
            by=self.by,
            host=self.host,
            begun_at=self._now(),
            attempts=before.attempts + 1 if before else 1,
        )
        if before is None:
            try:
                self.files.write_new(self._name(record), record.as_bytes())
            except StateFileExistsError as error:
                raise self._locked() from error  # another run began this very plan in this moment
        else:
            self._write(record)
        return record

    def _end(self, begun: ApplyRecord, before: ApplyRecord | None, error: WindlassError) -> None:
        """Write down how a run ended that did not carry out its plan."""
        if isinstance(error, StackLockedError) and before is not None:
            self._write(before)  # the run that holds the lock may be one of this plan
            return
        outcome = _outcome(error)
        left = "" if outcome is Outcome.REFUSED else self._digest()
        self._write(ended(begun, outcome, self._now(), left))

    def _digest(self) -> str:
        """The state as a run left it; one that cannot be read must not hide how the run ended."""
        with suppress(WindlassError):
            return state_digest(self.state.export())
        return ""

    def _applied(self, manifest: Manifest, way: Way, attempts: int) -> Applied:
        return Applied(
            stack=self.stack,
            commit=manifest.commit,
            plan_sha256=manifest.plan_sha256,
            way=way,
            attempts=attempts,
        )

    def _others(self, manifest: Manifest) -> list[ApplyRecord]:
        own = record_name(self.project, self.stack, manifest.plan_sha256)
        names = self.files.list(record_folder(self.project, self.stack))
        read = (self._read(name) for name in names if name != own)
        return [each for each in read if each is not None]

    def _read(self, name: str) -> ApplyRecord | None:
        content = self.files.read(name)
        return None if content is None else parse_record(content, name)

    def _write(self, record: ApplyRecord) -> None:
        self.files.write(self._name(record), record.as_bytes())

    def _name(self, record: ApplyRecord) -> str:
        return record_name(self.project, self.stack, record.plan_sha256)

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self.clock.now(), UTC)


def ended(record: ApplyRecord, outcome: Outcome, ended_at: datetime, left_sha256: str) -> ApplyRecord:
    """The record of a run that has ended."""
    changes: dict[str, Any] = {"outcome": outcome, "ended_at": ended_at, "left_sha256": left_sha256}
    return record.model_copy(update=changes)


def _outcome(error: WindlassError) -> Outcome:
    if isinstance(error, ApplyCancelledError):
        return Outcome.CANCELLED
    if isinstance(error, StackLockedError | PlanNoLongerFitsError | PolicyViolationError):
        return Outcome.REFUSED
    return Outcome.FAILED
