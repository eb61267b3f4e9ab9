"""Parts that estimates are made of in tests."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import windlass.delivery.cost
from windlass.delivery.cost import Estimate
from windlass.delivery.cost.book import parse_book
from windlass.delivery.cost.estimate import estimate
from windlass.delivery.cost.resources import Resource
from windlass.project.usage import EndpointUsage

_FILE: Final = Path(windlass.delivery.cost.__file__).with_name("prices.json")
BOOK: Final = parse_book(_FILE.read_bytes(), str(_FILE))
"""The price book of the package."""


def usage(**said: Any) -> EndpointUsage:
    """How much an endpoint is used, as a usage.yml would say it."""
    return EndpointUsage.model_validate(said)


def online_endpoint(name: str = "churn") -> Resource:
    """A real-time endpoint, which its deployments cannot be without."""
    return Resource(type="machinelearningservices:OnlineEndpoint", name=f"{name}-online-endpoint")


def cluster(
    *, fewest: float = 0, most: float = 4, size: str = "Standard_DS3_v2", priority: str = "Dedicated"
) -> Resource:
    """A batch cluster called cpu that gives a node back after two minutes."""
    scale = {"minNodeCount": fewest, "maxNodeCount": most, "nodeIdleTimeBeforeScaleDown": "PT120S"}
    nodes = {"vmSize": size, "vmPriority": priority, "scaleSettings": scale}
    inputs = {"computeName": "cpu", "properties": {"computeType": "AmlCompute", "properties": nodes}}
    return Resource(type="machinelearningservices:Compute", name="cpu-compute", inputs=inputs)


def deployed(*resources: Resource, region: str = "westeurope") -> Estimate:
    """What resources cost that nothing runs on."""
    return estimate(resources, [], BOOK, region)
