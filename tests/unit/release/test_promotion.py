from __future__ import annotations

from pathlib import Path

import pytest
from support.definitions import make_definition
from support.fake_azure import ENDPOINT
from support.recorded_world import FakeModelStore, RecordedWorld

from windlass.errors.records import (
    ContentDiffersError,
    NoRecordInServiceError,
    RecordedModelChangedError,
    RecordMissingError,
    RecordNotBegunError,
    RecordNotGoodError,
    RecordUnreadableError,
)
from windlass.errors.release import RolledBackError
from windlass.project.definitions import OnlineDefinition
from windlass.project.rollout import Previous
from windlass.release.models import RegisterModel
from windlass.release.promotion import Promotion, Source, Target
from windlass.release.record import PromotedFrom, Verdict

KEEP = make_definition(previous=Previous.KEEP)


class Two:
    """Staging and prod, in memory."""

    def __init__(self, scratch: Path) -> None:
        self.staging, self.prod = RecordedWorld("staging"), RecordedWorld("prod")
        self.models = FakeModelStore(self.staging.azure)
        self.scratch = scratch

    def promotion(self, definition: OnlineDefinition | None = None) -> Promotion:
        staging, prod = self.staging, self.prod
        source = Source(
            stack="staging",
            records=staging.records,
            assets=staging.azure,
            models=self.models,
            observe=lambda: staging.azure.observe(ENDPOINT),
        )
        target = Target(
            definition=definition or make_definition(),
            endpoint="shop-churn-prod",
            assets=prod.azure,
            releases=prod.process(),
        )
        return Promotion(source, target, load=FakeModelStore.load, scratch=self.scratch)


@pytest.fixture
def two(tmp_path: Path) -> Two:
    two = Two(tmp_path / "promotions")
    two.staging.release(1)
    return two


def untouched(two: Two) -> bool:
    return not two.prod.azure.acts and not two.prod.files.files


def test_what_serves_in_staging_is_released_to_prod_and_the_record_says_where_it_came_from(two: Two) -> None:
    released = two.promotion().promote("")

    record = two.prod.last
    assert released.traffic.as_dict() == {"churn-1": 100}
    assert (record.verdict, record.model.sha256) == (Verdict.SUCCEEDED, two.staging.last.model.sha256)
    assert record.promoted_from == PromotedFrom(stack="staging", record=two.staging.last.id, model="churn:1")
    assert [check.kind for check in record.checks] == ["smoke-test"]
    assert two.models.fetched == ["churn:1"]
    assert list(two.scratch.iterdir()) == []


def test_it_is_what_serves_and_not_the_latest_that_is_promoted(two: Two) -> None:
    two.staging.release(2, KEEP)
    two.staging.roll_back()

    two.promotion().promote("")

    assert two.prod.last.model.sha256 == f"{1:064x}"


def test_a_named_record_is_promoted_though_another_serves(two: Two) -> None:
    first = two.staging.last
    two.staging.release(2)

    two.promotion().promote(first.id)

    assert two.prod.last.promoted_from == PromotedFrom(stack="staging", record=first.id, model="churn:1")


def test_a_content_that_is_registered_already_is_not_fetched_again(two: Two) -> None:
    two.promotion().promote("")
    two.prod.release(3)

    plan = two.promotion().plan("")
    two.promotion().promote("")

    assert two.models.fetched == ["churn:1"]
    assert "is registered here already" in plan.notes[0]
    assert two.prod.azure.traffic.as_dict() == {"churn-1": 100}


def test_a_dry_run_fetches_and_changes_nothing(two: Two) -> None:
    plan = two.promotion().plan("")

    assert isinstance(plan.steps[0], RegisterModel)
    assert plan.notes == (
        "model churn:1 of stack staging, SHA-256 000000000000, is fetched and checked before anything is loaded",
    )
    assert untouched(two)
    assert two.models.fetched == []


def test_files_that_are_not_what_was_recorded_are_neither_loaded_nor_registered(two: Two) -> None:
    two.models.altered.add("churn:1")

    with pytest.raises(RecordedModelChangedError, match="churn:1 of stack staging"):
        two.promotion().promote("")

    assert untouched(two)
    assert list(two.scratch.iterdir()) == []


def test_a_record_that_names_another_digest_than_the_workspace_is_refused(two: Two) -> None:
    name = next(iter(two.staging.files.files))
    altered = two.staging.files.files[name].replace(f"{1:064x}".encode(), b"a" * 64)
    two.staging.files.files[name] = altered

    with pytest.raises(RecordedModelChangedError, match="recorded is aaaa"):
        two.promotion().promote(two.staging.last.id)

    assert untouched(two)


def test_a_record_of_another_stack_that_was_put_there_is_refused(two: Two) -> None:
    name, content = next(iter(two.staging.files.files.items()))
    two.staging.files.files[name] = content.replace(b'"staging"', b'"dev"')

    with pytest.raises(RecordUnreadableError, match="on stack dev"):
        two.promotion().promote("2023")


def test_a_version_that_failed_in_staging_is_refused(two: Two) -> None:
    two.staging.azure.broken.add("churn:2")
    with pytest.raises(RolledBackError):
        two.staging.release(2)

    with pytest.raises(RecordNotGoodError, match="rolled-back"):
        two.promotion().promote(two.staging.last.id)

    assert untouched(two)


def test_a_version_that_a_person_took_back_is_refused(two: Two) -> None:
    second = two.staging.release(2, KEEP).record
    two.staging.roll_back()

    with pytest.raises(RecordNotGoodError, match="by ana with roll back"):
        two.promotion().promote(second)


def test_a_record_that_is_not_there_is_named(two: Two) -> None:
    with pytest.raises(RecordMissingError, match="stack staging has no record 1999"):
        two.promotion().promote("1999")


def test_nothing_is_promoted_while_two_versions_share_the_traffic(two: Two) -> None:
    two.staging.release(2, KEEP)
    two.staging.azure.traffic = type(two.staging.azure.traffic).of({"churn-1": 50, "churn-2": 50})

    with pytest.raises(NoRecordInServiceError, match="none serves alone"):
        two.promotion().promote("")


def test_what_no_record_tells_of_is_not_promoted(two: Two) -> None:
    two.staging.files.files.clear()

    with pytest.raises(NoRecordInServiceError, match="no record tells of its release"):
        two.promotion().promote("")


def test_a_checkout_with_other_code_is_refused_until_that_is_accepted(two: Two) -> None:
    other = make_definition(code="code-2")

    with pytest.raises(ContentDiffersError, match="--accept-other code"):
        two.promotion(other).promote("")
    with pytest.raises(ContentDiffersError):
        two.promotion(other).plan("", ("environment",))
    two.promotion(other).promote("", ("code", "environment"))

    assert two.prod.last.promoted_from is not None
    assert two.prod.last.promoted_from.accepted == ("code",)


def test_other_configuration_of_the_second_stack_is_no_difference(two: Two) -> None:
    two.promotion(make_definition(steps=(100,))).promote("")

    assert two.prod.last.content.configuration_digest != two.staging.last.content.configuration_digest


def test_a_version_that_fails_in_prod_is_rolled_back_there(two: Two) -> None:
    two.prod.azure.broken.add("churn:1")

    with pytest.raises(RolledBackError):
        two.promotion().promote("")

    assert (two.prod.last.verdict, two.staging.last.verdict) == (Verdict.ROLLED_BACK, Verdict.SUCCEEDED)


def test_a_promotion_that_cannot_be_recorded_changes_nothing(two: Two) -> None:
    two.prod.files.denied = True

    with pytest.raises(RecordNotBegunError):
        two.promotion().promote("")

    assert not two.prod.azure.acts
