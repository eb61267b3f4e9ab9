"""The secrets of one local Azure: random, made at its first start, stable for the life of its data folder."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from windlass_emulator.folder import DataFolder, read_json, write_atomically, write_json


@dataclass(frozen=True, slots=True)
class Secrets:
    """What nobody but this local Azure and its clients may know.

    Attributes:
        client_secret: Of the service principal in azure.env.
        identity_key: Signs the headers with which instances and nodes ask for tokens.
        token_key: The RSA key (PEM) that signs access tokens.
    """

    client_secret: str = field(repr=False)
    identity_key: str = field(repr=False)
    token_key: str = field(repr=False)


def ensure(folder: DataFolder) -> Secrets:
    """Return the secrets, made when they are not there."""
    path = folder.secrets / "secrets.json"
    words = read_json(path) or _made(path)
    return Secrets(**words, token_key=_token_key(folder.secrets / "token.key"))


def _made(path: Path) -> dict[str, str]:
    words = {"client_secret": secrets.token_urlsafe(30), "identity_key": secrets.token_urlsafe(32)}
    write_json(path, words)
    return words


def _token_key(path: Path) -> str:
    if not path.exists():
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        pem = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        write_atomically(path, pem.decode())
    return path.read_text(encoding="ascii")
