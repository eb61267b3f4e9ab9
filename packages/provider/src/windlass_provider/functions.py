"""Invokes: who is signed in, the keys of resources, and a look at a resource of somebody else."""

from collections.abc import Mapping
from typing import Final

from windlass_provider.arm.client import SCOPE, ArmClient, Tokens
from windlass_provider.credentials import claims_of
from windlass_provider.errors import TokenClaimsError, UnexpectedAnswerError, UnknownFunctionError
from windlass_provider.paths import resource_id
from windlass_provider.schema.model import Function, ResourceType, Table
from windlass_provider.settings import Settings
from windlass_provider.shaping import outputs_of
from windlass_provider.values import API_VERSION, Properties, Value

_CLIENT_CONFIG: Final = "authorization:getClientConfig"
_CLIENT_TOKEN: Final = "authorization:getClientToken"  # noqa: S105 - the name of a function


class Functions:
    """Everything that a program may invoke."""

    def __init__(self, table: Table, arm: ArmClient, tokens: Tokens, settings: Settings) -> None:
        self._table = table
        self._arm = arm
        self._tokens = tokens
        self._settings = settings
        self._lookups = {_lookup_token(row.token): row for row in table.types.values()}

    @property
    def known(self) -> tuple[str, ...]:
        """The tokens of all functions, as a program names them."""
        tokens = sorted({_CLIENT_CONFIG, _CLIENT_TOKEN, *self._table.functions, *self._lookups})
        return tuple(f"azure-native:{token}" for token in tokens)

    async def invoke(self, token: str, arguments: Mapping[str, Value]) -> Properties:
        """The result of a function.

        Raises:
            UnknownFunctionError: The local Azure has none of that name.
            ProviderError: It was refused or the arguments are incomplete.
        """
        short = token.removeprefix("azure-native:")
        if short == _CLIENT_CONFIG:
            return await self._client_config()
        if short == _CLIENT_TOKEN:
            endpoint = arguments.get("endpoint")
            scope = f"{endpoint}/.default" if isinstance(endpoint, str) else SCOPE
            return {"token": await self._tokens.token(scope)}
        if short in self._table.functions:
            return await self._act(self._table.functions[short], arguments)
        if short in self._lookups:
            return await self._look_up(self._lookups[short], arguments)
        raise UnknownFunctionError(token, self.known)

    async def _client_config(self) -> Properties:
        claims = claims_of(await self._tokens.token(SCOPE))
        object_id = claims.get("oid")
        if not isinstance(object_id, str):
            raise TokenClaimsError("oid")
        return {
            "clientId": claims.get("appid") or self._settings.client,
            "objectId": object_id,
            "subscriptionId": self._settings.subscription,
            "tenantId": claims.get("tid") or self._settings.tenant,
        }

    async def _act(self, function: Function, arguments: Mapping[str, Value]) -> Properties:
        path = resource_id(function.path, arguments, self._settings.subscription)
        query = {f"${name}": str(arguments[name]) for name in function.query if arguments.get(name) is not None}
        answered = await self._arm.post(path, function.api_version, query)
        if not isinstance(answered, dict):
            raise UnexpectedAnswerError(str(answered), 200)
        return outputs_of(self._table, function.outputs, answered)

    async def _look_up(self, row: ResourceType, arguments: Mapping[str, Value]) -> Properties:
        identifier = resource_id(row.path, arguments, self._settings.subscription)
        body = await self._arm.get(identifier, row.api_version)
        return {
            **outputs_of(self._table, row.outputs, body),
            "id": body.get("id", identifier),
            API_VERSION: row.api_version,
        }


def _lookup_token(token: str) -> str:
    module, _, name = token.partition(":")
    return f"{module}:get{name}"
