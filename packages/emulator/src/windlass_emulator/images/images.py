"""The images of a registry: kept contexts by repository and tag, and who may pull them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from windlass_emulator.arm import identities, registries
from windlass_emulator.errors import NotEmulatedError
from windlass_emulator.images.context import Context, read_context

if TYPE_CHECKING:
    from windlass_emulator.azure import LocalAzure
    from windlass_emulator.store import Resource

_FACT = "images"
_REFERENCE = re.compile(r"(?P<server>[a-z0-9]+)\.azurecr\.io/(?P<repository>[a-z0-9._/-]+):(?P<tag>[\w.-]{1,128})")
_PULL = "Microsoft.ContainerRegistry/registries/pull/read"


class InaccessibleError(Exception):
    """The image is not there, or whoever asks may not pull it. Azure does not say which."""


@dataclass(frozen=True, slots=True)
class Image:
    """One image."""

    digest: str
    context: Context


def keep(azure: LocalAzure, registry: str, name: str, digest: str, folder: Path, dockerfile: str) -> None:
    """Let a registry have an image from now on."""
    images = azure.store.fact(registry, _FACT, {})
    relative = folder.relative_to(azure.settings.data).as_posix()
    azure.store.set_fact(
        registry, _FACT, images | {name: {"digest": digest, "folder": relative, "dockerfile": dockerfile}}
    )


def forget(azure: LocalAzure, registry: str, name: str) -> None:
    """Let a registry have an image no more."""
    images = azure.store.fact(registry, _FACT, {})
    azure.store.set_fact(registry, _FACT, {key: value for key, value in images.items() if key != name})


def find(azure: LocalAzure, reference: str) -> Image:
    """Return the image that a reference names.

    Raises:
        InaccessibleError: There is none.
        NotEmulatedError: It is of another registry than those of the local Azure.
    """
    registry, name = _split(azure, reference)
    kept = azure.store.fact(registry.id, _FACT, {}).get(name)
    if kept is None:
        raise InaccessibleError
    context = read_context(azure.settings.data / kept["folder"], kept["dockerfile"])
    return Image(kept["digest"], context)


def require_pull(azure: LocalAzure, reference: str, credential: Mapping[str, Any] | None) -> None:
    """Require that whoever has this credential may pull an image.

    Raises:
        InaccessibleError: It may not.
    """
    registry, _ = _split(azure, reference)
    if credential is None:
        raise InaccessibleError
    if identity := credential.get("identity"):
        known = azure.store.get(str(identity))
        if known is None or known.type != identities.KIND.type.lower() or not _may_pull(azure, registry, known):
            raise InaccessibleError
        return
    if not _is_admin(azure, registry, credential):
        raise InaccessibleError


def _split(azure: LocalAzure, reference: str) -> tuple[Resource, str]:
    match = _REFERENCE.fullmatch(reference)
    if match is None:
        raise NotEmulatedError(
            f"the image '{reference}': the local Azure runs images that a registry of its own was asked to build"
        )
    for registry in azure.store.of_type(registries.KIND.type):
        if registry.name.lower() == match["server"]:
            return registry, f"{match['repository']}:{match['tag']}"
    raise InaccessibleError


def _may_pull(azure: LocalAzure, registry: Resource, identity: Resource) -> bool:
    return azure.access.may(str(identity.body["properties"]["principalId"]), _PULL, registry.id)


def _is_admin(azure: LocalAzure, registry: Resource, credential: Mapping[str, Any]) -> bool:
    return (
        bool(registry.body["properties"]["adminUserEnabled"])
        and credential.get("username") == registry.name
        and credential.get("password") in azure.store.fact(registry.id, "passwords", [])
    )
