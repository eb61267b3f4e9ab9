"""One workspace for the tests of online endpoints that leave the local Azure running."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from support.local_azure import RunningAzure
from support.online_world import Caller, World, world


@pytest.fixture(scope="module")
def work(
    azure: RunningAzure, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Iterator[World]:
    """A workspace for one file of tests."""
    group = str(request.path.stem).replace("test_", "").replace("_", "")[:20]
    with world(azure, tmp_path_factory.mktemp("files"), group) as made:
        yield made


@pytest.fixture(scope="module")
def scored(work: World, request: pytest.FixtureRequest) -> tuple[World, str, Caller]:
    """An endpoint with deployment v1 (model "one") at 100 %."""
    name = f"ep-{request.path.stem.replace('test_', '').replace('_', '-')}"[:32].rstrip("-")
    work.endpoint(name)
    work.deploy(name, "one").result()
    work.traffic(name, one=100)
    return work, name, work.caller(name)
