"""Decides what a release does. Pure: the same definition and the same Azure give the same plan.

A plan is made from what is wanted and what Azure shows, never from what an earlier run remembers. So a run after a
kill, on another machine too, plans what is left: a step whose effect is visible is not planned again. Two facts of a
release that Azure would not show by itself are kept there on purpose: each deployment carries the fingerprint of all
it is made of, and the request that moves traffic also writes onto the endpoint who served before.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import chain

from windlass.errors.release import NothingToRollBackError, ReleaseNotThroughError
from windlass.project.definitions import OnlineDefinition
from windlass.project.rollout import Previous, Rollout
from windlass.release.models import (
    BuildImage,
    Candidate,
    Condition,
    CreateDeployment,
    DeleteDeployment,
    Deployment,
    Endpoint,
    Plan,
    RegisterEnvironment,
    RegisterModel,
    Settle,
    ShiftTraffic,
    SmokeTest,
    Step,
    Watch,
)
from windlass.release.traffic import ALL, Traffic, restrict, shift

_LONGEST_NAME = 30
"""Azure takes 32, but on Kubernetes no more than 62 together with the name of the endpoint, which may have 32."""

_SUFFIX_LENGTH = 6


def plan_release(definition: OnlineDefinition, candidate: Candidate, endpoint: Endpoint) -> Plan:
    """Plan the way from what Azure shows to the candidate in service alone."""
    existing = made_of(endpoint, candidate.release)
    target = existing.name if existing else name_deployment(candidate, endpoint)
    base = find_base(endpoint, target)
    steps = (
        *prepare(candidate, existing),
        *create_missing(definition, candidate, target, existing),
        *_take_over(definition, target, base, endpoint),
        *_clear(definition.rollout, target, base, endpoint),
    )
    return Plan(endpoint=endpoint.name, target=target, model=candidate.model.label, base=base, steps=steps)


def plan_undo(plan: Plan, endpoint: Endpoint) -> tuple[Step, ...]:
    """Plan the way back after the new version failed: the old traffic exactly, then the failed version goes."""
    steps: list[Step] = []
    if plan.fallback is not None:
        return (plan.fallback, ShiftTraffic(traffic=Traffic.of({plan.fallback.name: ALL})))
    if endpoint.traffic.share_of(plan.target):
        steps.append(ShiftTraffic(traffic=restrict(plan.base, endpoint.alive - {plan.target})))
    if steps and plan.settling:
        steps.append(Settle(seconds=plan.settling))
    if endpoint.find(plan.target) is not None:
        steps.append(DeleteDeployment(name=plan.target, reason="it failed"))
    return tuple(steps)


def plan_roll_back(endpoint: Endpoint) -> Plan:
    """Plan the way back that a person asks for: one change of traffic, nothing is made or removed.

    Raises:
        NothingToRollBackError: No earlier version stands ready.
    """
    current = endpoint.find(endpoint.target)
    if current is None or not endpoint.traffic.share_of(current.name):
        raise NothingToRollBackError(endpoint.name, "no release has moved its traffic", "")
    gone = sorted(endpoint.base.names - endpoint.alive)
    if gone or not endpoint.base:
        why = f"{', '.join(gone)} no longer stands" if gone else f"{current.name} was the first version"
        raise NothingToRollBackError(endpoint.name, why, current.model.partition(":")[0])
    target = max(endpoint.base.shares, key=lambda pair: pair[1])[0]
    serving = endpoint.find(target)
    return Plan(
        endpoint=endpoint.name,
        target=target,
        model=serving.model if serving else "",
        base=endpoint.traffic,
        steps=(ShiftTraffic(traffic=endpoint.base),),
    )


def plan_confirm(endpoint: Endpoint) -> Plan:
    """Plan the end of a release whose old version was kept: what it replaced goes.

    Raises:
        ReleaseNotThroughError: The new version has not all traffic.
    """
    target = endpoint.find(endpoint.target)
    share = endpoint.traffic.share_of(endpoint.target)
    if target is None or share != ALL:
        raise ReleaseNotThroughError(endpoint.name, endpoint.target, share)
    doomed = tuple(replaced(target.name, endpoint.base, endpoint))
    settle = (Settle(seconds=endpoint.settling),) if doomed and endpoint.settling else ()
    return Plan(
        endpoint=endpoint.name,
        target=target.name,
        model=target.model,
        base=endpoint.traffic,
        steps=(*settle, *doomed),
    )


def name_deployment(candidate: Candidate, endpoint: Endpoint) -> str:
    """Name a new deployment after its model version; a suffix tells two of one model version apart."""
    plain = _azure_name(f"{candidate.model.name}-{candidate.model.version}", _LONGEST_NAME)
    stem = plain[: _LONGEST_NAME - _SUFFIX_LENGTH - 3].rstrip("-")
    suffixed = f"{stem}-{candidate.release[:_SUFFIX_LENGTH]}"
    names = chain((plain, suffixed), (f"{suffixed}-{number}" for number in range(2, 10)))
    return next(name for name in names if endpoint.find(name) is None)


def find_base(endpoint: Endpoint, target: str) -> Traffic:
    """Find the traffic that a failure of `target` restores: that before its release began."""
    begun = endpoint.traffic.share_of(target) and endpoint.target == target
    return restrict(endpoint.base if begun else endpoint.traffic, endpoint.alive - {target})


def _azure_name(text: str, limit: int) -> str:
    """Fit Azure's rule: a letter first, then letters, digits and hyphens, no hyphen last.

    The end is kept where it has to be shortened: there stands the version.
    """
    name = re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")
    if not name[:1].isalpha():
        name = f"m-{name}"
    if len(name) <= limit:
        return name
    head, _, version = name.rpartition("-")
    version = version[-(limit - 2) :]
    return f"{head[: limit - len(version) - 1].rstrip('-')}-{version}"


def made_of(endpoint: Endpoint, release: str) -> Deployment | None:
    """Find what an earlier run made of the same content. A dead one that has traffic cannot be made anew in place."""
    return next(
        (
            each
            for each in endpoint.deployments
            if each.release == release
            and not (each.condition is Condition.DEAD and endpoint.traffic.share_of(each.name))
        ),
        None,
    )


def prepare(candidate: Candidate, existing: Deployment | None) -> Iterator[Step]:
    """Yield what has to be there before a deployment can be made."""
    if existing is not None and existing.condition is not Condition.DEAD:
        return
    if candidate.path is not None:
        yield RegisterModel(model=candidate.model, path=candidate.path)
    if candidate.environment is not None:
        yield RegisterEnvironment(environment=candidate.environment)
    if candidate.image is not None:
        yield BuildImage(image=candidate.image)


def create_missing(
    definition: OnlineDefinition, candidate: Candidate, target: str, existing: Deployment | None
) -> Iterator[Step]:
    """Yield what makes the deployment that is not there, or is there and dead."""
    if existing is not None and existing.condition is Condition.READY:
        return
    if existing is not None and existing.condition is Condition.DEAD:
        yield DeleteDeployment(name=target, reason="it failed before, and Azure cannot repair a deployment")
    yield CreateDeployment(
        name=target,
        model=candidate.model,
        environment=candidate.environment_label,
        release=candidate.release,
        definition=definition.deployment,
    )


def _take_over(definition: OnlineDefinition, target: str, base: Traffic, endpoint: Endpoint) -> Iterator[Step]:
    now = endpoint.traffic.share_of(target)
    if now == ALL:
        return
    rollout = definition.rollout
    test = SmokeTest(deployment=target, samples=definition.samples, settings=rollout.smoke_test)
    yield test
    yield from _watch(rollout, test, now)
    for share in rollout.shares if base else (ALL,):
        if share > now:
            yield ShiftTraffic(traffic=shift(base, target, share), target=target, base=base)
            yield from _watch(rollout, test, share)


def _watch(rollout: Rollout, test: SmokeTest, share: int) -> Iterator[Step]:
    if rollout.wait_seconds and 0 < share < ALL:
        yield Watch(test=test, share=share, seconds=rollout.wait_seconds, every=rollout.probe_seconds)


def _clear(rollout: Rollout, target: str, base: Traffic, endpoint: Endpoint) -> Iterator[Step]:
    keep = base.names if rollout.previous is Previous.KEEP else frozenset()
    for step in replaced(target, base, endpoint):
        if step.name not in keep:
            yield step


def replaced(target: str, base: Traffic, endpoint: Endpoint) -> Iterator[DeleteDeployment]:
    """What this toolkit made, and what served before; what people made beside it is left alone."""
    for each in endpoint.deployments:
        if each.name != target and (each.release or each.name in base.names):
            yield DeleteDeployment(name=each.name, reason=f"{target} took over")
