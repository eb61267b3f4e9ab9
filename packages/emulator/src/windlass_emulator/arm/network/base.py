"""What the types of Microsoft.Network share: names, references, and the answers of what takes time."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from windlass_emulator import lro
from windlass_emulator.arm import common
from windlass_emulator.arm.common import SUCCEEDED, Draft, Kind, NameRule
from windlass_emulator.errors import AzureError
from windlass_emulator.http import Answer, Handler, Request, Route
from windlass_emulator.operations import Operation
from windlass_emulator.store import Resource

if TYPE_CHECKING:
    from windlass_emulator.azure import LocalAzure

NAMESPACE = "Microsoft.Network"
WRITE, DELETE = "network.write", "network.delete"
"""The actions that every type here shares; they are durations too."""

UPDATING = "Updating"
_FAMILY = "network"
_NAME_RULE = (
    "The name can be up to 80 characters long. It must begin with a word character, and it must end with a word "
    "character or with '_'. The name may contain word characters or '.', '-', '_'."
)


def name_rule(shortest: int = 1, longest: int = 80) -> NameRule:
    """Return the rule for names, which only differ in length."""
    length = rf"(?=.{{{shortest},{longest}}}\Z)"
    return NameRule(rf"{length}[a-zA-Z0-9_](?:[a-zA-Z0-9_.-]*[a-zA-Z0-9_])?", _NAME_RULE)


def kind(segment: str, body: str, *, name: NameRule | None = None, required: tuple[str, ...] = ()) -> Kind:
    """Describe a type of Microsoft.Network that lives in a group; none of them shows systemData."""
    return Kind(
        type=f"{NAMESPACE}/{segment}",
        body=body,
        name=name or name_rule(),
        required=required,
        system_data=False,
    )


def route(method: str, template: str, handler: Handler) -> Route:
    """An operation that is known from the published specification."""
    return Route(method, template, handler, provenance="specified")


# References


def require_reference(azure: LocalAzure, resource_id: str, by: str, region: str) -> Resource:
    """Return a resource that another one points at.

    Args:
        azure: Where to look.
        resource_id: What is pointed at.
        by: The id of what points there.
        region: Where both must be; "" when it does not matter.

    Raises:
        AzureError: 400 InvalidResourceReference when it is not there or stands in another region.
    """
    found = azure.store.get(resource_id)
    if found is None or (region and region_of(azure, found) != region):
        raise AzureError(
            400,
            "InvalidResourceReference",
            f"Resource {resource_id} referenced by resource {by} was not found. Please make sure that the referenced "
            "resource exists, and that both resources are in the same region.",
        )
    return found


def region_of(azure: LocalAzure, resource: Resource) -> str:
    """Return the region of a resource; one without any (a subnet) has that of what it is in."""
    location = resource.body.get("location")
    if location:
        return str(location)
    above = azure.store.get(resource.id.rsplit("/", 2)[0])
    return str(above.body["location"]) if above else ""


def referenced_id(properties: Mapping[str, Any], name: str) -> str | None:
    """Return the id in a reference such as `natGateway: {id}`."""
    reference = properties.get(name)
    return str(reference["id"]) if reference and reference.get("id") else None


def pointing_at(resources: Iterable[Resource], name: str, resource_id: str) -> Iterator[Resource]:
    """Find the resources whose reference `name` is a resource; ids are compared without case."""
    for resource in resources:
        found = referenced_id(resource.body["properties"], name)
        if found is not None and found.lower() == resource_id.lower():
            yield resource


def ids(resources: Iterable[Resource]) -> list[dict[str, str]]:
    """Write resources as references."""
    return [{"id": resource.id} for resource in resources]


# Writing


def etag() -> str:
    """Return a new etag in this namespace's form."""
    return f'W/"{uuid.uuid4()}"'


def refuse_while_busy(azure: LocalAzure, resource_id: str) -> None:
    """Refuse a write while another one on the resource or anything in it is under way.

    Two subnets of one network are written one after the other: as wording and status were seen on Azure.

    Raises:
        AzureError: 409 AnotherOperationInProgress.
    """
    running = azure.operations.of_resource(resource_id)
    if running:
        where = f"subscriptions/{azure.subscription}/providers/{NAMESPACE}/locations/{running[0].region}"
        raise AzureError(
            409,
            "AnotherOperationInProgress",
            "Another operation on this or dependent resource is in progress. To retrieve status of the operation use "
            f"uri: https://management.azure.com/{where}/operations/{running[0].id}"
            f"?api-version={running[0].api_version}.",
        )


def begin_write(request: Request, draft: Draft, kind: Kind, properties: Mapping[str, Any]) -> Answer:
    """Store a resource as it is while its operation runs, and answer 201 for a new one, 200 for a change."""
    shown = {
        **properties,
        "resourceGuid": draft.before.get("resourceGuid") or str(uuid.uuid4()),
        "provisioningState": UPDATING,
    }
    body = {**draft.body, "etag": etag(), "properties": shown}
    stored = common.save(request, kind, replace(draft, body=body))
    return started(request, stored, new=draft.existing is None, region=draft.location)


def started(request: Request, stored: Resource, *, new: bool, region: str) -> Answer:
    """Begin the operation of a PUT whose resource is stored."""
    operation = lro.new_operation(request, _FAMILY, stored.id, WRITE, region=region)
    request.azure.operations.start(operation)
    answer = lro.accepted_put(request, operation, common.shown(request, stored))
    return answer if new else replace(answer, status=200)


async def carry_out_write(azure: LocalAzure, operation: Operation) -> None:
    """End a PUT: the resource, and what was written with it, is ready."""
    await azure.take(WRITE)
    stored = azure.store.get(operation.resource)
    if stored is None:
        return  # its group has been deleted meanwhile
    for resource in (stored, *azure.store.below(stored.id)):
        if resource.body["properties"].get("provisioningState") == UPDATING:
            put_properties(azure, resource, {**resource.body["properties"], "provisioningState": SUCCEEDED})


def put_properties(azure: LocalAzure, resource: Resource, properties: Mapping[str, Any]) -> Resource:
    """Store other properties of a resource."""
    body = {**resource.body, "etag": etag(), "properties": dict(properties)}
    return azure.store.put(resource.id, resource.type, body, parent=parent_of(resource.id), now=azure.clock.now())


def parent_of(resource_id: str) -> str:
    """Return what a resource is in: the one above, or its group."""
    above, _, last = resource_id.rpartition("/providers/")
    return resource_id.rsplit("/", 2)[0] if last.count("/") > 2 else above  # noqa: PLR2004 - namespace/type/name


def begin_delete(request: Request, stored: Resource | None, region: str) -> Answer:
    """Answer a DELETE: 202 while it takes time, 204 when there is nothing."""
    if stored is None:
        return Answer(204)
    operation = lro.new_operation(request, _FAMILY, stored.id, DELETE, region=region)
    return lro.accepted(request, request.azure.operations.start(operation))


async def carry_out_delete(azure: LocalAzure, operation: Operation) -> None:
    """End a DELETE."""
    await azure.take(DELETE)
    await azure.remove(operation.resource)


# Handlers that do not differ


def tag_patcher(kind: Kind) -> Handler:
    """Make the handler of a PATCH, which changes tags and nothing else."""

    async def patch(request: Request) -> Answer:
        """Change the tags."""
        draft = common.read_patch(request, replace(kind, body="network"))
        return Answer(200, common.shown(request, common.save(request, kind, draft)))

    return patch


def plain_id(text: str) -> str:
    """Write an id for comparison."""
    return re.sub(r"/+\Z", "", text).lower()
