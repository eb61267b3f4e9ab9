"""Who we are to Azure."""

from __future__ import annotations

from typing import Any


def sign_in() -> Any:
    """Take the identity at hand: a service principal's variables, a workload or managed identity, or `az login`."""
    from azure.identity import DefaultAzureCredential

    return DefaultAzureCredential()
