"""Registered models."""

from __future__ import annotations

import asyncio
import re
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from windlass_emulator.errors import ml_refusal
from windlass_emulator.feature import Feature
from windlass_emulator.ml.assets import AssetKind, Properties, renderers, routes, texts
from windlass_emulator.ml.common import conflict, place
from windlass_emulator.ml.references import blob_path
from windlass_emulator.ml.shapes import CONTAINER, MODEL

if TYPE_CHECKING:
    from windlass_emulator.http import Request
    from windlass_emulator.store import Resource

_TYPES = {"custom_model", "mlflow_model", "triton_model"}


async def complete(request: Request, workspace: Resource, sent: Properties) -> Properties:
    """Return what is stored of a model: what was sent and what the service adds (recorded)."""
    uri, kind = sent.get("modelUri"), sent.get("modelType") or "custom_model"
    if not uri:
        raise ml_refusal("The request is missing the property 'properties.modelUri'.")
    if kind not in _TYPES:
        raise ml_refusal(f"The model type '{kind}' is unknown: expected one of {', '.join(sorted(_TYPES))}.")
    archived = bool(sent.get("isArchived", False))
    return {
        "description": sent.get("description"),
        "tags": texts(sent.get("tags")),
        "properties": texts(sent.get("properties")),
        "isArchived": archived,
        "isAnonymous": bool(sent.get("isAnonymous", False)),
        "flavors": sent.get("flavors") or await _flavors(request, workspace, uri, kind),
        "modelType": kind,
        "modelUri": normal_uri(uri, workspace.id),
        "jobName": sent.get("jobName"),
        "provisioningState": "Succeeded",
        "stage": _stage(archived=archived, sent=sent.get("stage")),
    }


def _stage(*, archived: bool, sent: str | None) -> str:
    if archived:
        return "Archived"
    # Who restores a model may send back the stage that archiving gave it.
    return "Development" if sent in (None, "", "Archived") else sent


def normal_uri(uri: str, workspace_id: str) -> str:
    """Write a datastore address as the service does: in full, with `resourceGroups`."""
    if short := re.match(r"azureml://datastores/(.+)\Z", uri):
        where = place(workspace_id)
        return (
            f"azureml://subscriptions/{where['subscription']}/resourceGroups/{where['group']}"
            f"/workspaces/{where['workspace']}/datastores/{short[1]}"
        )
    return re.sub(r"(?i)/resourcegroups/", "/resourceGroups/", uri, count=1)


def refuse_change(_name: str, _version: str, old: Properties, new: Properties) -> None:
    """Refuse another content under the same version."""
    if old["modelUri"].rstrip("/") != new["modelUri"].rstrip("/"):
        raise conflict("Asset paths cannot be updated.")
    if old["modelType"] != new["modelType"]:
        raise conflict("The type of a registered model cannot be updated.")


async def _flavors(request: Request, workspace: Resource, uri: str, kind: str) -> dict[str, Any]:
    """Read the flavors of an MLflow model from its MLmodel file; other models have none."""
    if kind != "mlflow_model":
        return {}
    source = blob_path(request.azure, workspace.id, uri)
    with tempfile.TemporaryDirectory() as folder:
        written = await asyncio.to_thread(
            request.azure.blobs.download, source.account, source.container, f"{source.path}/MLmodel", Path(folder)
        )
        if not written:
            raise ml_refusal(f"There is no MLmodel file at '{source.url}', which a model of type mlflow_model needs.")
        return _read_flavors((Path(folder) / written[0]).read_text(encoding="utf-8"))


def _read_flavors(text: str) -> dict[str, Any]:
    try:
        content = YAML(typ="safe").load(text)
        flavors = content["flavors"]
        return {name: {"data": {key: str(value) for key, value in flavor.items()}} for name, flavor in flavors.items()}
    except (YAMLError, KeyError, TypeError, AttributeError) as error:
        raise ml_refusal(f"The MLmodel file has no readable 'flavors': {error}") from error


KIND = AssetKind("models", "model", MODEL, CONTAINER, complete, refuse_change)


def feature() -> Feature:
    """Models and their versions."""
    return Feature("models", routes=routes(KIND), renderers=renderers(KIND))
