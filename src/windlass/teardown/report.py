"""Tells a teardown to people and to programs."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date
from typing import Any, assert_never

from windlass.teardown.models import (
    Blocker,
    DeleteAutoscale,
    DeleteContainerGroup,
    DeleteDiagnostics,
    DeletePublicName,
    DeleteRole,
    DestroyOnWorkspace,
    DestroyRest,
    GoesWith,
    KeepVault,
    LockedByHand,
    Name,
    ProtectedBySettings,
    ProtectedInState,
    PurgeVault,
    PurgeWorkspace,
    RemoveLocks,
    Step,
    Teardown,
    UnknownResource,
)

COLUMNS = ("name", "of", "can be used again", "can be had back until", "note")


def describe_step(step: Step) -> str:  # noqa: PLR0911 - one line for each kind of step
    """Say what a step does, in one short line."""
    match step:
        case DeleteAutoscale():
            return f"delete autoscale setting {step.name}"
        case DeletePublicName():
            return f"delete public name {step.name}"
        case DeleteContainerGroup():
            return f"delete container group {step.name}, which serves {step.endpoint}"
        case RemoveLocks():
            return f"remove the locks of stack {step.stack}: {', '.join(step.names)}"
        case DeleteDiagnostics():
            return f"delete diagnostic setting {step.name} on {_scope(step.id)}, which the state does not know"
        case DeleteRole():
            return f"take away a role on {step.scope} that an identity of the stack holds"
        case DestroyOnWorkspace():
            return f"destroy what stands on the workspace of stack {step.stack}"
        case PurgeWorkspace():
            return f"delete workspace {step.name} for good"
        case DestroyRest():
            return f"destroy the rest of stack {step.stack}"
        case PurgeVault():
            return f"purge key vault {step.name}"
        case KeepVault():
            return f"leave key vault {step.name} in deleted state: its name is free again on {step.until}"
        case _:
            assert_never(step)


def describe_going(going: GoesWith) -> str:
    """Say what goes with what."""
    return f"{going.type} {going.name} goes with {going.parent}"


def describe_blocker(blocker: Blocker, stack: str) -> str:
    """Say what forbids a teardown, and what to do about it."""
    match blocker:
        case ProtectedBySettings():
            return f"{blocker.key} is on: set it to false in Pulumi.{stack}.yaml and apply that (make up STACK={stack})"
        case ProtectedInState():
            return (
                f"{blocker.urn.rpartition('::')[2]} is protected in the state, though the settings do not protect it: "
                f"apply them (make up STACK={stack})"
            )
        case LockedByHand():
            return f"{blocker.scope} has a lock of somebody's: az lock delete --ids {blocker.id}"
        case UnknownResource():
            return (
                f"{blocker.id} is not in the state and would be deleted with its group: move or delete it, or say "
                "--with-unknown"
            )
        case _:
            assert_never(blocker)


def name_row(name: Name) -> tuple[str, ...]:
    """A row of the table of names, see COLUMNS."""
    usable = "at once" if name.usable_from is None else f"on {name.usable_from}"
    back = "not at all" if name.recoverable_until is None else str(name.recoverable_until)
    return (name.name, name.kind, usable, back, name.note)


def step_as_json(step: Step) -> dict[str, Any]:
    """Give a step as plain values; `step` names its kind."""
    return {"step": type(step).__name__, **_plain(asdict(step))}


def teardown_as_json(teardown: Teardown) -> dict[str, Any]:
    """Give a teardown as plain values; days are texts such as 2026-12-06, or null."""
    return {
        "stack": teardown.stack,
        "steps": [step_as_json(step) for step in teardown.steps],
        "goes_with": [_plain(asdict(each)) for each in teardown.goes_with],
        "names": [_plain(asdict(each)) for each in teardown.names],
        "blockers": [{"blocker": type(each).__name__, **_plain(asdict(each))} for each in teardown.blockers],
        "unseen": list(teardown.unseen),
    }


def _plain(values: dict[str, Any]) -> dict[str, Any]:
    return {key: value.isoformat() if isinstance(value, date) else value for key, value in values.items()}


def _scope(setting_id: str) -> str:
    return setting_id.lower().partition("/providers/microsoft.insights/diagnosticsettings")[0].rpartition("/")[2]
