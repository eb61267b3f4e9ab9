"""A token of the container's managed identity, as azure-identity gets one.

Where Azure sets IDENTITY_ENDPOINT and IDENTITY_HEADER that address is asked, else the metadata service, which
container groups have at the same address as virtual machines.
"""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlencode

from windlass_runtime.errors import ModelUnreachableError

STORAGE = "https://storage.azure.com"
_METADATA_SERVICE = "http://169.254.169.254/metadata/identity/oauth2/token"
_ATTEMPTS = 6
"""An identity that was just assigned is known to the metadata service some seconds later."""

Sleep = Callable[[float], None]


def get_token(environ: Mapping[str, str], client_id: str, *, sleep: Sleep = time.sleep) -> str:
    """Return a token for storage.

    Raises:
        ModelUnreachableError: There is no identity that gives one.
    """
    request = token_request(environ, client_id)
    refusal = ""
    for attempt in range(_ATTEMPTS):
        if attempt:
            sleep(2.0**attempt / 2)
        try:
            return str(_ask(request)["access_token"])
        except (OSError, ValueError, KeyError) as error:
            refusal = _said(error)
    raise ModelUnreachableError(f"The managed identity of the container gave no token: {refusal}.")


def token_request(environ: Mapping[str, str], client_id: str) -> urllib.request.Request:
    """Make the request that asks for a token."""
    who = {"client_id": client_id} if client_id else {}
    endpoint, header = environ.get("IDENTITY_ENDPOINT"), environ.get("IDENTITY_HEADER")
    if endpoint and header:
        query = urlencode({"api-version": "2019-08-01", "resource": STORAGE, **who})
        return urllib.request.Request(f"{endpoint}?{query}", headers={"X-IDENTITY-HEADER": header})  # noqa: S310 - given by Azure
    query = urlencode({"api-version": "2018-02-01", "resource": STORAGE, **who})
    return urllib.request.Request(f"{_METADATA_SERVICE}?{query}", headers={"Metadata": "true"})  # noqa: S310 - fixed


def _ask(request: urllib.request.Request) -> dict[str, Any]:
    # Never through a proxy: the address is the machine's own.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(request, timeout=10) as answer:
        told: dict[str, Any] = json.load(answer)
        return told


def _said(error: Exception) -> str:
    if isinstance(error, urllib.error.HTTPError):
        return f"{error.code} {error.read(500).decode(errors='replace')}"
    return str(error) or type(error).__name__
