"""The workspace that a stack's models live in, and the clients that reach it."""

from __future__ import annotations

import logging
import sys
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO, cast

from windlass.azure.arm import Arm
from windlass.azure.failures import Sleep, translated
from windlass.errors.azure import DefinitionRefusedError
from windlass.project.outputs import StackOutputs

if TYPE_CHECKING:
    import requests

_POLLER = "LROPoller("


class Workspace:
    """One workspace: Resource Manager for looking, azure-ai-ml for uploading, each made when it is first needed."""

    def __init__(
        self, outputs: StackOutputs, credential: Any, *, sleep: Sleep, session: requests.Session | None = None
    ) -> None:
        self._outputs = outputs
        self.credential = credential
        self.sleep = sleep
        self.id = workspace_id(outputs)
        self.arm = Arm(credential, self.id, sleep=sleep, session=session)
        self._ml_client: Any = None

    @contextmanager
    def sdk(self, what: str) -> Iterator[Any]:
        """Lend the azure-ai-ml client, translate what it raises and keep what it prints to ourselves."""
        with quiet(), translated(what):
            if self._ml_client is None:
                self._ml_client = self._connect()
            yield self._ml_client

    def _connect(self) -> Any:
        from azure.ai.ml import MLClient

        return MLClient(
            self.credential,
            self._outputs.subscription_id,
            self._outputs.group_of_workspace,
            self._outputs.workspace,
            show_progress=False,
            enable_telemetry=False,
        )


@contextmanager
def accepted(file: Path) -> Iterator[None]:
    """Name the file when azure-ai-ml does not take what stands in it."""
    from azure.ai.ml.exceptions import ValidationException
    from marshmallow import ValidationError

    try:
        yield
    except (ValidationException, ValidationError) as error:
        what, _, advice = " ".join(str(error).split()).partition(" Visit this link")
        raise DefinitionRefusedError(file.name, what, details=(advice,) if advice else ()) from error


def workspace_id(outputs: StackOutputs) -> str:
    """The workspace's id in Resource Manager."""
    return (
        f"/subscriptions/{outputs.subscription_id}/resourceGroups/{outputs.group_of_workspace}"
        f"/providers/Microsoft.MachineLearningServices/workspaces/{outputs.workspace}"
    )


@contextmanager
def quiet() -> Iterator[None]:
    """Keep azure-ai-ml's dots, warnings and hints off our output.

    Only what this thread and the SDK's own pollers write is dropped: other threads go on printing.
    """
    owner = threading.get_ident()
    logger = logging.getLogger("azure")
    before, streams = logger.level, (sys.stdout, sys.stderr)
    logger.setLevel(logging.CRITICAL)
    sys.stdout, sys.stderr = (cast("TextIO", _Filter(stream, owner)) for stream in streams)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        sys.stdout, sys.stderr = streams
        logger.setLevel(before)


class _Filter:
    """A stream that drops what one thread and the SDK's pollers write."""

    def __init__(self, stream: TextIO, owner: int) -> None:
        self._stream = stream
        self._owner = owner

    def write(self, text: str) -> int:
        thread = threading.current_thread()
        if thread.ident == self._owner or thread.name.startswith(_POLLER):
            return len(text)
        return self._stream.write(text)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)
