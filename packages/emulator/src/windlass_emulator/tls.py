"""The certificate authority and the certificate of one local Azure, kept in its data folder."""

from __future__ import annotations

import ipaddress
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from windlass_emulator.folder import write_atomically

_LIFE = timedelta(days=825)
"""The longest life that macOS accepts of a server's certificate."""
_MARGIN = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class TlsFiles:
    """PEM files.

    Attributes:
        authority: What clients must trust.
        certificate: What the listeners show.
        key: Its private key.
    """

    authority: Path
    certificate: Path
    key: Path

    def server_context(self, is_own_host: Callable[[str], bool] = lambda _: False) -> ssl.SSLContext:
        """Return the context of the listeners.

        Args:
            is_own_host: Tells a host name of the user's (that of a cluster, say). It is none of Azure's, so the
                certificate does not carry it; one is made for it when it is first asked for.
        """
        context = _context(self.certificate, self.key)
        own: dict[str, ssl.SSLContext] = {}

        def choose(connection: ssl.SSLObject, name: str | None, _: ssl.SSLContext) -> None:
            if name is not None and is_own_host(name.lower()):
                if name.lower() not in own:
                    own[name.lower()] = self._context_of(name.lower())
                connection.context = own[name.lower()]

        context.sni_callback = choose
        return context

    def _context_of(self, host: str) -> ssl.SSLContext:
        folder = self.authority.parent
        files = TlsFiles(self.authority, folder / f"host-{host}.pem", folder / f"host-{host}.key")
        _make_certificate(files, folder / "ca.key", (host,), datetime.now(UTC))
        return _context(files.certificate, files.key)


def _context(certificate: Path, key: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(certificate, key)
    return context


def ensure(folder: Path, names: tuple[str, ...], now: datetime | None = None) -> TlsFiles:
    """Return the files, made anew when they are missing, near their end, or lack a name.

    The authority outlives a new certificate, so that a shell which has loaded azure.env goes on working.
    """
    now = now or datetime.now(UTC)
    files = TlsFiles(folder / "ca.pem", folder / "server.pem", folder / "server.key")
    authority_key = folder / "ca.key"
    if not _good(files.authority, (), now) or not authority_key.exists():
        _make_authority(files.authority, authority_key, now)
        files.certificate.unlink(missing_ok=True)
    if not _good(files.certificate, names, now) or not files.key.exists():
        _make_certificate(files, authority_key, names, now)
    return files


def _good(path: Path, names: tuple[str, ...], now: datetime) -> bool:
    if not path.exists():
        return False
    certificate = x509.load_pem_x509_certificate(path.read_bytes())
    if certificate.not_valid_after_utc < now + _MARGIN:
        return False
    if not names:
        return True
    carried = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    return set(names) <= set(carried.get_values_for_type(x509.DNSName))


def _name(common: str) -> x509.Name:
    return x509.Name(
        [x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Windlass"), x509.NameAttribute(NameOID.COMMON_NAME, common)]
    )


def _key_usage(*, authority: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=authority,
        crl_sign=authority,
        encipher_only=False,
        decipher_only=False,
    )


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, now: datetime
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + _LIFE)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    )


def _make_authority(path: Path, key_path: Path, now: datetime) -> None:
    # An elliptic curve: a handshake costs the listeners a tenth of what RSA would.
    key = ec.generate_private_key(ec.SECP256R1())
    name = _name("Windlass local Azure CA")
    certificate = (
        _builder(name, name, key.public_key(), now)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_key_usage(authority=True), critical=True)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    _write_key(key_path, key)
    write_atomically(path, certificate.public_bytes(serialization.Encoding.PEM).decode(), mode=0o644)


def _make_certificate(files: TlsFiles, authority_key: Path, names: tuple[str, ...], now: datetime) -> None:
    authority = x509.load_pem_x509_certificate(files.authority.read_bytes())
    issuer_key = serialization.load_pem_private_key(authority_key.read_bytes(), password=None)
    assert isinstance(issuer_key, ec.EllipticCurvePrivateKey)
    key = ec.generate_private_key(ec.SECP256R1())
    alternatives = [*(x509.DNSName(name) for name in names), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    certificate = (
        _builder(_name("Windlass local Azure"), authority.subject, key.public_key(), now)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_key_usage(authority=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectAlternativeName(alternatives), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()), critical=False)
        .sign(issuer_key, hashes.SHA256())
    )
    _write_key(files.key, key)
    write_atomically(files.certificate, certificate.public_bytes(serialization.Encoding.PEM).decode(), mode=0o644)


def _write_key(path: Path, key: ec.EllipticCurvePrivateKey) -> None:
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    write_atomically(path, pem.decode())
