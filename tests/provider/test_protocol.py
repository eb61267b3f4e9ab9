"""The rest of the engine's protocol: what the plugin says of itself, and what it refuses."""

import json

import grpc
import grpc.aio
import pytest
from google.protobuf.empty_pb2 import Empty
from pulumi.runtime.proto import plugin_pb2, provider_pb2
from support.arm import FakeArm
from support.engine_side import SECRET, EngineSide, ProviderCallError, Slept, provider_over
from windlass_provider.schema.load import load_table


@pytest.mark.recorded
async def test_the_plugin_names_the_release_whose_place_it_takes(engine: EngineSide) -> None:
    info = await engine.stub.GetPluginInfo(Empty())

    assert info.version == "3.29.0"


@pytest.mark.recorded
async def test_configure_announces_what_the_real_provider_announces(engine: EngineSide) -> None:
    answer = await engine.stub.Configure(provider_pb2.ConfigureRequest(acceptSecrets=True, acceptResources=True))

    assert answer.supportsPreview
    assert answer.supports_autonaming_configuration
    assert (answer.acceptSecrets, answer.acceptResources, answer.acceptOutputs) == (False, False, False)


@pytest.mark.specified
async def test_an_engine_that_debugs_may_shake_hands_and_attach(engine: EngineSide) -> None:
    await engine.stub.Handshake(provider_pb2.ProviderHandshakeRequest(engine_address="127.0.0.1:1"))
    answer = await engine.stub.Attach(plugin_pb2.PluginAttach(address="127.0.0.1:1"))

    assert answer == Empty()


@pytest.mark.recorded
async def test_the_configuration_is_taken_as_it_is(engine: EngineSide) -> None:
    answer = await engine.call("CheckConfig", urn="u", news={"location": "westeurope"}, olds={})

    assert dict(answer.inputs.items()) == {"location": "westeurope"}


@pytest.mark.specified
async def test_a_changed_configuration_replaces_nothing(engine: EngineSide) -> None:
    answer = await engine.call("DiffConfig", urn="u", id="p", news={"location": "a"}, olds={"location": "b"})

    assert list(answer.replaces) == []


@pytest.mark.specified
async def test_a_setting_that_arrives_as_a_secret_is_read(engine: EngineSide) -> None:
    foreign = {**SECRET, "value": "9e2c1a70"}

    with pytest.raises(ProviderCallError, match="9e2c1a70"):
        await engine.call("Configure", args={"subscriptionId": foreign})


@pytest.mark.inferred
async def test_another_subscription_is_refused_in_configure(arm: FakeArm, slept: Slept) -> None:
    with pytest.raises(ProviderCallError, match="install the real azure-native plugin for Azure"):
        async with provider_over(arm, slept, subscriptionId="9e2c1a70-1111-4000-8000-000000000000"):
            pass


@pytest.mark.specified
async def test_the_schema_names_the_supported_types(engine: EngineSide) -> None:
    answer = await engine.stub.GetSchema(provider_pb2.GetSchemaRequest())

    schema = json.loads(answer.schema)
    assert schema["version"] == "3.29.0"
    assert schema["resources"].keys() == {f"azure-native:{token}" for token in load_table().types}


@pytest.mark.specified
@pytest.mark.parametrize(
    ("method", "request_type"),
    [
        ("Construct", provider_pb2.ConstructRequest),
        ("Call", provider_pb2.CallRequest),
        ("Parameterize", provider_pb2.ParameterizeRequest),
        ("GetMapping", provider_pb2.GetMappingRequest),
    ],
)
async def test_what_is_not_there_is_refused_by_name(engine: EngineSide, method: str, request_type: type) -> None:
    with pytest.raises(grpc.aio.AioRpcError, match=method) as caught:
        await getattr(engine.stub, method)(request_type())

    assert caught.value.code() is grpc.StatusCode.UNIMPLEMENTED


@pytest.mark.inferred
async def test_assets_are_refused_by_their_kind(engine: EngineSide) -> None:
    asset = {"4dabf18193072939515e22adb298388d": "c44067f5952c0a294b673a41bacd8c17", "text": "x"}

    with pytest.raises(ProviderCallError, match="kind asset"):
        await engine.check("azure-native:storage:StorageAccount", {"kind": asset})
