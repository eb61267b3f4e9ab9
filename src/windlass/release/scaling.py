"""Puts autoscale into a plan. Pure.

An autoscale setting is no part of its deployment in Azure: it is made after it, outlives it, and then waits for the
next of that name. So a plan makes it right after the deployment and before any traffic, and takes it away before the
deployment goes. What a killed run has left behind (a deployment without its setting, a setting without its deployment)
is seen in Azure and planned again.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from windlass.project.autoscale import Autoscale
from windlass.release.models import (
    CreateAutoscale,
    CreateDeployment,
    DeleteAutoscale,
    DeleteDeployment,
    Endpoint,
    Plan,
    Scaled,
    Step,
)

_ORPHAN = "its deployment is gone"


def scale_plan(plan: Plan, wanted: Autoscale | None, endpoint: Endpoint, scaled: Sequence[Scaled]) -> Plan:
    """Plan autoscale for the release of a version.

    Args:
        plan: The plan without it.
        wanted: What the definition says; None means no autoscale.
        endpoint: The endpoint as observed.
        scaled: All autoscale settings of the endpoint's deployments, orphans among them.
    """
    steps = tuple(_scaled_steps(plan, wanted, endpoint, scaled))
    return replace(plan, steps=(*steps, *_orphans(endpoint, scaled, steps)))


def unscale(steps: Sequence[Step], endpoint: Endpoint, scaled: Sequence[Scaled]) -> tuple[Step, ...]:
    """Put the end of its autoscale before the end of each deployment, and end what has no deployment any more."""
    named = {each.deployment for each in scaled}
    kept = tuple(part for step in steps for part in _with_its_end(step, named))
    return (*kept, *_orphans(endpoint, scaled, kept))


def _scaled_steps(plan: Plan, wanted: Autoscale | None, endpoint: Endpoint, scaled: Sequence[Scaled]) -> Iterator[Step]:
    found = {each.deployment: each for each in scaled}
    if not any(isinstance(step, CreateDeployment) for step in plan.steps):
        yield from _adjusted(plan.target, wanted, found.get(plan.target))
    for step in plan.steps:
        if isinstance(step, CreateDeployment):
            yield step if wanted is None else replace(step, instances=_first(step, wanted, endpoint))
            yield from _adjusted(plan.target, wanted, found.get(plan.target))
        else:
            yield from _with_its_end(step, set(found))
            if isinstance(step, DeleteDeployment):
                found.pop(step.name, None)


def _adjusted(target: str, wanted: Autoscale | None, found: Scaled | None) -> Iterator[Step]:
    if wanted is not None and (found is None or not found.enabled or found.digest != wanted.digest):
        yield CreateAutoscale(deployment=target, settings=wanted)
    if wanted is None and found is not None:
        yield DeleteAutoscale(deployment=target, reason="the definition asks for none")


def _first(step: CreateDeployment, wanted: Autoscale, endpoint: Endpoint) -> int:
    """Start with as many instances as serve now: the new version is given the traffic of the old one."""
    written = int(step.definition.document.get("instance_count") or 1)
    serving = [each.instances for each in endpoint.deployments if endpoint.traffic.share_of(each.name)]
    return wanted.starting_with(max([written, *serving]))


def _with_its_end(step: Step, scaled: set[str]) -> Iterator[Step]:
    if isinstance(step, DeleteDeployment) and step.name in scaled:
        yield DeleteAutoscale(deployment=step.name, reason=step.reason)
    yield step


def _orphans(endpoint: Endpoint, scaled: Sequence[Scaled], steps: Sequence[Step]) -> Iterator[Step]:
    made = {step.name for step in steps if isinstance(step, CreateDeployment)}
    for each in scaled:
        if endpoint.find(each.deployment) is None and each.deployment not in made:
            yield DeleteAutoscale(deployment=each.deployment, reason=_ORPHAN)
