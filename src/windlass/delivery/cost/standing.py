"""What resources cost by being there, and by what is stored in them or passes through them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from windlass.delivery.cost.clusters import DAYS_OF_A_MONTH
from windlass.delivery.cost.models import Unpriced
from windlass.delivery.cost.resources import Resource
from windlass.delivery.cost.sheet import Assumed, Entry, Sheet, shown, told
from windlass.project.usage import HOURS_OF_A_MONTH, Range, as_range

INCLUDED_STORAGE: Final[Mapping[str, float]] = {"Basic": 10, "Standard": 100, "Premium": 500}
"""GB of images within the daily price of a registry (Microsoft: container-registry-skus)."""

FREE_RETENTION_DAYS: Final = 31
"""Log Analytics keeps logs so long within the price of taking them in (Microsoft: cost-logs)."""

OTHER_LOGS_GB: Final = Range(low=0.1, likely=0.5, high=2)
"""A month, of the audit and resource logs of a whole stack, beside those of requests and jobs. An assumption."""

DEPLOYMENTS_WATCHED: Final = Range(low=1, likely=1, high=2)
"""How many values the dimension `deployment` of an alert has: two while a release is under way."""

_ENDPOINT_HOUR: Final = "private-endpoint/hour"
_MINUTES: Final[Mapping[str, int]] = {"M": 1, "H": 60, "D": 1440}
_LOG_FREQUENCIES: Final = (1, 5, 10, 15)
_KILO: Final = 1e3
_MEGA: Final = 1e6


def price_storage(resource: Resource, sheet: Sheet) -> Iterator[Entry]:
    """Price a storage account by what is kept in it, in the hot tier."""
    redundancy = resource.text("sku.name").removeprefix("Standard_").lower()
    yield from _kept(
        sheet, f"storage/hot-{redundancy}", resource.name, f"data stored, hot {redundancy.upper()}", "storage_gb"
    )


def price_registry(resource: Resource, sheet: Sheet) -> Iterator[Entry]:
    """Price a container registry: its tier, and images beyond what the tier includes."""
    tier = resource.text("sku.name")
    days = f"{DAYS_OF_A_MONTH:.1f} days"
    yield from sheet.charge(f"registry/{tier.lower()}", resource.name, f"registry, tier {tier}", DAYS_OF_A_MONTH, days)
    images = _sum(sheet, "images_gb")
    more = images.above(INCLUDED_STORAGE.get(tier, 0))
    if more.high:
        amount = shown(more, "GB beyond what is included")
        yield from sheet.charge("registry/storage", resource.name, "images stored", more, amount)
    yield from _told(sheet, resource.name, "images_gb", "images")


def price_logs(resource: Resource, sheet: Sheet) -> Iterator[Entry]:
    """Price a Log Analytics workspace: what is logged, and what is kept longer than is included."""
    taken_in = sum((each for _, each in _logged(sheet)), OTHER_LOGS_GB)
    cap = resource.number("workspaceCapping.dailyQuotaGb")
    if cap:
        taken_in = taken_in.at_most(cap * DAYS_OF_A_MONTH)
    yield from sheet.charge("logs/ingestion", resource.name, "logs taken in", taken_in, shown(taken_in, "GB", digits=2))
    days = resource.number("retentionInDays", FREE_RETENTION_DAYS)
    if days > FREE_RETENTION_DAYS:
        kept = taken_in * ((days - FREE_RETENTION_DAYS) / DAYS_OF_A_MONTH)
        amount = f"{shown(kept, 'GB', digits=2)} beyond {FREE_RETENTION_DAYS} days"
        yield from sheet.charge("logs/retention", resource.name, "logs kept", kept, amount)
    yield Assumed(f"{resource.name}: {OTHER_LOGS_GB} GB of audit and resource logs a month; assumed for every stack")
    yield from (Assumed(text) for text, _ in _logged(sheet))


def price_private_endpoint(resource: Resource, sheet: Sheet) -> Iterator[Entry]:
    """Price a private endpoint by the hour; the data through all of them is one line, `price_private_data`."""
    yield from sheet.charge(_ENDPOINT_HOUR, resource.name, "private endpoint", HOURS_OF_A_MONTH, _month())


def price_nat(resource: Resource, sheet: Sheet) -> Iterator[Entry]:
    """Price a NAT gateway and what goes out through it."""
    yield from sheet.charge("nat/hour", resource.name, "NAT gateway", HOURS_OF_A_MONTH, _month())
    yield from _kept(sheet, "nat/data", resource.name, "data through the NAT gateway", "network_gb")


def price_address(resource: Resource, sheet: Sheet) -> Iterator[Entry]:
    """Price a public address; one that is not static is not priced here."""
    if resource.text("publicIPAllocationMethod") != "Static":
        yield Unpriced(subject=resource.name, why="a public address that is not static")
        return
    yield from sheet.charge("public-address/hour", resource.name, "public address", HOURS_OF_A_MONTH, _month())


def price_zone(resource: Resource, sheet: Sheet) -> Iterator[Entry]:
    """Price a private DNS zone; the queries are not counted."""
    yield from sheet.charge("dns/private-zone", resource.name, "private DNS zone", 1, "1")


def price_metric_alert(resource: Resource, sheet: Sheet) -> Iterator[Entry]:
    """Price a metric alert by the time series that it watches: one for each combination of dimension values."""
    rules = resource.get("criteria.allOf")
    series = sum((_series(each) for each in rules if isinstance(each, Mapping)), as_range(0)) if rules else as_range(1)
    yield from sheet.charge("alerts/series", resource.name, "metric alert", series, shown(series, "time series"))


def price_log_alert(resource: Resource, sheet: Sheet) -> Iterator[Entry]:
    """Price a log alert by how often it asks."""
    every = _minutes(resource.text("evaluationFrequency"))
    if every is None:
        yield Unpriced(subject=resource.name, why="a log alert: how often it asks is not known yet")
        return
    # The list ends at 15 minutes: what asks more rarely costs the same.
    priced_as = max((each for each in _LOG_FREQUENCIES if each <= every), default=_LOG_FREQUENCIES[0])
    yield from sheet.charge(f"alerts/log-{priced_as}", resource.name, "log alert", 1, f"1, every {every} minutes")


def price_workspace(resource: Resource, sheet: Sheet) -> Iterator[Entry]:
    """Price a workspace: itself it is free, the network that it may run is not."""
    mode = resource.text("managedNetwork.isolationMode", "Disabled")
    if mode == "Disabled":
        return
    why = "private endpoints that Azure ML adds to its managed network by itself"
    yield Unpriced(subject=resource.name, why=why)
    if mode != "AllowOnlyApprovedOutbound" or not any(_is_rule(each, "FQDN") for each in _rules(sheet)):
        return
    tier = resource.text("managedNetwork.firewallSku", "Standard")
    key, item = f"firewall/{tier.lower()}", f"firewall of the managed network, {tier}"
    yield from sheet.charge(key, resource.name, item, HOURS_OF_A_MONTH, _month())
    yield from _kept(sheet, f"{key}-data", resource.name, "data through the firewall", "network_gb")


def price_outbound_rule(resource: Resource, sheet: Sheet) -> Iterator[Entry]:
    """Price a rule of a managed network: one that makes a private endpoint costs, any other is free by itself."""
    if _is_rule(resource, "PrivateEndpoint"):
        yield from sheet.charge(
            _ENDPOINT_HOUR, resource.name, "private endpoint of the managed network", HOURS_OF_A_MONTH, _month()
        )


def price_private_data(sheet: Sheet) -> Iterator[Entry]:
    """Price what passes through the private endpoints of a stack, where it has any."""
    of_managed_network = any(_is_rule(each, "PrivateEndpoint") for each in _rules(sheet))
    if of_managed_network or any(sheet.of_type("network:PrivateEndpoint")):
        item = "data through private endpoints"
        yield from _kept(sheet, "private-endpoint/data", "all private endpoints", item, "network_gb")


def _kept(sheet: Sheet, key: str, subject: str, item: str, figure: str) -> Iterator[Entry]:
    """Charge for gigabytes that the usage of the endpoints says."""
    total = _sum(sheet, figure)
    yield from sheet.charge(key, subject, item, total, shown(total, "GB"))
    yield from _told(sheet, subject, figure, item)


def _sum(sheet: Sheet, figure: str) -> Range:
    return sum((as_range(getattr(each.usage, figure)) for each in sheet.workloads), as_range(0))


def _told(sheet: Sheet, subject: str, figure: str, what: str) -> Iterator[Entry]:
    """Say where gigabytes come from; a stack without endpoints keeps none."""
    if not sheet.workloads:
        yield Assumed(f"{subject}: no endpoint is there, so no {what} is reckoned with")
    for each in sheet.workloads:
        gigabytes = told(getattr(each.usage, figure), is_said=figure in each.usage.model_fields_set)
        yield Assumed(f"{subject}: {each.endpoint} has {gigabytes} GB of {what}")


def _logged(sheet: Sheet) -> Iterator[tuple[str, Range]]:
    """Say how many GB requests and jobs log, and why."""
    for each in sheet.workloads:
        if each.online is not None:
            online, known = each.usage.online, each.usage.online.model_fields_set
            gigabytes = as_range(online.requests_per_month) * as_range(online.log_kb_per_request) * (1 / _MEGA)
            requests = told(online.requests_per_month, is_said="requests_per_month" in known)
            size = told(online.log_kb_per_request, is_said="log_kb_per_request" in known)
            yield f"{each.endpoint}/online: {requests} requests a month, each logging {size} kB", gigabytes
        if each.batch is not None:
            batch, known = each.usage.batch, each.usage.batch.model_fields_set
            gigabytes = as_range(batch.jobs_per_month) * as_range(batch.log_mb_per_job) * (1 / _KILO)
            size = told(batch.log_mb_per_job, is_said="log_mb_per_job" in known)
            yield f"{each.endpoint}/batch: each job logs {size} MB", gigabytes


def _series(criterion: Mapping[str, Any]) -> Range:
    series = as_range(1)
    for dimension in criterion.get("dimensions") or ():
        values = dimension.get("values") or ()
        series = series * (DEPLOYMENTS_WATCHED if "*" in values else as_range(max(1, len(values))))
    return series


def _rules(sheet: Sheet) -> Iterator[Resource]:
    return sheet.of_type("machinelearningservices:ManagedNetworkSettingsRule")


def _is_rule(resource: Resource, kind: str) -> bool:
    return resource.text("properties.type") == kind


def _minutes(duration: str) -> int | None:
    match = re.fullmatch(r"PT?(\d+)([MHD])", duration)
    return int(match[1]) * _MINUTES[match[2]] if match else None


def _month() -> str:
    return f"{HOURS_OF_A_MONTH:g} h"
