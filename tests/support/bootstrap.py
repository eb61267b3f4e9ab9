"""A project of three stacks, as a bootstrap looks at it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from windlass.bootstrap.models import Bootstrap, MakeEnvironment, Subject
from windlass.bootstrap.plan import plan_bootstrap
from windlass.bootstrap.ports import Finding, State
from windlass.bootstrap.settings import BootstrapSettings, parse_bootstrap
from windlass.bootstrap.shared import StackNeeds
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


@dataclass
class FakeHub:
    """A repository on GitHub in this process; satisfies `bootstrap.ports.GitHub`.

    Attributes:
        environments: As they were made.
        variables: By environment and name.
        writes: How often something was changed.
    """

    environments: dict[str, MakeEnvironment] = field(default_factory=dict)
    variables: dict[tuple[str, str], str] = field(default_factory=dict)
    writes: int = 0

    def subject(self, wanted: Subject) -> Subject:
        """Tell the prefix that GitHub would."""
        return replace(wanted, prefix="repo:acme@1/shop@2") if wanted.form == "ask" else wanted

    def look_environment(self, step: MakeEnvironment) -> Finding:
        """Compare with what was made."""
        return _finding(self.environments.get(step.name), step)

    def make_environment(self, step: MakeEnvironment) -> None:
        """Remember it."""
        self.writes += 1
        self.environments[step.name] = step

    def look_variable(self, environment: str, name: str, value: str | None) -> Finding:
        """Compare with what was set."""
        return _finding(self.variables.get((environment, name)), value)

    def set_variable(self, environment: str, name: str, value: str) -> None:
        """Set it, in an environment that is there."""
        assert environment in self.environments, f"there is no environment {environment}"
        self.writes += 1
        self.variables[environment, name] = value


def _finding(found: object, wanted: object) -> Finding:
    if found is None:
        return Finding(state=State.MISSING)
    return Finding(state=State.THERE if found == wanted else State.DIFFERENT)
