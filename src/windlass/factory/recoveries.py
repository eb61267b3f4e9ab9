"""What recovers a stack, and what it finds in its way."""

from __future__ import annotations

from collections.abc import MutableMapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from windlass import cloud
from windlass.release.clock import SystemClock

if TYPE_CHECKING:
    from windlass.recovery.locks import Judge
    from windlass.recovery.models import DeletedName, Holder, Lock
    from windlass.recovery.ports import Locks
    from windlass.recovery.run import Recoveries


def recovery(root: Path, stack: str, environ: MutableMapping[str, str], *, gone_hosts: frozenset[str]) -> Recoveries:
    """Wire what recovers a stack whose engine was killed.

    Args:
        root: The folder of the project.
        stack: The stack's name.
        environ: The environment; it is made to fit the stack's cloud.
        gone_hosts: Machines that a person says are gone for good.

    Raises:
        BackendNotKnownError: The state lies where locks cannot be read.
    """
    import socket

    from windlass.azure.arm import Arm
    from windlass.azure.credential import sign_in
    from windlass.azure.look import AzureEyes
    from windlass.azure.workspace import workspace_id
    from windlass.engine.backend import find_backend
    from windlass.engine.processes import MachineProcesses, list_processes
    from windlass.engine.state import EngineState
    from windlass.project.loader import load_project_name
    from windlass.project.stack_file import known_outputs, load_settings
    from windlass.recovery.decide import holder_of
    from windlass.recovery.orphans import Run
    from windlass.recovery.run import Recoveries

    settings, project = load_settings(root, stack), load_project_name(root)
    outputs = known_outputs(settings)
    backend = find_backend(root, stack, environ)
    cloud.enter(outputs, root, environ)
    credential, clock = sign_in(), SystemClock()

    def judge(lock: Lock) -> Holder:
        return holder_of(lock, socket.gethostname(), {each.pid: each for each in list_processes()}, gone_hosts)

    return Recoveries(
        stack=stack,
        workspace="" if settings.windlass.bring.workspace else outputs.workspace,
        subscription=outputs.subscription_id,
        locks=_locks(backend, project, stack, judge, credential, environ),
        processes=MachineProcesses(Run(root=str(root), backend=backend, project=project, stack=stack)),
        state=EngineState(root, project, stack, backend, environ),
        azure=AzureEyes(Arm(credential, workspace_id(outputs), sleep=clock.sleep), outputs),
        clock=clock,
    )


def held_names(root: Path, stack: str, environ: MutableMapping[str, str]) -> tuple[DeletedName, ...]:
    """Find what is softly deleted and holds a name that the stack needs."""
    from windlass.azure.arm import Arm
    from windlass.azure.credential import sign_in
    from windlass.azure.look import AzureEyes
    from windlass.azure.workspace import workspace_id
    from windlass.project.stack_file import known_outputs, load_settings

    outputs = known_outputs(load_settings(root, stack))
    cloud.enter(outputs, root, environ)
    return AzureEyes(Arm(sign_in(), workspace_id(outputs), sleep=SystemClock().sleep), outputs).deleted_names()


def _locks(
    backend: str, project: str, stack: str, judge: Judge, credential: Any, environ: MutableMapping[str, str]
) -> Locks:
    """Choose how locks are read by where the state lies."""
    from windlass.engine.backend import folder_of
    from windlass.engine.locks import FileLocks
    from windlass.errors.recovery import BackendNotKnownError

    folder = folder_of(backend)
    if folder is not None:
        return FileLocks(folder, project, stack, judge)
    if backend.startswith("azblob://"):
        from windlass.azure.state_locks import connect

        return connect(backend, project, stack, judge, credential, environ)
    raise BackendNotKnownError(stack, backend)
