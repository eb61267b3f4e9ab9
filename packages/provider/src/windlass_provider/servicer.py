"""The gRPC face of the provider: messages to values, values to messages, errors to statuses.

Written against the generated protocol and not on `pulumi.provider`, whose classes know no previews with
unknown outputs, no old inputs and no partial failures.
"""
# ruff: noqa: N802, ARG002 - names and signatures of the methods are the protocol's

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

import grpc
import grpc.aio
from google.protobuf.any_pb2 import Any as AnyMessage
from google.protobuf.empty_pb2 import Empty
from google.protobuf.struct_pb2 import Struct
from google.rpc.status_pb2 import Status  # type: ignore[import-untyped]
from pulumi.runtime.proto import plugin_pb2, provider_pb2, provider_pb2_grpc

from windlass_provider import VERSION
from windlass_provider.arm.pace import Stop
from windlass_provider.codec import decode, encode
from windlass_provider.differ import Change, Difference
from windlass_provider.engine import Provider, row_of
from windlass_provider.errors import NotConfiguredError, PartialFailureError, ProviderError
from windlass_provider.naming import Mode, Naming
from windlass_provider.schema.model import Table
from windlass_provider.values import has_unknowns

_KINDS = {
    (Change.ADD, False): provider_pb2.PropertyDiff.ADD,
    (Change.ADD, True): provider_pb2.PropertyDiff.ADD_REPLACE,
    (Change.DELETE, False): provider_pb2.PropertyDiff.DELETE,
    (Change.DELETE, True): provider_pb2.PropertyDiff.DELETE_REPLACE,
    (Change.UPDATE, False): provider_pb2.PropertyDiff.UPDATE,
    (Change.UPDATE, True): provider_pb2.PropertyDiff.UPDATE_REPLACE,
}
_MODES = {0: Mode.PROPOSE, 1: Mode.ENFORCE, 2: Mode.DISABLE}


Build = Callable[[Mapping[str, str], Stop], Provider]
"""Makes a provider from the configuration that Configure brings; raises ProviderError where it is refused."""
Context = grpc.aio.ServicerContext[Any, Any]


@dataclass(frozen=True, kw_only=True)
class Target:
    """Which resource a message is about."""

    token: str
    logical_name: str


def target_of(urn: str) -> Target:
    """Type token and logical name of `urn:pulumi:stack::project::parent$token::name`."""
    _, _, types, name = urn.split("::", 3)
    return Target(token=types.rpartition("$")[2], logical_name=name)


class Servicer(provider_pb2_grpc.ResourceProviderServicer):
    """The methods that the engine calls. Those that are not here answer UNIMPLEMENTED with their name."""

    def __init__(self, table: Table, build: Build) -> None:
        self._table = table
        self._build = build
        self._stop = Stop()
        self._provider: Provider | None = None

    async def Handshake(self, request: Any, context: Context) -> Any:
        """Says what the provider can do; the same as Configure says."""
        return provider_pb2.ProviderHandshakeResponse(supports_autonaming_configuration=True)

    async def Attach(self, request: Any, context: Context) -> Empty:
        """Lets a debugging engine use a server that runs already."""
        return Empty()

    async def GetPluginInfo(self, request: Any, context: Context) -> Any:
        """The release whose place this takes."""
        return plugin_pb2.PluginInfo(version=VERSION)

    async def GetSchema(self, request: Any, context: Context) -> Any:
        """The names of the supported types; their properties are in the SDK of the real provider."""
        resources: dict[str, Any] = {f"azure-native:{token}": {} for token in self._table.types}
        schema = {"name": "azure-native", "version": VERSION, "resources": resources}
        return provider_pb2.GetSchemaResponse(schema=json.dumps(schema))

    async def CheckConfig(self, request: Any, context: Context) -> Any:
        """Takes the configuration as it is; Configure refuses what is not the local Azure's."""
        return provider_pb2.CheckResponse(inputs=request.news)

    async def DiffConfig(self, request: Any, context: Context) -> Any:
        """A changed configuration never replaces resources, as with the real provider."""
        return provider_pb2.DiffResponse()

    async def Configure(self, request: Any, context: Context) -> Any:
        """Reads the configuration and refuses every Azure but the local one."""
        try:
            self._provider = self._build(_variables(request), self._stop)
        except ProviderError as error:
            await _abort(context, error)
        return provider_pb2.ConfigureResponse(supportsPreview=True, supports_autonaming_configuration=True)

    async def Cancel(self, request: Any, context: Context) -> Empty:
        """Ends everything that is under way with an error; what Azure took on is kept as half-made."""
        self._stop.set()
        return Empty()

    async def Check(self, request: Any, context: Context) -> Any:
        """Fills in defaults and validates."""
        try:
            target = target_of(request.urn)
            checked = await self._configured.check(
                target.token, decode(request.news), decode(request.olds), _naming(request, target)
            )
        except ProviderError as error:
            await _abort(context, error)
        # Without the property, as the real provider: the engine would print its value, which may be a secret.
        failures = [provider_pb2.CheckFailure(reason=failure.reason) for failure in checked.failures]
        return provider_pb2.CheckResponse(inputs=encode(checked.inputs), failures=failures)

    async def Diff(self, request: Any, context: Context) -> Any:
        """Compares old with new inputs."""
        try:
            token = target_of(request.urn).token
            row_of(self._table, token)
            found = self._configured.diff(token, decode(request.old_inputs), decode(request.news), decode(request.olds))
        except ProviderError as error:
            await _abort(context, error)
        return _diff_response(found)

    async def Create(self, request: Any, context: Context) -> Any:
        """Makes a resource, or tells what a preview can know of it."""
        try:
            token, inputs = target_of(request.urn).token, decode(request.properties)
            if request.preview:
                outputs = self._configured.preview(token, inputs, {})
                return provider_pb2.CreateResponse(properties=encode(outputs))
            found = await self._configured.create(token, inputs, request.timeout)
        except ProviderError as error:
            await _abort(context, error)
        return provider_pb2.CreateResponse(id=found.resource_id, properties=encode(found.state))

    async def Read(self, request: Any, context: Context) -> Any:
        """Reads a resource for a refresh or an import; one that is gone has no id."""
        try:
            found = await self._configured.read(
                target_of(request.urn).token, request.id, decode(request.inputs), decode(request.properties)
            )
        except ProviderError as error:
            await _abort(context, error)
        if found is None:
            return provider_pb2.ReadResponse(id="")
        return provider_pb2.ReadResponse(
            id=found.resource_id, properties=encode(found.state), inputs=encode(found.inputs)
        )

    async def Update(self, request: Any, context: Context) -> Any:
        """Changes a resource in place, or tells what a preview can know of it."""
        try:
            token, inputs = target_of(request.urn).token, decode(request.news)
            if request.preview:
                outputs = self._configured.preview(token, inputs, decode(request.olds))
                return provider_pb2.UpdateResponse(properties=encode(outputs))
            found = await self._configured.update(token, inputs, request.timeout)
        except ProviderError as error:
            await _abort(context, error)
        return provider_pb2.UpdateResponse(properties=encode(found.state))

    async def Delete(self, request: Any, context: Context) -> Empty:
        """Takes a resource away."""
        try:
            await self._configured.delete(target_of(request.urn).token, request.id, request.timeout)
        except ProviderError as error:
            await _abort(context, error)
        return Empty()

    async def Invoke(self, request: Any, context: Context) -> Any:
        """Calls a function; one with unknown arguments has an unknown result."""
        arguments = decode(request.args)
        if has_unknowns(arguments):
            return provider_pb2.InvokeResponse()
        try:
            result = await self._configured.invoke(request.tok, arguments)
        except ProviderError as error:
            await _abort(context, error)
        response = provider_pb2.InvokeResponse()
        getattr(response, "return").CopyFrom(encode(result))  # the field's name is a word of Python
        return response

    @property
    def _configured(self) -> Provider:
        if self._provider is None:
            raise NotConfiguredError
        return self._provider


def _refuse(name: str) -> Callable[..., Any]:
    """A method that the stand-in does not have; the status names it."""

    async def refused(_self: Servicer, _request: Any, context: Context) -> NoReturn:
        message = f"{name} is not implemented by the stand-in of azure-native for the local Azure."
        await context.abort(grpc.StatusCode.UNIMPLEMENTED, message)

    return refused


for _name in ("Parameterize", "Construct", "Call", "GetMapping", "GetMappings", "List"):
    setattr(Servicer, _name, _refuse(_name))


def _variables(request: Any) -> dict[str, str]:
    """The configuration as texts; newer engines send it as properties, older ones as variables."""
    prefix = "azure-native:config:"
    arguments = {
        prefix + key: value if isinstance(value, str) else json.dumps(value)
        for key, value in decode(request.args).items()
        if not has_unknowns(value)
    }
    return {**arguments, **request.variables}


def _naming(request: Any, target: Target) -> Naming:
    if not request.HasField("autonaming"):
        return Naming(logical_name=target.logical_name, seed=request.randomSeed)
    return Naming(
        logical_name=target.logical_name,
        seed=request.randomSeed,
        mode=_MODES[request.autonaming.mode],
        proposed=request.autonaming.proposed_name,
    )


def _diff_response(found: Difference) -> Any:
    if not found.changes:
        return provider_pb2.DiffResponse(changes=provider_pb2.DiffResponse.DIFF_NONE)
    detailed = {
        change.path: provider_pb2.PropertyDiff(kind=_KINDS[change.change, change.replaces], inputDiff=change.counts)
        for change in found.changes
    }
    some = provider_pb2.DiffResponse.DIFF_SOME if found.changed else provider_pb2.DiffResponse.DIFF_NONE
    return provider_pb2.DiffResponse(
        changes=some,
        diffs=found.changed,
        replaces=found.replacing,
        deleteBeforeReplace=found.delete_before_replace,
        detailedDiff=detailed,
        hasDetailedDiff=True,
    )


async def _abort(context: Context, error: ProviderError) -> NoReturn:
    """Ends a call with the error's sentence; a half-made resource travels along for the engine to keep."""
    match error:
        case PartialFailureError():
            detail = AnyMessage()
            detail.Pack(
                provider_pb2.ErrorResourceInitFailed(
                    id=error.resource_id,
                    properties=encode(error.state) if error.state is not None else Struct(),
                    inputs=encode(error.inputs),
                    reasons=[str(error)],
                )
            )
            status = Status(code=grpc.StatusCode.UNKNOWN.value[0], message=str(error), details=[detail])
            metadata = (("grpc-status-details-bin", status.SerializeToString()),)
            await context.abort(grpc.StatusCode.UNKNOWN, str(error), metadata)
        case _:
            await context.abort(grpc.StatusCode.UNKNOWN, str(error))
    raise AssertionError  # abort never returns
