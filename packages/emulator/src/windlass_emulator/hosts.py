"""Azure's public host names: which of them the local Azure answers, and as what."""

from __future__ import annotations

import re

from windlass_emulator import regions
from windlass_emulator.http import Site

BLOB_SUFFIX = ".blob.core.windows.net"
_API_SUFFIX = ".api.azureml.ms"
_VAULT = re.compile(r"[a-z0-9-]+\.vault\.azure\.net\Z")
_INFERENCE = re.compile(r"[a-z0-9-]+\.([a-z0-9]+)\.inference\.ml\.azure\.com\Z")
_FIXED: dict[str, Site] = {
    "acrtaskprodlocal001.blob.core.windows.net": "builds",
    "management.azure.com": "management",
    "login.microsoftonline.com": "login",
    "login.windows.net": "login",
    "login.microsoft.com": "login",
    "127.0.0.1": "admin",
    "localhost": "admin",
}


def site_of(host: str) -> Site | None:
    """Return the site that a host name (lower case, without port) belongs to, or None."""
    if site := _FIXED.get(host):
        return site
    if host.endswith(_API_SUFFIX) and host.removesuffix(_API_SUFFIX) in regions.NAMES:
        return "api"
    if (match := _INFERENCE.match(host)) and match[1] in regions.NAMES:
        return "inference"
    return "vault" if _VAULT.match(host) else None


def storage_account_of(host: str) -> str | None:
    """Return the storage account whose blob service a host name is, or None."""
    account = host.removesuffix(BLOB_SUFFIX)
    return account if account != host and "." not in account else None


def certificate_names() -> tuple[str, ...]:
    """Return the names that the certificate must carry, wildcards included."""
    return (
        *(name for name, site in _FIXED.items() if site != "admin"),
        f"*{BLOB_SUFFIX}",
        f"*{_API_SUFFIX}",
        "*.vault.azure.net",
        *(f"*.{region.name}.inference.ml.azure.com" for region in regions.REGIONS),
        "localhost",
    )
