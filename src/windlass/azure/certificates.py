"""The certificate of a public name: taken from the vault, or made once and kept there."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from windlass.azure.vault import VaultSecrets
from windlass.errors.release import CertificateUnusableError
from windlass.project.serving import SELF_SIGNED

_BLOCK = re.compile(r"-----BEGIN (?P<what>[A-Z ]+)-----.+?-----END (?P=what)-----\n?", re.DOTALL)
_LIFE = timedelta(days=365)
_RENEWED_BEFORE = timedelta(days=30)


@dataclass(frozen=True, kw_only=True)
class Certificate:
    """A certificate with its key, in PEM.

    Attributes:
        self_signed: Whether callers have to be given it.
    """

    chain: str
    private_key: str = field(repr=False)
    self_signed: bool


class Certificates:
    """The certificates of one stack's endpoints."""

    def __init__(self, secrets: VaultSecrets) -> None:
        self._secrets = secrets

    def ensure(self, host: str, endpoint: str, wanted: str) -> Certificate:
        """Return the certificate of a name; a self-signed one is made where there is none that is good for a while.

        Args:
            host: The public name.
            endpoint: The endpoint's name in Azure.
            wanted: The setting: the name of a secret, or `self-signed`.

        Raises:
            CertificateUnusableError: The secret that the settings name is not a certificate with its key.
        """
        found = self.find(host, endpoint, wanted)
        if found is not None:
            return found
        pem = make_self_signed(host, datetime.now(UTC))
        self._secrets.set(secret_of(endpoint), pem)
        return _split(pem, self_signed=True)

    def find(self, host: str, endpoint: str, wanted: str) -> Certificate | None:
        """Return the certificate of a name, or None when a self-signed one has yet to be made.

        Raises:
            CertificateUnusableError: The secret that the settings name is not a certificate with its key.
        """
        if wanted != SELF_SIGNED:
            return self._own(wanted)
        pem = self._secrets.get(secret_of(endpoint))
        if pem is None or not is_good(pem, host, datetime.now(UTC)):
            return None
        return _split(pem, self_signed=True)

    def _own(self, name: str) -> Certificate:
        pem = self._secrets.get(name)
        if pem is None:
            raise CertificateUnusableError(self._secrets.vault, name, "is not there")
        certificate = _split(pem, self_signed=False)
        if not certificate.chain or not certificate.private_key:
            raise CertificateUnusableError(self._secrets.vault, name, "has no private key or no certificate in PEM")
        return certificate


def secret_of(endpoint: str) -> str:
    """Name the secret with the self-signed certificate of an endpoint."""
    return f"{endpoint}-certificate"


def _split(pem: str, *, self_signed: bool) -> Certificate:
    blocks = [(match["what"], match[0].rstrip("\n")) for match in _BLOCK.finditer(pem)]
    chain = "\n".join(text for what, text in blocks if what == "CERTIFICATE")
    key = next((text for what, text in blocks if what.endswith("PRIVATE KEY")), "")
    return Certificate(
        chain=f"{chain}\n" if chain else "", private_key=f"{key}\n" if key else "", self_signed=self_signed
    )


def is_good(pem: str, host: str, now: datetime) -> bool:
    """Tell whether a self-signed certificate is for this name and lasts a while."""
    from cryptography import x509

    certificate = x509.load_pem_x509_certificate(_split(pem, self_signed=True).chain.encode())
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    return host in names.get_values_for_type(x509.DNSName) and now + _RENEWED_BEFORE < certificate.not_valid_after_utc


def make_self_signed(host: str, now: datetime) -> str:
    """Make a certificate that signs itself, with its key, in PEM."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import NameOID

    key = ec.generate_private_key(ec.SECP256R1())
    # A common name has 64 characters at most; clients look at the alternative name.
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host[:64])])
    public = key.public_key()
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=5))
        .not_valid_after(now + _LIFE)
    )
    usage = dict.fromkeys(
        (
            *("content_commitment", "key_encipherment", "data_encipherment", "key_agreement", "crl_sign"),
            *("encipher_only", "decipher_only"),
        ),
        False,
    )
    extensions: tuple[tuple[x509.ExtensionType, bool], ...] = (
        (x509.SubjectAlternativeName([x509.DNSName(host)]), False),
        (x509.BasicConstraints(ca=True, path_length=0), True),
        (x509.KeyUsage(digital_signature=True, key_cert_sign=True, **usage), True),
        (x509.SubjectKeyIdentifier.from_public_key(public), False),
        (x509.AuthorityKeyIdentifier.from_issuer_public_key(public), False),
    )
    for extension, critical in extensions:
        builder = builder.add_extension(extension, critical=critical)
    encoding, form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    private = key.private_bytes(encoding, form, serialization.NoEncryption())
    return (private + builder.sign(key, hashes.SHA256()).public_bytes(encoding)).decode()
