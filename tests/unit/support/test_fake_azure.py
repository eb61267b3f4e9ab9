from __future__ import annotations

from pathlib import Path

import pytest
from support.definitions import make_definition
from support.fake_azure import ENDPOINT, FakeAzure, FakeClock, FakeJournals

from windlass.errors.azure import AzureConflictError, AzureNotFoundError
from windlass.errors.release import DeploymentFailedError, EndpointLockedError, ModelVersionTakenError
from windlass.release.models import Condition, CreateDeployment, ModelVersion
from windlass.release.ports import Assets, Clock, Journals, OnlineEndpoints, Scoring
from windlass.release.traffic import Traffic

ONE = ModelVersion(name="churn", version="1", sha256="a")
STEP = CreateDeployment(
    name="churn-1", model=ONE, environment="churn:abc", release="r", definition=make_definition().deployment
)


@pytest.fixture
def azure() -> FakeAzure:
    fake = FakeAzure()
    fake.register_model(ONE, Path("model"))
    return fake


def test_the_fakes_satisfy_the_ports() -> None:
    assets: Assets = FakeAzure()
    endpoints: OnlineEndpoints = FakeAzure()
    scoring: Scoring = FakeAzure()
    journals: Journals = FakeJournals()
    clock: Clock = FakeClock()

    assert all((assets, endpoints, scoring, journals, clock))


def test_other_content_under_a_registered_version_is_refused(azure: FakeAzure) -> None:
    with pytest.raises(ModelVersionTakenError):
        azure.register_model(ModelVersion(name="churn", version="1", sha256="b"), Path("model"))


def test_versions_count_up(azure: FakeAzure) -> None:
    assert (azure.next_model_version("churn"), azure.next_model_version("other")) == ("2", "1")


def test_a_deployment_needs_its_model() -> None:
    with pytest.raises(AzureNotFoundError):
        FakeAzure().create_deployment(ENDPOINT, STEP)


def test_a_broken_model_leaves_a_dead_deployment_that_takes_no_second_attempt(azure: FakeAzure) -> None:
    azure.broken.add("churn:1")
    with pytest.raises(DeploymentFailedError):
        azure.create_deployment(ENDPOINT, STEP)

    assert azure.deployments["churn-1"].condition is Condition.DEAD
    with pytest.raises(AzureConflictError):
        azure.create_deployment(ENDPOINT, STEP)


def test_traffic_to_a_deployment_that_is_not_there_is_refused(azure: FakeAzure) -> None:
    with pytest.raises(AzureNotFoundError):
        azure.set_traffic(ENDPOINT, Traffic.of({"churn-1": 100}), target="", base=Traffic())


def test_a_deployment_with_traffic_is_not_deleted(azure: FakeAzure) -> None:
    azure.create_deployment(ENDPOINT, STEP)
    azure.set_traffic(ENDPOINT, Traffic.of({"churn-1": 100}), target="", base=Traffic())

    with pytest.raises(AzureConflictError):
        azure.delete_deployment(ENDPOINT, "churn-1")


def test_an_endpoint_without_traffic_answers_who_is_named(azure: FakeAzure) -> None:
    azure.create_deployment(ENDPOINT, STEP)

    answer = azure.score(azure.observe(ENDPOINT), b'{"age": 1}', deployment="churn-1")

    assert (answer.status, answer.body, answer.deployment) == (200, b'{"echo": {"age": 1}}', "churn-1")


def test_a_lock_is_held_once_and_let_go_of() -> None:
    journals = FakeJournals()
    with journals.lock("churn"), pytest.raises(EndpointLockedError), journals.lock("churn"):
        pass

    with journals.lock("churn"):
        assert journals.lines == []


def test_only_sleeping_moves_the_clock() -> None:
    clock = FakeClock()
    before = clock.elapsed()

    clock.sleep(2.5)

    assert (clock.elapsed() - before, clock.now() == clock.elapsed()) == (2.5, True)
