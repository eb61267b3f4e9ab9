"""The engine's side of the provider's gRPC, for tests: plain dicts in, plain dicts out.

It builds messages with protobuf's own JSON mapping and not with the provider's codec, so that a mistake there cannot
cancel itself out.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import grpc
import grpc.aio
import httpx
from google.protobuf.json_format import MessageToDict, ParseDict
from google.protobuf.struct_pb2 import Struct
from google.rpc.status_pb2 import Status  # type: ignore[import-untyped]
from pulumi.runtime.proto import provider_pb2, provider_pb2_grpc
from windlass_provider.arm.client import ArmClient, HttpxClient
from windlass_provider.arm.pace import Stop
from windlass_provider.engine import Provider
from windlass_provider.schema.load import load_table
from windlass_provider.server import assemble
from windlass_provider.servicer import Servicer
from windlass_provider.settings import settings_of

from support.arm import FakeArm
from support.azure_host import CLIENT, SUBSCRIPTION, TENANT, token

UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
SECRET = {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270"}
ENVIRONMENT = {
    "HTTPS_PROXY": "http://127.0.0.1:1",
    "AZURE_SUBSCRIPTION_ID": SUBSCRIPTION,
    "AZURE_TENANT_ID": TENANT,
    "AZURE_CLIENT_ID": CLIENT,
    "AZURE_CLIENT_SECRET": "one-test-only",
}


class FixedTokens:
    """Tokens without a login."""

    def __init__(self, value: str | None = None) -> None:
        self.value = value or token()

    async def token(self, scope: str) -> str:
        """Always the same one."""
        assert scope.endswith("/.default")
        return self.value


class Slept:
    """A sleep that takes no time and remembers what it was asked for."""

    def __init__(self) -> None:
        self.waits: list[float] = []

    async def __call__(self, seconds: float) -> None:
        """Notes the wait and lets others run."""
        self.waits.append(seconds)
        await asyncio.sleep(0)


def arm_client(arm: FakeArm, stop: Stop, slept: Slept, tokens: FixedTokens | None = None) -> ArmClient:
    """A client whose requests end in the fake."""

    def answer(request: httpx.Request) -> httpx.Response:
        reply = arm.handle(request.method, str(request.url), request.content.decode())
        return httpx.Response(reply.status, headers=dict(reply.headers), text=reply.text)

    http = HttpxClient(lambda: httpx.AsyncClient(transport=httpx.MockTransport(answer)), "the fake")
    return ArmClient(http, tokens or FixedTokens(), stop=stop, sleep=slept)


class ProviderCallError(Exception):
    """A call that ended with a status."""

    def __init__(self, error: grpc.aio.AioRpcError) -> None:
        super().__init__(error.details())
        self.code = error.code()
        self.message = error.details() or ""
        self.partial: dict[str, Any] | None = None
        metadata: Any = error.trailing_metadata() or ()
        for key, packed in metadata:
            if key == "grpc-status-details-bin":
                failed = provider_pb2.ErrorResourceInitFailed()
                Status.FromString(packed).details[0].Unpack(failed)
                self.partial = MessageToDict(failed)


def struct(values: Mapping[str, Any]) -> Struct:
    """A message of plain values."""
    return ParseDict(dict(values), Struct())


def urn(token_: str, name: str) -> str:
    """The URN of a resource of the test stack."""
    return f"urn:pulumi:local::demo::{token_}::{name}"


class EngineSide:
    """Calls a provider as the engine does."""

    def __init__(self, stub: Any) -> None:
        self.stub = stub

    async def call(self, method: str, **fields: Any) -> Any:
        """One call; dicts in the fields become messages.

        Raises:
            ProviderCallError: The provider ended it with a status.
        """
        kinds = {
            "Check": provider_pb2.CheckRequest,
            "CheckConfig": provider_pb2.CheckRequest,
            "Diff": provider_pb2.DiffRequest,
            "DiffConfig": provider_pb2.DiffRequest,
            "Configure": provider_pb2.ConfigureRequest,
            "Create": provider_pb2.CreateRequest,
            "Read": provider_pb2.ReadRequest,
            "Update": provider_pb2.UpdateRequest,
            "Delete": provider_pb2.DeleteRequest,
            "Invoke": provider_pb2.InvokeRequest,
        }
        messages = {key: struct(value) if isinstance(value, dict) else value for key, value in fields.items()}
        try:
            return await getattr(self.stub, method)(kinds[method](**messages))
        except grpc.aio.AioRpcError as error:
            raise ProviderCallError(error) from error

    async def configure(self, **config: str) -> None:
        """Configures the provider with `azure-native:<key>` settings."""
        variables = {f"azure-native:config:{key}": value for key, value in config.items()}
        request = provider_pb2.ConfigureRequest(variables=variables, sends_old_inputs=True)
        try:
            await self.stub.Configure(request)
        except grpc.aio.AioRpcError as error:
            raise ProviderCallError(error) from error

    async def check(
        self, token_: str, news: dict[str, Any], olds: dict[str, Any] | None = None, **fields: Any
    ) -> tuple[dict[str, Any], dict[str, str]]:
        """Inputs with defaults, and the reasons of failures by the path that each names first."""
        answer = await self.call(
            "Check", urn=urn(token_, fields.pop("name", "it")), news=news, olds=olds or {}, randomSeed=b"seed", **fields
        )
        reasons = [failure.reason for failure in answer.failures]
        return MessageToDict(answer.inputs), {reason.split("'")[1]: reason for reason in reasons}

    async def create(self, token_: str, inputs: dict[str, Any], **fields: Any) -> tuple[str, dict[str, Any]]:
        """Id and outputs of a created resource."""
        answer = await self.call("Create", urn=urn(token_, "it"), properties=inputs, **fields)
        return answer.id, MessageToDict(answer.properties)

    async def update(
        self, token_: str, identifier: str, news: dict[str, Any], olds: dict[str, Any], **fields: Any
    ) -> dict[str, Any]:
        """The outputs of an updated resource."""
        answer = await self.call("Update", urn=urn(token_, "it"), id=identifier, news=news, olds=olds, **fields)
        return dict(MessageToDict(answer.properties))

    async def read(
        self, token_: str, identifier: str, inputs: dict[str, Any] | None = None, state: dict[str, Any] | None = None
    ) -> tuple[str, dict[str, Any], dict[str, Any]]:
        """Id, outputs and inputs of a resource as it is now."""
        given = {"inputs": inputs} if inputs is not None else {}
        answer = await self.call("Read", urn=urn(token_, "it"), id=identifier, properties=state or {}, **given)
        return answer.id, MessageToDict(answer.properties), MessageToDict(answer.inputs)

    async def delete(self, token_: str, identifier: str, **fields: Any) -> None:
        """Deletes a resource."""
        await self.call("Delete", urn=urn(token_, "it"), id=identifier, **fields)

    async def diff(
        self, token_: str, old_inputs: dict[str, Any], news: dict[str, Any], state: dict[str, Any] | None = None
    ) -> Any:
        """The difference between inputs."""
        return await self.call(
            "Diff", urn=urn(token_, "it"), id="x", old_inputs=old_inputs, news=news, olds=state or {}
        )

    async def invoke(self, token_: str, arguments: dict[str, Any]) -> dict[str, Any]:
        """The result of a function."""
        answer = await self.call("Invoke", tok=token_, args=arguments)
        return dict(MessageToDict(getattr(answer, "return")))


@asynccontextmanager
async def provider_over(arm: FakeArm, slept: Slept, **config: str) -> AsyncIterator[EngineSide]:
    """A real gRPC server with a configured provider whose requests end in the fake."""

    def build(variables: Mapping[str, str], stop: Stop) -> Provider:
        tokens = FixedTokens()
        return assemble(settings_of(variables, ENVIRONMENT), arm_client(arm, stop, slept, tokens), tokens)

    server = grpc.aio.server()
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(Servicer(load_table(), build), server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
        side = EngineSide(provider_pb2_grpc.ResourceProviderStub(channel))
        await side.configure(**config)
        yield side
    await server.stop(grace=0)
