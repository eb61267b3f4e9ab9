"""Microsoft.ContainerInstance: container groups, made, changed, stopped, started and deleted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from windlass_emulator import lro
from windlass_emulator.arm import common
from windlass_emulator.arm.common import SUBSCRIPTION, SUCCEEDED, Draft
from windlass_emulator.containers import live, rules, views
from windlass_emulator.containers.kind import KIND, MANY, ONE, SECRETS, STOPPED, container_of
from windlass_emulator.errors import AzureError, NotEmulatedError, OperationFailedError, invalid_content
from windlass_emulator.http import Answer, Handler, Request, Route

if TYPE_CHECKING:
    from windlass_emulator.azure import LocalAzure
    from windlass_emulator.operations import Operation

APPLY, DELETE, START = "container_group.apply", "container_group.delete", "container_group.start"
_PROVIDER = f"{SUBSCRIPTION}/providers/{KIND.type.partition('/')[0]}"
_LIMITS = (
    ("ContainerGroups", "Container Groups", 100),
    ("StandardCores", "Standard Cores", 100),
)


def routes() -> tuple[Route, ...]:
    """The operations on container groups."""
    container = f"{ONE}/containers/{{container}}"
    return (
        _route("GET", ONE, _get, provenance="recorded"),
        _route("GET", MANY, _list_in_group, provenance="recorded"),
        _route("GET", f"{_PROVIDER}/containerGroups", _list),
        _route("PUT", ONE, _put, provenance="recorded"),
        _route("PATCH", ONE, _patch),
        _route("DELETE", ONE, _delete),
        _route("POST", f"{ONE}/restart", _restart),
        _route("POST", f"{ONE}/stop", _stop),
        _route("POST", f"{ONE}/start", _start),
        _route("GET", f"{container}/logs", _logs),
        _route("GET", f"{_PROVIDER}/locations/{{location}}/usages", _usages),
    )


def _route(method: str, template: str, handler: Handler, *, provenance: Any = "specified") -> Route:
    return Route(method, template, handler, provenance=provenance)


# Made and changed


async def _put(request: Request) -> Answer:
    """Create a container group, or change one: its container is started anew."""
    _refuse_while_moving(request)
    draft = common.read_put(request, KIND)
    rules.check(request.azure, draft)
    secure, completed = _completed(request.azure, draft)
    azure = request.azure
    with azure.store.transaction():
        stored = common.save(request, KIND, completed)
        azure.store.set_fact(stored.id, SECRETS, secure)
        azure.store.delete_fact(stored.id, STOPPED)
        operation = lro.new_operation(request, "container_group", stored.id, APPLY, region=completed.location)
        azure.operations.start(operation)
    answer = lro.accepted_put(request, operation, common.shown(request, stored))
    return answer if draft.existing is None else Answer(200, answer.body, answer.headers)


def _refuse_while_moving(request: Request) -> None:
    stored = request.azure.store.get(common.resource_id(request, KIND))
    if stored is None or stored.body["properties"]["provisioningState"] in {SUCCEEDED, "Failed"}:
        return
    raise AzureError(
        409,
        "ContainerGroupTransitioning",
        f"The container group '{stored.name}' is still transitioning, please retry later.",
    )


def _completed(azure: LocalAzure, draft: Draft) -> tuple[dict[str, str], Draft]:
    """Return the secure values, which no GET shows, and the body with what Azure adds."""
    secure, container = _without_secrets(draft.properties["containers"][0])
    properties = {
        "sku": "Standard",
        "restartPolicy": "Always",
        "initContainers": [],
        **{name: value for name, value in draft.properties.items() if value is not None},
        "containers": [container],
        "provisioningState": "Pending",
    }
    if credentials := properties.get("imageRegistryCredentials"):
        properties["imageRegistryCredentials"] = [
            {name: value for name, value in each.items() if name != "password"} for each in credentials
        ]
    if address := rules.address_of(draft, draft.before.get("ipAddress") or {}):
        properties["ipAddress"] = address
    body = {**draft.body, "properties": properties}
    if shown := common.identity(draft, azure):
        body["identity"] = shown
    return secure, Draft(draft.id, draft.name, draft.group, draft.existing, body)


def _without_secrets(container: dict[str, Any]) -> tuple[dict[str, str], dict[str, Any]]:
    variables = container["properties"].get("environmentVariables") or []
    secure = {each["name"]: each["secureValue"] for each in variables if each.get("secureValue") is not None}
    shown = [{name: value for name, value in each.items() if name != "secureValue"} for each in variables]
    properties = {**container["properties"], "environmentVariables": shown}
    return secure, {**container, "properties": properties}


async def apply(azure: LocalAzure, operation: Operation) -> None:
    """Carry out the making or changing of a group."""
    await azure.take("container_group.create")
    group = azure.store.get(operation.resource)
    if group is None:
        return  # it was deleted meanwhile
    try:
        container = await live.launch(azure, group)
    except OperationFailedError:
        _set_state(azure, group.id, "Failed")
        raise
    await container.started()
    _set_state(azure, group.id, SUCCEEDED)


def _set_state(azure: LocalAzure, group: str, state: str) -> None:
    stored = azure.store.get(group)
    if stored is not None:
        body = stored.body | {"properties": stored.body["properties"] | {"provisioningState": state}}
        parent = stored.id.partition("/providers/")[0]
        azure.store.put(stored.id, KIND.type, body, parent=parent, now=azure.clock.now())


async def _patch(request: Request) -> Answer:
    """Change the tags of a container group."""
    group = common.existing(request, KIND)
    sent = common.checked_body(request, f"{KIND.body} patch")
    body = group.body | ({"tags": sent["tags"]} if sent.get("tags") is not None else {})
    parent = group.id.partition("/providers/")[0]
    stored = request.azure.store.put(group.id, KIND.type, body, parent=parent, now=request.azure.clock.now())
    return Answer(200, common.shown(request, stored))


# Looked at


async def _get(request: Request) -> Answer:
    """Get a container group."""
    return Answer(200, common.shown(request, common.existing(request, KIND)))


async def _list_in_group(request: Request) -> Answer:
    """List the container groups of a resource group."""
    found = request.azure.store.children(common.existing_group(request).id, KIND.type)
    return Answer(200, {"value": [views.without_view(group) for group in found]})


async def _list(request: Request) -> Answer:
    """List the container groups of the subscription."""
    return Answer(200, {"value": [views.without_view(group) for group in request.azure.store.of_type(KIND.type)]})


async def _logs(request: Request) -> Answer:
    """Read the console of a container."""
    group = common.existing(request, KIND)
    name = request.params["container"]
    if container_of(group)["name"] != name:
        raise AzureError(
            404, "ContainerNotFound", f"The container '{name}' in container group '{group.name}' is not found."
        )
    if request.query.get("timestamps", "").lower() == "true":
        raise NotEmulatedError("logs of a container with time stamps; its lines carry their own")
    container = live.running(request.azure, group.id)
    log = container.program.log if container else None
    text = log.read_text(encoding="utf-8", errors="replace") if log and log.exists() else ""
    tail = request.query.get("tail")
    if tail is not None and not tail.isdigit():
        raise invalid_content(f"tail must be a whole number, not '{tail}'.", target="tail")
    lines = text.splitlines(keepends=True)
    return Answer(200, {"content": "".join(lines if tail is None else lines[-int(tail) :])})


async def _usages(request: Request) -> Answer:
    """Tell how much of the region's quota is used."""
    location = common.checked_location({"location": request.params["location"]}, KIND, "usages")
    groups = [one for one in request.azure.store.of_type(KIND.type) if one.body["location"] == location]
    cores = sum(float(container_of(one)["properties"]["resources"]["requests"]["cpu"]) for one in groups)
    used = {"ContainerGroups": len(groups), "StandardCores": int(-(-cores // 1))}
    rows = [
        {
            "id": f"/subscriptions/{request.azure.subscription}/providers/Microsoft.ContainerInstance/locations/"
            f"{location}/usages/{name}",
            "unit": "Count",
            "currentValue": used[name],
            "limit": limit,
            "name": {"value": name, "localizedValue": label},
        }
        for name, label, limit in _LIMITS
    ]
    return Answer(200, {"value": rows})


# Stopped, started, deleted


async def _stop(request: Request) -> Answer:
    """Stop a container group; it gives its address back and costs nothing."""
    group = common.existing(request, KIND)
    request.azure.store.set_fact(group.id, STOPPED, True)
    await live.end(request.azure, group.id)
    return Answer(204)


async def _start(request: Request) -> Answer:
    """Start a container group that was stopped."""
    return _begin(request)


async def _restart(request: Request) -> Answer:
    """Start the container of a group anew."""
    _begin(request)
    return Answer(204)


def _begin(request: Request) -> Answer:
    _refuse_while_moving(request)
    group, azure = common.existing(request, KIND), request.azure
    azure.store.delete_fact(group.id, STOPPED)
    _set_state(azure, group.id, "Pending")
    operation = lro.new_operation(request, "container_group", group.id, APPLY, region=group.body["location"])
    return lro.accepted(request, azure.operations.start(operation))


async def _delete(request: Request) -> Answer:
    """Delete a container group."""
    common.writable_group(request)
    group = request.azure.store.get(common.resource_id(request, KIND))
    if group is None:
        return Answer(204)
    operation = lro.new_operation(request, "container_group", group.id, DELETE, region=group.body["location"])
    return lro.accepted(request, request.azure.operations.start(operation))


async def carry_out_delete(azure: LocalAzure, operation: Operation) -> None:
    """Carry out a deletion: requests under way are finished first."""
    await azure.take("container_group.delete")
    await azure.remove(operation.resource)
