"""The region of a resource that names none: the old one, the configured one, or its resource group's."""

from collections.abc import Mapping
from typing import Final

from windlass_provider.arm.client import ArmClient
from windlass_provider.errors import ProviderError
from windlass_provider.schema.model import ResourceType
from windlass_provider.values import UNKNOWN, Properties, Value

_GROUPS_VERSION: Final = "2024-03-01"


class Locations:
    """Fills in `location` the way the real provider's Check does."""

    def __init__(self, arm: ArmClient, subscription: str, configured: str | None) -> None:
        self._arm = arm
        self._subscription = subscription
        self._configured = configured
        self._groups: dict[str, str] = {}

    async def with_location(
        self, row: ResourceType, news: Mapping[str, Value], olds: Mapping[str, Value]
    ) -> Properties:
        """The inputs with a location, where the type has one and one can be told."""
        located = dict(news)
        if "location" not in row.inputs.properties or news.get("location") is not None:
            return located
        location = olds.get("location") or self._configured or await self._of_group(news.get("resourceGroupName"))
        if location is not None:
            located["location"] = location
        return located

    async def _of_group(self, group: Value) -> Value:
        if group is UNKNOWN:
            return UNKNOWN
        if not isinstance(group, str):
            return None
        if group not in self._groups:
            try:
                found = await self._arm.get(
                    f"/subscriptions/{self._subscription}/resourceGroups/{group}", _GROUPS_VERSION
                )
            except ProviderError:
                # A group that this run is going to make cannot be read yet. Azure asks for the location then.
                return None
            location = found.get("location")
            if not isinstance(location, str):
                return None
            self._groups[group] = location
        return self._groups[group]
