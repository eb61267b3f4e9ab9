"""Whatever is released, rolled back, confirmed and killed, in whatever order: what the records say holds."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass

from hypothesis import given, settings
from hypothesis import strategies as st
from support.definitions import make_definition, make_model
from support.fake_azure import ENDPOINT
from support.recorded_world import KilledError, RecordedWorld

from windlass.errors import RefusedError, ReleaseFailedError
from windlass.project.rollout import Previous
from windlass.release.models import ModelVersion
from windlass.release.record import Kind, ReleaseRecord, Verdict
from windlass.release.recorded import find_in_service
from windlass.release.traffic import ALL

BAD = 4
"""This version crashes when it starts."""


@dataclass(frozen=True)
class Command:
    """One command, killed at a border or never.

    Attributes:
        what: `release`, `roll back`, `back to` or `confirm`.
        version: The model version, or how far back the record lies.
        kill_at: Number of the border; 0 for never.
        finished: Whether a killed command is given once more.
    """

    what: str
    version: int
    kill_at: int
    finished: bool


COMMANDS = st.builds(
    Command,
    what=st.sampled_from(["release", "release", "release", "roll back", "back to", "confirm"]),
    version=st.integers(1, BAD),
    kill_at=st.sampled_from([0, 0, *range(1, 45)]),
    finished=st.booleans(),
)


def run(world: RecordedWorld, command: Command, target: ReleaseRecord | None) -> None:
    definition = make_definition(previous=Previous.KEEP if command.version % 2 else Previous.REMOVE)
    process = world.process()
    match command.what:
        case "release":
            process.release(definition, make_model(command.version), ENDPOINT)
        case "roll back":
            process.roll_back("churn", ENDPOINT)
        case "confirm":
            process.confirm("churn", ENDPOINT)
        case "back to" if target is not None:
            process.roll_back_to(definition, target, ENDPOINT)


def give(world: RecordedWorld, command: Command) -> bool:
    """Give a command, once more when it was killed and is to be finished; tell whether it came to an end."""
    known = world.all[::-1]
    target = known[min(command.version, len(known)) - 1] if known else None
    world.clock.sleep(0.3)
    world.kill_at(command.kill_at or -1)
    try:
        with suppress(RefusedError, ReleaseFailedError):
            run(world, command, target)
    except KilledError:
        world.stop_killing()
        if not command.finished:
            return False
        world.clock.sleep(0.3)
        with suppress(RefusedError, ReleaseFailedError):
            run(world, command, target)
    world.stop_killing()
    return True


@settings(deadline=None, max_examples=60)
@given(st.lists(COMMANDS, min_size=1, max_size=6))
def test_the_records_tell_what_happened(commands: list[Command]) -> None:
    world = RecordedWorld()
    world.azure.broken.add(f"churn:{BAD}")
    world.azure.models |= {
        (model.name, model.version): model for model in (registered(number) for number in range(1, BAD + 1))
    }

    for command in commands:
        ended = give(world, command)
        records = world.all

        # Only what was begun last can be under way, and no release is that has come to an end.
        under_way = [each.verdict is Verdict.UNDER_WAY for each in records]
        assert under_way == sorted(under_way)
        if ended and command.what == "release" and any(under_way):
            assert records[-1].model.version != str(command.version)
        check_each(records)
    check_in_service(world)


def registered(number: int) -> ModelVersion:
    return ModelVersion(name="churn", version=str(number), sha256=make_model(number).sha256)


def check_in_service(world: RecordedWorld) -> None:
    """What serves alone has a good record that names its model, or gets one when it is released again."""
    observed = world.azure.observe(ENDPOINT)
    serving = [each for each in observed.deployments if observed.traffic.share_of(each.name) == ALL]
    if not serving:
        return
    world.clock.sleep(1)
    world.release(int(serving[0].model.partition(":")[2]))

    found = find_in_service(world.records.newest_first(), world.azure.observe(ENDPOINT), "churn", "dev")

    assert (found.model.label, found.model.sha256) == (serving[0].model, serving[0].sha256)
    assert world.azure.traffic.as_dict() == {serving[0].name: ALL}


def check_each(records: list[ReleaseRecord]) -> None:
    ids = {each.id for each in records}
    for each in records:
        assert (each.finished_at is None) == (each.verdict is Verdict.UNDER_WAY)
        assert each.about == "" or each.about in ids
        assert each.kind is not Kind.RELEASE or each.about == ""
        assert f"churn:{BAD}" != each.model.label or not each.verdict.is_good
        if each.verdict.is_good and each.kind is not Kind.CONFIRM:
            assert dict(each.traffic[-1].shares) == {each.deployment: 100}
