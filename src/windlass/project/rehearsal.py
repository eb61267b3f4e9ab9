"""What has to change in the settings of a stack so that it can be tried on the local Azure. Pure.

Everything else stays: what a rehearsal shows of sizes, networks, roles and protection is what the stack would be.
"""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from typing import Any, Final

from windlass.errors.rehearsal import BroughtResourcesError, EncryptedSettingsError
from windlass.project.settings import (
    LOCAL_SUBSCRIPTION,
    LOCAL_TENANT,
    PROVIDER_NAMESPACE,
    SETTINGS_KEY,
    SETTINGS_NAMESPACE,
)

_SETTINGS: Final = f"{SETTINGS_NAMESPACE}:{SETTINGS_KEY}"
_OF_THE_BACKEND: Final = ("secretsprovider", "encryptedkey", "encryptionsalt")
"""Belongs to the backend that the stack has on Azure; the rehearsal's own backend writes its own."""


def rehearsed(stack: str, document: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings file of a stack as its rehearsal has it.

    It belongs to the local Azure, and its vault can be purged: a rehearsal has an end.

    Args:
        stack: The stack, for messages.
        document: The content of `Pulumi.<stack>.yaml`.

    Raises:
        EncryptedSettingsError: It holds values that only the stack's own backend can decrypt.
        BroughtResourcesError: It names resources by id, which the local Azure does not have.
    """
    config = document.get("config") or {}
    require_rehearsable(stack, config)
    settings = deepcopy(dict(config.get(_SETTINGS) or {}))
    settings["cloud"] = "local"
    settings["vault"] = {**(settings.get("vault") or {}), "purge_protection": False}
    return {
        **{key: value for key, value in document.items() if key not in _OF_THE_BACKEND},
        "config": {
            **config,
            f"{PROVIDER_NAMESPACE}:subscriptionId": LOCAL_SUBSCRIPTION,
            f"{PROVIDER_NAMESPACE}:tenantId": LOCAL_TENANT,
            _SETTINGS: settings,
        },
    }


def require_rehearsable(stack: str, config: Mapping[str, Any]) -> None:
    """Require of the `config` of a stack's file that the local Azure has all that it names.

    Raises:
        EncryptedSettingsError: It holds values that only the stack's own backend can decrypt.
        BroughtResourcesError: It names resources by id, which the local Azure does not have.
    """
    encrypted = sorted(key for key, value in config.items() if isinstance(value, Mapping) and "secure" in value)
    if encrypted:
        raise EncryptedSettingsError(stack, encrypted)
    if brought := (config.get(_SETTINGS) or {}).get("bring"):
        raise BroughtResourcesError(stack, sorted(brought))


def released(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings file of a rehearsal that may be taken down: nothing of it is protected any more."""
    config = dict(document["config"])
    protection = {**(config[_SETTINGS].get("protection") or {}), "endpoints": False, "data": False, "locks": False}
    return {**document, "config": {**config, _SETTINGS: {**config[_SETTINGS], "protection": protection}}}
