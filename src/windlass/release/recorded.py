"""Decides what a record allows: what is gone back to, what may be promoted. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from windlass.errors.records import (
    ContentDiffersError,
    NoRecordInServiceError,
    RecordedModelChangedError,
    RecordNotGoodError,
)
from windlass.errors.release import NothingInServiceError, ServiceSharedError
from windlass.project.definitions import OnlineDefinition, RegisteredModel
from windlass.release.models import Condition, CreateDeployment, Deployment, Endpoint, Plan, ShiftTraffic, SmokeTest
from windlass.release.record import Content, Kind, ReleaseRecord, is_of, subject_of
from windlass.release.recording import Order
from windlass.release.traffic import ALL, Traffic

ENVIRONMENT, CODE = "environment", "code"
"""What a person may allow to differ, by the words of the command line."""


def stamped(plan: Plan, tags: tuple[tuple[str, str], ...]) -> Plan:
    """The plan whose new deployments carry the tags of their record; one that is brought back keeps none of another."""
    steps = (replace(each, tags=tags) if isinstance(each, CreateDeployment) else each for each in plan.steps)
    return replace(plan, steps=tuple(steps))


def plan_proof(plan: Plan, definition: OnlineDefinition, observed: Endpoint) -> Plan:
    """Plan the test of a version that serves as wanted and that no good record tells of, so that one does."""
    test = SmokeTest(deployment=plan.target, samples=definition.samples, settings=definition.rollout.smoke_test)
    note = f"{plan.target} serves as wanted, and no record says that it was found good: it is tested, and recorded"
    return replace(plan, steps=(test,), base=observed.traffic, notes=(*plan.notes, note), serves=True)


def back_order(name: str, plan: Plan, observed: Endpoint) -> Order:
    """Say what a roll back is about: what it brings back, and whose release it takes back."""
    return Order(
        kind=Kind.ROLL_BACK,
        name=name,
        subject=subject_of(_deployment(plan, observed)),
        about=_serving(observed, besides=plan.target),
    )


def confirm_order(name: str, plan: Plan, observed: Endpoint) -> Order:
    """Say what a confirm is about: the release that has the traffic."""
    found = _deployment(plan, observed)
    return Order(kind=Kind.CONFIRM, name=name, subject=subject_of(found), about=(found.name, found.release))


def plan_standing(observed: Endpoint, record: ReleaseRecord) -> Plan | None:
    """Plan the way back to a recorded version whose deployment still stands: one change of traffic.

    Raises:
        RecordedModelChangedError: What stands serves another model than the record says.
    """
    found = observed.find(record.deployment)
    if found is None or found.name not in observed.alive or found.release != record.content.release:
        return None
    if found.sha256:
        require_same_model(record, found.sha256)
    all_of_it = Traffic.of({found.name: ALL})
    step = ShiftTraffic(traffic=all_of_it, target=found.name, base=observed.traffic)
    steps = () if observed.traffic == all_of_it else (step,)
    return Plan(endpoint=observed.name, target=found.name, model=found.model, base=observed.traffic, steps=steps)


def require_good(record: ReleaseRecord, what: str) -> None:
    """Refuse a record that never succeeded.

    Args:
        record: The record.
        what: What it would have to be, such as "a version to go back to".

    Raises:
        RecordNotGoodError: It failed, is under way, or was taken back.
    """
    if not record.verdict.is_good:
        raise RecordNotGoodError(record.id, record.verdict.value, record.reason, what)


def require_same_model(record: ReleaseRecord, sha256: str) -> None:
    """Refuse a model whose content is not that of the record.

    Raises:
        RecordedModelChangedError: It is another, or one of the two digests is not known.
    """
    if not sha256 or sha256 != record.model.sha256:
        raise RecordedModelChangedError(record.id, record.model.label, record.stack, record.model.sha256, sha256)


def find_in_service(records: Iterable[ReleaseRecord], observed: Endpoint, name: str, stack: str) -> ReleaseRecord:
    """Find the record of what serves an endpoint.

    Args:
        records: The newest first.
        observed: The endpoint.
        name: The folder.
        stack: The stack.

    Raises:
        NoRecordInServiceError: Not one version serves alone, or no record tells of it.
        RecordNotGoodError: Its record did not succeed.
    """
    serving = [each for each in observed.deployments if observed.traffic.share_of(each.name) == ALL]
    if not serving:
        raise NoRecordInServiceError(name, stack, f"none serves alone, the traffic is {observed.traffic or 'empty'}")
    (deployment,) = serving
    found = next((each for each in records if is_of(each, deployment.name, deployment.release)), None)
    if found is None or not deployment.release:
        raise NoRecordInServiceError(name, stack, f"{deployment.name} serves, and no record tells of its release")
    require_good(found, "what may be promoted")
    return found


def model_in_service(observed: Endpoint) -> RegisteredModel:
    """Tell the model version that serves an endpoint alone.

    Raises:
        NothingInServiceError: None does.
        ServiceSharedError: Several do.
    """
    serving = [each for each in observed.deployments if observed.traffic.share_of(each.name)]
    if not serving:
        raise NothingInServiceError(observed.name)
    if len(serving) > 1:
        raise ServiceSharedError(observed.name, observed.traffic.as_dict())
    return RegisteredModel.parse(f"azureml:{serving[0].model}")


def require_same_content(record: ReleaseRecord, content: Content, accepted: Iterable[str]) -> None:
    """Refuse a checkout with another environment or scoring code than was tried.

    Args:
        record: What was tried.
        content: What the checkout would release.
        accepted: What a person allows to differ: `environment`, `code`.

    Raises:
        ContentDiffersError: Something else differs.
    """
    found = {name: text for name, text in differences(record, content) if name not in set(accepted)}
    if found:
        raise ContentDiffersError(record.id, tuple(found.values()), tuple(found))


def differences(record: ReleaseRecord, content: Content) -> Iterator[tuple[str, str]]:
    """Say in what the checkout differs from what was released: which part, and how."""
    before = record.content
    then, now = before.environment_digest or before.environment, content.environment_digest or content.environment
    if then != now:
        yield ENVIRONMENT, f"its environment is {now or 'not known'}, recorded is {then or 'none'}"
    if before.code_digest != content.code_digest:
        then, now = before.code_digest[:12], content.code_digest[:12]
        yield CODE, f"its scoring code is {now or 'none'}, recorded is {then or 'none'}"


def notes_of_differences(record: ReleaseRecord, content: Content) -> tuple[str, ...]:
    """What has to be said where a model comes back with other content around it."""
    other = f"the checkout is not what {record.id} was released with"
    return tuple(f"{other}: {text}" for _, text in differences(record, content))


def _deployment(plan: Plan, observed: Endpoint) -> Deployment:
    """The deployment that a plan is about; one that is made anew in its place shows what it was."""
    found = observed.find(plan.target) or observed.previous
    return found if found is not None and found.name == plan.target else _unseen(plan)


def _unseen(plan: Plan) -> Deployment:
    return Deployment(name=plan.target, condition=Condition.MOVING, model=plan.model)


def _serving(observed: Endpoint, *, besides: str) -> tuple[str, str]:
    """Name what a roll back takes out: where the latest release went, else who has most of the traffic."""
    names = (observed.target, *(name for name, _ in sorted(observed.traffic.shares, key=lambda pair: -pair[1])))
    found = next((observed.find(name) for name in names if name and name != besides), None)
    return (found.name, found.release) if found is not None else ("", "")
