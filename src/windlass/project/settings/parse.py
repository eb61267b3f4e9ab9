"""Makes one object of a stack's configuration, or says everything that is wrong with it."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
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
_ANYBODY: Final = {"project": "nobody", "cloud": "local", "owner": "nobody"}
"""Stands in for what every stack has to say and no rule reads, while the rules look at the rest."""

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
    document = config.get(key)
    settings, problems = _parse_document(key, document)
    problems = (*_provider_problems(config), *_unknown_keys(config), *_world_problems(config, document), *problems)
    if settings is None or problems:
        raise InvalidSettingsError(stack, problems)
    azure = AzureSettings(
        location=config[f"{PROVIDER_NAMESPACE}:location"],
        subscription_id=config[f"{PROVIDER_NAMESPACE}:subscriptionId"].lower(),
        tenant_id=config[f"{PROVIDER_NAMESPACE}:tenantId"].lower(),
    )
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
        settings = Settings.model_validate(document)
    except ValidationError as invalid:
        problems = tuple(_sentence(key, problem) for problem in invalid.errors())
        return None, (*problems, *_contradictions_beside(key, document, invalid))
    return settings, _contradictions(key, settings)


def _contradictions_beside(key: str, document: Any, invalid: ValidationError) -> tuple[str, ...]:
    """Judge together what is sound by itself, so that a typing mistake does not hide a contradiction."""
    wrong = {str(problem["loc"][0]) for problem in invalid.errors() if problem["loc"]}
    if not isinstance(document, Mapping):
        return ()
    sound = {name: section for name, section in document.items() if str(name) not in wrong}
    return _contradictions(key, Settings.model_validate({**_ANYBODY, **sound}), without=wrong)


def _contradictions(key: str, settings: Settings, *, without: Collection[str] = ()) -> tuple[str, ...]:
    return tuple(f"{key}.{path}: {says}" for path, says in contradictions(settings, without=without))


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


def _world_problems(config: Mapping[str, Any], document: Any) -> tuple[str, ...]:
    """Keep the local subscription and tenant apart from those of Azure; what is no id at all is told elsewhere."""
    cloud = document.get("cloud") if isinstance(document, Mapping) else None
    problems = []
    for name, local in (("subscriptionId", LOCAL_SUBSCRIPTION), ("tenantId", LOCAL_TENANT)):
        key = f"{PROVIDER_NAMESPACE}:{name}"
        given = str(config.get(key)).lower()
        if cloud == "local" and given != local and GUID.fullmatch(given):
            problems.append(f"{key}: must be {local}, the local Azure's, because cloud is local")
        if cloud == "azure" and given == local:
            problems.append(f"{key}: belongs to the local Azure, but cloud is azure")
    return tuple(problems)
