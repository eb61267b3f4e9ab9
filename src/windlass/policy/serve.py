"""Serves the rules to the engine: the analyzer protocol of Pulumi, and nothing else.

The package `pulumi-policy` speaks the same protocol, but has no way to what the engine says about the stack
(`ConfigureStack`), which the rules are held against, and reads every resource once for each rule. ADR 5 tells more.

The engine waits for the port and for the list of rules before it starts the program, so both come before anything that
takes long to import; the settings are read when the first resource is judged, while the program starts.

Protocol: pulumi/pulumi proto/pulumi/analyzer.proto.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from concurrent import futures
from typing import Any, Final

import grpc
from google.protobuf import empty_pb2, json_format
from pulumi.runtime.proto import analyzer_pb2, analyzer_pb2_grpc, plugin_pb2

from windlass.delivery.losses import short_type
from windlass.errors import WindlassError
from windlass.policy.model import Resource, Severity
from windlass.policy.pack import Pack, StackConfiguration, Told
from windlass.policy.rules import RULES

PACK_NAME: Final = "windlass"
_PROVIDER: Final = "azure-native"
_MOST_BYTES: Final = 400 * 1024 * 1024
"""As the engine's own limit: a resource may hold whole files."""
_LOOKS_AFTER_ENGINE_SECONDS: Final = 1.0
_STARTED_BY: Final = "WINDLASS_PLUGIN_STARTED_BY"
_SIGNATURE: Final = "4dabf18193072939515e22adb298388d"
_SECRET: Final = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105 - the mark of a secret in Pulumi's protocol
_LEVELS: Final[Mapping[Severity, Any]] = {
    Severity.MANDATORY: analyzer_pb2.MANDATORY,
    Severity.ADVISORY: analyzer_pb2.ADVISORY,
}

_Servicer: Any = analyzer_pb2_grpc.AnalyzerServicer


class Analyzer(_Servicer):  # type: ignore[misc] # generated code
    """Answers the engine's questions about one stack."""

    def __init__(self) -> None:
        self._pack: Pack | None = None
        self._disabled: frozenset[str] = frozenset()

    def Handshake(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: N802 - gRPC's name
        """Take note of nothing: all that matters comes with the stack."""
        del request, context
        return analyzer_pb2.AnalyzerHandshakeResponse()

    def GetPluginInfo(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: N802
        """Name no version: PulumiPolicy.yaml does."""
        del request, context
        return plugin_pb2.PluginInfo(version="")

    def GetAnalyzerInfo(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: N802
        """List the rules."""
        del request, context
        return analyzer_pb2.AnalyzerInfo(
            name=PACK_NAME,
            supportsConfig=True,
            policies=[
                analyzer_pb2.PolicyInfo(
                    name=rule.id,
                    description=rule.message,
                    enforcementLevel=_LEVELS[rule.severity],
                    remediation_steps=rule.remedy,
                )
                for rule in RULES
            ],
        )

    def ConfigureStack(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: N802
        """Take the stack whose resources will come."""
        del context
        configuration = StackConfiguration(stack=request.stack, config=dict(request.config))
        self._pack = Pack(configuration)
        # Importing the settings takes as long as the engine needs to start the program.
        threading.Thread(target=_read_ahead, args=(configuration,), daemon=True).start()
        return analyzer_pb2.AnalyzerStackConfigureResponse()

    def Configure(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: N802
        """Take the levels that the caller of the engine chose."""
        del context
        levels = {name: chosen.enforcementLevel for name, chosen in request.policyConfig.items()}
        self._disabled = frozenset(name for name, level in levels.items() if level == analyzer_pb2.DISABLED)
        if self._pack is not None:
            advisory = {name: Severity.ADVISORY for name, level in levels.items() if level == analyzer_pb2.ADVISORY}
            self._pack.levels = advisory
        return empty_pb2.Empty()

    def Remediate(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: N802
        """Change nothing: a rule says what to do, and leaves it to people."""
        del request, context
        return analyzer_pb2.RemediateResponse()

    def Analyze(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: N802
        """Judge one resource."""
        if not request.type.startswith(_PROVIDER):
            return analyzer_pb2.AnalyzeResponse()
        return self._answer(context, lambda pack: pack.judge(_resource(request)))

    def AnalyzeStack(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: N802
        """Judge the stack."""
        resources = [_resource(each) for each in request.resources if each.type.startswith(_PROVIDER)]
        return self._answer(context, lambda pack: pack.judge_stack(resources))

    def Cancel(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: N802
        """Have nothing to end: no answer takes long."""
        del request, context
        return empty_pb2.Empty()

    def _answer(self, context: grpc.ServicerContext, judge: Any) -> Any:
        if self._pack is None:
            return analyzer_pb2.AnalyzeResponse()
        try:
            told: Sequence[Told] = judge(self._pack)
        except WindlassError as error:
            context.abort(grpc.StatusCode.FAILED_PRECONDITION, str(error))
        return analyzer_pb2.AnalyzeResponse(
            diagnostics=[_diagnostic(each) for each in told if each.rule.id not in self._disabled]
        )


def serve() -> None:
    """Serve on a port of 127.0.0.1 until told to end, or until whoever started this is gone."""
    # Told by the language host: if it died while this starts, its number would be that of process 1 by now.
    started_by = int(os.environ.get(_STARTED_BY, os.getppid()))
    options = [("grpc.max_receive_message_length", _MOST_BYTES)]
    server = grpc.server(futures.ThreadPoolExecutor(max_workers=4), options=options)
    analyzer_pb2_grpc.add_AnalyzerServicer_to_server(Analyzer(), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()
    while os.getppid() == started_by:
        time.sleep(_LOOKS_AFTER_ENGINE_SECONDS)
    server.stop(grace=None)


def _read_ahead(configuration: StackConfiguration) -> None:
    try:
        _ = configuration.settings
    except WindlassError:
        return  # said when a resource is judged


def _resource(request: Any) -> Resource:
    references = getattr(request, "propertyDependencies", {})
    return Resource(
        type=short_type(request.type),
        name=request.name,
        urn=request.urn,
        properties=_plain(json_format.MessageToDict(request.properties)),
        protect=request.options.protect,
        ignore_changes=tuple(request.options.ignoreChanges),
        references={name: frozenset(found.urns) for name, found in references.items()},
    )


def _plain(value: Any) -> Any:
    """Take secrets out of their wrapping; nothing of a value is shown but what a rule forbids."""
    if isinstance(value, list):
        return [_plain(each) for each in value]
    if not isinstance(value, dict):
        return value
    if value.get(_SIGNATURE) == _SECRET:
        return _plain(value.get("value"))
    return {key: _plain(each) for key, each in value.items()}


def _diagnostic(told: Told) -> Any:
    return analyzer_pb2.AnalyzeDiagnostic(
        policyName=told.rule.id,
        policyPackName=PACK_NAME,
        description=told.rule.message,
        message=f"{told.rule.message}\n{told.text}",
        enforcementLevel=_LEVELS[told.severity],
        urn=told.urn,
    )
