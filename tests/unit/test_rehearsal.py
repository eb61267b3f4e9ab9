from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from windlass.errors.rehearsal import RehearsalFailedError
from windlass.rehearsal import LIFE, Done, Step, rehearse


@dataclass
class FakeStage:
    """Does every step but those that it is told to fail at, and remembers which it did."""

    fails_at: frozenset[Step] = frozenset()
    did: list[Step] = field(default_factory=list)
    folder: str = ".windlass/rehearsal/prod"

    def perform(self, step: Step) -> Done:
        self.did.append(step)
        return Done(step=step, ok=step not in self.fails_at, seconds=1, resources=26, said="line one\nline two\n")


def test_a_life_is_lived_to_its_end_and_told_step_by_step() -> None:
    stage, told = FakeStage(), list[Step]()

    results = rehearse("prod", LIFE, stage, lambda done: told.append(done.step))

    assert stage.did == told == [done.step for done in results] == list(LIFE)


def test_a_rehearsal_ends_at_the_first_step_that_fails() -> None:
    stage = FakeStage(fails_at=frozenset({Step.UP_AGAIN}))

    with pytest.raises(RehearsalFailedError) as failed:
        rehearse("prod", LIFE, stage, lambda _: None)

    assert stage.did == [Step.PREVIEW, Step.UP, Step.UP_AGAIN]
    assert "stack prod failed at `up, nothing to change`" in str(failed.value)
    assert failed.value.details == ("line one", "line two")
