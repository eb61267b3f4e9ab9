"""Which processes served an engine that is gone, and which of them were started for this stack. Pure.

The engine starts its helpers (language host, program, provider, policy pack) with its own address as an argument.
That nobody listens there any more shows that the engine is gone. Which stack it worked on has to be shown by one of:

- the command line of the program, which names stack and folder;
- the session: it is led by the process that took the dead lock;
- the variable PULUMI_STACK in the process's environment;
- kinship: the same engine as one that is shown, or started by one that is.

What nothing of this shows is not ours to end, and is told to the person instead.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from windlass.recovery.models import Holder, Lock, Orphan, Process

_ADDRESS: Final = re.compile(r"(?:127\.0\.0\.1|localhost):\d+")
_ROLES: Final = (
    ("program", re.compile(r"pulumi-language-\S+-exec ")),
    ("language host", re.compile(r"pulumi-language-|/language_host\.py ")),
    ("provider", re.compile(r"pulumi-resource-|-m windlass_provider ")),
    ("policy pack", re.compile(r"pulumi-analyzer-|-m pulumi\.policy ")),
)
_LOG: Final = "PULUMI_LOG_OTLP_ENDPOINT"
"""Where an engine receives its helpers' logs: one port of its own for each engine."""
_ELSE: Final = "another stack"


@dataclass(frozen=True, kw_only=True)
class Run:
    """What a process of this stack's run carries.

    Attributes:
        root: The folder of the project.
        backend: The address of the state.
    """

    root: str
    backend: str
    project: str
    stack: str


@dataclass(frozen=True, kw_only=True)
class _Helper:
    process: Process
    role: str
    engine: str


def helpers_engine(process: Process) -> str:
    """Tell the address of the engine that a process serves; empty for one that serves none."""
    return _engine(process.command) if _role(process.command) else ""


def find_orphans(
    processes: Sequence[Process], locks: Sequence[Lock], run: Run, is_listening: Callable[[str], bool]
) -> tuple[Orphan, ...]:
    """Find the processes of this checkout whose engine is gone, with the proof that they are this stack's.

    Args:
        processes: All processes of this machine.
        locks: The locks of the stack.
        run: What shows that a process belongs to the stack.
        is_listening: Tells whether somebody listens at an address.
    """
    helpers = [each for each in _helpers(processes) if _is_here(each.process, run)]
    listening = {engine: is_listening(engine) for engine in {each.engine for each in helpers}}
    left_behind = [each for each in helpers if not listening[each.engine]]
    proofs = _spread(left_behind, {each.process.pid: _own_proof(each, locks, run) for each in left_behind})
    return tuple(
        Orphan(
            pid=each.process.pid,
            role=each.role,
            started_at=each.process.started_at,
            proof=proofs[each.process.pid],
        )
        for each in left_behind
        if proofs[each.process.pid] != _ELSE
    )


def _helpers(processes: Sequence[Process]) -> Iterator[_Helper]:
    for process in processes:
        role, engine = _role(process.command), helpers_engine(process)
        if role and engine and process.is_own:
            yield _Helper(process=process, role=role, engine=engine)


def _role(command: str) -> str:
    return next((role for role, pattern in _ROLES if pattern.search(f"{command} ")), "")


def _engine(command: str) -> str:
    named = _option(command, "engine")
    found = [word for word in command.split() if _ADDRESS.fullmatch(word)]
    return named or (found[-1] if found else "")


def _option(command: str, name: str) -> str:
    match = re.search(rf"--{name}[= ](\S+)", command)
    return match[1] if match else ""


def _is_here(process: Process, run: Run) -> bool:
    folders = (process.folder, _option(process.command, "root_directory"))
    return any(folder == run.root or folder.startswith(f"{run.root}/") for folder in folders)


def _own_proof(helper: _Helper, locks: Sequence[Lock], run: Run) -> str:
    """What a process shows by itself: a proof, `_ELSE`, or nothing."""
    process = helper.process
    backend = process.environ.get("PULUMI_BACKEND_URL", run.backend)
    project = _option(process.command, "project") or process.environ.get("PULUMI_PROJECT", run.project)
    if (backend, project) != (run.backend, run.project):
        return _ELSE
    if named := _option(process.command, "stack"):
        return f"its command line names stack {run.stack}" if _is_stack(named, run) else _ELSE
    for lock in locks:
        if lock.holder is Holder.DEAD and process.session == lock.pid:
            return f"it is of the session of process {lock.pid}, which took the lock"
    if named := process.environ.get("PULUMI_STACK", ""):
        return f"its PULUMI_STACK is {run.stack}" if _is_stack(named, run) else _ELSE
    return ""


def _is_stack(named: str, run: Run) -> bool:
    return named.rpartition("/")[2] == run.stack


def _spread(helpers: Sequence[_Helper], proofs: Mapping[int, str]) -> dict[int, str]:
    """Carry what one process shows on to those of the same engine, until nothing new is learned."""
    known = dict(proofs)
    while True:
        learned = {
            each.process.pid: proof
            for each in helpers
            if not known[each.process.pid] and (proof := _by_kin(each, helpers, known))
        }
        if not learned:
            return known
        known |= learned


def _by_kin(helper: _Helper, helpers: Sequence[_Helper], known: Mapping[int, str]) -> str:
    for other in helpers:
        proof = known[other.process.pid]
        if not proof or other is helper:
            continue
        if _is_of_same_engine(helper, other):
            return _ELSE if proof == _ELSE else f"it served the same engine as process {other.process.pid}"
        if helper.process.parent == other.process.pid:
            return _ELSE if proof == _ELSE else f"process {other.process.pid} started it"
    return ""


def _is_of_same_engine(one: _Helper, other: _Helper) -> bool:
    logs = (one.process.environ.get(_LOG), other.process.environ.get(_LOG))
    return one.engine == other.engine or (logs[0] is not None and logs[0] == logs[1])
