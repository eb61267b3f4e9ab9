from __future__ import annotations

from contextlib import suppress

import pytest
from support.definitions import make_definition, make_model
from support.fake_azure import ENDPOINT
from support.recorded_world import KilledError, RecordedWorld

from windlass.errors import ExitCode
from windlass.errors.azure import AzureConflictError
from windlass.errors.records import (
    RecordAmbiguousError,
    RecordedModelChangedError,
    RecordMissingError,
    RecordNotBegunError,
    RecordNotFinishedError,
    RecordNotGoodError,
    RecordUnreadableError,
)
from windlass.errors.release import NothingToRollBackError, RolledBackError, ServingVersionFailedError
from windlass.project.rollout import Previous
from windlass.release.execute import Releases
from windlass.release.models import TAG_CODE, TAG_CONFIGURATION, TAG_ENVIRONMENT, TAG_RECORD, Answer, ModelVersion
from windlass.release.record import Kind, Origin, Verdict

KEEP = make_definition(previous=Previous.KEEP)
HOME = "windlass/shop/dev/releases/churn/"


@pytest.fixture
def world() -> RecordedWorld:
    return RecordedWorld()


@pytest.fixture
def serving_one(world: RecordedWorld) -> RecordedWorld:
    world.release(1)
    return world


@pytest.fixture
def serving_two(serving_one: RecordedWorld) -> RecordedWorld:
    serving_one.release(2, KEEP)
    return serving_one


def test_a_release_is_recorded_with_all_that_it_was(serving_one: RecordedWorld) -> None:
    released = serving_one.release(2, make_definition(wait_seconds=3))
    record = serving_one.last

    assert (record.id, record.kind, record.verdict) == (released.record, Kind.RELEASE, Verdict.SUCCEEDED)
    assert (record.project, record.stack, record.name, record.endpoint) == ("shop", "dev", "churn", ENDPOINT)
    assert (record.deployment, record.model.label, record.model.sha256) == ("churn-2", "churn:2", f"{2:064x}")
    assert (record.content.environment, record.content.environment_digest) == ("churn:0123456789ab", "0123456789ab")
    assert (record.content.code_digest, len(record.content.configuration_digest)) == ("code-1", 64)
    assert [(run.origin.by, run.origin.commit) for run in record.runs] == [("ana", "c0ffee")]
    assert [(check.kind, check.share, check.requests, check.failures) for check in record.checks] == [
        ("smoke-test", 0, 1, 0),
        ("watch", 10, 3, 0),
        ("watch", 50, 3, 0),
    ]
    assert [dict(each.shares) for each in record.traffic] == [
        {"churn-1": 100},
        {"churn-1": 90, "churn-2": 10},
        {"churn-1": 50, "churn-2": 50},
        {"churn-2": 100},
    ]
    assert record.seconds == 6


def test_the_record_is_written_before_anything_is_done(world: RecordedWorld) -> None:
    world.stop_killing()

    world.release(1)

    assert world.borders[0].startswith(f"before write {HOME}")
    assert world.borders[1].startswith(f"after write {HOME}")


def test_a_release_that_cannot_be_recorded_changes_nothing(serving_one: RecordedWorld) -> None:
    serving_one.files.denied = True
    acts = len(serving_one.azure.acts)

    with pytest.raises(RecordNotBegunError, match="--without-record") as caught:
        serving_one.release(2)

    assert caught.value.exit_code is ExitCode.REFUSED
    assert len(serving_one.azure.acts) == acts


def test_storage_that_fails_half_way_does_not_stop_a_release_and_the_same_command_finishes_its_record(
    serving_one: RecordedWorld,
) -> None:
    def fail_once_begun(where: str) -> None:
        serving_one.files.denied = serving_one.files.denied or where.startswith("after create")

    serving_one.azure.guard = fail_once_begun
    with pytest.raises(RecordNotFinishedError, match="churn-2 100 %"):
        serving_one.release(2)
    unfinished = serving_one.last
    serving_one.azure.guard = serving_one.files.guard
    serving_one.files.denied = False
    acts = len(serving_one.azure.acts)

    serving_one.release(2)

    assert (unfinished.verdict, serving_one.last.verdict) == (Verdict.UNDER_WAY, Verdict.SUCCEEDED)
    assert serving_one.last.id == unfinished.id
    assert len(serving_one.azure.acts) == acts


def test_a_short_failure_of_storage_is_made_up_for(serving_one: RecordedWorld) -> None:
    def fail_for_a_while(where: str) -> None:
        serving_one.files.denied = where == "after set traffic churn-1=90 churn-2=10"

    serving_one.azure.guard = fail_for_a_while

    serving_one.release(2)

    assert serving_one.last.verdict is Verdict.SUCCEEDED
    assert len(serving_one.last.traffic) == 4


BORDERS = range(1, 80)


@pytest.mark.parametrize("number", BORDERS)
def test_a_release_killed_anywhere_has_one_record_that_the_resumed_one_finishes(
    serving_one: RecordedWorld, number: int
) -> None:
    definition = make_definition(wait_seconds=3)
    serving_one.kill_at(number)
    killed = False
    try:
        serving_one.release(2, definition)
    except KilledError:
        killed = True
    serving_one.stop_killing()
    serving_one.origin = Origin(by="ben")

    serving_one.release(2, definition)

    records = [each for each in serving_one.all if each.deployment == "churn-2"]
    assert [each.verdict for each in records] == [Verdict.SUCCEEDED]
    assert dict(records[0].traffic[-1].shares) == {"churn-2": 100}
    # Killed before the record was begun, or after it was finished: one process has done it all.
    assert [run.origin.by for run in records[0].runs] in ([["ana", "ben"], ["ben"], ["ana"]] if killed else [["ana"]])


def test_the_borders_that_are_tried_are_all_there_are(serving_one: RecordedWorld) -> None:
    serving_one.stop_killing()

    serving_one.release(2, make_definition(wait_seconds=3))

    assert len(serving_one.borders) < max(BORDERS)


def test_a_version_that_fails_is_recorded_with_why_and_with_the_evidence(serving_one: RecordedWorld) -> None:
    serving_one.azure.answers["churn:2"] = Answer(status=424, body=b"out of memory", seconds=0.25)

    with pytest.raises(RolledBackError):
        serving_one.release(2)
    record = serving_one.last

    assert record.verdict is Verdict.ROLLED_BACK
    assert "answered with 424: out of memory" in record.reason
    assert [(each.requests, each.failures, each.slowest_seconds) for each in record.checks] == [(1, 1, 0.25)]
    assert dict(record.traffic[-1].shares) == {"churn-1": 100}


@pytest.mark.parametrize("number", BORDERS)
def test_a_failing_release_killed_anywhere_ends_with_one_record_that_says_so(
    serving_one: RecordedWorld, number: int
) -> None:
    serving_one.azure.broken.add("churn:2")
    serving_one.kill_at(number)
    with suppress(KilledError, RolledBackError):
        serving_one.release(2)
    serving_one.stop_killing()
    before = len(serving_one.all)

    with pytest.raises(RolledBackError):
        serving_one.release(2)

    found = [each.verdict for each in serving_one.all if each.deployment == "churn-2"]
    assert set(found) == {Verdict.ROLLED_BACK}
    assert len(found) <= before + 1


def test_a_record_that_cannot_be_finished_hides_no_failure_of_the_version(serving_one: RecordedWorld) -> None:
    serving_one.azure.broken.add("churn:2")

    def fail(where: str) -> None:
        serving_one.files.denied = where.startswith("after delete")

    serving_one.azure.guard = fail

    with pytest.raises(RolledBackError) as caught:
        serving_one.release(2)

    assert any("could not be finished" in line for line in caught.value.details)


def test_what_azure_stopped_is_under_way_and_says_why(serving_one: RecordedWorld) -> None:
    def refuse(where: str) -> None:
        if where.startswith("before create"):
            raise AzureConflictError("create deployment churn-2", "quota")

    serving_one.azure.guard = refuse

    with pytest.raises(AzureConflictError):
        serving_one.release(2)

    assert serving_one.last.verdict is Verdict.UNDER_WAY
    assert "quota" in serving_one.last.reason


def test_what_is_begun_in_place_of_a_stopped_release_says_so_of_it(serving_one: RecordedWorld) -> None:
    serving_one.kill_at(9)
    with pytest.raises(KilledError):
        serving_one.release(2)
    serving_one.stop_killing()

    serving_one.release(3)

    assert [each.verdict for each in serving_one.all] == [Verdict.SUCCEEDED, Verdict.ABANDONED, Verdict.SUCCEEDED]
    assert serving_one.last.id in serving_one.all[1].reason


def test_records_sort_in_the_order_in_which_they_were_begun_whatever_the_clocks_say(serving_one: RecordedWorld) -> None:
    serving_one.clock.sleep(-3600)
    serving_one.process().release(make_definition(), make_model(2), ENDPOINT)
    serving_one.process().release(make_definition(), make_model(3), ENDPOINT)

    assert [each.deployment for each in serving_one.all] == ["churn-1", "churn-2", "churn-3"]


def test_two_machines_that_begin_at_once_write_two_records(serving_one: RecordedWorld) -> None:
    name = f"{HOME}20231114-221322-churn-2"
    serving_one.files.files[f"{name}.json"] = b"of another machine"

    released = serving_one.release(2)

    assert released.record == "20231114-221322-churn-2-2"
    assert serving_one.files.files[f"{name}.json"] == b"of another machine"


def test_a_new_deployment_carries_the_name_of_its_record_and_the_digests(world: RecordedWorld) -> None:
    world.release(1)
    content = world.last.content

    assert world.azure.tags["churn-1"] == {
        TAG_RECORD: world.last.id,
        TAG_ENVIRONMENT: "0123456789ab",
        TAG_CODE: "code-1",
        TAG_CONFIGURATION: content.configuration_digest,
    }
    assert all(len(value) <= 256 for value in world.azure.tags["churn-1"].values())


def test_nothing_to_do_is_no_record(serving_one: RecordedWorld) -> None:
    released = serving_one.release(1)

    assert released.record == ""
    assert len(serving_one.all) == 1


def test_what_serves_without_a_good_record_is_tested_and_recorded_when_it_is_released_again(
    serving_one: RecordedWorld,
) -> None:
    serving_one.files.files.clear()
    acts = len(serving_one.azure.acts)

    released = serving_one.release(1)

    assert (released.record, serving_one.last.verdict) == (serving_one.last.id, Verdict.SUCCEEDED)
    assert [check.kind for check in serving_one.last.checks] == ["smoke-test"]
    assert [dict(each.shares) for each in serving_one.last.traffic] == [{"churn-1": 100}]
    assert len(serving_one.azure.acts) == acts
    assert "is tested, and recorded" in released.plan.notes[0]


def test_what_serves_and_fails_that_test_goes_on_serving_and_its_record_says_so(serving_one: RecordedWorld) -> None:
    serving_one.files.files.clear()
    serving_one.azure.answers["churn:1"] = {"probability": 0.1}

    with pytest.raises(ServingVersionFailedError, match=r"churn-1 serves .* Nothing was changed"):
        serving_one.release(1)

    assert serving_one.azure.traffic.as_dict() == {"churn-1": 100}
    assert sorted(serving_one.azure.deployments) == ["churn-1"]
    assert serving_one.last.verdict is Verdict.FAILED
    assert "expected 0.7" in serving_one.last.reason


def test_a_roll_back_is_recorded_and_the_release_says_who_took_it_back(serving_two: RecordedWorld) -> None:
    serving_two.origin = Origin(by="ben")

    serving_two.roll_back()
    first, second, back = serving_two.all

    assert (back.kind, back.verdict, back.about) == (Kind.ROLL_BACK, Verdict.SUCCEEDED, second.id)
    assert (back.deployment, back.model, back.content) == ("churn-1", first.model, first.content)
    assert (second.verdict, second.reason) == (Verdict.ROLLED_BACK, f"by ben with roll back {back.id}")
    assert first.verdict is Verdict.SUCCEEDED


@pytest.mark.parametrize("number", range(1, 20))
def test_a_roll_back_killed_anywhere_is_finished_by_the_same_command(serving_two: RecordedWorld, number: int) -> None:
    serving_two.kill_at(number)
    with suppress(KilledError):
        serving_two.roll_back()
    serving_two.stop_killing()

    # The first process may have got through, record and all.
    with suppress(NothingToRollBackError):
        serving_two.roll_back()

    assert serving_two.azure.traffic.as_dict() == {"churn-1": 100}
    assert [each.verdict for each in serving_two.all][1:] == [Verdict.ROLLED_BACK, Verdict.SUCCEEDED]


def test_a_confirm_is_recorded_and_the_release_is_confirmed(serving_two: RecordedWorld) -> None:
    serving_two.confirm()
    _, second, confirmed = serving_two.all

    assert (confirmed.kind, confirmed.verdict, confirmed.about) == (Kind.CONFIRM, Verdict.CONFIRMED, second.id)
    assert (second.verdict, second.model, second.content) == (Verdict.CONFIRMED, confirmed.model, confirmed.content)


def test_a_version_whose_deployment_stands_is_gone_back_to_at_once(serving_two: RecordedWorld) -> None:
    first = serving_two.all[0]
    acts = len(serving_two.azure.acts)
    serving_two.clock.sleep(1)

    released = serving_two.process().roll_back_to(KEEP, first, ENDPOINT)

    assert released.traffic.as_dict() == {"churn-1": 100}
    assert len(serving_two.azure.acts) == acts + 1
    assert [each.verdict for each in serving_two.all] == [Verdict.SUCCEEDED, Verdict.ROLLED_BACK, Verdict.SUCCEEDED]


def test_a_version_whose_deployment_is_gone_is_released_again_from_its_registered_model(
    serving_one: RecordedWorld,
) -> None:
    first = serving_one.last
    serving_one.release(2)
    serving_one.clock.sleep(1)

    released = serving_one.process().roll_back_to(make_definition(), first, ENDPOINT)

    assert released.traffic.as_dict() == {"churn-1": 100}
    assert serving_one.last.kind is Kind.ROLL_BACK
    assert [check.kind for check in serving_one.last.checks] == ["smoke-test"]
    assert serving_one.all[1].verdict is Verdict.ROLLED_BACK


def test_going_back_with_other_code_says_so(serving_one: RecordedWorld) -> None:
    first = serving_one.last
    serving_one.release(2)

    plan = serving_one.process().plan_roll_back_to(make_definition(code="code-2"), first, ENDPOINT)

    assert plan.notes == (
        f"the checkout is not what {first.id} was released with: its scoring code is code-2, recorded is code-1",
    )


def test_a_way_back_that_was_killed_is_tested_when_it_is_taken_up(serving_one: RecordedWorld) -> None:
    first = serving_one.last
    serving_one.release(2)

    def kill(where: str) -> None:
        if where.startswith("after create"):
            raise KilledError(where)

    serving_one.azure.guard = kill
    with pytest.raises(KilledError):
        serving_one.process().roll_back_to(make_definition(), first, ENDPOINT)
    serving_one.stop_killing()
    serving_one.azure.answers["churn:1"] = {"probability": 0.1}

    with pytest.raises(RolledBackError):
        serving_one.process().roll_back_to(make_definition(), first, ENDPOINT)

    assert serving_one.azure.traffic.as_dict() == {"churn-2": 100}


def test_a_model_that_is_not_the_recorded_one_is_not_gone_back_to(serving_one: RecordedWorld) -> None:
    first = serving_one.last
    serving_one.release(2)
    serving_one.azure.models["churn", "1"] = ModelVersion(name="churn", version="1", sha256="f" * 64)

    with pytest.raises(RecordedModelChangedError, match="churn:1 of stack dev"):
        serving_one.process().plan_roll_back_to(make_definition(), first, ENDPOINT)


def test_a_version_that_failed_is_not_gone_back_to(serving_one: RecordedWorld) -> None:
    serving_one.azure.broken.add("churn:2")
    with pytest.raises(RolledBackError):
        serving_one.release(2)

    with pytest.raises(RecordNotGoodError, match="rolled-back"):
        serving_one.process().plan_roll_back_to(make_definition(), serving_one.last, ENDPOINT)


def test_a_record_is_found_by_the_beginning_of_its_name(serving_two: RecordedWorld) -> None:
    records, last = serving_two.records, serving_two.last

    assert records.get(last.id[:-3]).id == last.id
    with pytest.raises(RecordAmbiguousError, match="2 records"):
        records.get("2023")
    with pytest.raises(RecordMissingError, match="The latest: 20231114-221322-churn-2"):
        records.get("1999", "churn")


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"version": 2}', b'{"version": 1, "id": "x"}'])
def test_a_record_that_is_none_stands_in_nobodys_way(serving_one: RecordedWorld, content: bytes) -> None:
    serving_one.files.write(f"{HOME}29990101-000000-odd.json", content)

    serving_one.release(2)

    assert [each.deployment for each in serving_one.all] == ["churn-1", "churn-2"]
    with pytest.raises(RecordUnreadableError, match="29990101-000000-odd"):
        serving_one.records.get("2999")


def test_a_name_that_is_no_folder_has_no_records(serving_one: RecordedWorld) -> None:
    assert serving_one.records.ids("../dev/releases/churn") == ()


def test_without_records_nothing_is_written_and_nothing_carries_a_record(world: RecordedWorld) -> None:
    azure = world.azure
    releases = Releases(assets=azure, endpoints=azure, scoring=azure, journals=world.journals, clock=world.clock)

    released = releases.release(make_definition(), make_model(1), ENDPOINT)

    assert (released.record, world.files.files, azure.tags["churn-1"]) == ("", {}, {})
