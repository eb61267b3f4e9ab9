"""Diagnostic settings: the logs of everything that has some go to Log Analytics."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, Final, final

import pulumi
from pulumi_azure_native import monitor

from windlass.infra.component import Component
from windlass.infra.endpoints import EndpointOutputs
from windlass.infra.log_categories import LOGS, Logs
from windlass.infra.stack import Stack


@dataclass(frozen=True, kw_only=True)
class Logged:
    """Something whose logs are kept.

    Attributes:
        type: As the provider names it, such as `keyvault:Vault`; a key of `log_categories.LOGS`.
        id: Its id.
    """

    type: str
    id: pulumi.Output[str]


@dataclass(frozen=True, kw_only=True)
class DiagnosticsArgs:
    """What is sent where.

    Attributes:
        log_workspace_id: Where the logs go.
        logged: What sends them, by a word for it that no other has.
    """

    log_workspace_id: pulumi.Output[str]
    logged: Mapping[str, Logged]


@dataclass(frozen=True, kw_only=True)
class DiagnosticsOutputs:
    """What others need of the diagnostic settings.

    Attributes:
        ids: Of the settings.
    """

    ids: tuple[pulumi.Output[str], ...]


_SURROUNDINGS: Final = ("network:", "containerservice:")
_TYPES: Final = {
    "storage": "storage:StorageAccount",
    "vault": "keyvault:Vault",
    "registry": "containerregistry:Registry",
    "workspace": "machinelearningservices:Workspace",
    "logs": "operationalinsights:Workspace",
}


def logged_resources(ids: Mapping[str, pulumi.Output[str]]) -> dict[str, Logged]:
    """Return what a stack has one of: `storage`, `vault`, `registry`, `workspace`, `logs`."""
    return {word: Logged(type=_TYPES[word], id=id_) for word, id_ in ids.items()}


def logged_endpoints(stack: Stack, endpoints: Mapping[str, EndpointOutputs]) -> dict[str, Logged]:
    """Return the managed endpoints of a stack; for batch there are no logs, and a Kubernetes cluster keeps its own."""
    return {
        f"{folder.model}-online": Logged(type="machinelearningservices:OnlineEndpoint", id=endpoints[folder.path].id)
        for folder in stack.endpoints
        if folder.kind == "online" and folder.serving.compute == "managed" and folder.path in endpoints
    }


def logged_surroundings(made: Sequence[pulumi.CustomResource]) -> dict[str, Logged]:
    """Return what a stack has any number of and has made: the network, and clusters for Kubernetes."""
    found = {}
    for resource in made:
        type_ = resource.pulumi_resource_type.removeprefix("azure-native:")
        if type_ in LOGS and type_.startswith(_SURROUNDINGS):
            found[resource.pulumi_resource_name] = Logged(type=type_, id=resource.id)
    return found


@final
class Diagnostics(Component):
    """One diagnostic setting for each thing, and for each service of a storage account."""

    TYPE: ClassVar[str] = "windlass:infra:Diagnostics"

    def __init__(self, name: str, *, args: DiagnosticsArgs) -> None:
        super().__init__(name)
        settings = [
            self._setting(word, logged, logs, args.log_workspace_id)
            for word, logged in args.logged.items()
            for logs in LOGS[logged.type]
        ]
        self.outputs = DiagnosticsOutputs(ids=tuple(setting.id for setting in settings))
        self.register_outputs({})

    def _setting(
        self, word: str, logged: Logged, logs: Logs, log_workspace_id: pulumi.Output[str]
    ) -> monitor.DiagnosticSetting:
        part = f"{word}-{logs.below.partition('/')[0].lower()}" if logs.below else word
        wanted = (
            [monitor.DiagnosticsLogSettingsArgs(category_group=logs.group, enabled=True)]
            if logs.group
            else [monitor.DiagnosticsLogSettingsArgs(category=each, enabled=True) for each in logs.categories]
        )
        return monitor.DiagnosticSetting(
            f"{part}-logs",
            name=f"{part}-logs",
            resource_uri=logged.id.apply(lambda id_: f"{id_}/{logs.below}") if logs.below else logged.id,
            workspace_id=log_workspace_id,
            logs=wanted,
            opts=self.child(),
        )
