"""A project of three stacks, as a bootstrap looks at it."""

from __future__ import annotations

from typing import Any

from windlass.bootstrap.models import Bootstrap, Subject
from windlass.bootstrap.plan import StackNeeds, plan_bootstrap
from windlass.bootstrap.settings import BootstrapSettings, parse_bootstrap
from windlass.project.endpoints import EndpointFolder
from windlass.project.settings import AzureSettings, Settings, StackSettings

TENANT = "22222222-2222-4222-8222-222222222222"
SUBSCRIPTIONS = {
    "dev": "dddddddd-1111-4111-8111-111111111111",
    "staging": "55555555-1111-4111-8111-111111111111",
    "prod": "99999999-1111-4111-8111-111111111111",
}
FILE: dict[str, Any] = {
    "repository": "acme/shop",
    "subject": "names",
    "stacks": {
        "dev": None,
        "staging": {"reviewers": ["ana", "acme/ml-team"]},
        "prod": {"reviewers": ["acme/ml-team"], "prevent_self_review": True, "wait_minutes": 10},
    },
}
ENDPOINTS = (
    EndpointFolder(model="churn", kind="online", auth_mode="key"),
    EndpointFolder(model="churn", kind="batch", auth_mode="aad_token"),
)


def stack(name: str, *, subscription: str = "", tenant: str = TENANT, **settings: Any) -> StackNeeds:
    """Return a stack with the settings that it must have, and more."""
    azure = AzureSettings(location="westeurope", subscription_id=subscription or SUBSCRIPTIONS[name], tenant_id=tenant)
    windlass = Settings.model_validate({"project": "shop", "cloud": "azure", "owner": "team", **settings})
    return StackNeeds(settings=StackSettings(stack=name, azure=azure, windlass=windlass), endpoints=ENDPOINTS)


STACKS = tuple(stack(name) for name in SUBSCRIPTIONS)


def wanted(**changes: Any) -> BootstrapSettings:
    """Return what bootstrap.yml says, with changes."""
    return parse_bootstrap({**FILE, **changes})


def planned(*stacks: StackNeeds, **changes: Any) -> Bootstrap:
    """Plan for stacks, or for all three."""
    stacks = stacks or STACKS
    said = {each.settings.stack: FILE["stacks"].get(each.settings.stack) for each in stacks}
    settings = wanted(**{"stacks": said, **changes})
    named = Subject(repository=settings.repository, form=settings.subject)
    return plan_bootstrap(settings, stacks, named)
