from __future__ import annotations

import pytest
from support.recovery import SUBSCRIPTION, VERSION, account_id, pending, row, urn

from windlass.recovery.models import DropResource, Forget, ReadAgain, TakeOver
from windlass.recovery.state import candidates, pending_operations, settled

CREATED = TakeOver(urn=urn("new"), id=account_id("new"), retry=False)


def state(*operations: dict[str, object], rows: tuple[dict[str, object], ...] = ()) -> dict[str, object]:
    return {"resources": list(rows), "pending_operations": list(operations)}


def test_the_id_of_what_was_being_created_follows_from_its_inputs() -> None:
    (found,) = pending_operations(state(pending("creating", row("new"))), SUBSCRIPTION)

    assert (found.id, found.api_version, found.is_azure) == (account_id("new"), VERSION, True)


def test_the_id_of_what_was_being_changed_stands_in_the_state() -> None:
    (found,) = pending_operations(state(pending("updating", row("old"))), SUBSCRIPTION)

    assert found.id == account_id("old")


def test_the_id_of_what_was_being_changed_is_that_of_the_resource_when_the_operation_has_none() -> None:
    changing = row("old")
    del changing["id"]

    (found,) = pending_operations(state(pending("updating", changing), rows=(row("old"),)), SUBSCRIPTION)

    assert found.id == account_id("old")


def test_an_operation_that_stands_there_twice_is_one() -> None:
    twice = state(pending("creating", row("new")), pending("creating", row("new")))

    assert len(pending_operations(twice, SUBSCRIPTION)) == 1


def test_a_type_without_a_known_path_has_no_id() -> None:
    unknown = pending("creating", row("new", type="azure-native:cdn:Profile"))

    (found,) = pending_operations(state(unknown), SUBSCRIPTION)

    assert (found.id, found.api_version) == ("", "")


def test_a_state_without_operations_has_none() -> None:
    assert pending_operations({}, SUBSCRIPTION) == ()


def test_the_provider_is_asked_for_what_was_created_and_changed_and_for_nothing_else() -> None:
    before = state(pending("creating", row("new")), pending("deleting", row("old")), rows=(row("old"),))
    drop = DropResource(urn=urn("old"), id=account_id("old"))

    candidate, wanted = candidates(before, (CREATED, drop))

    assert wanted == (urn("new"),)
    assert [each.get("id") for each in candidate["resources"]] == [account_id("old"), account_id("new")]
    assert "pending_operations" not in candidate


def test_what_was_created_gets_the_inputs_of_the_program_and_the_outputs_of_azure() -> None:
    before = state(pending("creating", row("new")))
    read = {"resources": [row("new", inputs={"more": "than asked"}, outputs={"from": "Azure"})]}

    (new,) = settled(before, read, (CREATED,))["resources"]

    assert new["inputs"] == row("new")["inputs"]
    assert new["outputs"] == {"from": "Azure"}
    assert "initErrors" not in new


def test_what_failed_is_sent_again_by_the_next_run() -> None:
    before = state(pending("creating", row("new")))
    failed = TakeOver(urn=urn("new"), id=account_id("new"), retry=True)

    (new,) = settled(before, {"resources": [row("new")]}, (failed,))["resources"]

    assert new["initErrors"]


def test_what_was_changed_is_taken_as_azure_has_it() -> None:
    before = state(pending("updating", row("old")), rows=(row("old"), row("other")))
    read = {"resources": [row("old", inputs={"now": 1}), row("other", inputs={"now": 1})]}
    again = ReadAgain(urn=urn("old"), id=account_id("old"), retry=False)

    old, other = settled(before, read, (again,))["resources"]

    assert old["inputs"] == {"now": 1}
    assert other == row("other")


@pytest.mark.parametrize(
    "step",
    [
        DropResource(urn=urn("old"), id=account_id("old").upper()),
        ReadAgain(urn=urn("old"), id=account_id("old"), retry=False),
    ],
    ids=["gone", "gone while it was read"],
)
def test_what_is_gone_leaves_the_state(step: DropResource | ReadAgain) -> None:
    before = state(pending("deleting", row("old")), rows=(row("old"), row("other")))

    after = settled(before, {"resources": [row("other")]}, (step,))

    assert [each["urn"] for each in after["resources"]] == [urn("other")]


def test_what_was_never_created_is_forgotten() -> None:
    before = state(pending("creating", row("new")), rows=(row("other"),))

    after = settled(before, before, (Forget(urn=urn("new"), kind="creating"),))

    assert after == {"resources": [row("other")]}


def test_a_replacement_keeps_what_it_replaces_for_the_next_run_to_delete() -> None:
    old = row("new", id=account_id("before"))
    before = state(pending("creating", row("new")), rows=(old, row("other")))

    first, _, last = settled(before, {"resources": [row("new"), row("other")]}, (CREATED,))["resources"]

    assert first["id"] == account_id("new")
    assert (last["id"], last["delete"]) == (account_id("before"), True)


def test_a_replacement_after_a_deletion_takes_the_place_of_what_is_gone() -> None:
    old = row("new", id=account_id("before"), pendingReplacement=True)
    before = state(pending("creating", row("new")), rows=(old,))

    (new,) = settled(before, {"resources": [row("new")]}, (CREATED,))["resources"]

    assert new["id"] == account_id("new")


def test_the_state_that_was_given_stays_as_it_is() -> None:
    before = state(pending("creating", row("new")))

    candidates(before, (CREATED,))
    settled(before, {"resources": [row("new")]}, (CREATED,))

    assert before == state(pending("creating", row("new")))
