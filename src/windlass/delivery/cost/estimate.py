"""From resources and workloads to an estimate.

Every type of resource is in one of three tables: what prices it, why it is free, or why nobody can say. A type that is
in none is told by name as one without a price; it is never free by being forgotten.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Final

from windlass.delivery.cost import clusters, standing
from windlass.delivery.cost.book import PriceBook, Prices
from windlass.delivery.cost.models import Estimate, Unpriced
from windlass.delivery.cost.resources import Resource, UnknownInputError
from windlass.delivery.cost.serving import price_batch_endpoint, price_online, price_online_endpoint
from windlass.delivery.cost.sheet import Assumed, Entry, Priced, Sheet
from windlass.delivery.cost.workloads import Workload

Pricer = Callable[[Resource, Sheet], Iterator[Entry]]

PRICERS: Final[Mapping[str, Pricer]] = {
    "containerregistry:Registry": standing.price_registry,
    "containerservice:AgentPool": clusters.price_pool,
    "containerservice:ManagedCluster": clusters.price_kubernetes,
    "machinelearningservices:BatchEndpoint": price_batch_endpoint,
    "machinelearningservices:Compute": clusters.price_compute,
    "machinelearningservices:ManagedNetworkSettingsRule": standing.price_outbound_rule,
    "machinelearningservices:OnlineEndpoint": price_online_endpoint,
    "machinelearningservices:Workspace": standing.price_workspace,
    "monitor:MetricAlert": standing.price_metric_alert,
    "monitor:ScheduledQueryRule": standing.price_log_alert,
    "network:NatGateway": standing.price_nat,
    "network:PrivateEndpoint": standing.price_private_endpoint,
    "network:PublicIPAddress": standing.price_address,
    "operationalinsights:Workspace": standing.price_logs,
    "privatedns:PrivateZone": standing.price_zone,
    "storage:StorageAccount": standing.price_storage,
}
"""What prices a resource, by its type."""

FREE: Final[Mapping[str, str]] = {
    "applicationinsights:Component": "what it takes in is charged by the Log Analytics workspace that it writes to",
    "authorization:ManagementLockByScope": "locks are free",
    "authorization:RoleAssignment": "role assignments are free",
    "consumption:Budget": "budgets are free",
    "containerservice:ManagedNamespace": "a namespace is a part of its cluster",
    "kubernetesconfiguration:Extension": "the extension runs on the nodes of its cluster",
    "managedidentity:FederatedIdentityCredential": "identities are free",
    "managedidentity:UserAssignedIdentity": "identities are free",
    "monitor:DiagnosticSetting": "what it sends is charged by the Log Analytics workspace",
    "network:NetworkSecurityGroup": "rules are free",
    "network:PrivateDnsZoneGroup": "records are a part of their zone",
    "network:Subnet": "subnets are free",
    "network:VirtualNetwork": "a network without peerings is free",
    "privatedns:VirtualNetworkLink": "links are a part of their zone",
    "resources:ResourceGroup": "groups are free",
    "storage:BlobContainer": "what is in it is charged by its account",
}
"""Why a resource is free, or charged by another, by its type."""

UNPRICED: Final[Mapping[str, str]] = {
    "keyvault:Vault": "operations on secrets and keys: charged by the 10,000, and nobody counts them here",
    "monitor:ActionGroup": "mails and calls: the first 1,000 mails of a month are free, more is not counted",
}
"""Why nobody can say, by the type of the resource."""


def estimate(resources: Iterable[Resource], workloads: Iterable[Workload], book: PriceBook, region: str) -> Estimate:
    """Estimate what a stack costs a month.

    Args:
        resources: What it is made of.
        workloads: What runs on it. The sides whose endpoints are not among the resources are left out.
        book: Prices.
        region: Where it stands.
    """
    all_resources = tuple(resources)
    present = tuple(_present(workloads, all_resources))
    sheet = Sheet(resources=all_resources, workloads=present, prices=Prices(book, region))
    entries = list(_entries(sheet))
    priced = [each for each in entries if isinstance(each, Priced)]
    notes = [each.text for each in entries if isinstance(each, Assumed)]
    return Estimate(
        region=region,
        book_date=min((each.rate.row.date.isoformat() for each in priced), default=""),
        lines=tuple(each.line for each in priced),
        unpriced=tuple(each for each in entries if isinstance(each, Unpriced)),
        assumptions=tuple(dict.fromkeys((*notes, *_retirements(priced)))),
    )


def _entries(sheet: Sheet) -> Iterator[Entry]:
    for resource in sheet.resources:
        if (pricer := PRICERS.get(resource.type)) is not None:
            yield from _as_far_as_known(resource.name, pricer(resource, sheet))
        elif resource.type not in FREE:
            why = UNPRICED.get(resource.type, f"nobody here knows what a {resource.type} costs")
            yield Unpriced(subject=resource.name, why=why)
    yield from _as_far_as_known("all private endpoints", standing.price_private_data(sheet))
    for workload in sheet.workloads:
        yield from price_online(workload, sheet)


def _as_far_as_known(subject: str, entries: Iterator[Entry]) -> list[Entry]:
    """Name what hangs on an input that nobody knows yet, rather than price a part of it."""
    try:
        return list(entries)
    except UnknownInputError as unknown:
        return [Unpriced(subject=subject, why=str(unknown))]


def _present(workloads: Iterable[Workload], resources: Iterable[Resource]) -> Iterator[Workload]:
    """Leave out what has no endpoint: a deployment goes with it. A container group stands by itself."""
    names = {each.name for each in resources if each.type.endswith(("OnlineEndpoint", "BatchEndpoint"))}
    for each in workloads:
        stands = each.online is not None and each.online.compute == "container-instance"
        online = each.online if stands or f"{each.endpoint}-online-endpoint" in names else None
        batch = each.batch if f"{each.endpoint}-batch-endpoint" in names else None
        if online is not None or batch is not None:
            yield Workload(endpoint=each.endpoint, online=online, batch=batch, usage=each.usage)


def _retirements(priced: Iterable[Priced]) -> Iterator[str]:
    rows = {each.rate.row.key: each.rate.row.retires for each in priced}
    yield from (f"{key.partition('/')[2]} is to be retired on {when}" for key, when in sorted(rows.items()) if when)
