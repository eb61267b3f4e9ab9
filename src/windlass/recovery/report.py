"""Tells a recovery to people and to programs."""

from __future__ import annotations

from dataclasses import fields
from datetime import datetime
from typing import Any, assert_never

from windlass.recovery.models import (
    AwaitAzure,
    DeletedName,
    DropResource,
    EndProcess,
    ForeignResource,
    Forget,
    Left,
    LetArrive,
    MendState,
    ReadAgain,
    Recovery,
    RemoveLock,
    Step,
    TakeOver,
    UnprovenProcess,
    UnseenResource,
)


def describe_step(step: Step) -> str:  # noqa: PLR0911 - one line for each kind of step
    """Say what a step does, in one short line."""
    match step:
        case EndProcess():
            return f"end process {step.pid}, the {step.role} of the dead engine ({step.proof})"
        case LetArrive():
            return f"wait {step.seconds:g} s for what it had sent to arrive in Azure"
        case AwaitAzure():
            return f"wait until Azure is through with {_short(step.urn)} ({step.state}), then settle it as it is"
        case MendState():
            return f"mend {step.file}, which the engine was writing: without that it cannot read the state"
        case RemoveLock():
            return f"remove the lock of process {step.pid} on {step.host}, which is gone"
        case TakeOver():
            return f"take {_short(step.urn)} into the state: it was created{_again(step.retry)}"
        case ReadAgain():
            return f"take {_short(step.urn)} into the state as Azure has it now{_again(step.retry)}"
        case Forget():
            return f"forget the {step.kind} of {_short(step.urn)}: it changed nothing in Azure"
        case DropResource():
            return f"take {_short(step.urn)} out of the state: Azure does not have it any more"
        case _:
            assert_never(step)


def describe_left(left: Left, stack: str) -> str:
    """Say what a person has to do, in a sentence."""
    match left:
        case UnprovenProcess():
            return (
                f"process {left.pid} is the {left.role} of an engine that is gone, in this checkout, but nothing tells "
                f"its stack, and it may still write to Azure. If it is not of another stack, end it: kill {left.pid}. "
                "Then run this again"
            )
        case UnseenResource():
            return (
                f"whether {_short(left.urn)} was created is not known: its type has no known place in Azure. Look for "
                f"it, then: pulumi cancel {stack}; pulumi refresh -s {stack}, in a terminal, asks what to do with it"
            )
        case ForeignResource():
            return (
                f"{left.id} exists without the tags that {_short(left.urn)} was to have: it seems to be somebody "
                "else's, and was left alone. Remove it or give this stack another name"
            )
        case DeletedName():
            until = f" until {left.until}" if left.until else ""
            ways = "it" if left.can_purge else "it, but for what has purge protection,"
            return (
                f"{left.kind} {left.name} is softly deleted, which holds its name{until}. To finish taking the stack "
                f"down, which purges {ways}: python scripts/teardown.py -s {stack}. To have it back: "
                "docs/how-to/recover.md"
            )
        case _:
            assert_never(left)


def recovery_as_json(recovery: Recovery) -> dict[str, Any]:
    """Give a recovery as plain values; `step` and `left` name the kinds."""
    return {
        "stack": recovery.stack,
        "steps": [_plain("step", step) for step in recovery.steps],
        "left": [_plain("left", left) for left in recovery.left],
        "up_may_run": recovery.up_may_run,
    }


def _plain(key: str, thing: Step | Left) -> dict[str, Any]:
    values = {field.name: getattr(thing, field.name) for field in fields(thing)}
    plain = {name: value.isoformat() if isinstance(value, datetime) else value for name, value in values.items()}
    return {key: type(thing).__name__, **plain}


def _short(urn: str) -> str:
    """The last type and the logical name of a URN, as the engine shows them."""
    kind, _, name = urn.partition("::")[2].partition("::")[2].rpartition("::")
    return f"{kind.rpartition('$')[2].rpartition(':')[2]} {name}"


def _again(retry: bool) -> str:  # noqa: FBT001 - a part of a sentence
    return ", but Azure says that it failed; the next up sends it again" if retry else ""
