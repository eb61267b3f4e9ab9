"""Whether a preview makes something whose name Azure may still hold for what was deleted before. Pure."""

from __future__ import annotations

from typing import Final

from windlass.delivery.digest import PreviewDigest

_CREATE: Final = "create"
_KEPT_WHEN_DELETED: Final = "azure-native:keyvault:Vault"
"""The type whose deleted resources Azure lists by name. It lists no deleted workspaces of Azure ML."""


def makes_vault(digest: PreviewDigest) -> bool:
    """Tell whether `up` would make a key vault, which fails while Azure keeps a deleted one of that name."""
    return any(step.op == _CREATE and step.type == _KEPT_WHEN_DELETED for step in digest.steps)
