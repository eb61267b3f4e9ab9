"""Who we are to Azure."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any, Final

_AUDIENCE: Final = "api://AzureADTokenExchange"
"""What Entra ID asks of a token that is exchanged for one of its own."""


def sign_in(environ: Mapping[str, str] = os.environ) -> Any:
    """Take the identity at hand: that of a job on GitHub, a service principal's variables, `az login`, or another.

    A job that names its managed identity (AZURE_CLIENT_ID, AZURE_TENANT_ID) proves anew who it is whenever a token is
    wanted. What `az login` remembers of a job is worth nothing after some minutes, and a release takes longer.
    """
    from azure.identity import ClientAssertionCredential, DefaultAzureCredential

    from windlass.github.job_token import job_token, may_ask

    client, tenant = environ.get("AZURE_CLIENT_ID"), environ.get("AZURE_TENANT_ID")
    if client and tenant and may_ask(environ):
        return ClientAssertionCredential(tenant, client, lambda: job_token(environ, _AUDIENCE))
    return DefaultAzureCredential()
