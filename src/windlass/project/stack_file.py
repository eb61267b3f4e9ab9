"""Reads `Pulumi.<stack>.yaml` without the engine, for whoever needs the settings of a stack that may be gone."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from windlass.errors.project import UnreadableFileError
from windlass.project.loader import load_cloud
from windlass.project.names import resource_names
from windlass.project.outputs import StackOutputs
from windlass.project.rehearsal import require_rehearsable
from windlass.project.settings import PROVIDER_NAMESPACE, StackSettings, parse_settings

_ID: Final = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")

_PLACEHOLDER: Final = re.compile(r"<[a-z ]+>")
_NOTHING: Final = "00000000-0000-0000-0000-000000000000"


def is_on_azure(root: Path, stack: str) -> bool:
    """Tell whether a stack is applied to Azure, and its file says to which subscription: a template's does not yet.

    Raises:
        UnknownStackError: The stack has no settings.
        CloudNotSaidError: They do not say where it is applied.
    """
    if load_cloud(root, stack) != "azure":
        return False
    subscription = _config(root, stack).get(f"{PROVIDER_NAMESPACE}:subscriptionId")
    return isinstance(subscription, str) and _ID.fullmatch(subscription) is not None


def check_rehearsable(root: Path, stack: str) -> None:
    """Require of a stack that it can be tried on the local Azure.

    Raises:
        UnknownStackError: The stack has no settings.
        EncryptedSettingsError: It holds values that only the stack's own backend can decrypt.
        BroughtResourcesError: It names resources by id, which the local Azure does not have.
    """
    load_cloud(root, stack)
    require_rehearsable(stack, _config(root, stack))


def load_settings(root: Path, stack: str) -> StackSettings:
    """Read and check all settings of a stack.

    Raises:
        UnknownStackError: The stack has no settings.
        InvalidSettingsError: With every problem found.
    """
    load_cloud(root, stack)
    return parse_settings(stack, _config(root, stack))


def load_template(root: Path, stack: str) -> StackSettings:
    """Read the settings of a stack whose subscription and tenant may not be filled in yet; an estimate needs neither.

    The GUID of nothing stands for what is not filled in, so nothing may be named after these settings.

    Raises:
        UnknownStackError: The stack has no settings.
        InvalidSettingsError: With every problem found.
    """
    load_cloud(root, stack)
    places = {f"{PROVIDER_NAMESPACE}:{key}" for key in ("subscriptionId", "tenantId")}
    config = {
        key: _NOTHING if key in places and _PLACEHOLDER.fullmatch(str(value)) else value
        for key, value in _config(root, stack).items()
    }
    return parse_settings(stack, config)


def known_outputs(settings: StackSettings) -> StackOutputs:
    """Say what a stack exports as far as its settings alone tell: everything but endpoints and clusters."""
    names = resource_names(settings.name_scope)
    return StackOutputs(
        project=settings.windlass.project,
        stack=settings.stack,
        cloud=settings.windlass.cloud,
        tenant_id=settings.azure.tenant_id,
        subscription_id=settings.azure.subscription_id,
        location=settings.azure.location,
        resource_group=names.resource_group,
        workspace=names.workspace,
        storage_account=names.storage_account,
        key_vault=names.key_vault,
        container_registry=names.container_registry,
    )


def _config(root: Path, stack: str) -> Mapping[str, Any]:
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    file = root / f"Pulumi.{stack}.yaml"
    try:
        document = YAML(typ="safe", pure=True).load(file.read_text(encoding="utf-8"))
    except (YAMLError, UnicodeDecodeError) as error:
        raise UnreadableFileError(file, f"is not YAML: {' '.join(str(error).split())}") from error
    config: Mapping[str, Any] = document["config"]
    return config
