"""Reads `Pulumi.<stack>.yaml` without the engine, for whoever needs the settings of a stack that may be gone."""

from __future__ import annotations

from pathlib import Path

from windlass.errors.project import UnreadableFileError
from windlass.project.loader import load_cloud
from windlass.project.names import resource_names
from windlass.project.outputs import StackOutputs
from windlass.project.settings import StackSettings, parse_settings


def load_settings(root: Path, stack: str) -> StackSettings:
    """Read and check all settings of a stack.

    Raises:
        UnknownStackError: The stack has no settings.
        InvalidSettingsError: With every problem found.
    """
    load_cloud(root, stack)
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    file = root / f"Pulumi.{stack}.yaml"
    try:
        document = YAML(typ="safe", pure=True).load(file.read_text(encoding="utf-8"))
    except (YAMLError, UnicodeDecodeError) as error:
        raise UnreadableFileError(file, f"is not YAML: {' '.join(str(error).split())}") from error
    return parse_settings(stack, document["config"])


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
