"""A workspace in this process whose deployments run: instances are real processes of a server that only answers."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from windlass_emulator import online
from windlass_emulator.feature import Feature
from windlass_emulator.http import Answer
from windlass_emulator.ml import codes, environments_assets, models, workspaces
from windlass_emulator.ml.common import type_of

from support.in_process import GROUP, InProcess, in_process
from support.workspace import BODY, STORAGE, VAULT, WORKSPACE

ENDPOINTS = f"{WORKSPACE}/onlineEndpoints"
BLOBS = "https://store1.blob.core.windows.net/assets"
SYSTEM = {"type": "SystemAssigned"}

_SERVER = """\
import http.server, os, pathlib, sys, time

hangs = pathlib.Path("hangs")
hangs.unlink(missing_ok=True)

class Server(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        while hangs.exists():
            time.sleep(0.1)
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_):
        pass

model = pathlib.Path(os.environ["AZUREML_MODEL_DIR"], "model.txt").read_text()
print("loaded", model, flush=True)
if model == "broken":
    raise ValueError("the model is broken")
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Server)
port = pathlib.Path(sys.argv[2])
port.with_suffix(".half").write_text(str(server.server_port))
port.with_suffix(".half").rename(port)
server.serve_forever()
"""
"""Takes the place of an environment's interpreter: is given the program and the file for its port, as that is. It
answers nothing while there is a file `hangs` in its folder."""


def endpoint_body(**properties: Any) -> dict[str, Any]:
    """Return the body of a PUT of an endpoint."""
    return {"location": "westeurope", "identity": SYSTEM, "properties": {"authMode": "Key", **properties}}


def deployment_body(*, model: str = "one", capacity: int = 1, **properties: Any) -> dict[str, Any]:
    """Return the body of a PUT of a deployment."""
    return {
        "location": "westeurope",
        "sku": {"name": "Default", "capacity": capacity},
        "properties": {
            "endpointComputeType": "Managed",
            "model": f"azureml:{model}:1",
            "environmentId": "azureml:inference:1",
            "codeConfiguration": {"codeId": "azureml:score:1", "scoringScript": "score.py"},
            "instanceType": "Standard_DS3_v2",
            **properties,
        },
    }


async def done(local: InProcess, method: str, path: str, body: Mapping[str, Any] | None = None) -> Answer:
    """Call an operation and wait until all that it began has ended."""
    answer = await local.send(method, path, body)
    await local.settle()
    return answer


async def shown(local: InProcess, path: str) -> dict[str, Any]:
    """Return what a GET answers."""
    body: dict[str, Any] = (await local.send("GET", path)).body
    return body


@asynccontextmanager
async def online_parts(folder: Path, *more: Feature) -> AsyncIterator[InProcess]:
    """Run a workspace with models "one", "two" and "broken", an environment and code, and more parts of Azure."""
    parts = (workspaces, models, environments_assets, codes, online)
    local = in_process(folder, (*(part.feature() for part in parts), *more))
    _write_interpreter(folder / "python")
    for resource_id, kind in ((STORAGE, "microsoft.storage/storageaccounts"), (VAULT, "microsoft.keyvault/vaults")):
        local.azure.store.put(resource_id, kind, {"location": "westeurope"}, parent=GROUP, now=0.0)
    await done(local, "PUT", WORKSPACE, BODY)
    for model in ("one", "two", "broken"):
        _asset(local, "models", model, {"modelUri": f"{BLOBS}/{model}/model.txt"})
        local.blobs.upload("store1", "assets", f"{model}/model.txt", model.encode())
    _asset(local, "environments", "inference", {"condaFile": '{"dependencies": []}', "image": "inference"})
    _asset(local, "codes", "score", {"codeUri": f"{BLOBS}/src"})
    local.blobs.upload("store1", "assets", "src/score.py", b"def init(): ...\n")
    try:
        yield local
    finally:
        await local.azure.operations.stop()
        for feature in local.azure.features:
            if feature.stop is not None:
                await feature.stop(local.azure)
        local.azure.store.close()


def _write_interpreter(path: Path) -> None:
    server = path.with_name("server.py")
    server.write_text(_SERVER)
    path.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{server}" "$@"\n')
    path.chmod(0o755)


def _asset(local: InProcess, kind: str, name: str, properties: Mapping[str, Any]) -> None:
    container = f"{WORKSPACE}/{kind}/{name}"
    body = {"properties": dict(properties)}
    local.azure.store.put(f"{container}/versions/1", type_of(kind, "versions"), body, parent=container, now=0.0)
