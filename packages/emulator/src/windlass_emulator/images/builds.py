"""Microsoft.ContainerRegistry: quick runs that build an image from an uploaded source."""

from __future__ import annotations

import asyncio
import hashlib
import re
import shutil
import uuid
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from windlass_emulator import lro
from windlass_emulator.arm import common, registries
from windlass_emulator.arm.common import SUCCEEDED
from windlass_emulator.clock import azure_time
from windlass_emulator.errors import AzureError, NotEmulatedError, OperationFailedError, invalid_content
from windlass_emulator.http import Answer, Handler, Request, Route
from windlass_emulator.images import images, uploads
from windlass_emulator.images.context import ContextError, read_context, unpack

if TYPE_CHECKING:
    from windlass_emulator.azure import LocalAzure
    from windlass_emulator.operations import Operation
    from windlass_emulator.store import Resource

TYPE = "Microsoft.ContainerRegistry/registries/runs"
BUILD = "registry_run.build"
_RUN = f"{registries.KIND.template}/runs/{{run}}"
_ENDED = frozenset({"Succeeded", "Failed", "Canceled", "Error", "Timeout"})
_NAME = r"[a-z0-9]+([._/-][a-z0-9]+)*:[\w][\w.-]{0,127}"


def routes() -> tuple[Route, ...]:
    """The operations on builds."""
    one = registries.KIND.template
    return (
        _route("POST", f"{one}/listBuildSourceUploadUrl", _list_upload_url),
        _route("POST", f"{one}/scheduleRun", _schedule, provenance="recorded"),
        _route("GET", f"{one}/runs", _list),
        _route("GET", _RUN, _get, provenance="recorded"),
        _route("POST", f"{_RUN}/listLogSasUrl", _list_log_url),
        _route("POST", f"{_RUN}/cancel", _cancel),
    )


def _route(method: str, template: str, handler: Handler, *, provenance: Any = "specified") -> Route:
    return Route(method, template, handler, provenance=provenance)


def render(azure: LocalAzure, resource: Resource, api_version: str) -> dict[str, Any]:
    """Write a run as a GET shows it."""
    del azure, api_version
    properties = {name: value for name, value in resource.body["properties"].items() if value is not None}
    return {
        "type": TYPE,
        "properties": properties,
        "id": resource.id,
        "name": resource.name,
        "systemData": resource.body["systemData"],
    }


async def _list_upload_url(request: Request) -> Answer:
    """Tell where the source of a build is uploaded to."""
    registry = common.existing(request, registries.KIND)
    path = f"source/{uuid.uuid4().hex}.tar.gz"
    relative = f"tasks/{path}"
    address = uploads.address_of(request.azure, _container(registry), relative, "cw")
    return Answer(200, {"uploadUrl": address, "relativePath": relative})


def _container(registry: Resource) -> str:
    return hashlib.sha256(registry.id.lower().encode()).hexdigest()[:32]


async def _schedule(request: Request) -> Answer:
    """Build an image from an uploaded source."""
    registry = common.existing(request, registries.KIND)
    sent = request.json()
    if sent.get("type") != "DockerBuildRequest":
        raise NotEmulatedError(f"a registry run of type '{sent.get('type')}' (known: DockerBuildRequest)")
    body = common.checked_body(request, "registry build") | {"type": sent["type"]}
    _check(request.azure, registry, body)
    azure, number = request.azure, request.azure.store.fact(registry.id, "runs", 0) + 1
    azure.store.set_fact(registry.id, "runs", number)
    name = f"cf{number:x}"
    now = azure_time(azure.clock.now())
    properties: dict[str, Any] = {
        "runId": name,
        "status": "Queued",
        "lastUpdatedTime": now,
        "runType": "QuickRun",
        "createTime": now,
        "platform": {"os": "linux", "architecture": "amd64"},
        "agentConfiguration": {"cpu": int((body.get("agentConfiguration") or {}).get("cpu") or 2)},
        "provisioningState": SUCCEEDED,
        "isArchiveEnabled": bool(body.get("isArchiveEnabled")),
    }
    run = azure.store.put(
        f"{registry.id}/runs/{name}",
        TYPE,
        {"properties": properties, "systemData": common.system_data(azure, None)},
        parent=registry.id,
        now=azure.clock.now(),
    )
    operation = lro.new_operation(
        request, "container_registry", run.id, BUILD, region=registry.body["location"], build=body
    )
    azure.operations.start(operation)
    return Answer(200, common.shown(request, run))


def _check(azure: LocalAzure, registry: Resource, body: Mapping[str, Any]) -> None:

    if str((body.get("platform") or {}).get("os", "")).lower() != "linux":
        raise invalid_content("The property 'platform.os' must be Linux here.", target="platform.os")
    if not body.get("dockerFilePath"):
        raise invalid_content("The property 'dockerFilePath' is required.", target="dockerFilePath")
    names = body.get("imageNames") or []
    if not names or not body.get("isPushEnabled"):
        raise NotEmulatedError("a build that pushes no image")
    for name in names:
        if not re.fullmatch(_NAME, str(name)):
            raise invalid_content(f"The image name '{name}' is invalid.", target="imageNames")
    for part in ("agentPoolName", "arguments", "credentials", "target"):
        if body.get(part):
            raise NotEmulatedError(f"a registry build with '{part}'")
    source = str(body.get("sourceLocation", ""))
    if source.startswith(("http://", "https://", "git")):
        raise NotEmulatedError("a registry build from a repository; upload the source")
    if not uploads.file_of(azure, _container(registry), source).exists():
        raise AzureError(400, "InvalidSourceLocation", f"The source location '{source}' does not exist.")


async def build(azure: LocalAzure, operation: Operation) -> None:
    """Carry out a build."""
    run, body = operation.resource, operation.arguments["build"]
    if not _write(azure, run, status="Running", startTime=azure_time(azure.clock.now())):
        return  # its registry has been deleted meanwhile
    await azure.take(BUILD)
    registry = azure.store.get(run.rpartition("/runs/")[0])
    if registry is None or _is_canceled(azure, run):
        return
    try:
        digest = await _make(azure, registry, body)
    except (ContextError, OperationFailedError) as error:
        _end(azure, run, registry, "Failed", str(error), runErrorMessage="failed during run, err: exit status 1")
        return
    outputs = [_described(registry, name, digest) for name in body["imageNames"]]
    _end(azure, run, registry, "Succeeded", f"Successfully built {digest}", outputImages=outputs)


async def _make(azure: LocalAzure, registry: Resource, body: Mapping[str, Any]) -> str:
    """Keep a source as an image and return its digest; the environment is made now, as a build would."""
    archive = uploads.file_of(azure, _container(registry), body["sourceLocation"]).read_bytes()
    digest = f"sha256:{hashlib.sha256(archive).hexdigest()}"
    folder = azure.settings.data / "images" / "contexts" / digest[7:39]
    if not folder.is_dir():
        half = folder.with_suffix(".half")
        shutil.rmtree(half, ignore_errors=True)
        half.mkdir(parents=True)
        await asyncio.to_thread(unpack, archive, half)
        half.rename(folder)
    context = read_context(folder, body["dockerFilePath"])
    await azure.environments.ensure(context.conda)
    for name in body["imageNames"]:
        images.keep(azure, registry.id, name, digest, folder, body["dockerFilePath"])
    return digest


def _described(registry: Resource, name: str, digest: str) -> dict[str, str]:
    repository, _, tag = name.partition(":")
    server = registry.body["properties"]["loginServer"]
    return {"registry": server, "repository": repository, "tag": tag, "digest": digest}


def _end(azure: LocalAzure, run: str, registry: Resource, status: str, said: str, **more: Any) -> None:
    log = uploads.file_of(azure, _container(registry), _log_path(run))
    log.parent.mkdir(parents=True, exist_ok=True)
    log.write_text(f"{said}\n", encoding="utf-8")
    _write(azure, run, status=status, finishTime=azure_time(azure.clock.now()), **more)


def _write(azure: LocalAzure, run: str, **properties: Any) -> bool:
    stored = azure.store.get(run)
    if stored is None:
        return False
    now = azure.clock.now()
    body = stored.body | {"properties": stored.body["properties"] | properties | {"lastUpdatedTime": azure_time(now)}}
    azure.store.put(stored.id, TYPE, body, parent=stored.id.rpartition("/runs/")[0], now=now)
    return True


def _is_canceled(azure: LocalAzure, run: str) -> bool:
    stored = azure.store.get(run)
    return stored is None or stored.body["properties"]["status"] == "Canceled"


def _log_path(run: str) -> str:
    return f"logs/{run.rpartition('/')[2]}/rawtext.log"


async def _list(request: Request) -> Answer:
    """List the runs of a registry, the newest first."""
    registry = common.existing(request, registries.KIND)
    if request.query.get("$filter"):
        raise NotEmulatedError("a filter of registry runs")
    runs = list(reversed(request.azure.store.children(registry.id, TYPE)))
    most = int(request.query.get("$top", "100"))
    return Answer(200, {"value": [common.shown(request, run) for run in runs[:most]]})


def _existing(request: Request) -> Resource:
    registry = common.existing(request, registries.KIND)
    run = request.azure.store.get(f"{registry.id}/runs/{request.params['run']}")
    if run is None:
        raise AzureError(404, "RunNotFound", f"The run '{request.params['run']}' is not found.")
    return run


async def _get(request: Request) -> Answer:
    """Get a run."""
    return Answer(200, common.shown(request, _existing(request)))


async def _list_log_url(request: Request) -> Answer:
    """Tell where the log of a run is."""
    run = _existing(request)
    registry = common.existing(request, registries.KIND)
    return Answer(200, {"logLink": uploads.address_of(request.azure, _container(registry), _log_path(run.id), "r")})


async def _cancel(request: Request) -> Answer:
    """Cancel a run."""
    run = _existing(request)
    if run.body["properties"]["status"] not in _ENDED:
        _write(request.azure, run.id, status="Canceled", finishTime=azure_time(request.azure.clock.now()))
    return Answer(200)
