"""What takes a stack down."""

from __future__ import annotations

from collections.abc import MutableMapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from windlass import cloud
from windlass.errors.engine import StackNotFoundError
from windlass.errors.teardown import ShellNotReadyError
from windlass.release.clock import SystemClock

if TYPE_CHECKING:
    from windlass.azure.workspace import Workspace
    from windlass.project.serving import PublicName
    from windlass.teardown.models import Declared, Teardown
    from windlass.teardown.perform import Tell


class Takedown:
    """Takes one stack down. It knows the stack by its settings, because its outputs go with it.

    Raises:
        ShellNotReadyError: The stack is local and this shell has not loaded `.windlass/env`.
    """

    def __init__(self, root: Path, stack: str, environ: MutableMapping[str, str], stderr: TextIO) -> None:
        from windlass.project.stack_file import known_outputs, load_settings

        self._root = root
        self._environ = environ
        self._stderr = stderr
        self._settings = load_settings(root, stack)
        self._outputs = known_outputs(self._settings)
        if self._outputs.cloud == "local" and "PULUMI_BACKEND_URL" not in environ:
            raise ShellNotReadyError(stack)

    def plan(self, *, with_unknown: bool = False) -> Teardown:
        """Look at everything, and say what `perform` would do.

        Args:
            with_unknown: What the state does not know may go with its group.
        """
        from windlass.azure.standing import AzureStanding
        from windlass.teardown.plan import plan_teardown

        standing = AzureStanding(
            self._workspace.arm,
            self._outputs,
            self._public_names(),
            declared=self._declared,
            today=SystemClock().today,
        )
        return plan_teardown(self._settings, self._outputs, standing(), with_unknown=with_unknown)

    def perform(self, teardown: Teardown, tell: Tell) -> None:
        """Do the steps.

        Raises:
            TeardownBlockedError: Something forbids it; nothing was done.
        """
        from windlass.azure.purge import AzurePurger
        from windlass.engine.destroy import PulumiEngine
        from windlass.teardown.perform import tear_down

        engine = PulumiEngine(self._root, self._environ, self._stderr)
        tear_down(teardown, engine, AzurePurger(self._workspace, self._outputs), tell)

    @cached_property
    def _workspace(self) -> Workspace:
        cloud.enter(self._outputs, self._root, self._environ)
        from windlass.azure.credential import sign_in
        from windlass.azure.workspace import Workspace

        return Workspace(self._outputs, sign_in(), sleep=SystemClock().sleep)

    def _public_names(self) -> dict[str, PublicName]:
        """The public names that releases move on this stack, by the name of the endpoint."""
        from windlass.project.endpoints import load_serving
        from windlass.project.loader import endpoint_folders
        from windlass.project.names import endpoint_name

        scope, found = self._settings.name_scope, {}
        for folder in endpoint_folders(self._root, "online"):
            serving = load_serving(self._root, folder, self._settings.stack)
            if serving.container.name is not None:
                found[endpoint_name(scope, folder, "online")] = serving.container.name
        return found

    def _declared(self) -> tuple[Declared, ...]:
        """The resources in the state; none of a stack that the backend does not know."""
        from windlass.engine.backend import find_backend
        from windlass.engine.state import EngineState
        from windlass.project.loader import load_project_name
        from windlass.teardown.plan import declared_resources

        stack = self._outputs.stack
        backend = find_backend(self._root, stack, self._environ)
        state = EngineState(self._root, load_project_name(self._root), stack, backend, self._environ)
        try:
            return declared_resources(state.export().get("resources") or ())
        except StackNotFoundError:
            return ()
