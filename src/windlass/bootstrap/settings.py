"""`bootstrap.yml`: the repository on GitHub, and who approves what."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal

from pydantic import Field, StringConstraints, ValidationError

from windlass.errors.bootstrap import InvalidBootstrapFileError
from windlass.project.names import SHARED_STACK, WORDS_PATTERN
from windlass.project.settings.parts import Guid, Section

FILE: Final = "bootstrap.yml"

_MOST_REVIEWERS: Final = 6
_LONGEST_WAIT_MINUTES: Final = 43_200
"""Both are GitHub's limits for one environment (docs: Deployments and environments)."""

Repository = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9-]*/[A-Za-z0-9._-]+$")]
Reviewer = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9-]*(/[a-z0-9._-]+)?$")]
StackName = Annotated[str, StringConstraints(pattern=WORDS_PATTERN, min_length=2, max_length=24)]
AccountName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]{3,24}$")]
VaultName = Annotated[str, StringConstraints(pattern=r"^[a-zA-Z][a-zA-Z0-9-]{1,22}[a-zA-Z0-9]$")]
GroupName = Annotated[str, StringConstraints(pattern=r"^[-\w._()]{0,89}[-\w_()]$")]
Region = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9]+$")]


class StateSettings(Section):
    """Where the state of all stacks lies, with the vault whose keys encrypt the secrets in it."""

    subscription_id: Guid | None = Field(
        default=None, description="Subscription that it stands in; that of the first stack when absent"
    )
    location: Region | None = Field(default=None, description="Region; that of the first stack when absent")
    redundancy: Literal["Standard_LRS", "Standard_ZRS", "Standard_GRS", "Standard_GZRS"] = Field(
        default="Standard_ZRS", description="How often the storage account keeps each state"
    )
    resource_group: GroupName | None = Field(
        default=None, description="Name of its resource group; derived when absent"
    )
    storage_account: AccountName | None = Field(
        default=None, description="Name of the storage account, unique in all of Azure; derived when absent"
    )
    key_vault: VaultName | None = Field(
        default=None, description="Name of the key vault, unique in all of Azure; derived when absent"
    )


class EnvironmentSettings(Section):
    """The GitHub environment of one stack, which deployments to it go through."""

    reviewers: tuple[Reviewer, ...] = Field(
        default=(),
        max_length=_MOST_REVIEWERS,
        description="Who approves each deployment, one of them at a time: people as `login`, teams as `owner/team`",
    )
    prevent_self_review: bool = Field(
        default=False, description="Whether nobody may approve a deployment that they have started"
    )
    wait_minutes: int = Field(
        default=0, ge=0, le=_LONGEST_WAIT_MINUTES, description="Minutes that each deployment waits"
    )


class BootstrapSettings(Section):
    """Everything that `bootstrap.yml` says."""

    repository: Repository = Field(description="The repository on GitHub, as owner/name")
    branch: str = Field(default="main", min_length=1, description="The branch that is deployed")
    subject: Literal["ask", "names", "ids"] = Field(
        default="ask",
        description=(
            "How GitHub names the repository to Azure: by names (owner/name), or by ids beside them, as repositories "
            "made, renamed or moved after 2026-07-15 have it. ask: as GitHub tells it"
        ),
    )
    owner_id: int | None = Field(default=None, ge=1, description="The owner's id, with subject ids; asked when absent")
    repository_id: int | None = Field(
        default=None, ge=1, description="The repository's id, with subject ids; asked when absent"
    )
    state: StateSettings = Field(default_factory=StateSettings, description="Where state lies")
    stacks: dict[StackName, EnvironmentSettings] = Field(
        min_length=1, description="The stacks that workflows deploy, in the order in which a change reaches them"
    )


def parse_bootstrap(document: Any) -> BootstrapSettings:
    """Make one object of what `bootstrap.yml` holds.

    Raises:
        InvalidBootstrapFileError: With every problem found.
    """
    # YAML gives None for an empty section: a stack without anything said.
    if isinstance(document, Mapping) and isinstance(document.get("stacks"), Mapping):
        document = {**document, "stacks": {name: each or {} for name, each in document["stacks"].items()}}
    try:
        settings = BootstrapSettings.model_validate(document if document is not None else {})
    except ValidationError as invalid:
        raise InvalidBootstrapFileError(FILE, tuple(_sentence(each) for each in invalid.errors())) from invalid
    if SHARED_STACK in settings.stacks:
        problem = f"stacks.{SHARED_STACK}: names of what all stacks share say {SHARED_STACK}; take another name"
        raise InvalidBootstrapFileError(FILE, (problem,))
    return settings


def _sentence(problem: Any) -> str:
    path = ".".join(str(step) for step in problem["loc"] if step != "[key]")
    if path == "repository":
        return "repository: write owner/name of the repository on GitHub"
    known = {"missing": "is missing", "extra_forbidden": "is not a setting"}
    return f"{path}: {known.get(problem['type'], problem['msg'])}"
