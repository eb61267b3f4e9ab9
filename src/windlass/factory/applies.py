"""What carries out plans that were shown."""

from __future__ import annotations

import socket
from collections.abc import MutableMapping
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from windlass.origin import find_actor
from windlass.release.clock import SystemClock

if TYPE_CHECKING:
    from windlass.apply.run import Applies


def applies(root: Path, stack: str, environ: MutableMapping[str, str], stderr: TextIO) -> Applies:
    """Wire what carries out plans of a stack.

    Args:
        root: The folder of the project.
        stack: The stack's name.
        environ: The environment; it is made to fit the stack's cloud.
        stderr: Where the engine's words go.

    Raises:
        ShellNotReadyError: The stack is local and this shell has not loaded `.windlass/env`.
        BackendNotKnownError: The state lies where locks cannot be read.
    """
    from windlass.apply.run import Applies
    from windlass.azure.credential import sign_in
    from windlass.engine.apply import PulumiUp
    from windlass.errors.teardown import ShellNotReadyError
    from windlass.factory.recoveries import recovery
    from windlass.factory.state import state_files
    from windlass.project.loader import load_cloud, load_project_name

    if load_cloud(root, stack) == "local" and "PULUMI_BACKEND_URL" not in environ:
        raise ShellNotReadyError(stack)
    recoveries = recovery(root, stack, environ, gone_hosts=frozenset())
    return Applies(
        project=load_project_name(root),
        stack=stack,
        by=find_actor(environ),
        host=socket.gethostname(),
        engine=PulumiUp(root, environ, stderr),
        state=recoveries.state,
        locks=recoveries.locks,
        files=state_files(root, stack, environ, sign_in),
        remains=_Remains(root, stack, environ, stderr),
        clock=SystemClock(),
    )


class _Remains:
    """Satisfies `apply.ports.Remains`."""

    def __init__(self, root: Path, stack: str, environ: MutableMapping[str, str], stderr: TextIO) -> None:
        self._root = root
        self._stack = stack
        self._environ = environ
        self._stderr = stderr

    def recover(self) -> None:
        """Settle what a killed engine was doing.

        Raises:
            RecoveryUnfinishedError: Something is left to a person.
        """
        from windlass.errors.recovery import RecoveryUnfinishedError
        from windlass.factory.recoveries import recovery
        from windlass.recovery.report import describe_left, describe_step

        recoveries = recovery(self._root, self._stack, self._environ, gone_hosts=frozenset())
        found = recoveries.recover(lambda step: self._say(describe_step(step)))
        if not found.up_may_run:
            for left in found.left:
                self._say(f"Left to do: {describe_left(left, self._stack)}.")
            raise RecoveryUnfinishedError(self._stack, len(found.left))

    def adopt(self, urns: frozenset[str]) -> int:
        """Take into the state what was being made when the engine was cancelled, and exists; returns how many."""
        from windlass.factory.adoption import adopt, plan_adoption

        adoption = plan_adoption(self._root, self._stack, self._environ, only=urns)
        if adoption.found:
            adopt(self._root, self._stack, self._environ, adoption)
        return len(adoption.found)

    def _say(self, text: str) -> None:
        self._stderr.write(f"{text}\n")
