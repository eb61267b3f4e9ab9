"""What keys of a vault do, at the vault's own address: encrypt, decrypt, wrap, unwrap; and their public part.

Unlike the secrets beside them, this asks for the role for data that Azure asks for: whoever decrypts the secrets of a
state is a question of who may, and has to show here.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
from typing import TYPE_CHECKING, Any

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from windlass_emulator.arm import vault_keys, vault_secrets
from windlass_emulator.errors import AzureError, NotEmulatedError
from windlass_emulator.feature import Feature
from windlass_emulator.http import Answer, Handler, Request, Route

if TYPE_CHECKING:
    from windlass_emulator.azure import LocalAzure
    from windlass_emulator.store import Resource

_ONE = "/keys/{name}"
_PRIVATE = "private key"
_ALGORITHMS = {"RSA-OAEP": hashes.SHA1, "RSA-OAEP-256": hashes.SHA256}
_ACTIONS = {"encrypt": "encrypt", "decrypt": "decrypt", "wrapkey": "wrap", "unwrapkey": "unwrap"}
_OPERATIONS = {"encrypt": "encrypt", "decrypt": "decrypt", "wrapkey": "wrapKey", "unwrapkey": "unwrapKey"}


def feature() -> Feature:
    """Return what keys do."""
    # A client that wants the newest version leaves it out, with or without the slash before it.
    versions = ("", "/{version}", "/")
    return Feature(
        "key vault cryptography",
        routes=(
            _route("GET", _ONE, _get),
            _route("GET", f"{_ONE}/{{version}}", _get),
            *(
                _route("POST", f"{_ONE}{version}/{verb}", _use, _SUMMARIES[verb])
                for verb in _ACTIONS
                for version in versions
            ),
        ),
    )


_SUMMARIES = {
    "encrypt": "Encrypt with a key",
    "decrypt": "Decrypt with a key",
    "wrapkey": "Wrap a key with a key",
    "unwrapkey": "Unwrap a key with a key",
}


def _route(method: str, template: str, handler: Handler, summary: str = "") -> Route:
    return Route(
        method, template, handler, site="vault", needs_api_version=False, provenance="specified", summary=summary
    )


def _key(request: Request) -> Resource:
    """Return the key that a request is about.

    Raises:
        AzureError: 404 for the vault, the key or its version.
    """
    vault, name = vault_secrets.vault_of(request), request.params["name"]
    stored = request.azure.store.get(f"{vault.id}/keys/{name}")
    version = request.params.get("version")
    if stored is None or version not in {None, stored.body["version"]}:
        raise vault_keys.not_found(f"{name}/{version}" if version and stored else name)
    return stored


def _require(request: Request, key: Resource, verb: str) -> None:
    """Refuse who has no role for data on the key, or above it.

    Raises:
        AzureError: 403, as a vault that is opened by roles words it.
    """
    action, who = f"Microsoft.KeyVault/vaults/keys/{verb}", request.principal.object_id if request.principal else ""
    if request.azure.access.may(who, action, key.id, data=True):
        return
    vault = key.id.rpartition("/keys/")[0].rpartition("/")[2]
    raise AzureError(
        403,
        "Forbidden",
        "Caller is not authorized to perform action on resource.\r\nIf role assignments, deny assignments or role "
        f"definitions were changed recently, please observe propagation time.\r\nCaller: oid={who}\r\n"
        f"Action: '{action}'\r\nResource: '{key.id.lower()}'\r\nAssignment: (not found)\r\n"
        f"DenyAssignmentId: null\r\nDecisionReason: null \r\nVault: {vault};location={key.body['location']}\r\n",
    )


async def _get(request: Request) -> Answer:
    """Get the public part of a key."""
    key = _key(request)
    _require(request, key, "read")
    numbers = (await _private(request.azure, key)).public_key().public_numbers()
    properties = key.body["properties"]
    shown = {
        "kid": properties["keyUriWithVersion"],
        "kty": properties["kty"],
        "key_ops": properties["keyOps"],
        "n": _encoded(numbers.n.to_bytes((numbers.n.bit_length() + 7) // 8, "big")),
        "e": _encoded(numbers.e.to_bytes(3, "big")),
    }
    return Answer(200, {"key": shown, "attributes": properties["attributes"], "tags": key.body["tags"]})


async def _use(request: Request) -> Answer:
    """Encrypt, decrypt, wrap or unwrap."""
    verb = request.path.rstrip("/").rpartition("/")[2].lower()
    key = _key(request)
    _require(request, key, f"{_ACTIONS[verb]}/action")
    properties, body = key.body["properties"], request.json()
    if _OPERATIONS[verb] not in properties["keyOps"]:
        raise AzureError(403, "Forbidden", f"Operation {_OPERATIONS[verb]} is not permitted on this key.")
    private = await _private(request.azure, key)
    value = _decoded(body.get("value"))
    try:
        made = _applied(private, verb, _padding(body), value)
    except (ValueError, UnsupportedAlgorithm) as error:
        raise AzureError(400, "BadParameter", "The parameter is incorrect.") from error
    return Answer(200, {"kid": properties["keyUriWithVersion"], "value": _encoded(made)})


def _applied(private: rsa.RSAPrivateKey, verb: str, how: padding.OAEP, value: bytes) -> bytes:
    if verb in {"encrypt", "wrapkey"}:
        return private.public_key().encrypt(value, how)
    return private.decrypt(value, how)


def _padding(body: dict[str, Any]) -> padding.OAEP:
    algorithm = str(body.get("alg", ""))
    if algorithm not in _ALGORITHMS:
        raise NotEmulatedError(f"the algorithm '{algorithm}' of a key")
    digest = _ALGORITHMS[algorithm]
    return padding.OAEP(mgf=padding.MGF1(algorithm=digest()), algorithm=digest(), label=None)


async def _private(azure: LocalAzure, key: Resource) -> rsa.RSAPrivateKey:
    """Return the private part of a key, made when it is first used: a large one takes a second."""
    properties = key.body["properties"]
    if not properties["kty"].startswith("RSA"):
        raise NotEmulatedError(f"what a key of the kind '{properties['kty']}' does")
    pem = azure.store.fact(key.id, _PRIVATE)
    if pem is None:
        pem = await asyncio.to_thread(_made, properties["keySize"])
        # Somebody else may have made it meanwhile.
        pem = azure.store.fact(key.id, _PRIVATE) or pem
        azure.store.set_fact(key.id, _PRIVATE, pem)
    loaded = serialization.load_pem_private_key(pem.encode(), password=None)
    assert isinstance(loaded, rsa.RSAPrivateKey)
    return loaded


def _made(size: int) -> str:
    key = rsa.generate_private_key(public_exponent=65537, key_size=size)
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()


def _decoded(text: Any) -> bytes:
    try:
        return base64.urlsafe_b64decode(f"{text}{'=' * (-len(str(text)) % 4)}")
    except (binascii.Error, ValueError) as error:
        raise AzureError(400, "BadParameter", "Property value has an invalid value: it has to be base64url.") from error


def _encoded(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).decode().rstrip("=")
