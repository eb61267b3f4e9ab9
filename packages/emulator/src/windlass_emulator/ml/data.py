"""Registered data."""

from __future__ import annotations

from typing import TYPE_CHECKING

from windlass_emulator.errors import ml_refusal
from windlass_emulator.feature import Feature
from windlass_emulator.ml.assets import AssetKind, Properties, renderers, routes
from windlass_emulator.ml.common import conflict
from windlass_emulator.ml.shapes import DATA, DATA_CONTAINER

if TYPE_CHECKING:
    from windlass_emulator.http import Request
    from windlass_emulator.store import Resource


async def complete(_request: Request, _workspace: Resource, sent: Properties) -> Properties:
    """Return what is stored of data. The address is not looked at (recorded), so it may lead nowhere."""
    if not sent.get("dataUri"):
        raise ml_refusal("The request is missing the property 'properties.dataUri'.")
    return {
        "description": sent.get("description"),
        "tags": sent.get("tags"),
        "properties": sent.get("properties"),
        "isArchived": bool(sent.get("isArchived", False)),
        "isAnonymous": bool(sent.get("isAnonymous", False)),
        "dataType": str(sent["dataType"]).lower(),
        "dataUri": sent["dataUri"],
        **({"referencedUris": sent["referencedUris"]} if "referencedUris" in sent else {}),
    }


def refuse_change(name: str, version: str, old: Properties, new: Properties) -> None:
    """Refuse another content under the same version."""
    if (old["dataUri"], old["dataType"]) != (new["dataUri"], new["dataType"]):
        raise conflict(
            f"A data version with this name and version already exists ({name}:{version}). The data uri and type of an "
            "existing version cannot be changed; only tags, description and isArchived can be updated."
        )


KIND = AssetKind("data", "data", DATA, DATA_CONTAINER, complete, refuse_change)


def feature() -> Feature:
    """Data and its versions."""
    return Feature("data", routes=routes(KIND), renderers=renderers(KIND))
