"""A world in which batch jobs run."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from support.batch_world import BatchWorld


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[BatchWorld]:
    """A workspace with a cluster of 0 to 2 nodes and ten files of input, in this process."""
    made = await BatchWorld.at(tmp_path).start()
    made.add_input("in", {f"part-{number:02}.csv": f"{number}\n" for number in range(10)})
    yield made
    await made.stop()


@pytest.fixture
async def deployed(world: BatchWorld) -> BatchWorld:
    """The same with the endpoint `churn` and its default deployment `one`."""
    await world.deploy()
    return world
