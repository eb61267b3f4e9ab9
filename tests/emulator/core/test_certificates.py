"""The certificate authority of a data folder."""

from __future__ import annotations

import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from windlass_emulator import hosts, tls

pytestmark = pytest.mark.inferred

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def _certificate(path: Path) -> x509.Certificate:
    return x509.load_pem_x509_certificate(path.read_bytes())


def test_certificates_are_made_once(tmp_path: Path) -> None:
    first = tls.ensure(tmp_path, ("a.example",), NOW)
    before = (first.authority.read_bytes(), first.certificate.read_bytes())

    again = tls.ensure(tmp_path, ("a.example",), NOW)

    assert (again.authority.read_bytes(), again.certificate.read_bytes()) == before


def test_a_new_name_makes_a_new_certificate_of_the_same_authority(tmp_path: Path) -> None:
    first = tls.ensure(tmp_path, ("a.example",), NOW)
    authority, certificate = first.authority.read_bytes(), first.certificate.read_bytes()

    again = tls.ensure(tmp_path, ("a.example", "b.example"), NOW)

    assert again.authority.read_bytes() == authority
    assert again.certificate.read_bytes() != certificate


def test_certificates_are_made_anew_before_they_end(tmp_path: Path) -> None:
    tls.ensure(tmp_path, ("a.example",), NOW)
    later = NOW + timedelta(days=800)

    again = tls.ensure(tmp_path, ("a.example",), later)

    assert _certificate(again.authority).not_valid_after_utc > later + timedelta(days=700)
    assert _certificate(again.certificate).not_valid_after_utc > later + timedelta(days=700)


def test_keys_are_for_their_owner_alone(tmp_path: Path) -> None:
    files = tls.ensure(tmp_path, ("a.example",), NOW)

    assert files.key.stat().st_mode & 0o077 == 0
    assert (tmp_path / "ca.key").stat().st_mode & 0o077 == 0


def test_the_certificate_passes_a_strict_check(tmp_path: Path) -> None:
    files = tls.ensure(tmp_path, hosts.certificate_names())

    done = subprocess.run(
        [
            *("openssl", "verify", "-x509_strict", "-purpose", "sslserver"),
            *("-verify_hostname", "churn.westeurope.inference.ml.azure.com"),
            *("-CAfile", str(files.authority), str(files.certificate)),
        ],
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr
