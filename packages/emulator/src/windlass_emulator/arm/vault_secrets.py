"""The secrets inside a key vault, at the vault's own address: set, got, listed by version, deleted.

Azure asks for a data role here; like storage, this address takes any token of the tenant that is meant for it.
"""

from __future__ import annotations

import re
import uuid
from typing import TYPE_CHECKING, Any

from windlass_emulator.arm import vaults
from windlass_emulator.errors import AzureError, NotEmulatedError, invalid_content
from windlass_emulator.feature import Feature
from windlass_emulator.http import Answer, Handler, Request, Route

if TYPE_CHECKING:
    from windlass_emulator.azure import LocalAzure
    from windlass_emulator.store import Resource

_ONE = "/secrets/{name}"
_NAME = re.compile(r"[0-9a-zA-Z-]{1,127}")
_FACT = "secrets"
_LARGEST = 25_600
_PURGEABLE_DAYS = 90


def feature() -> Feature:
    """Return the secrets of key vaults."""
    return Feature(
        "key vault secrets",
        routes=(
            _route("PUT", _ONE, _set),
            _route("GET", _ONE, _get),
            _route("GET", f"{_ONE}/{{version}}", _get),
            _route("DELETE", _ONE, _delete),
        ),
    )


def _route(method: str, template: str, handler: Handler) -> Route:
    # Its versions are numbers such as 7.4, not dates.
    return Route(method, template, handler, site="vault", needs_api_version=False, provenance="specified")


def vault_of(request: Request) -> Resource:
    """Return the vault whose address a request names.

    Raises:
        AzureError: 404 when there is none.
    """
    name = request.host.partition(".")[0]
    for vault in request.azure.store.of_type(vaults.KIND.type):
        if vault.name.lower() == name:
            return vault
    raise AzureError(404, "VaultNotFound", f"There is no vault at https://{request.host}/.")


def _secrets(azure: LocalAzure, vault: Resource) -> dict[str, list[dict[str, Any]]]:
    stored: dict[str, list[dict[str, Any]]] = azure.store.fact(vault.id, _FACT, {})
    return stored


async def _set(request: Request) -> Answer:
    """Set a secret: a new version of it."""
    vault, name, body = vault_of(request), request.params["name"], request.json()
    if not _NAME.fullmatch(name):
        raise AzureError(400, "BadParameter", f"The request URI contains an invalid name: {name}")
    if unknown := set(body) - {"value", "contentType", "tags"}:
        raise NotEmulatedError(f"'{min(unknown)}' of a secret")
    value = body.get("value")
    if not isinstance(value, str) or len(value.encode()) > _LARGEST:
        raise invalid_content(f"A secret has a value of at most {_LARGEST} bytes.", target="value")
    now = int(request.azure.clock.now())
    made = {**body, "version": uuid.uuid4().hex, "created": now}
    secrets = _secrets(request.azure, vault)
    request.azure.store.set_fact(vault.id, _FACT, secrets | {name: [*secrets.get(name, []), made]})
    return Answer(200, _shown(request, name, made))


async def _get(request: Request) -> Answer:
    """Get a secret: its newest version, or the one that is named."""
    vault, name = vault_of(request), request.params["name"]
    wanted = request.params.get("version")
    versions = _secrets(request.azure, vault).get(name, [])
    found = [each for each in versions if wanted in {None, each["version"]}]
    if not found:
        raise _not_found(name)
    return Answer(200, _shown(request, name, found[-1]))


async def _delete(request: Request) -> Answer:
    """Delete a secret with all its versions."""
    vault, name = vault_of(request), request.params["name"]
    secrets = _secrets(request.azure, vault)
    if name not in secrets:
        raise _not_found(name)
    kept = {key: versions for key, versions in secrets.items() if key != name}
    request.azure.store.set_fact(vault.id, _FACT, kept)
    shown = _shown(request, name, secrets[name][-1])
    shown.pop("value")
    now = int(request.azure.clock.now())
    recovery = f"https://{request.host}/deletedsecrets/{name}"
    purged = now + _PURGEABLE_DAYS * 86400
    return Answer(200, {**shown, "recoveryId": recovery, "deletedDate": now, "scheduledPurgeDate": purged})


def _not_found(name: str) -> AzureError:
    return AzureError(
        404,
        "SecretNotFound",
        f"A secret with (name/id) {name} was not found in this key vault. If you recently deleted this secret you may "
        "be able to recover it using the correct recovery command. For help resolving this issue, please see "
        "https://go.microsoft.com/fwlink/?linkid=2125182",
    )


def _shown(request: Request, name: str, version: dict[str, Any]) -> dict[str, Any]:
    attributes = {
        "enabled": True,
        "created": version["created"],
        "updated": version["created"],
        "recoveryLevel": "Recoverable+Purgeable",
        "recoverableDays": _PURGEABLE_DAYS,
    }
    shown: dict[str, Any] = {
        "value": version["value"],
        "id": f"https://{request.host}/secrets/{name}/{version['version']}",
        "attributes": attributes,
        "tags": version.get("tags") or {},
    }
    return shown | ({"contentType": version["contentType"]} if version.get("contentType") else {})
