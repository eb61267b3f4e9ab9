"""Takes a whole stack down, and gives back the names that Azure would keep.

`pulumi destroy` deletes a key vault and a workspace softly: both are gone, their names stay taken for days, and the
next `pulumi up` with the same settings fails. azure-native has no purge. So a teardown goes in this order:

1. everything that stands on the workspace is destroyed, the workspace stays;
2. the workspace is deleted for good, which Azure does surely only while it and its resource group are there;
3. the rest is destroyed;
4. the vault, by now softly deleted, is purged, where its settings did not forbid that once and for all.

Every step looks first and can be done again: a teardown that was killed is finished by the same command.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol, assert_never

from windlass.errors.teardown import ProtectedStackError
from windlass.project.outputs import StackOutputs
from windlass.project.settings import StackSettings


@dataclass(frozen=True, kw_only=True)
class DestroyOnWorkspace:
    """Have the engine destroy what stands on the workspace."""

    stack: str


@dataclass(frozen=True, kw_only=True)
class PurgeWorkspace:
    """Delete the workspace for good."""

    name: str


@dataclass(frozen=True, kw_only=True)
class DestroyRest:
    """Have the engine destroy everything that is left."""

    stack: str


@dataclass(frozen=True, kw_only=True)
class PurgeVault:
    """Purge the softly deleted vault."""

    name: str


@dataclass(frozen=True, kw_only=True)
class KeepVault:
    """Leave the softly deleted vault alone: purge protection was turned on, and nobody can turn it off."""

    name: str
    days: int


Step = DestroyOnWorkspace | PurgeWorkspace | DestroyRest | PurgeVault | KeepVault
Tell = Callable[[Step, bool], None]


class Engine(Protocol):
    """The Pulumi engine."""

    def destroy(self, stack: str, *, spare: tuple[str, ...] = ()) -> None:
        """Destroy the resources of a stack; those of the types in `spare`, and what they stand on, stay."""
        ...


class Purger(Protocol):
    """Whoever deletes for good."""

    def purge_workspace(self) -> None:
        """Delete the workspace for good; that it is gone already is no error."""
        ...

    def purge_vault(self) -> None:
        """Purge the softly deleted vault; that it is gone already is no error."""
        ...


WORKSPACE_TYPE = "azure-native:machinelearningservices:Workspace"


def plan_teardown(settings: StackSettings, outputs: StackOutputs) -> tuple[Step, ...]:
    """Plan the way from a stack to nothing. Pure.

    Raises:
        ProtectedStackError: Its settings protect it.
    """
    protection = settings.windlass.protection
    kinds = [kind for kind, is_on in (("data", protection.data), ("endpoints", protection.endpoints)) if is_on]
    if kinds:
        raise ProtectedStackError(settings.stack, kinds)
    vault, bring = settings.windlass.vault, settings.windlass.bring
    name = outputs.key_vault
    destroy = DestroyRest(stack=settings.stack)
    if bring.workspace is not None:
        # What was brought is no resource of the stack: nothing is left to be given back.
        return (destroy,)
    ends = KeepVault(name=name, days=vault.retention_days) if vault.purge_protection else PurgeVault(name=name)
    return (
        DestroyOnWorkspace(stack=settings.stack),
        PurgeWorkspace(name=outputs.workspace),
        destroy,
        *((ends,) if bring.key_vault is None else ()),
    )


def tear_down(steps: tuple[Step, ...], engine: Engine, purger: Purger, tell: Tell) -> None:
    """Do the steps, one after the other; each is told before and after."""
    for step in steps:
        tell(step, False)
        _perform(step, engine, purger)
        tell(step, True)


def describe_step(step: Step) -> str:
    """Say what a step does, in one short line."""
    match step:
        case DestroyOnWorkspace():
            return f"destroy what stands on the workspace of stack {step.stack}"
        case PurgeWorkspace():
            return f"delete workspace {step.name} for good"
        case DestroyRest():
            return f"destroy the rest of stack {step.stack}"
        case PurgeVault():
            return f"purge key vault {step.name}"
        case KeepVault():
            return f"leave key vault {step.name} in deleted state: its name is free again after {step.days} days"
        case _:
            assert_never(step)


def step_as_json(step: Step) -> dict[str, Any]:
    """Give a step as plain values; `step` names its kind."""
    return {"step": type(step).__name__, **vars(step)}


def _perform(step: Step, engine: Engine, purger: Purger) -> None:
    match step:
        case DestroyOnWorkspace():
            engine.destroy(step.stack, spare=(WORKSPACE_TYPE,))
        case PurgeWorkspace():
            purger.purge_workspace()
        case DestroyRest():
            engine.destroy(step.stack)
        case PurgeVault():
            purger.purge_vault()
        case KeepVault():
            pass
        case _:
            assert_never(step)
