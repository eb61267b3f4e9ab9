"""Jobs on real nodes: every row once, whatever happens to nodes, workers and scripts."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path

import pytest
from support.batch_world import BatchWorld

ECHO = """
    from pathlib import Path

    def init():
        pass

    def run(mini_batch):
        return [Path(file).read_text().strip() for file in mini_batch]
"""

NUMBERS = [str(number) for number in range(10)]


@pytest.mark.specified
async def test_every_file_is_scored_once_and_its_rows_are_in_the_output(world: BatchWorld) -> None:
    job = world.invoke(ECHO, mini_batch_size=3)

    assert await world.ended(job) == "Completed"
    assert sorted(world.output(job).split()) == NUMBERS
