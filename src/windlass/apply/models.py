"""What carrying out a plan is made of: frozen values."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import ClassVar, Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from windlass.errors.plans import ApplyRecordUnreadableError


class Outcome(StrEnum):
    """How far a plan was carried out."""

    BEGUN = "begun"
    """It is under way, or whatever did it was killed."""
    REFUSED = "refused"
    """The engine did not begin: nothing was changed."""
    CANCELLED = "cancelled"
    """It was ended on purpose; some of it may be done."""
    FAILED = "failed"
    """The engine or Azure failed; some of it may be done."""
    DONE = "done"


class ApplyRecord(BaseModel):
    """What stands beside the state about one plan, from before the engine begins.

    Attributes:
        version: Of this format.
        stack: The stack's name.
        commit: The commit that was previewed.
        plan_sha256: Of the plan.
        state_sha256: Of the state that the plan was made for.
        by: Who began it last.
        host: On which machine.
        engine_pid: The engine's process there; 0 before it runs.
        begun_at: When it was begun last.
        ended_at: When that ended; None while it runs, or when it was killed.
        outcome: How far it was carried out.
        left_sha256: Of the state that it left; empty where nobody looked.
        attempts: How often it was begun.
    """

    model_config: ClassVar[ConfigDict] = ConfigDict(frozen=True, extra="ignore")

    version: Literal[1] = 1
    stack: str
    commit: str
    plan_sha256: str
    state_sha256: str
    by: str
    host: str
    engine_pid: int = 0
    begun_at: datetime
    ended_at: datetime | None = None
    outcome: Outcome = Outcome.BEGUN
    left_sha256: str = ""
    attempts: int = 1

    def as_bytes(self) -> bytes:
        """Write it as JSON, which `parse_record` reads."""
        return (self.model_dump_json(indent=1) + "\n").encode()


def parse_record(content: bytes, name: str) -> ApplyRecord:
    """Take a file for a record.

    Raises:
        ApplyRecordUnreadableError: It is something else.
    """
    try:
        return ApplyRecord.model_validate_json(content)
    except ValidationError as error:
        raise ApplyRecordUnreadableError(name, str(error.errors()[0]["msg"])) from error


def record_folder(project: str, stack: str) -> str:
    """Name the folder of a stack's records beside its state."""
    return f"windlass/{project}/{stack}/applies/"


def record_name(project: str, stack: str, plan_sha256: str) -> str:
    """Name the record of a plan beside its state."""
    return f"{record_folder(project, stack)}{plan_sha256}.json"


@dataclass(frozen=True, kw_only=True)
class EngineRun:
    """What one run of the engine came to.

    Attributes:
        code: Its exit code.
        errors: What it said with the severity `error`.
        broken: Ids of rules of infra/policy that stopped it.
        changed_nothing: It ended before it changed anything: in its own preview, or at the lock.
        locked: Another run holds the stack.
        signal: The name of the signal that was passed on to it; empty when there was none.
        said: Everything it printed.
    """

    code: int
    errors: tuple[str, ...] = ()
    broken: tuple[str, ...] = ()
    changed_nothing: bool = False
    locked: bool = False
    signal: str = ""
    said: str = ""


class Way(StrEnum):
    """What is to be done with a plan."""

    BEGIN = "begin"
    GO_ON = "go on"
    """It was begun before, and not ended."""
    NOTHING = "nothing"
    """It was carried out, and the state is as it left it."""


@dataclass(frozen=True, kw_only=True)
class Applied:
    """A plan that was carried out.

    Attributes:
        way: What had to be done.
        unneeded: URNs of what the plan foresaw to replace or change and what turned out to be as it should.
        attempts: How often it was begun.
        seconds: How long the engine took; 0 when there was nothing to do.
    """

    stack: str
    commit: str
    plan_sha256: str
    way: Way
    unneeded: tuple[str, ...] = ()
    attempts: int = 1
    seconds: float = 0.0
