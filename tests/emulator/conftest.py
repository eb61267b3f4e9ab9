"""One local Azure for all emulator tests that do not start, stop or kill it themselves."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from support.arm_clients import ArmClients
from support.local_azure import RunningAzure, local_azure


@pytest.fixture(scope="session")
def azure(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningAzure]:
    """A running local Azure, shared: give your resources names of their own."""
    with local_azure(tmp_path_factory.mktemp("azure") / "data") as running:
        yield running


@pytest.fixture(scope="session")
def arm(azure: RunningAzure) -> Iterator[ArmClients]:
    """The official clients of Azure Resource Manager."""
    clients = ArmClients(azure)
    yield clients
    clients.close()
