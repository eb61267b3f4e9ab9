"""Decides what a release to container groups does. Pure.

Container instances know no shares of traffic, so a version takes over in one of two ways, which the settings choose:

- *switch*: it comes up in a group of its own, is tested there, and then the public name moves to it. No request fails.
  Callers that have kept the old address go on reaching the old version for as long as the name's time to live says,
  so its group is kept until then.
- *recreate*: it is put into the one group in place of the old version. Requests fail until it answers, and when it
  does not, the old version is put back in the same way.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from windlass.errors.release import NothingToRollBackError
from windlass.project.definitions import DeploymentDefinition, OnlineDefinition
from windlass.project.rollout import Previous
from windlass.project.serving import ContainerGroup
from windlass.release.models import (
    Candidate,
    CreateDeployment,
    DeleteDeployment,
    Deployment,
    Endpoint,
    ModelVersion,
    Plan,
    Settle,
    ShiftTraffic,
    SmokeTest,
    Step,
)
from windlass.release.plan import (
    create_missing,
    find_base,
    made_of,
    name_deployment,
    plan_roll_back,
    prepare,
    replaced,
)
from windlass.release.traffic import ALL, Traffic


def plan_group_release(definition: OnlineDefinition, candidate: Candidate, endpoint: Endpoint) -> Plan:
    """Plan the way from what Azure shows to the candidate in service alone."""
    existing = made_of(endpoint, candidate.release)
    target = existing.name if existing else name_deployment(candidate, endpoint)
    container = definition.deployment.serving.container
    plan = Plan(
        endpoint=endpoint.name,
        target=target,
        model=candidate.model.label,
        base=find_base(endpoint, target),
        steps=(
            *prepare(candidate, existing),
            *create_missing(definition, candidate, target, existing),
        ),
    )
    if container.release == "switch":
        return _switch(definition, plan, endpoint)
    return _recreate(definition, plan, endpoint)


def plan_group_roll_back(definition: OnlineDefinition, endpoint: Endpoint) -> Plan:
    """Plan the way back that a person asks for.

    Raises:
        NothingToRollBackError: No earlier version is known.
    """
    container = definition.deployment.serving.container
    if container.release == "switch":
        plan = plan_roll_back(endpoint)
        return replace(plan, notes=_notes_of_switch(container))
    previous = endpoint.previous
    if previous is None or not previous.model:
        raise NothingToRollBackError(endpoint.name, "no release has replaced a version", "")
    here = next((each.name for each in endpoint.deployments if each.fixed), "")
    return Plan(
        endpoint=endpoint.name,
        target=previous.name,
        model=previous.model,
        base=endpoint.traffic,
        steps=(
            _bring_back(previous, definition.deployment),
            ShiftTraffic(
                traffic=Traffic.of({previous.name: ALL}),
                target=previous.name,
                base=Traffic.of({here: ALL} if here else {}),
            ),
        ),
        notes=_notes_of_recreate(container),
    )


def _switch(definition: OnlineDefinition, plan: Plan, endpoint: Endpoint) -> Plan:
    container = definition.deployment.serving.container
    assert container.name is not None
    moves = endpoint.traffic.share_of(plan.target) != ALL
    settling = container.name.settle_seconds
    steps = (
        *plan.steps,
        *(_test_and_shift(definition, plan) if moves else ()),
        *_clear_after(settling, definition, plan, endpoint),
    )
    notes = _notes_of_switch(container) if moves and plan.base else ()
    return replace(plan, steps=steps, notes=notes, settling=settling)


def _recreate(definition: OnlineDefinition, plan: Plan, endpoint: Endpoint) -> Plan:
    """Replace what is in the one group; what a switch has left beside it goes."""
    container = definition.deployment.serving.container
    old = next((each for each in endpoint.deployments if each.fixed and each.name != plan.target), endpoint.previous)
    serves = endpoint.traffic.share_of(plan.target) == ALL
    others = [each for each in endpoint.deployments if not each.fixed and each.name != plan.target and each.release]
    steps: tuple[Step, ...] = (
        *_in_place(plan.steps),
        *(() if serves else _test_and_shift(definition, plan)),
        *(DeleteDeployment(name=each.name, reason=f"{plan.target} took over") for each in others),
    )
    interrupts = old is not None and any(isinstance(step, CreateDeployment) for step in plan.steps)
    comes_back = old is not None and bool(old.model) and bool(old.environment) and not serves
    return replace(
        plan,
        steps=steps,
        notes=_notes_of_recreate(container) if interrupts else (),
        fallback=_bring_back(old, definition.deployment) if old is not None and comes_back else None,
    )


def _in_place(steps: tuple[Step, ...]) -> Iterator[Step]:
    """Put a version over a failed attempt of itself: were its group removed first, so would be what it replaces."""
    for step in steps:
        if isinstance(step, CreateDeployment):
            yield replace(step, in_place=True)
        elif not isinstance(step, DeleteDeployment):
            yield step


def _test_and_shift(definition: OnlineDefinition, plan: Plan) -> Iterator[Step]:
    settings = definition.rollout.smoke_test
    yield SmokeTest(deployment=plan.target, samples=definition.samples, settings=settings)
    yield ShiftTraffic(traffic=Traffic.of({plan.target: ALL}), target=plan.target, base=plan.base)


def _clear_after(settling: float, definition: OnlineDefinition, plan: Plan, endpoint: Endpoint) -> Iterator[Step]:
    keep = plan.base.names if definition.rollout.previous is Previous.KEEP else frozenset()
    doomed = [step for step in replaced(plan.target, plan.base, endpoint) if step.name not in keep]
    if doomed:
        yield Settle(seconds=settling)
        yield from doomed


def _bring_back(old: Deployment, definition: DeploymentDefinition) -> CreateDeployment:
    name, _, version = old.model.partition(":")
    return CreateDeployment(
        name=old.name,
        model=ModelVersion(name=name, version=version, sha256=old.sha256),
        environment=old.environment,
        release=old.release,
        definition=definition,
        in_place=True,
    )


def _notes_of_switch(container: ContainerGroup) -> tuple[str, ...]:
    assert container.name is not None
    host, seconds = container.name.host, container.name.settle_seconds
    return (
        f"no request fails: {host} moves to the new version when it is tested",
        f"callers that keep the old address reach the old version for up to {seconds:g} s more; it is kept until then",
    )


def _notes_of_recreate(container: ContainerGroup) -> tuple[str, ...]:
    longest = f"at most {container.start_seconds:g} s"
    return (
        f"requests fail from the moment the old version is stopped until the new one answers: {longest}",
        "a version that does not answer by then is replaced by the old one, which takes as long again",
    )
