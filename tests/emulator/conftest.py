"""One local Azure for all emulator tests that do not start, stop or kill it themselves."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from support.local_azure import RunningAzure, local_azure


@pytest.fixture(scope="session")
def azure(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningAzure]:
    """A running local Azure, shared: give your resources names of their own."""
    with local_azure(tmp_path_factory.mktemp("azure") / "data") as running:
        yield running
