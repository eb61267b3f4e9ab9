"""Makes one object of a stack's configuration, or says everything that is wrong with it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from pydantic import ValidationError

from windlass.errors.infra import InvalidSettingsError, LocalAzureInShellError, LocalAzureNotInShellError
from windlass.project.settings.document import AzureSettings, Settings, StackSettings
from windlass.project.settings.parts import GUID
from windlass.project.settings.rules import contradictions

SETTINGS_NAMESPACE: Final = "windlass"
SETTINGS_KEY: Final = "settings"
PROVIDER_NAMESPACE: Final = "azure-native"

LOCAL_SUBSCRIPTION: Final = "10ca1000-0000-4000-8000-000000000002"
"""The only subscription of the local Azure; it exists nowhere else."""

LOCAL_TENANT: Final = "10ca1000-0000-4000-8000-000000000001"
"""The only tenant of the local Azure."""

_REGION: Final = re.compile(r"^[a-z][a-z0-9]+$")
PROVIDER_KEYS: Final = {
    "location": "the region, such as westeurope",
    "subscriptionId": "the id of your subscription (az account show --query id)",
    "tenantId": "the id of your tenant (az account show --query tenantId)",
}


def parse_settings(stack: str, config: Mapping[str, Any]) -> StackSettings:
    """Make one object of a stack's configuration.

    Args:
        stack: The Pulumi stack.
        config: All configuration of the stack, each key with its namespace; structured values already parsed.

    Raises:
        InvalidSettingsError: With every problem found, each with its key.
    """
    key = f"{SETTINGS_NAMESPACE}:{SETTINGS_KEY}"
    settings, problems = _parse_document(key, config.get(key))
    problems = (*_provider_problems(config), *_unknown_keys(config), *problems)
    if settings is None or problems:
        raise InvalidSettingsError(stack, problems)
    azure = AzureSettings(
        location=config[f"{PROVIDER_NAMESPACE}:location"],
        subscription_id=config[f"{PROVIDER_NAMESPACE}:subscriptionId"].lower(),
        tenant_id=config[f"{PROVIDER_NAMESPACE}:tenantId"].lower(),
    )
    problems = (
        *_world_problems(settings, azure),
        *(f"{key}.{path}: {says}" for path, says in contradictions(settings)),
    )
    if problems:
        raise InvalidSettingsError(stack, problems)
    return StackSettings(stack=stack, azure=azure, windlass=settings)


def refuse_wrong_shell(settings: StackSettings, environ: Mapping[str, str]) -> None:
    """Refuse to apply a stack of one cloud from a shell that is connected to the other.

    Raises:
        LocalAzureNotInShellError: The stack is local and the shell is not.
        LocalAzureInShellError: The stack is on Azure and the shell is connected to the local Azure.
    """
    shell_is_local = environ.get("AZURE_TENANT_ID", "").lower() == LOCAL_TENANT
    if settings.windlass.cloud == "local" and not shell_is_local:
        raise LocalAzureNotInShellError(settings.stack)
    if settings.windlass.cloud == "azure" and shell_is_local:
        raise LocalAzureInShellError(settings.stack)


def _parse_document(key: str, document: Any) -> tuple[Settings | None, tuple[str, ...]]:
    if document is None:
        return None, (f"{key}: is missing",)
    try:
        return Settings.model_validate(document), ()
    except ValidationError as invalid:
        return None, tuple(_sentence(key, problem) for problem in invalid.errors())


def _sentence(key: str, problem: Any) -> str:
    path = ".".join((key, *(str(step) for step in problem["loc"] if step != "[key]")))
    known = {"missing": "is missing", "extra_forbidden": "is not a setting"}
    says = known.get(problem["type"], problem["msg"].removeprefix("Value error, "))
    given = "" if problem["type"] in {*known, "value_error"} else f" (it is {problem['input']!r})"
    return f"{path}: {says}{given}"


def _provider_problems(config: Mapping[str, Any]) -> tuple[str, ...]:
    problems = []
    for name, meaning in PROVIDER_KEYS.items():
        key = f"{PROVIDER_NAMESPACE}:{name}"
        value = config.get(key)
        if value is None:
            problems.append(f"{key}: is missing; write {meaning}")
        elif not (_REGION if name == "location" else GUID).fullmatch(str(value)):
            problems.append(f"{key}: is {value!r}; replace it by {meaning}")
    return tuple(problems)


def _unknown_keys(config: Mapping[str, Any]) -> tuple[str, ...]:
    prefix, known = f"{SETTINGS_NAMESPACE}:", f"{SETTINGS_NAMESPACE}:{SETTINGS_KEY}"
    unknown = sorted(key for key in config if key.startswith(prefix) and key != known)
    return tuple(f"{key}: is not read; settings stand under {known}" for key in unknown)


def _world_problems(settings: Settings, azure: AzureSettings) -> tuple[str, ...]:
    expected = {
        "subscriptionId": (azure.subscription_id, LOCAL_SUBSCRIPTION),
        "tenantId": (azure.tenant_id, LOCAL_TENANT),
    }
    if settings.cloud == "local":
        return tuple(
            f"{PROVIDER_NAMESPACE}:{name}: must be {local}, the local Azure's, because cloud is local"
            for name, (actual, local) in expected.items()
            if actual != local
        )
    return tuple(
        f"{PROVIDER_NAMESPACE}:{name}: belongs to the local Azure, but cloud is azure"
        for name, (actual, local) in expected.items()
        if actual == local
    )
