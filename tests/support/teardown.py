"""A stack that stands, in short words, for tests of its end."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

from windlass.project.settings import StackSettings
from windlass.project.stack_file import known_outputs, load_settings
from windlass.teardown.models import Attached, Declared, Existing, Standing, Teardown
from windlass.teardown.plan import plan_teardown

ROOT = Path(__file__).resolve().parents[2]
TODAY = date(2026, 11, 29)


def settings(**changes: object) -> StackSettings:
    """The settings of the local stack, some of them changed."""
    base = load_settings(ROOT, "local")
    return base.model_copy(update={"windlass": base.windlass.model_copy(update=changes)})


OUTPUTS = known_outputs(settings())
GROUP = f"/subscriptions/{OUTPUTS.subscription_id}/resourceGroups/{OUTPUTS.resource_group}"
WORKSPACE = f"{GROUP}/providers/Microsoft.MachineLearningServices/workspaces/{OUTPUTS.workspace}"
ENDPOINT = f"{WORKSPACE}/onlineEndpoints/shop"
VAULT = f"{GROUP}/providers/Microsoft.KeyVault/vaults/{OUTPUTS.key_vault}"


def declared(name: str, token: str, resource_id: str, **changes: Any) -> Declared:
    """A resource in the state."""
    kind = f"azure-native:{token}"
    return Declared(urn=f"urn:pulumi:local::windlass::{kind}::{name}", type=kind, id=resource_id, **changes)


DECLARED = (
    declared("group", "resources:ResourceGroup", GROUP),
    declared("workspace", "machinelearningservices:Workspace", WORKSPACE),
    declared("endpoint", "machinelearningservices:OnlineEndpoint", ENDPOINT),
    declared("vault", "keyvault:Vault", VAULT, retention_days=7),
)


def existing(resource_id: str, **changes: Any) -> Existing:
    """A resource in the group."""
    provider = resource_id.rpartition("/providers/")[2].split("/")
    kind = "/".join([provider[0], *provider[1::2]]).lower()
    return Existing(id=resource_id, name=provider[-1], type=kind, **changes)


def attached(scope: str, kind: str, name: str, **changes: Any) -> Attached:
    """A lock, a diagnostic setting or a role."""
    return Attached(id=f"{scope}/providers/{kind}/{name}", name=name, scope=scope, **changes)


EXISTING = (existing(WORKSPACE), existing(ENDPOINT), existing(VAULT))


def plan(*, with_unknown: bool = False, change: dict[str, object] | None = None, **standing: Any) -> Teardown:
    """The plan for the local stack, with more or less of it standing."""
    changed = settings(**(change or {}))
    found = Standing(**{"today": TODAY, "declared": DECLARED, "existing": EXISTING, **standing})
    return plan_teardown(changed, known_outputs(changed), found, with_unknown=with_unknown)
