"""What a job is made of."""

from __future__ import annotations

import json

import pytest
from support.batch_world import BatchWorld
from windlass_emulator.batch.spec import JobSpec, seconds
from windlass_emulator.errors import MlError


@pytest.mark.specified
@pytest.mark.parametrize(
    ("text", "expected"), [("PT30S", 30), ("PT1M30S", 90), ("PT1H", 3600), ("P1DT1S", 86401), ("PT0.5S", 0.5)]
)
def test_durations_are_read_as_iso_8601(text: str, expected: float) -> None:
    assert seconds(text, "timeout") == expected


@pytest.mark.specified
@pytest.mark.parametrize("text", ["", "P", "PT", "30", "30S", "PT30"])
def test_what_is_no_duration_is_refused_by_name(text: str) -> None:
    with pytest.raises(MlError, match=r"retrySettings\.timeout"):
        seconds(text, "retrySettings.timeout")


@pytest.mark.inferred
async def test_a_job_is_the_same_after_it_was_stored(world: BatchWorld) -> None:
    spec = world.invoke("def init(): pass\ndef run(mini_batch): return []").spec

    assert JobSpec.restored(json.loads(json.dumps(spec.stored()))) == spec
