"""The network that Azure ML runs for a workspace: how closed it is, and what it lets out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Final, final

import pulumi
from pulumi_azure_native import machinelearningservices as ml

from windlass.infra.component import Component, Place
from windlass.project.settings import NetworkSettings, OutboundRule
from windlass.project.settings.network import OWN_RULES

ISOLATION: Final = {
    "internet": ml.IsolationMode.ALLOW_INTERNET_OUTBOUND,
    "approved": ml.IsolationMode.ALLOW_ONLY_APPROVED_OUTBOUND,
}

SHOWN_BY_AZURE: Final = ("managedNetwork.outboundRules", "managedNetwork.status")
"""The workspace tells of rules that are resources of their own, and of those that the service adds: not ours to change
through the workspace."""


def managed_network(settings: NetworkSettings) -> ml.ManagedNetworkSettingsArgs | None:
    """Say how closed the network of a workspace is; None when it is to have none."""
    if settings.mode != "managed":
        return None
    approved = settings.isolation == "approved"
    return ml.ManagedNetworkSettingsArgs(
        isolation_mode=ISOLATION[settings.isolation],
        firewall_sku=settings.firewall if approved else None,
    )


@dataclass(frozen=True, kw_only=True)
class OutboundRulesArgs:
    """What the rules are made of.

    Attributes:
        place: Where the workspace is.
        workspace: Its name.
        storage_account_id: What batch endpoints hand out work over.
        rules: The rules of the settings by name.
    """

    place: Place
    workspace: pulumi.Output[str]
    storage_account_id: pulumi.Output[str]
    rules: Mapping[str, OutboundRule]


@dataclass(frozen=True, kw_only=True)
class OutboundRulesOutputs:
    """What others need of the rules.

    Attributes:
        ready: What has to be there before the first compute brings the network up.
    """

    ready: tuple[pulumi.Resource, ...]


@final
class OutboundRules(Component):
    """Rules that let a managed network out: those of the settings, and those that batch endpoints need."""

    TYPE: ClassVar[str] = "windlass:infra:OutboundRules"

    def __init__(self, name: str, *, args: OutboundRulesArgs) -> None:
        super().__init__(name)
        made: list[pulumi.Resource] = []
        for rule, destination in _destinations(args):
            made.append(
                ml.ManagedNetworkSettingsRule(
                    f"{name}-{rule}",
                    rule_name=rule,
                    workspace_name=args.workspace,
                    resource_group_name=args.place.resource_group,
                    properties=destination,
                    # A workspace changes its network once at a time.
                    opts=self.child(depends_on=made[-1:]),
                )
            )
        self.outputs = OutboundRulesOutputs(ready=tuple(made))
        self.register_outputs({})


def _destinations(args: OutboundRulesArgs) -> Iterator[tuple[str, Any]]:
    for rule in OWN_RULES:
        yield rule, _private_endpoint(args.storage_account_id, rule.removeprefix("storage-"))
    for name, wanted in args.rules.items():
        yield name, _destination(wanted)


def _destination(rule: OutboundRule) -> Any:
    if rule.private_endpoint is not None:
        return _private_endpoint(rule.private_endpoint, rule.subresource or "")
    if rule.fqdn is not None:
        return ml.FqdnOutboundRuleArgs(type="FQDN", category=ml.RuleCategory.USER_DEFINED, destination=rule.fqdn)
    return ml.ServiceTagOutboundRuleArgs(
        type="ServiceTag",
        category=ml.RuleCategory.USER_DEFINED,
        destination=ml.ServiceTagDestinationArgs(
            service_tag=rule.service_tag, protocol=rule.protocol, port_ranges=rule.ports, action=ml.RuleAction.ALLOW
        ),
    )


def _private_endpoint(resource_id: pulumi.Input[str], subresource: str) -> ml.PrivateEndpointOutboundRuleArgs:
    return ml.PrivateEndpointOutboundRuleArgs(
        type="PrivateEndpoint",
        category=ml.RuleCategory.USER_DEFINED,
        destination=ml.PrivateEndpointDestinationArgs(
            service_resource_id=resource_id, subresource_target=subresource, spark_enabled=False
        ),
    )
