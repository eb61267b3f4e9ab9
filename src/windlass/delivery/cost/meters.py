"""Which meter of the Azure Retail Prices API a price of the book comes from, and how one price is found among many.

The API answers a question with everything that fits it: machines with Windows, Spot and low priority under one size,
two meters of a Kubernetes control plane under one tier, tiers of a quantity, gifts for the first of it. A filter is
exact therefore, and more than one price that is left is an error: summed or taken by chance they are several times
too high.

Names of services, products and meters are those of answers of the API in public repositories, two at least for each.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Final

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel

from windlass.delivery.cost.book import GLOBAL, VM, VM_LOW_PRIORITY, Tier, Unit
from windlass.errors.cost import PriceAmbiguousError, PriceUnitError

CURRENCY: Final = "USD"
CONSUMPTION: Final = "Consumption"
_LOW_PRIORITY: Final = " Low Priority"
_NO_MACHINE_TO_RENT: Final = ("Cloud Services", "CloudServices", "Dedicated Host")
_SPOT: Final = " Spot"
_WINDOWS: Final = " Windows"


class RetailItem(BaseModel):
    """One price of the API, as far as it decides."""

    model_config: ClassVar[ConfigDict] = ConfigDict(
        frozen=True, extra="ignore", alias_generator=to_camel, populate_by_name=True
    )

    currency_code: str
    retail_price: float
    tier_minimum_units: float = 0.0
    unit_of_measure: str
    type: str
    meter_id: str
    meter_name: str
    product_name: str
    sku_name: str
    service_name: str
    arm_region_name: str = ""
    arm_sku_name: str = ""

    def __str__(self) -> str:
        return (
            f"{self.product_name}, {self.sku_name}, {self.meter_name}: {self.retail_price:g} per {self.unit_of_measure}"
        )


@dataclass(frozen=True, kw_only=True)
class Meter:
    """Where a price is found.

    Attributes:
        key: Of the price in the book.
        unit: Of the price in the book.
        service: `serviceName`.
        names: Other fields and what they have to be, exactly, in the API's own words.
        units: What the API calls the unit.
        is_global: The price is the same everywhere, and the API calls its region `Global`.
        without_gift: Leaves out tiers that cost nothing: they are given once to an account, not to each stack.
        low_priority: Of a machine: takes the meter of low priority and no other; else leaves it out.
    """

    key: str
    unit: Unit
    service: str
    names: Mapping[str, str] = field(default_factory=dict)
    units: tuple[str, ...]
    is_global: bool = False
    without_gift: bool = False
    low_priority: bool | None = None

    def region(self, region: str) -> str:
        """The region of the row: that of the question, or all."""
        return GLOBAL if self.is_global else region

    def question(self, region: str) -> str:
        """The `$filter` to ask with; from 2023-01-01-preview on its values are case-sensitive."""
        fields = {
            "serviceName": self.service,
            "armRegionName": "Global" if self.is_global else region,
            "priceType": CONSUMPTION,
            **self.names,
        }
        return " and ".join(f"{name} eq '{_quoted(value)}'" for name, value in fields.items())

    def fits(self, item: RetailItem) -> bool:
        """Whether an item is of this meter. What was asked for is checked again: the API has not always kept to it."""
        given = item.model_dump(by_alias=True)
        if item.type != CONSUMPTION or item.currency_code != CURRENCY or item.service_name != self.service:
            return False
        if any(given.get(name) != value for name, value in self.names.items()):
            return False
        return self.low_priority is None or _is_linux_machine(item, low_priority=self.low_priority)


@dataclass(frozen=True, kw_only=True)
class Found:
    """A price that was found.

    Attributes:
        meter_id: Its meter, by Azure's id.
        tiers: Its tiers; one from 0 on for a plain price.
    """

    meter_id: str
    tiers: tuple[Tier, ...]


def choose(meter: Meter, region: str, items: Iterable[RetailItem]) -> Found | None:
    """Find the one price of a meter among the answers; None when there is none.

    Raises:
        PriceAmbiguousError: There is more than one.
        PriceUnitError: It is of another unit.
    """
    fitting = [each for each in items if meter.fits(each)]
    if not fitting:
        return None
    if all(each.retail_price == 0 for each in fitting):
        return None  # a price that is not set yet is none, and nothing here is free
    if strange := {each.unit_of_measure for each in fitting} - set(meter.units):
        raise PriceUnitError(meter.key, region, sorted(strange), meter.units)
    prices: dict[str, dict[float, set[float]]] = {}
    for each in fitting:
        prices.setdefault(each.meter_id, {}).setdefault(each.tier_minimum_units, set()).add(each.retail_price)
    first = next(iter(prices.values()))
    if any(other != first for other in prices.values()) or any(len(each) > 1 for each in first.values()):
        raise PriceAmbiguousError(meter.key, region, [str(each) for each in fitting])
    tiers = [Tier(above=above, price=price) for above, (price,) in sorted(first.items())]
    return Found(meter_id=next(iter(prices)), tiers=_without_gift(tiers) if meter.without_gift else tuple(tiers))


def meter_of(key: str) -> Meter | None:
    """The meter that a price comes from; None for what the API is not asked for."""
    if key.startswith((VM, VM_LOW_PRIORITY)):
        return _machine(key)
    return METERS.get(key)


def _without_gift(tiers: list[Tier]) -> tuple[Tier, ...]:
    paid = [each for each in tiers if each.price > 0]
    if not paid:
        return tuple(tiers)
    return (Tier(above=0, price=paid[0].price), *paid[1:])


def _machine(key: str) -> Meter:
    size = key.partition("/")[2]
    return Meter(
        key=key,
        unit="hour",
        service="Virtual Machines",
        names={"armSkuName": size},
        units=_HOUR,
        low_priority=key.startswith(VM_LOW_PRIORITY),
    )


def _is_linux_machine(item: RetailItem, *, low_priority: bool) -> bool:
    if item.product_name.endswith(_WINDOWS) or any(word in item.product_name for word in _NO_MACHINE_TO_RENT):
        return False
    names = (item.sku_name, item.meter_name)
    if any(name.endswith(_SPOT) for name in names):
        return False
    return any(name.endswith(_LOW_PRIORITY) for name in names) is low_priority


def _quoted(value: str) -> str:
    return value.replace("'", "''")


_HOUR: Final = ("1 Hour",)
_DAY: Final = ("1/Day",)
_MONTH: Final = ("1/Month",)
_GB: Final = ("1 GB",)
_GB_HOUR: Final = ("1 GB Hour", "1 GiB Hour")
_GB_MONTH: Final = ("1 GB/Month",)


def _of(key: str, unit: Unit, units: tuple[str, ...], service: str, meter: str, **more: Any) -> Meter:
    names = {"meterName": meter, **{to_camel(name): value for name, value in more.pop("names", {}).items()}}
    return Meter(key=key, unit=unit, units=units, service=service, names=names, **more)


def _storage(redundancy: str) -> Meter:
    sku = f"Hot {redundancy}"
    names = {"product_name": "General Block Blob v2", "sku_name": sku}
    return _of(f"storage/hot-{redundancy.lower()}", "GB-month", _GB_MONTH, "Storage", f"{sku} Data Stored", names=names)


def _registry(tier: str) -> Meter:
    names = {"sku_name": tier}
    return _of(f"registry/{tier.lower()}", "day", _DAY, "Container Registry", f"{tier} Registry Unit", names=names)


def _log_alert(minutes: int) -> Meter:
    name = f"Alerts System Log Monitored at {minutes} Minute Frequency"
    return _of(f"alerts/log-{minutes}", "month", _MONTH, "Azure Monitor", name)


_STANDARD: Final = {"sku_name": "Standard"}
_ANALYTICS: Final = {"sku_name": "Analytics Logs"}
_LINK: Final = {"product_name": "Virtual Network Private Link"}
_ADDRESS: Final = {"product_name": "IP Addresses"}
_ACI: Final = {"product_name": "Container Instances", "sku_name": "Standard"}
_AKS: Final = "Azure Kubernetes Service"

METERS: Final[Mapping[str, Meter]] = {
    each.key: each
    for each in (
        _of("aci/vcpu", "vCPU-hour", _HOUR, "Container Instances", "Standard vCPU Duration", names=_ACI),
        _of("aci/memory", "GB-hour", _GB_HOUR, "Container Instances", "Standard Memory Duration", names=_ACI),
        # The tier Standard has both meters of a control plane, so that the tier alone would find two prices.
        _of("aks/standard", "hour", _HOUR, _AKS, "Standard Uptime SLA", names=_STANDARD),
        _of("aks/premium", "hour", _HOUR, _AKS, "Standard Long Term Support", names=_STANDARD),
        _of(
            "logs/ingestion",
            "GB",
            _GB,
            "Log Analytics",
            "Analytics Logs Data Ingestion",
            names=_ANALYTICS,
            without_gift=True,
        ),
        _of(
            "logs/retention", "GB-month", _GB_MONTH, "Log Analytics", "Analytics Logs Data Retention", names=_ANALYTICS
        ),
        *map(_storage, ("LRS", "ZRS", "GRS", "GZRS")),
        *map(_registry, ("Basic", "Standard", "Premium")),
        _of(
            "registry/storage", "GB-month", _GB_MONTH, "Container Registry", "Data Stored", names={"sku_name": "Basic"}
        ),
        _of(
            "private-endpoint/hour",
            "hour",
            _HOUR,
            "Virtual Network",
            "Standard Private Endpoint",
            names=_LINK,
            is_global=True,
        ),
        _of(
            "private-endpoint/data",
            "GB",
            _GB,
            "Virtual Network",
            "Standard Data Processed - Ingress",
            names=_LINK,
            is_global=True,
        ),
        _of("nat/hour", "hour", _HOUR, "NAT Gateway", "Standard Gateway", names=_STANDARD, is_global=True),
        _of("nat/data", "GB", _GB, "NAT Gateway", "Standard Data Processed", names=_STANDARD, is_global=True),
        _of("public-address/hour", "hour", _HOUR, "Virtual Network", "Standard IPv4 Static Public IP", names=_ADDRESS),
        *(
            _of(
                f"firewall/{tier.lower()}",
                "hour",
                _HOUR,
                "Azure Firewall",
                f"{tier} Deployment",
                names={"sku_name": tier},
            )
            for tier in ("Standard", "Basic")
        ),
        *(
            _of(
                f"firewall/{tier.lower()}-data",
                "GB",
                _GB,
                "Azure Firewall",
                f"{tier} Data Processed",
                names={"sku_name": tier},
            )
            for tier in ("Standard", "Basic")
        ),
        _of("alerts/series", "month", _MONTH, "Azure Monitor", "Alerts Metric Monitored", without_gift=True),
        *map(_log_alert, (1, 5, 10, 15)),
    )
}
"""By the key of the price. Not asked for: private DNS zones, which are priced by zones of the world, and the load
balancer of Azure ML, which no meter of its own stands for."""
