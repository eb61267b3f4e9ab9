"""What all types of Azure Resource Manager share: ids, groups, names, locations, the checks and answers of a PUT."""

from __future__ import annotations

import copy
import re
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from windlass_emulator import lro, regions, shapes
from windlass_emulator.arm.shapes import BODIES
from windlass_emulator.clock import arm_time
from windlass_emulator.errors import AzureError, group_not_found, resource_not_found
from windlass_emulator.http import Answer, Handler, Request, Route
from windlass_emulator.settings import CLIENT_ID, TENANT_ID
from windlass_emulator.store import Resource

if TYPE_CHECKING:
    from windlass_emulator.azure import LocalAzure, Renderer

GROUP_TYPE = "Microsoft.Resources/resourceGroups"
SUBSCRIPTION = "/subscriptions/{subscription}"
GROUP = f"{SUBSCRIPTION}/resourceGroups/{{group}}"
SUCCEEDED = "Succeeded"
_FINAL_STATES = frozenset({SUCCEEDED, "Failed", "Canceled"})
_TOP_LEVEL_READ_ONLY = ("id", "name", "type", "systemData")

Provenance = Literal["recorded", "specified", "inferred"]


@dataclass(frozen=True, slots=True)
class NameRule:
    """Which names a type may have.

    Attributes:
        pattern: A regular expression for the whole name.
        code: Azure's error code for other names.
        sentence: What follows "The name 'x' is invalid.".
    """

    pattern: str
    sentence: str
    code: str = "InvalidResourceName"

    def refusal(self, name: str) -> str | None:
        """Say why a name is not allowed, or None when it is."""
        if re.fullmatch(self.pattern, name):
            return None
        return f"The name '{name}' is invalid. {self.sentence}"


@dataclass(frozen=True, slots=True)
class Kind:
    """One tracked type that lives directly in a resource group.

    Attributes:
        type: `Namespace/type` as Azure spells it.
        body: Its row of shapes.BODIES; the row of its PATCH is the same with " patch".
        required: Dotted paths that a PUT must have.
        fixed: Dotted paths that cannot change once set.
        system_data: Whether a GET shows systemData.
        id_of: Turns the stored id into the one that this service shows.
        is_global: Whether it lives in the location "global" and in no region.
    """

    type: str
    body: str
    name: NameRule
    required: tuple[str, ...] = ()
    fixed: tuple[str, ...] = ()
    system_data: bool = True
    id_of: Callable[[str], str] = field(default=lambda resource_id: resource_id)
    is_global: bool = False

    @property
    def template(self) -> str:
        """The path of one resource."""
        return f"{GROUP}/providers/{self.type}/{{name}}"

    def render(self, azure: LocalAzure, resource: Resource, api_version: str) -> dict[str, Any]:
        """Write a resource as a GET shows it."""
        del api_version
        body = dict(resource.body)
        if found := connections_of(azure, resource):
            body["properties"] = {**body["properties"], "privateEndpointConnections": found}
        return {"id": self.id_of(resource.id), "name": resource.name, "type": self.type, **body}

    def renderers(self) -> dict[str, Renderer]:
        """Return the row for Feature.renderers."""
        return {self.type.lower(): self.render}


@dataclass(frozen=True, slots=True)
class Draft:
    """A PUT or PATCH that has passed the checks which all types share.

    Attributes:
        id: Of the resource.
        name: Of the resource.
        group: The id of its group.
        existing: What is stored, or None for a new one.
        body: The body to complete and store; for a PATCH already merged.
    """

    id: str
    name: str
    group: str
    existing: Resource | None
    body: dict[str, Any]

    @property
    def location(self) -> str:
        """The region, as in `westeurope`."""
        return str(self.body["location"])

    @property
    def properties(self) -> dict[str, Any]:
        """The body's properties."""
        properties: dict[str, Any] = self.body["properties"]
        return properties

    @property
    def before(self) -> Mapping[str, Any]:
        """The stored properties, {} for a new resource."""
        return self.existing.body.get("properties", {}) if self.existing else {}


def connections_of(azure: LocalAzure, resource: Resource) -> list[dict[str, Any]]:
    """Return what a resource shows of the private endpoints that lead to it, made beside it by `arm/network`."""
    found = azure.store.children(resource.id, f"{resource.type}/privateEndpointConnections")
    shown = (azure.render(connection, "") for connection in found)
    return [{name: each[name] for name in ("id", "name", "type", "properties")} for each in shown]


# Groups


def group_id(request: Request) -> str:
    """Return the id of the request's group, in the case of the request."""
    return f"/subscriptions/{request.azure.subscription}/resourceGroups/{request.params['group']}"


def existing_group(request: Request) -> Resource:
    """Return the request's group.

    Raises:
        AzureError: 404 when there is none.
    """
    group = request.azure.store.get(group_id(request))
    if group is None:
        raise group_not_found(request.params["group"])
    return group


def writable_group(request: Request) -> Resource:
    """Return the request's group for a write.

    Raises:
        AzureError: 404 when there is none, 409 while it is being deleted.
    """
    group = existing_group(request)
    if group.body["properties"]["provisioningState"] == "Deleting":
        raise AzureError(
            409,
            "ResourceGroupBeingDeleted",
            f"The resource group '{group.name}' is in deprovisioning state and cannot perform this operation.",
        )
    return group


# One resource


def resource_id(request: Request, kind: Kind) -> str:
    """Return the id that a request is about."""
    return f"{group_id(request)}/providers/{kind.type}/{request.params['name']}"


def existing(request: Request, kind: Kind) -> Resource:
    """Return the resource that a request is about.

    Raises:
        AzureError: 404 for the group or the resource.
    """
    group = existing_group(request)
    stored = request.azure.store.get(resource_id(request, kind))
    if stored is None:
        raise resource_not_found(kind.type, request.params["name"], group.name)
    return stored


def read_put(request: Request, kind: Kind) -> Draft:
    """Check a PUT as far as all types do it alike.

    Raises:
        AzureError: As Azure words it: name, body, location, what is required, what cannot change.
    """
    group = writable_group(request)
    name = request.params["name"]
    stored = request.azure.store.get(resource_id(request, kind))
    if stored is None and (refusal := kind.name.refusal(name)):
        raise AzureError(400, kind.name.code, refusal)
    body = checked_body(request, kind.body)
    body["location"] = checked_location(body, kind, name)
    if stored is not None:
        refuse_move(stored, body["location"], group)
    body.setdefault("properties", {})
    for path in kind.required:
        if value_at(body, path) is None:
            raise AzureError(
                400,
                "MissingRequiredProperty",
                f"The required property '{path}' of {kind.type} is missing.",
                target=path,
            )
    if stored is not None:
        refuse_while_busy(request, stored)
        refuse_changes(kind, stored.body, body)
    return Draft(stored.id if stored else resource_id(request, kind), name, group.id, stored, keep_tags(body))


def read_patch(request: Request, kind: Kind) -> Draft:
    """Check a PATCH and merge it into what is stored: properties one by one, tags as a whole.

    Raises:
        AzureError: 404, or 400 for the body, or 409 for what cannot change.
    """
    group = writable_group(request)
    stored = existing(request, kind)
    refuse_while_busy(request, stored)
    patch = checked_body(request, f"{kind.body} patch")
    body = merged(stored.body, patch)
    if patch.get("tags") is not None:
        body["tags"] = patch["tags"]
    refuse_changes(kind, stored.body, body)
    return Draft(stored.id, stored.name, group.id, stored, body)


def checked_body(request: Request, row: str) -> dict[str, Any]:
    """Return the JSON body, held against a row of the table of shapes."""
    body = {name: value for name, value in request.json().items() if name not in _TOP_LEVEL_READ_ONLY}
    shapes.check(body, BODIES[row].shape)
    return body


def checked_location(body: Mapping[str, Any], kind: Kind, name: str) -> str:
    """Return the location of a body in Azure's normal form.

    Raises:
        AzureError: 400 when it is missing or unknown.
    """
    if not body.get("location"):
        raise AzureError(
            400, "LocationRequired", f"The location property is required for the resource '{name}' of type {kind.type}."
        )
    location = regions.normal(str(body["location"]))
    available = {"global"} if kind.is_global else regions.NAMES
    if location not in available:
        raise AzureError(
            400,
            "LocationNotAvailableForResourceType",
            f"The provided location '{body['location']}' is not available for resource type '{kind.type}'. "
            f"List of available regions for the resource type is '{','.join(sorted(available))}'.",
        )
    return location


def refuse_move(stored: Resource, location: str, group: Resource) -> None:
    """Refuse another location for a resource that exists.

    Raises:
        AzureError: 409 when the resource stands elsewhere.
    """
    if stored.body["location"] != location:
        raise AzureError(
            409,
            "InvalidResourceLocation",
            f"The resource '{stored.name}' already exists in location '{stored.body['location']}' in resource group "
            f"'{group.name}'. A resource with the same name cannot be created in location '{location}'. "
            "Please select a new resource name.",
        )


def refuse_while_busy(request: Request, stored: Resource) -> None:
    """Refuse a change of a resource that is still being made or deleted.

    Raises:
        AzureError: 409 AnotherOperationInProgress.
    """
    running = request.azure.operations.of_resource(stored.id)
    if any(operation.resource.lower() == stored.id.lower() for operation in running):
        raise AzureError(
            409,
            "AnotherOperationInProgress",
            f"Another operation on '{stored.name}' is in progress. Retry when it has ended.",
        )


def refuse_changes(kind: Kind, before: Mapping[str, Any], after: Mapping[str, Any]) -> None:
    """Refuse a change of what cannot change.

    Raises:
        AzureError: 409 PropertyChangeNotAllowed with the path as target.
    """
    for path in kind.fixed:
        old, new = value_at(before, path), value_at(after, path)
        if new is not None and old is not None and new != old:
            raise AzureError(
                409, "PropertyChangeNotAllowed", f"Changing property '{path}' is not allowed.", target=path
            )


def keep_tags(body: dict[str, Any]) -> dict[str, Any]:
    """A PUT replaces all tags; one without any clears them."""
    return body | {"tags": body.get("tags") or {}}


def value_at(body: Mapping[str, Any], path: str) -> Any:
    """Return the value at a dotted path, or None."""
    value: Any = body
    for key in path.split("."):
        value = value.get(key) if isinstance(value, Mapping) else None
    return value


def merged(old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, Any]:
    """Return `old` with the values of `new`, object by object; what is null in `new` changes nothing."""
    result = copy.deepcopy(dict(old))
    for key, value in new.items():
        if isinstance(value, Mapping) and isinstance(result.get(key), Mapping):
            result[key] = merged(result[key], value)
        elif value is not None:
            result[key] = copy.deepcopy(value)
    return result


def with_defaults(properties: Mapping[str, Any], defaults: Mapping[str, Any]) -> dict[str, Any]:
    """Return properties with Azure's defaults where nothing (or null) was sent."""
    sent = {name: value for name, value in properties.items() if value is not None}
    return {**defaults, **sent}


def save(request: Request, kind: Kind, draft: Draft) -> Resource:
    """Store a completed draft."""
    azure = request.azure
    body = dict(draft.body)
    if kind.system_data:
        body["systemData"] = system_data(azure, draft.existing)
    return azure.store.put(draft.id, kind.type, body, parent=draft.group, now=azure.clock.now())


def system_data(azure: LocalAzure, stored: Resource | None) -> dict[str, Any]:
    """Return systemData after a change by the service principal."""
    now = arm_time(azure.clock.now())
    made = stored.body.get("systemData", {}) if stored else {}
    return {
        "createdBy": made.get("createdBy", CLIENT_ID),
        "createdByType": made.get("createdByType", "Application"),
        "createdAt": made.get("createdAt", now),
        "lastModifiedBy": CLIENT_ID,
        "lastModifiedByType": "Application",
        "lastModifiedAt": now,
    }


def identity(draft: Draft, azure: LocalAzure) -> dict[str, Any] | None:
    """Return the `identity` that a GET shows: the ids that belong to what was asked for.

    Raises:
        AzureError: 400 for a user-assigned identity that does not exist.
    """
    asked = draft.body.get("identity")
    if not asked or str(asked.get("type", "None")).lower() == "none":
        return None
    shown: dict[str, Any] = {"type": asked["type"]}
    before = (draft.existing.body.get("identity") or {}) if draft.existing else {}
    if "systemassigned" in asked["type"].replace(" ", "").lower():
        shown |= {"principalId": before.get("principalId") or str(uuid.uuid4()), "tenantId": TENANT_ID}
    if asked.get("userAssignedIdentities"):
        shown["userAssignedIdentities"] = {
            named: _user_identity(azure, named) for named in asked["userAssignedIdentities"]
        }
    return shown


def _user_identity(azure: LocalAzure, named: str) -> dict[str, Any]:
    stored = azure.store.get(named)
    if stored is None:
        raise AzureError(
            400, "FailedIdentityOperation", f"Identity operation failed: the identity '{named}' was not found."
        )
    properties = stored.body["properties"]
    return {"principalId": properties["principalId"], "clientId": properties["clientId"]}


# Answers


def shown(request: Request, resource: Resource) -> dict[str, Any]:
    """Return a resource as this request's api-version shows it."""
    return request.azure.render(resource, request.api_version)


def put_answer(request: Request, draft: Draft, stored: Resource, *, created: int = 201) -> Answer:
    """Answer a PUT that is done at once: 200 for an update, `created` for a new resource."""
    return Answer(200 if draft.existing else created, shown(request, stored))


def getter(kind: Kind) -> Handler:
    """Make the handler of a GET."""

    async def get(request: Request) -> Answer:
        stored = existing(request, kind)
        state = value_at(stored.body, "properties.provisioningState")
        # A client that polls the resource itself reads the pace from each answer.
        headers = {} if state is None or state in _FINAL_STATES else lro.pace(request)
        return Answer(200, shown(request, stored), headers)

    return get


def deleter(kind: Kind) -> Handler:
    """Make the handler of a DELETE that is done at once: 200, or 204 when there is nothing."""

    async def delete(request: Request) -> Answer:
        writable_group(request)
        stored = request.azure.store.get(resource_id(request, kind))
        if stored is None:
            return Answer(204)
        await request.azure.remove(stored.id)
        return Answer(200)

    return delete


def lister(kind: Kind, *, in_group: bool) -> Handler:
    """Make the handler of a list."""

    async def list_them(request: Request) -> Answer:
        if in_group:
            found = request.azure.store.children(existing_group(request).id, kind.type)
        else:
            found = request.azure.store.of_type(kind.type)
        return Answer(200, {"value": [shown(request, resource) for resource in found]})

    return list_them


def name_checker(
    kind: Kind, *, taken_reason: str = "AlreadyExists", invalid_reason: str = "AccountNameInvalid"
) -> Handler:
    """Make the handler of checkNameAvailability."""

    async def check(request: Request) -> Answer:
        """Ask whether a name is free."""
        body = request.json()
        name = str(body.get("name", ""))
        if str(body.get("type", "")).lower() != kind.type.lower():
            raise AzureError(400, "InvalidValuesForParameters", f"The type must be '{kind.type}'.", target="type")
        if refusal := kind.name.refusal(name):
            return Answer(200, {"nameAvailable": False, "reason": invalid_reason, "message": refusal})
        if taken(request.azure, kind, name):
            message = f"The name '{name}' is already in use."
            return Answer(200, {"nameAvailable": False, "reason": taken_reason, "message": message})
        return Answer(200, {"nameAvailable": True})

    return check


def taken(azure: LocalAzure, kind: Kind, name: str, but: str = "") -> bool:
    """Say whether another resource than the one with the id `but` has a global name."""
    return any(
        stored.name.lower() == name.lower() and stored.id.lower() != but.lower()
        for stored in azure.store.of_type(kind.type)
    )


def usual_routes(kind: Kind, *, what: str, deletes: bool = True, lists_subscription: bool = True) -> tuple[Route, ...]:
    """Return GET, list and DELETE of a kind."""
    collection = f"providers/{kind.type}"
    routes = [
        Route("GET", kind.template, getter(kind), provenance="specified", summary=f"Get a {what}"),
        Route(
            "GET",
            f"{GROUP}/{collection}",
            lister(kind, in_group=True),
            provenance="specified",
            summary=f"List each {what} of a resource group",
        ),
    ]
    if lists_subscription:
        routes.append(
            Route(
                "GET",
                f"{SUBSCRIPTION}/{collection}",
                lister(kind, in_group=False),
                provenance="specified",
                summary=f"List each {what} of the subscription",
            )
        )
    if deletes:
        routes.append(Route("DELETE", kind.template, deleter(kind), provenance="specified", summary=f"Delete a {what}"))
    return tuple(routes)
