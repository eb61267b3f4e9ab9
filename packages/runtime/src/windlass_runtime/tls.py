"""The certificate that callers see."""

from __future__ import annotations

import ssl
import tempfile
from pathlib import Path

from windlass_runtime.errors import SettingsError


def server_context(certificate: str, private_key: str) -> ssl.SSLContext:
    """Make the context of a server: TLS 1.2 or later.

    Args:
        certificate: PEM, the chain behind it included.
        private_key: PEM, without a password.

    Raises:
        SettingsError: The two do not belong together, or are no PEM.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["http/1.1"])
    # OpenSSL reads files alone; this folder is its owner's only, and is gone when the context is made.
    with tempfile.TemporaryDirectory(prefix="windlass-") as folder:
        chain, key = Path(folder, "chain.pem"), Path(folder, "key.pem")
        chain.write_text(certificate, encoding="ascii", errors="replace")
        key.write_text(private_key, encoding="ascii", errors="replace")
        try:
            context.load_cert_chain(chain, key, password=lambda: b"")
        except (ssl.SSLError, ValueError) as error:
            raise SettingsError(
                "WINDLASS_TLS_CERTIFICATE and WINDLASS_TLS_PRIVATE_KEY are not a certificate and its key in PEM "
                "without a password."
            ) from error
    return context
