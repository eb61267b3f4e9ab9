"""Endpoints: stable names and addresses. Created, protected and deleted here; changed by the scripts alone.

A PUT of an endpoint carries all of it, so one that Pulumi sends in the middle of a release would put the traffic
back to what Pulumi knows of. Ignoring `properties.traffic` is not enough (a changed tag still sends the whole
endpoint), so all inputs are ignored after creation, and then no PUT is ever sent.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, Final, final

import pulumi
from pulumi_azure_native import machinelearningservices as ml

from windlass.infra.component import Component, Place
from windlass.infra.workspace import user_assigned
from windlass.project.endpoints import EndpointFolder
from windlass.project.exposure import switch
from windlass.project.settings import ProtectionSettings

LEFT_TO_SCRIPTS: Final = ("properties", "tags", "identity", "sku", "kind")

AUTH_MODES: Final[Mapping[str, ml.EndpointAuthMode]] = {
    "key": ml.EndpointAuthMode.KEY,
    "aml_token": ml.EndpointAuthMode.AML_TOKEN,
    "aad_token": ml.EndpointAuthMode.AAD_TOKEN,
}
"""How `az ml` writes it -> how ARM does."""


@dataclass(frozen=True, kw_only=True)
class EndpointArgs:
    """What an endpoint is made of.

    Attributes:
        place: Where it goes.
        workspace: The workspace that it belongs to.
        name: Its name in Azure, unique in the region.
        folder: What its file under endpoints/ says.
        identity_id: What its real-time deployments run as; None for batch, whose jobs run as their cluster.
        public: Whether it answers public addresses when its file does not say.
        compute_id: The attached cluster that serves it; None for Azure ML's own instances.
        needs: The grants of that identity, which the first deployment relies on.
        protect: Whether Pulumi refuses to delete or replace it.
    """

    place: Place
    workspace: pulumi.Output[str]
    name: str
    folder: EndpointFolder
    identity_id: pulumi.Output[str] | None
    public: bool = True
    compute_id: pulumi.Output[str] | None = None
    needs: Sequence[pulumi.Resource]
    protect: bool


@dataclass(frozen=True, kw_only=True)
class EndpointOutputs:
    """What others need of an endpoint."""

    id: pulumi.Output[str]
    name: pulumi.Output[str]
    scoring_uri: pulumi.Output[str]


@final
class Endpoint(Component):
    """The address at which a model answers, in real time or in batch."""

    TYPE: ClassVar[str] = "windlass:infra:Endpoint"

    def __init__(self, name: str, *, args: EndpointArgs) -> None:
        super().__init__(name)
        create = self._online if args.folder.kind == "online" else self._batch
        endpoint = create(f"{name}-endpoint", args)
        self.outputs = EndpointOutputs(
            id=endpoint.id,
            name=endpoint.name,
            scoring_uri=endpoint.properties.apply(lambda properties: properties.scoring_uri),
        )
        self.register_outputs({"id": endpoint.id})

    def _online(self, name: str, args: EndpointArgs) -> ml.OnlineEndpoint:
        return ml.OnlineEndpoint(
            name,
            endpoint_name=args.name,
            workspace_name=args.workspace,
            resource_group_name=args.place.resource_group,
            location=args.place.location,
            tags=_tags(args),
            identity=None if args.identity_id is None else user_assigned(args.identity_id),
            properties=ml.OnlineEndpointPropertiesArgs(
                auth_mode=AUTH_MODES[args.folder.auth_mode],
                compute=args.compute_id,
                description=args.folder.description or None,
                public_network_access=_access(args),
            ),
            opts=self._untouched(args),
        )

    def _batch(self, name: str, args: EndpointArgs) -> ml.BatchEndpoint:
        return ml.BatchEndpoint(
            name,
            endpoint_name=args.name,
            workspace_name=args.workspace,
            resource_group_name=args.place.resource_group,
            location=args.place.location,
            tags=_tags(args),
            properties=ml.BatchEndpointPropertiesArgs(
                auth_mode=AUTH_MODES[args.folder.auth_mode], description=args.folder.description or None
            ),
            opts=self._untouched(args),
        )

    def _untouched(self, args: EndpointArgs) -> pulumi.ResourceOptions:
        return self.child(protect=args.protect, ignore_changes=list(LEFT_TO_SCRIPTS), depends_on=args.needs)


def is_protected(folder: EndpointFolder, protection: ProtectionSettings) -> bool:
    """Whether Pulumi has to refuse the deletion and the replacement of an endpoint."""
    return protection.endpoints and folder.path not in protection.released_endpoints


def _access(args: EndpointArgs) -> str:
    said = args.folder.public_network_access
    return switch(args.public) if said is None else said.capitalize()


def _tags(args: EndpointArgs) -> dict[str, str]:
    return {**args.folder.tags, **args.place.tags}
