"""What the program starts from: settings, names, tags and endpoints of the stack."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pulumi

from windlass.errors import WindlassError
from windlass.errors.infra import InconsistentProjectError
from windlass.project.choices import read_choices
from windlass.project.consistency import inconsistencies
from windlass.project.endpoints import EndpointFolder, find_endpoints
from windlass.project.names import NameScope, ResourceNames, resource_names
from windlass.project.settings import (
    PROVIDER_KEYS,
    PROVIDER_NAMESPACE,
    SETTINGS_KEY,
    SETTINGS_NAMESPACE,
    StackSettings,
    parse_settings,
    refuse_wrong_shell,
)


@dataclass(frozen=True, kw_only=True)
class Stack:
    """Everything that is decided before the first resource."""

    settings: StackSettings
    scope: NameScope
    names: ResourceNames
    endpoints: tuple[EndpointFolder, ...]


def read_stack(environ: Mapping[str, str] = os.environ) -> Stack:
    """Read the stack that this program runs for.

    Raises:
        pulumi.RunError: With a sentence for people, when something they wrote is wrong. Pulumi shows it
            without a traceback.
    """
    try:
        settings = parse_settings(pulumi.get_stack(), _configuration(environ))
        refuse_wrong_shell(settings, environ)
        endpoints = _consistent_endpoints(Path(pulumi.get_root_directory()), settings)
    except WindlassError as refused:
        raise pulumi.RunError(str(refused)) from refused
    scope = settings.name_scope
    return Stack(settings=settings, scope=scope, names=resource_names(scope), endpoints=endpoints)


def _consistent_endpoints(root: Path, settings: StackSettings) -> tuple[EndpointFolder, ...]:
    endpoints = find_endpoints(root, settings.stack)
    problems = inconsistencies(settings, endpoints, read_choices(root, endpoints, settings.stack))
    if problems:
        raise InconsistentProjectError(settings.stack, problems)
    return endpoints


def _configuration(environ: Mapping[str, str]) -> dict[str, Any]:
    """All configuration that is ours to judge, and the keys in our namespace that nobody would read."""
    provider, own = pulumi.Config(PROVIDER_NAMESPACE), pulumi.Config(SETTINGS_NAMESPACE)
    # The SDK reads single keys only; this is the variable that it reads them from.
    every_key = json.loads(environ.get("PULUMI_CONFIG", "{}"))
    return {
        **dict.fromkeys(key for key in every_key if key.startswith(f"{SETTINGS_NAMESPACE}:")),
        **{f"{PROVIDER_NAMESPACE}:{key}": provider.get(key) for key in PROVIDER_KEYS},
        f"{SETTINGS_NAMESPACE}:{SETTINGS_KEY}": own.get_object(SETTINGS_KEY),
    }
