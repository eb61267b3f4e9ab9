"""The provider's answers to the engine, over plain values: what the gRPC servicer translates to and from."""

from collections.abc import Mapping
from dataclasses import dataclass

from windlass_provider.differ import Difference, difference
from windlass_provider.errors import UnknownTypeError, VersionedTypeError
from windlass_provider.functions import Functions
from windlass_provider.locations import Locations
from windlass_provider.naming import Naming, with_name
from windlass_provider.resources import Found, Resources
from windlass_provider.schema.model import ResourceType, Table
from windlass_provider.validation import Failure, failures_of
from windlass_provider.values import API_VERSION, Properties, Value


@dataclass(frozen=True, kw_only=True)
class Checked:
    """Inputs with defaults filled in, and what is wrong with them."""

    inputs: Properties
    failures: tuple[Failure, ...]


def row_of(table: Table, token: str) -> ResourceType:
    """The table's row for a type token such as `azure-native:storage:StorageAccount`.

    Raises:
        VersionedTypeError: The token names an API version.
        UnknownTypeError: The table has no such type.
    """
    short = token.removeprefix("azure-native:")
    module, _, name = short.partition(":")
    base, _, version = module.partition("/")
    if version and f"{base}:{name}" in table.types:
        raise VersionedTypeError(token, f"azure-native:{base}:{name}")
    if short not in table.types:
        raise UnknownTypeError(token, tuple(f"azure-native:{known}" for known in table.types))
    return table.types[short]


class Provider:
    """A configured provider."""

    def __init__(self, table: Table, resources: Resources, functions: Functions, locations: Locations) -> None:
        self._table = table
        self._resources = resources
        self._functions = functions
        self._locations = locations

    async def check(self, token: str, news: Properties, olds: Properties, naming: Naming) -> Checked:
        """Fills in name, location and API version, then validates."""
        row = row_of(self._table, token)
        named = with_name(row, news, olds, naming)
        inputs = await self._locations.with_location(row, named, olds)
        inputs.setdefault(API_VERSION, row.api_version)
        return Checked(inputs=inputs, failures=failures_of(self._table, row, inputs))

    def diff(self, token: str, olds: Properties, news: Properties, state: Mapping[str, Value]) -> Difference:
        """What an update would change."""
        return difference(row_of(self._table, token), olds, news, state)

    async def create(self, token: str, inputs: Properties, seconds: float) -> Found:
        """Makes the resource."""
        return await self._resources.create(row_of(self._table, token), inputs, seconds)

    def preview(self, token: str, inputs: Properties, state: Mapping[str, Value]) -> Properties:
        """The outputs as far as a preview can tell."""
        return self._resources.previewed(row_of(self._table, token), inputs, state)

    async def read(self, token: str, identifier: str, inputs: Properties, state: Properties) -> Found | None:
        """The resource as it is; None when it is gone."""
        return await self._resources.read(row_of(self._table, token), identifier, inputs, state)

    async def update(self, token: str, inputs: Properties, seconds: float) -> Found:
        """Sends all inputs again."""
        return await self._resources.update(row_of(self._table, token), inputs, seconds)

    async def delete(self, token: str, identifier: str, seconds: float) -> None:
        """Takes the resource away."""
        await self._resources.delete(row_of(self._table, token), identifier, seconds)

    async def invoke(self, token: str, arguments: Mapping[str, Value]) -> Properties:
        """The result of a function."""
        return await self._functions.invoke(token, arguments)
