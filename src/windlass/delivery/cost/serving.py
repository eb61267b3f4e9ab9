"""What real-time endpoints cost: instances for as long as they exist, and two versions side by side at each release."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, assert_never

from windlass.delivery.cost.book import VM
from windlass.delivery.cost.models import Unpriced
from windlass.delivery.cost.resources import Resource
from windlass.delivery.cost.sheet import Assumed, Entry, Sheet, shown, told
from windlass.delivery.cost.workloads import OnlineWorkload, Workload
from windlass.project.autoscale import Autoscale, Hours
from windlass.project.usage import (
    DAYS_OF_A_WEEK,
    HOURS_OF_A_DAY,
    HOURS_OF_A_MONTH,
    EndpointUsage,
    OnlineUsage,
    Range,
    as_range,
)

OVERLAP_WHEN_REMOVED: Final = Range(low=0.5, likely=1, high=2)
"""Hours: the steps of a release, and the minutes in which the new version is made."""

OVERLAP_WHEN_KEPT: Final = Range(low=1, likely=24, high=HOURS_OF_A_MONTH)
"""Hours: somebody confirms a release the next day, or the next release removes what the last one left."""

COMPUTE: Final = "machinelearningservices:Compute"

_MINUTES: Final = 60
_HOURS_OF_A_WEEK: Final = HOURS_OF_A_DAY * DAYS_OF_A_WEEK


def price_online(workload: Workload, sheet: Sheet) -> Iterator[Entry]:
    """Price the deployment of a real-time endpoint."""
    online = workload.online
    if online is None:
        return
    subject, usage = f"{workload.endpoint}/online", workload.usage
    match online.compute:
        case "managed":
            yield from _managed(subject, online, usage, sheet)
        case "container-instance":
            yield from _group(subject, online, usage, sheet)
        case "kubernetes":
            yield Assumed(f"{subject} runs on the nodes of the Kubernetes cluster and costs nothing beside them")
        case never:
            assert_never(never)


def price_online_endpoint(resource: Resource, sheet: Sheet) -> Iterator[Entry]:
    """Say nothing of an endpoint whose deployments are priced; name one whose deployments nobody here knows."""
    if not any(f"{each.endpoint}-online-endpoint" == resource.name for each in sheet.workloads if each.online):
        yield Unpriced(subject=resource.name, why="its deployments, which no file at hand describes")


def price_batch_endpoint(resource: Resource, sheet: Sheet) -> Iterator[Entry]:
    """Say nothing of an endpoint whose jobs are priced with their cluster; name any other."""
    batch = next((each.batch for each in sheet.workloads if f"{each.endpoint}-batch-endpoint" == resource.name), None)
    if batch is None:
        yield Unpriced(subject=resource.name, why="its jobs, which no file at hand describes")
    elif not any(each.text("computeName") == batch.cluster for each in sheet.of_type(COMPUTE)):
        yield Unpriced(
            subject=resource.name, why=f"its jobs: the stack has no cluster {batch.cluster} that they run on"
        )


def instances_of(online: OnlineWorkload, usage: OnlineUsage) -> Range:
    """How many instances there are on average: fixed, or between the bounds of autoscale."""
    if online.autoscale is None:
        return as_range(online.instances)
    fewest, most = _weekly(online.autoscale)
    share = as_range(usage.autoscale_share)
    return Range(
        low=fewest + share.low * (most - fewest),
        likely=fewest + share.likely * (most - fewest),
        high=fewest + share.high * (most - fewest),
    )


def hours_of(usage: OnlineUsage) -> Range:
    """How many hours a month a deployment exists."""
    part = as_range(usage.hours_per_day) * as_range(usage.days_per_week)
    return part * (HOURS_OF_A_MONTH / _HOURS_OF_A_WEEK)


def overlap_of(online: OnlineWorkload, usage: OnlineUsage) -> Range:
    """How many hours a month two versions run side by side: never more than it has."""
    if not online.overlaps:
        return as_range(0)
    default = OVERLAP_WHEN_KEPT if online.keeps_previous else OVERLAP_WHEN_REMOVED
    hours = as_range(default if usage.overlap_hours is None else usage.overlap_hours)
    total = hours * as_range(usage.releases_per_month)
    most = hours_of(usage)
    return Range(low=min(total.low, most.low), likely=min(total.likely, most.likely), high=min(total.high, most.high))


def _managed(subject: str, online: OnlineWorkload, usage: EndpointUsage, sheet: Sheet) -> Iterator[Entry]:
    size, count, hours = online.instance_type, instances_of(online, usage.online), hours_of(usage.online)
    if not size:
        yield Unpriced(subject=subject, why="instances: deployment.yml names no instance_type")
        return
    amount = f"{shown(count, f'x {size}')} x {shown(hours, 'h')}"
    yield from sheet.charge(f"{VM}{size}", subject, "instances", count * hours, amount)
    yield from _hours_assumed(subject, usage.online)
    if online.autoscale is not None:
        share = told(usage.online.autoscale_share, is_said="autoscale_share" in usage.online.model_fields_set)
        yield Assumed(f"{subject}: autoscale stands at {share} of the way from its minimum to its maximum")
    overlap = overlap_of(online, usage.online)
    beside = f"{shown(count, f'x {size}')} x {shown(overlap, 'h')}"
    yield from sheet.charge(f"{VM}{size}", subject, "two versions at releases", count * overlap, beside)
    yield from _overlap_assumed(subject, online, usage.online, overlap)


def _group(subject: str, online: OnlineWorkload, usage: EndpointUsage, sheet: Sheet) -> Iterator[Entry]:
    hours, overlap = hours_of(usage.online), overlap_of(online, usage.online)
    parts = (("aci/vcpu", "vCPU", online.cpu), ("aci/memory", "GB memory", online.memory_gb))
    for key, unit, size in parts:
        amount = f"{size:g} {unit} x {shown(hours, 'h')}"
        yield from sheet.charge(key, subject, f"container group, {unit}", hours * size, amount)
    yield from _hours_assumed(subject, usage.online)
    if not online.overlaps:
        yield Assumed(f"{subject}: a release replaces the container group, so that two never run side by side")
        return
    for key, unit, size in parts:
        amount = f"{size:g} {unit} x {shown(overlap, 'h')}"
        yield from sheet.charge(key, subject, f"two versions at releases, {unit}", overlap * size, amount)
    yield from _overlap_assumed(subject, online, usage.online, overlap)


def _hours_assumed(subject: str, usage: OnlineUsage) -> Iterator[Entry]:
    a_day, a_week = as_range(usage.hours_per_day), as_range(usage.days_per_week)
    if (a_day.low, a_week.low) == (HOURS_OF_A_DAY, DAYS_OF_A_WEEK):
        yield Assumed(f"{subject}: exists all month, which has {HOURS_OF_A_MONTH:g} hours")
        return
    yield Assumed(f"{subject}: exists for {a_day} hours a day on {a_week} days a week, and is deleted between")


def _overlap_assumed(subject: str, online: OnlineWorkload, usage: OnlineUsage, overlap: Range) -> Iterator[Entry]:
    kept = "kept until somebody confirms the new one" if online.keeps_previous else "removed"
    default = OVERLAP_WHEN_KEPT if online.keeps_previous else OVERLAP_WHEN_REMOVED
    hours = told(
        default if usage.overlap_hours is None else usage.overlap_hours, is_said=usage.overlap_hours is not None
    )
    releases = told(usage.releases_per_month, is_said="releases_per_month" in usage.model_fields_set)
    yield Assumed(
        f"{subject}: {releases} releases a month; at each, two versions run side by side for {hours} hours, because "
        f"the old one is {kept}: {shown(overlap, 'h')} a month"
    )


def _weekly(autoscale: Autoscale) -> tuple[float, float]:
    """The bounds on average over a week."""
    windows = [(_length(each), each) for each in autoscale.hours]
    usual = _HOURS_OF_A_WEEK - sum(length for length, _ in windows)
    fewest = usual * autoscale.minimum + sum(length * each.minimum for length, each in windows)
    most = usual * autoscale.maximum + sum(length * (each.maximum or autoscale.maximum) for length, each in windows)
    return fewest / _HOURS_OF_A_WEEK, most / _HOURS_OF_A_WEEK


def _length(hours: Hours) -> float:
    return len(set(hours.days)) * (_time(hours.ends) - _time(hours.starts))


def _time(text: str) -> float:
    hour, minute = text.split(":")
    return int(hour) + int(minute) / _MINUTES
