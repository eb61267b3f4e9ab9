"""What models, environments, data and code have in common: named containers of versions that do not change.

Each kind says in one `AssetKind` what its bodies may hold, what the service adds, and which change of an
existing version it refuses; this module stores, lists, labels and archives.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from windlass_emulator.errors import NotEmulatedError, ml_refusal
from windlass_emulator.http import Answer, Request, Route
from windlass_emulator.ml.common import (
    ASSET_NAME,
    WORKSPACE,
    child_id,
    listing,
    require_name,
    require_workspace,
    system_data,
    type_of,
)
from windlass_emulator.ml.references import Kind, container_not_found, version_not_found
from windlass_emulator.shapes import Shape, check

if TYPE_CHECKING:
    from windlass_emulator.azure import LocalAzure, Renderer
    from windlass_emulator.store import Resource

Properties = dict[str, Any]
Provenance = Literal["recorded", "specified", "inferred"]

_NAME_RULE = "letters, digits, '-', '_' and '.', starting with a letter or digit, at most 255"
_LIST_QUERY = frozenset({"api-version", "$orderby", "$top", "listviewtype", "stage", "hash", "hashversion"})


@dataclass(frozen=True, slots=True)
class AssetKind:
    """One kind of asset.

    Attributes:
        segment: As in ids: "models".
        word: As in messages: "model".
        shape: What the body of a version may hold.
        container_shape: What the body of a container may hold.
        complete: What is stored of the properties of a PUT, with what the service adds; it may refuse them. Blocking
            calls are made through `azure.blobs` by kinds that need them, so it is a coroutine.
        refuse_change: Raises when the new properties change what an existing version fixes.
        show: What a GET makes of stored properties, beyond them.
        replaced: Status of a PUT of an existing version (recorded: it differs by kind).
        provenance: Of the routes.
    """

    segment: Kind
    word: str
    shape: Shape
    container_shape: Shape
    complete: Callable[[Request, Resource, Properties], Any]
    refuse_change: Callable[[str, str, Properties, Properties], None]
    show: Callable[[LocalAzure, Resource], Properties] | None = None
    replaced: int = 200
    provenance: Provenance = "recorded"

    @property
    def container_type(self) -> str:
        """The full type of its containers."""
        return type_of(self.segment)

    @property
    def version_type(self) -> str:
        """The full type of its versions."""
        return type_of(self.segment, "versions")


# Storing


async def put_version(request: Request, kind: AssetKind) -> Answer:
    """Create a version, or change what may change of an existing one."""
    workspace = require_workspace(request)
    name, version = request.params["name"], request.params["version"]
    require_name(name, ASSET_NAME, kind.word, _NAME_RULE)
    require_name(version, ASSET_NAME, f"{kind.word} version", _NAME_RULE)
    body = request.json()
    check(body, kind.shape)
    sent = {key: value for key, value in (body.get("properties") or {}).items() if key != "provisioningState"}
    properties = await kind.complete(request, workspace, sent)
    container = child_id(workspace, kind.segment, name)
    existing = request.azure.store.get(child_id(container, "versions", version))
    if existing:
        kind.refuse_change(name, version, existing.body["properties"], properties)
    stored = _store(request, kind, workspace, properties, existing)
    if existing and kind.replaced == 200:  # noqa: PLR2004 - an HTTP status
        return Answer(200, request.azure.render(stored, request.api_version))
    location = f"https://{request.host}{stored.id}?api-version={request.api_version}"
    return Answer(201, request.azure.render(stored, request.api_version), {"Location": location})


def _store(
    request: Request, kind: AssetKind, workspace: Resource, properties: Properties, existing: Resource | None
) -> Resource:
    azure, now = request.azure, request.azure.clock.now()
    container_id = child_id(workspace, kind.segment, request.params["name"])
    with azure.store.transaction():
        container = azure.store.get(container_id) or _store_container(request, kind, workspace, {})
        return azure.store.put(
            child_id(container, "versions", request.params["version"]),
            kind.version_type,
            {"systemData": system_data(request, existing), "properties": properties},
            parent=container.id,
            now=now,
        )


def _store_container(request: Request, kind: AssetKind, workspace: Resource, sent: Properties) -> Resource:
    container_id = child_id(workspace, kind.segment, request.params["name"])
    existing = request.azure.store.get(container_id)
    properties = {
        "description": sent.get("description"),
        "tags": texts(sent.get("tags")),
        "properties": texts(sent.get("properties")),
        "isArchived": bool(sent.get("isArchived", False)),
    }
    if kind.segment == "data" and (sent.get("dataType") or existing):
        properties["dataType"] = sent.get("dataType") or (existing and existing.body["properties"].get("dataType"))
    return request.azure.store.put(
        container_id,
        kind.container_type,
        {"systemData": system_data(request, existing), "properties": properties},
        parent=workspace.id,
        now=request.azure.clock.now(),
    )


async def put_container(request: Request, kind: AssetKind) -> Answer:
    """Create a container or change its description, tags and archived state."""
    workspace = require_workspace(request)
    require_name(request.params["name"], ASSET_NAME, kind.word, _NAME_RULE)
    body = request.json()
    check(body, kind.container_shape)
    existed = request.azure.store.get(child_id(workspace, kind.segment, request.params["name"])) is not None
    stored = _store_container(request, kind, workspace, body.get("properties") or {})
    return Answer(200 if existed else 201, request.azure.render(stored, request.api_version))


def texts(sent: Mapping[str, Any] | None) -> dict[str, str]:
    """Return tags or properties as the service keeps them: their values are texts, whatever JSON they came as."""
    return {key: value if isinstance(value, str) else json.dumps(value) for key, value in (sent or {}).items()}


# Reading


async def get_version(request: Request, kind: AssetKind) -> Answer:
    """Return one version."""
    return Answer(200, request.azure.render(_require_version(request, kind), request.api_version))


def _require_version(request: Request, kind: AssetKind) -> Resource:
    workspace = require_workspace(request)
    name, version = request.params["name"], request.params["version"]
    if found := request.azure.store.get(child_id(workspace, kind.segment, name, "versions", version)):
        return found
    raise version_not_found(workspace.id, kind.segment, name, version)


async def get_container(request: Request, kind: AssetKind) -> Answer:
    """Return one container, with its latest and next version."""
    workspace = require_workspace(request)
    found = request.azure.store.get(child_id(workspace, kind.segment, request.params["name"]))
    if found is None:
        raise container_not_found(kind.segment, request.params["name"])
    return Answer(200, request.azure.render(found, request.api_version))


async def list_versions(request: Request, kind: AssetKind) -> Answer:
    """Return the versions of one container, newest first."""
    workspace = require_workspace(request)
    container = child_id(workspace, kind.segment, request.params["name"])
    if request.azure.store.get(container) is None:
        raise container_not_found(kind.segment, request.params["name"])
    found = request.azure.store.children(container, kind.version_type)
    return Answer(200, listing(_page(request, found)))


async def list_containers(request: Request, kind: AssetKind) -> Answer:
    """Return the containers of the workspace, newest first."""
    workspace = require_workspace(request)
    return Answer(200, listing(_page(request, request.azure.store.children(workspace.id, kind.container_type))))


def _page(request: Request, oldest_first: list[Resource]) -> list[dict[str, Any]]:
    query = {name.lower(): value for name, value in request.query.items()}
    if unknown := sorted(set(query) - _LIST_QUERY):
        raise NotEmulatedError(f"the query option {', '.join(unknown)} of lists of assets")
    ascending = _ascending(query.get("$orderby", "createdtime desc"))
    ordered = oldest_first if ascending else oldest_first[::-1]
    view, stage = query.get("listviewtype", "ActiveOnly").lower(), query.get("stage")
    shown = [
        request.azure.render(item, request.api_version)
        for item in ordered
        if in_view(item.body["properties"], view) and (stage is None or item.body["properties"].get("stage") == stage)
    ]
    return shown[: int(query["$top"])] if "$top" in query else shown


def _ascending(order: str) -> bool:
    words = order.lower().split()
    if words[0] not in {"createdtime", "createdat"} or words[1:] not in ([], ["asc"], ["desc"]):
        raise NotEmulatedError(f"the order '{order}' of lists of assets (known: createdtime asc, createdtime desc)")
    return words[1:] == ["asc"]


def in_view(properties: Mapping[str, Any], view: str) -> bool:
    """Return whether a listViewType (lower case) shows an asset with these properties.

    Raises:
        MlError: 400 for a view that does not exist.
    """
    if view not in {"activeonly", "archivedonly", "all"}:
        raise ml_refusal(f"The listViewType '{view}' is unknown: expected ActiveOnly, ArchivedOnly or All.")
    return view == "all" or bool(properties.get("isArchived")) == (view == "archivedonly")


# Deleting


async def delete_version(request: Request, kind: AssetKind) -> Answer:
    """Remove a version."""
    workspace = require_workspace(request)
    return _delete(
        request, child_id(workspace, kind.segment, request.params["name"], "versions", request.params["version"])
    )


async def delete_container(request: Request, kind: AssetKind) -> Answer:
    """Remove a container with its versions."""
    return _delete(request, child_id(require_workspace(request), kind.segment, request.params["name"]))


def _delete(request: Request, resource_id: str) -> Answer:
    if request.azure.store.get(resource_id) is None:
        return Answer(204)
    request.azure.store.delete(resource_id)
    return Answer(200)


# What a GET shows


def next_version(versions: list[str]) -> str:
    """Return the version that the service proposes next: one more than the largest number; other names do not count."""
    numbers = [int(version) for version in versions if version.isdecimal()]
    return str(max(numbers, default=0) + 1)


def _render_container(azure: LocalAzure, resource: Resource, kind: AssetKind) -> dict[str, Any]:
    names = [version.name for version in azure.store.children(resource.id, kind.version_type)]
    properties = {
        **resource.body["properties"],
        "latestVersion": names[-1] if names else None,
        "nextVersion": next_version(names),
        "provisioningState": "Succeeded",
    }
    return _body(resource, kind.container_type, properties)


def _render_version(azure: LocalAzure, resource: Resource, kind: AssetKind) -> dict[str, Any]:
    properties = {**resource.body["properties"], **(kind.show(azure, resource) if kind.show else {})}
    return _body(resource, kind.version_type, properties)


def _body(resource: Resource, full_type: str, properties: Properties) -> dict[str, Any]:
    return {
        "id": resource.id,
        "name": resource.name,
        "type": full_type,
        "properties": properties,
        "systemData": resource.body["systemData"],
    }


def renderers(kind: AssetKind) -> dict[str, Renderer]:
    """Return how containers and versions of a kind are shown."""
    return {
        kind.container_type.lower(): lambda azure, resource, _: _render_container(azure, resource, kind),
        kind.version_type.lower(): lambda azure, resource, _: _render_version(azure, resource, kind),
    }


# Routes


def routes(kind: AssetKind) -> tuple[Route, ...]:
    """Return the operations that every kind has."""
    containers = f"{WORKSPACE}/{kind.segment}"
    container = containers + "/{name}"
    versions = container + "/versions"
    version = versions + "/{version}"
    table = (
        ("GET", containers, list_containers, f"List {kind.segment}"),
        ("GET", container, get_container, f"Get the container of a {kind.word}"),
        ("PUT", container, put_container, f"Create or change the container of a {kind.word}"),
        ("DELETE", container, delete_container, f"Delete a {kind.word} with its versions"),
        ("GET", versions, list_versions, f"List the versions of a {kind.word}"),
        ("GET", version, get_version, f"Get a {kind.word} version"),
        ("PUT", version, put_version, f"Register a {kind.word} version"),
        ("DELETE", version, delete_version, f"Delete a {kind.word} version"),
    )
    return tuple(
        Route(method, template, _bound(handler, kind), provenance=kind.provenance, summary=summary)
        for method, template, handler, summary in table
    )


def _bound(handler: Callable[[Request, AssetKind], Any], kind: AssetKind) -> Callable[[Request], Any]:
    async def handle(request: Request) -> Answer:
        answer: Answer = await handler(request, kind)
        return answer

    return handle
