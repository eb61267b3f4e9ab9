"""Registered environments. What they install is in `venvs.py`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from windlass_emulator.errors import ml_refusal
from windlass_emulator.feature import Feature
from windlass_emulator.ml.assets import AssetKind, Properties, renderers, routes, texts
from windlass_emulator.ml.common import conflict, type_of
from windlass_emulator.ml.shapes import CONTAINER, ENVIRONMENT

if TYPE_CHECKING:
    from windlass_emulator.azure import LocalAzure
    from windlass_emulator.http import Request
    from windlass_emulator.store import Resource

_CONTENT = ("image", "build", "condaFile", "inferenceConfig", "osType")
"""What makes an environment another one; the rest (description, tags) may change under a version."""


async def complete(_request: Request, _workspace: Resource, sent: Properties) -> Properties:
    """Return what is stored of an environment: what was sent and what the service adds (recorded)."""
    image, build = sent.get("image"), sent.get("build")
    if image and build:
        raise ml_refusal(
            "More than one of BaseImage, BaseDockerfile, and BuildContext were set; "
            "these are mutually exclusive properties."
        )
    if not image and not build:
        raise ml_refusal("An environment needs an image or a build context; neither was set.")
    anonymous = bool(sent.get("isAnonymous", False))
    return {
        "description": sent.get("description"),
        "tags": texts(sent.get("tags")),
        "properties": {key: value for key, value in texts(sent.get("properties")).items() if key != "azureml.labels"},
        # Azure ignores the archiving of a version (recorded 2023-11).
        "isArchived": False,
        "isAnonymous": anonymous,
        "environmentType": "UserCreated",
        **({"image": image} if image else {"build": build}),
        "condaFile": conda_as_json(sent.get("condaFile") or ""),
        "inferenceConfig": sent.get("inferenceConfig"),
        "osType": sent.get("osType") or "Linux",
        "autoRebuild": sent.get("autoRebuild") or "Disabled",
        "provisioningState": "Succeeded",
        "stage": "Logged" if anonymous else "Development",
    }


def conda_as_json(text: str) -> str:
    """Write a conda file as the service returns it: JSON text, in the order of its keys; empty stays empty.

    Raises:
        MlError: 400 when it is no YAML mapping.
    """
    if not text.strip():
        return ""
    try:
        content: Any = YAML(typ="safe").load(text)
    except YAMLError as error:
        raise ml_refusal(f"The conda file cannot be read as YAML: {error}") from error
    if not isinstance(content, dict):
        raise ml_refusal("The conda file must be a mapping with 'dependencies'.")
    return json.dumps(content, indent=2, ensure_ascii=False, default=str)


def refuse_change(name: str, version: str, old: Properties, new: Properties) -> None:
    """Refuse another content under the same version (the wording was seen in a public thread of azure-cli)."""
    if any(_comparable(key, old) != _comparable(key, new) for key in _CONTENT):
        raise conflict(f"Environment {name} with version {version} is already registered and cannot be changed.")


def _comparable(key: str, properties: Properties) -> Any:
    value = properties.get(key)
    return json.loads(value) if key == "condaFile" and value else value


def show(azure: LocalAzure, resource: Resource) -> Properties:
    """Return the label: "latest" on the newest version that is not anonymous, empty on all others."""
    container = resource.id.rsplit("/versions/", 1)[0]
    named = [
        version.id
        for version in azure.store.children(container, type_of("environments", "versions"))
        if not version.body["properties"]["isAnonymous"]
    ]
    label = "latest" if named and named[-1] == resource.id else ""
    return {"properties": {**resource.body["properties"]["properties"], "azureml.labels": label}}


KIND = AssetKind(
    "environments", "environment", ENVIRONMENT, CONTAINER, complete, refuse_change, show=show, replaced=201
)


def feature() -> Feature:
    """Environments and their versions."""
    return Feature("environments", routes=routes(KIND), renderers=renderers(KIND))
