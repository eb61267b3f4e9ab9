"""Runs a Pulumi program without an engine, and remembers what it registered with which options.

The engine that the SDK talks to is replaced by `Recorder`. The Azure behind it is `FakeAzure`, which answers with
the few outputs that a program may build on. Each run has a context of its own, so that no run sees another's stack,
settings or configuration.
"""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import gc
import json
import runpy
from collections.abc import Callable, Mapping
from concurrent import futures
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

import grpc
import pulumi
from pulumi.runtime import mocks, rpc, settings

NAME_INPUTS: Final[Mapping[str, str]] = {
    "azure-native:resources:ResourceGroup": "resourceGroupName",
    "azure-native:storage:StorageAccount": "accountName",
    "azure-native:storage:BlobContainer": "containerName",
    "azure-native:keyvault:Vault": "vaultName",
    "azure-native:containerregistry:Registry": "registryName",
    "azure-native:operationalinsights:Workspace": "workspaceName",
    "azure-native:applicationinsights:Component": "resourceName",
    "azure-native:managedidentity:UserAssignedIdentity": "resourceName",
    "azure-native:authorization:RoleAssignment": "roleAssignmentName",
    "azure-native:network:VirtualNetwork": "virtualNetworkName",
    "azure-native:network:NetworkSecurityGroup": "networkSecurityGroupName",
    "azure-native:network:NatGateway": "natGatewayName",
    "azure-native:network:PublicIPAddress": "publicIpAddressName",
    "azure-native:network:PrivateEndpoint": "privateEndpointName",
    "azure-native:network:PrivateDnsZoneGroup": "privateDnsZoneGroupName",
    "azure-native:privatedns:PrivateZone": "privateZoneName",
    "azure-native:privatedns:VirtualNetworkLink": "virtualNetworkLinkName",
    "azure-native:machinelearningservices:ManagedNetworkSettingsRule": "ruleName",
    "azure-native:containerservice:ManagedCluster": "resourceName",
    "azure-native:containerservice:AgentPool": "agentPoolName",
    "azure-native:containerservice:ManagedNamespace": "managedNamespaceName",
    "azure-native:kubernetesconfiguration:Extension": "extensionName",
    "azure-native:machinelearningservices:Workspace": "workspaceName",
    "azure-native:machinelearningservices:Compute": "computeName",
    "azure-native:machinelearningservices:OnlineEndpoint": "endpointName",
    "azure-native:machinelearningservices:BatchEndpoint": "endpointName",
    "azure-native:monitor:DiagnosticSetting": "name",
    "azure-native:monitor:ActionGroup": "actionGroupName",
    "azure-native:monitor:MetricAlert": "ruleName",
    "azure-native:monitor:ScheduledQueryRule": "ruleName",
    "azure-native:consumption:Budget": "budgetName",
    "azure-native:authorization:ManagementLockByScope": "lockName",
}
"""The input that names a resource: the last parameter of its path in Azure's specification."""

STACK_TYPE: Final = "pulumi:pulumi:Stack"
PROVIDER_TYPES: Final = "pulumi:providers:"


@dataclass(frozen=True, kw_only=True)
class Registration:
    """One resource that a program registered, with the options that decide over its life."""

    type: str
    name: str
    urn: str
    parent: str
    custom: bool
    inputs: Mapping[str, Any]
    provider: str
    protect: bool
    ignore_changes: tuple[str, ...]
    replace_on_changes: tuple[str, ...]
    delete_before_replace: bool
    depends_on: frozenset[str]

    @property
    def azure_name(self) -> str | None:
        """The name that the program gave it in Azure."""
        name = self.inputs.get(NAME_INPUTS[self.type])
        return name if isinstance(name, str) else None


@dataclass(kw_only=True)
class Run:
    """What came of one run of a program."""

    registrations: list[Registration] = field(default_factory=list)
    outputs: dict[str, Any] = field(default_factory=dict)

    @property
    def resources(self) -> list[Registration]:
        """The resources of Azure; components and providers are not among them."""
        return [each for each in self.registrations if each.custom and not each.type.startswith(PROVIDER_TYPES)]

    @property
    def components(self) -> list[Registration]:
        """The components."""
        return [each for each in self.registrations if not each.custom and each.type != STACK_TYPE]

    def of(self, type_: str) -> list[Registration]:
        """The resources of a type, given without `azure-native:`."""
        return [each for each in self.resources if each.type == f"azure-native:{type_}"]

    def urns(self, type_: str) -> frozenset[str]:
        """The URNs of the resources of a type."""
        return frozenset(each.urn for each in self.of(type_))


Program = Callable[..., Run]
"""A fixture that runs one program; its keyword arguments say in which situation."""


class NotFoundByProvider(grpc.RpcError):
    """What a program is answered when it looks up something that is not there."""

    def code(self) -> grpc.StatusCode:
        """The status of every refusal of a provider."""
        return grpc.StatusCode.UNKNOWN

    def details(self) -> str:
        """What the provider said."""
        return str(self)


class FakeAzure(mocks.Mocks):  # type: ignore[misc]  # pulumi is not followed by mypy
    """Answers a registration as Azure would, in as far as a program may build on it.

    In a preview it answers as the provider does: the inputs, and nothing that only Azure knows.
    """

    def __init__(self, *, preview: bool, existing: Mapping[str, Mapping[str, Any]] = MappingProxyType({})) -> None:
        self.preview = preview
        self.prepared: tuple[str, dict[str, Any]] | None = None
        """What the next resource is answered, when somebody else has worked it out."""
        self._existing = existing

    def new_resource(self, args: Any) -> tuple[str, dict[str, Any]]:
        """Return an id and the outputs; a component has neither."""
        if not args.custom:
            return "", {}
        if args.typ.startswith(PROVIDER_TYPES):
            return args.name, {}
        if self.prepared is not None:
            return self.prepared
        if self.preview:
            return "", {key: value for key, value in args.inputs.items() if key != "identity"}
        outputs = _answered(args.inputs)
        name = args.inputs.get(NAME_INPUTS[args.typ], args.name)
        outputs["name"] = name
        if args.typ.endswith(":UserAssignedIdentity"):
            outputs |= {"principalId": f"principal of {name}", "clientId": f"client of {name}"}
        if args.typ.endswith(("OnlineEndpoint", "BatchEndpoint")):
            outputs["properties"] = {**args.inputs["properties"], "scoringUri": f"https://{name}.example/score"}
        return f"/fake/{args.typ}/{name}", outputs

    def call(self, args: Any) -> Any:
        """Answer what exists already by the names that it is looked up by; refuse all else as the provider does."""
        names = {str(name).lower() for name in args.args.values()}
        for arm_id, outputs in self._existing.items():
            if names <= set(arm_id.lower().split("/")):
                return {"id": arm_id, "name": arm_id.rpartition("/")[2], **outputs}
        raise NotFoundByProvider(f'{args.token} of {sorted(names)}: Status=404 Code="ResourceNotFound"')


def _answered(inputs: Mapping[str, Any]) -> dict[str, Any]:
    """Identities are sent as a list of ids and answered as a map from id to what Azure knows of each."""
    if "identity" not in inputs:
        return dict(inputs)
    identity = inputs["identity"]
    users: dict[str, Any] = {each: {} for each in identity.get("userAssignedIdentities", ())}
    return {**inputs, "identity": {**identity, "userAssignedIdentities": users}}


class Recorder(mocks.MockMonitor):  # type: ignore[misc]  # pulumi is not followed by mypy
    """The engine's resource monitor, as far as a program can tell."""

    def __init__(self, run: Run, azure: FakeAzure) -> None:
        super().__init__(azure)
        self._run = run

    def RegisterResource(self, request: Any) -> Any:  # noqa: N802  # the name of the RPC
        """Remember a registration, then answer it."""
        answer = super().RegisterResource(request)
        self._run.registrations.append(
            Registration(
                type=request.type,
                name=request.name,
                urn=answer.urn,
                parent=request.parent,
                custom=request.custom,
                inputs=rpc.deserialize_properties(request.object),
                provider=request.provider,
                protect=request.protect,
                ignore_changes=tuple(request.ignoreChanges),
                replace_on_changes=tuple(request.replaceOnChanges),
                delete_before_replace=request.deleteBeforeReplace,
                depends_on=frozenset(request.dependencies),
            )
        )
        return answer


def run_program(
    program: Path,
    *,
    stack: str,
    config: Mapping[str, Any],
    root: Path,
    preview: bool = False,
    existing: Mapping[str, Mapping[str, Any]] = MappingProxyType({}),
    recorder: Callable[[Run, FakeAzure], Recorder] = Recorder,
) -> Run:
    """Run a program as the engine's language host would.

    Args:
        program: The file to run as `__main__`.
        stack: The stack's name.
        config: Configuration of the stack; structured values as they are.
        root: What the program is told as the folder of the project.
        preview: Whether outputs of resources stay unknown to it.
        existing: What it finds when it looks something up: ARM id and outputs.
        recorder: What makes the engine's side.
    """
    run = Run()
    # In a thread of its own: the SDK takes the thread's event loop, and those of async tests come and go.
    with futures.ThreadPoolExecutor(max_workers=1) as pool:
        azure = FakeAzure(preview=preview, existing=existing)
        pool.submit(_with_loop, run, program, stack, config, root, azure, recorder(run, azure)).result()
    return run


def _with_loop(run: Run, *arguments: Any) -> None:
    """Run with an event loop, and a thread for the SDK's calls, that end with the run."""
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    calls = futures.ThreadPoolExecutor(max_workers=1)
    loop.set_default_executor(calls)
    try:
        contextvars.Context().run(_run, run, *arguments)
    finally:
        calls.submit(_close_loop).result()  # the SDK's mocks make one in the thread of their calls
        calls.shutdown()
        loop.close()
        gc.enable()  # the program turns it off, for what it takes to be its own process


def _close_loop() -> None:
    with contextlib.suppress(RuntimeError):  # no call was made, so there is none
        asyncio.get_event_loop().close()


def _run(
    run: Run,
    program: Path,
    stack: str,
    config: Mapping[str, Any],
    root: Path,
    azure: FakeAzure,
    monitor: Recorder,
) -> None:
    texts = {key: value if isinstance(value, str) else json.dumps(value) for key, value in config.items()}
    pulumi.runtime.set_all_config(texts)
    pulumi.runtime.set_mocks(azure, project="windlass", stack=stack, preview=azure.preview, monitor=monitor)
    settings.SETTINGS.root_directory = str(root)
    _run_to_the_end(run, program)


def _run_to_the_end(run: Run, program: Path) -> None:
    def body() -> Any:
        runpy.run_path(str(program), run_name="__main__")
        exported = settings.get_root_resource().outputs
        # One by one, so that an output that stays unknown does not hide the others.
        return [_note(run, name, output) for name, output in exported.items()]

    pulumi.runtime.test(body)()


def _note(run: Run, name: str, output: Any) -> Any:
    return pulumi.Output.from_input(output).apply(lambda value: run.outputs.update({name: value}))
