"""The order of a container's life: settings, TLS, listen, token, model, digest, inference server, ready, stop."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from windlass_runtime.backend import Backend
from windlass_runtime.blobs import BlobContainer
from windlass_runtime.errors import ScoringServerError, StartFailedError
from windlass_runtime.front import Front
from windlass_runtime.identity import get_token
from windlass_runtime.model import fetch_model
from windlass_runtime.settings import Settings, environment_of_script, read_settings
from windlass_runtime.tls import server_context

_LAST_WORDS = 1.0


def main(environ: Mapping[str, str] = os.environ) -> int:
    """Run until SIGTERM and return the exit code."""
    try:
        asyncio.run(_run(read_settings(environ), environ))
    except StartFailedError as error:
        log(str(error))
        return error.exit_code
    return 0


def log(line: str) -> None:
    """Write a line to the container's console."""
    now = datetime.now(UTC).isoformat(timespec="milliseconds")
    sys.stdout.write(f"{now} windlass {line}\n")
    sys.stdout.flush()


async def _run(settings: Settings, environ: Mapping[str, str]) -> None:
    ended = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, ended.set)
    backend = Backend(_script_environment(settings, environ))
    front = Front(settings, backend, log)
    # It listens first: a liveness probe must not end a container that downloads a large model.
    _tell_port(settings, await front.start(server_context(settings.certificate, settings.private_key)))
    serving = asyncio.create_task(_serve(settings, environ, backend, front))
    stopping = asyncio.create_task(ended.wait())
    await asyncio.wait({serving, stopping}, return_when=asyncio.FIRST_COMPLETED)
    try:
        if not serving.done():
            log("stopping: requests under way are finished")
            await front.stop(settings.grace)
            return
        serving.result()
    finally:
        serving.cancel()
        stopping.cancel()
        await asyncio.gather(serving, stopping, return_exceptions=True)
        # What was under way when the inference server ended still gets its answer.
        await front.stop(_LAST_WORDS)
        await backend.stop()


async def _serve(settings: Settings, environ: Mapping[str, str], backend: Backend, front: Front) -> None:
    """Come into service, and return only with an error: a container without a model is no use."""
    folder = await asyncio.to_thread(_bring_model, settings, environ)
    log(f"model {settings.model} is there, SHA-256 {settings.sha256} as released: {folder}")
    await backend.start()
    front.phase = "ready"
    log("ready")
    code = await backend.ended()
    front.phase = "starting"
    raise ScoringServerError(f"The inference server has ended with {code}.")


def _bring_model(settings: Settings, environ: Mapping[str, str]) -> Path:
    token = get_token(environ, settings.client_id)
    return fetch_model(settings, BlobContainer(settings.content, token))


def _script_environment(settings: Settings, environ: Mapping[str, str]) -> dict[str, str]:
    name, _, version = settings.model.partition(":")
    return {
        **environment_of_script(environ),
        "AZUREML_MODEL_DIR": str(Path(settings.folder) / "azureml-models" / name / version),
        "AML_APP_INSIGHTS_ENABLED": "false",
    }


def _tell_port(settings: Settings, port: int) -> None:
    log(f"listening on {settings.host}:{port}")
    if settings.port_file:
        file = Path(settings.port_file)
        half = file.with_suffix(".half")
        half.write_text(str(port), encoding="ascii")
        half.replace(file)
