"""Microsoft.KeyVault: keys as Azure Resource Manager makes and shows them.

What a key encrypts and decrypts happens at the vault's own address: `vault_crypto`.
"""

from __future__ import annotations

import re
import uuid
from typing import TYPE_CHECKING, Any

from windlass_emulator.arm import common, vaults
from windlass_emulator.errors import AzureError
from windlass_emulator.feature import Feature
from windlass_emulator.http import Answer, Handler, Request, Route

if TYPE_CHECKING:
    from windlass_emulator.azure import LocalAzure
    from windlass_emulator.store import Resource

TYPE = "Microsoft.KeyVault/vaults/keys"
_VERSION_TYPE = f"{TYPE}/versions"
_NAME = re.compile(r"[a-zA-Z0-9-]{1,127}")
_SIZES = {"RSA": (2048, 3072, 4096), "RSA-HSM": (2048, 3072, 4096)}
_CURVES = ("P-256", "P-384", "P-521", "P-256K")
_OPERATIONS = {
    "RSA": ("encrypt", "decrypt", "sign", "verify", "wrapKey", "unwrapKey"),
    "EC": ("sign", "verify"),
}
_KNOWN_OPERATIONS = {*_OPERATIONS["RSA"], "import", "release"}


def feature() -> Feature:
    """Return the keys of key vaults."""
    many = f"{vaults.KIND.template}/keys"
    one = f"{many}/{{key}}"
    return Feature(
        "key vault keys",
        routes=(
            _route("GET", many, _list),
            _route("PUT", one, _put),
            _route("GET", one, _get),
            _route("GET", f"{one}/versions", _list_versions),
            _route("GET", f"{one}/versions/{{version}}", _get_version),
        ),
        renderers={TYPE.lower(): _render},
    )


def _route(method: str, template: str, handler: Handler) -> Route:
    return Route(method, template, handler, provenance="specified")


def _render(azure: LocalAzure, resource: Resource, api_version: str) -> dict[str, Any]:
    del azure, api_version
    shown = {name: value for name, value in resource.body.items() if name != "version"}
    return {"id": resource.id, "name": resource.name, "type": TYPE, **shown}


async def _put(request: Request) -> Answer:
    """Create the first version of a key; a key that exists is answered as it is."""
    common.writable_group(request)
    vault, name = common.existing(request, vaults.KIND), request.params["key"]
    if not _NAME.fullmatch(name):
        raise AzureError(400, "BadRequest", f"The key name '{name}' is invalid: 1 to 127 letters, digits and hyphens.")
    body = common.checked_body(request, "vault key")
    if stored := request.azure.store.get(f"{vault.id}/keys/{name}"):
        return Answer(200, common.shown(request, stored))
    made = request.azure.store.put(
        f"{vault.id}/keys/{name}",
        TYPE,
        _completed(request, vault, name, body),
        parent=vault.id,
        now=request.azure.clock.now(),
    )
    return Answer(200, common.shown(request, made))


def _completed(request: Request, vault: Resource, name: str, body: dict[str, Any]) -> dict[str, Any]:
    sent = body.get("properties") or {}
    kind = str(sent.get("kty", ""))
    family = kind.removesuffix("-HSM")
    if family not in _OPERATIONS:
        raise AzureError(400, "BadRequest", f"The kty '{kind}' is not valid: EC, EC-HSM, RSA or RSA-HSM.")
    if unknown := set(sent.get("keyOps") or ()) - _KNOWN_OPERATIONS:
        raise AzureError(400, "BadRequest", f"The key operation '{min(unknown)}' is not valid.")
    if kind.endswith("-HSM") and vault.body["properties"]["sku"]["name"] != "premium":
        raise AzureError(400, "BadRequest", f"The kty '{kind}' needs a vault of the sku premium.")
    address, version = f"{vault.body['properties']['vaultUri']}keys/{name}", uuid.uuid4().hex
    properties = {
        "attributes": _attributes(request, vault, sent.get("attributes") or {}),
        "kty": kind,
        "keyOps": list(sent.get("keyOps") or _OPERATIONS[family]),
        **_form(kind, sent),
        "keyUri": address,
        "keyUriWithVersion": f"{address}/{version}",
    }
    location, tags = vault.body["location"], body.get("tags") or {}
    return {"location": location, "tags": tags, "properties": properties, "version": version}


def _form(kind: str, sent: dict[str, Any]) -> dict[str, Any]:
    """The size of an RSA key or the curve of the other kind."""
    if kind not in _SIZES:
        curve = sent.get("curveName") or _CURVES[0]
        if curve not in _CURVES:
            raise AzureError(400, "BadRequest", f"The curve '{curve}' is not valid.")
        return {"curveName": curve}
    size = sent.get("keySize") or _SIZES[kind][0]
    if size not in _SIZES[kind]:
        raise AzureError(400, "BadRequest", f"The key size {size} is not valid: {', '.join(map(str, _SIZES[kind]))}.")
    return {"keySize": size}


def _attributes(request: Request, vault: Resource, sent: dict[str, Any]) -> dict[str, Any]:
    now = int(request.azure.clock.now())
    protected = vault.body["properties"].get("enablePurgeProtection")
    return {
        **sent,
        "enabled": sent.get("enabled", True),
        "created": now,
        "updated": now,
        "recoveryLevel": "Recoverable" if protected else "Recoverable+Purgeable",
        "exportable": sent.get("exportable", False),
    }


def _existing(request: Request) -> Resource:
    vault, name = common.existing(request, vaults.KIND), request.params["key"]
    stored = request.azure.store.get(f"{vault.id}/keys/{name}")
    if stored is None:
        raise not_found(name)
    return stored


def not_found(name: str) -> AzureError:
    """404 for a key, or a version of one."""
    return AzureError(
        404,
        "KeyNotFound",
        f"A key with (name/id) {name} was not found in this key vault. If you recently deleted this key you may be "
        "able to recover it using the correct recovery command. For help resolving this issue, please see "
        "https://go.microsoft.com/fwlink/?linkid=2125182",
    )


async def _get(request: Request) -> Answer:
    """Get a key."""
    return Answer(200, common.shown(request, _existing(request)))


async def _list(request: Request) -> Answer:
    """List the keys of a vault."""
    found = request.azure.store.children(common.existing(request, vaults.KIND).id, TYPE)
    return Answer(200, {"value": [common.shown(request, each) for each in found]})


def _version(request: Request, key: Resource) -> dict[str, Any]:
    shown, version = common.shown(request, key), key.body["version"]
    return {**shown, "id": f"{key.id}/versions/{version}", "name": version, "type": _VERSION_TYPE}


async def _list_versions(request: Request) -> Answer:
    """List the versions of a key: nothing here makes a second one."""
    return Answer(200, {"value": [_version(request, _existing(request))]})


async def _get_version(request: Request) -> Answer:
    """Get a version of a key."""
    key = _existing(request)
    if request.params["version"] != key.body["version"]:
        raise not_found(f"{key.name}/{request.params['version']}")
    return Answer(200, _version(request, key))
