"""What we know of things on GitHub. Frozen; made from GitHub's JSON by the module of each subject."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

Access = Literal["read", "write"]


@dataclass(frozen=True, slots=True)
class Need:
    """The permission that a request takes.

    Attributes:
        key: As in a workflow's `permissions:`, or the name of a repository permission of a fine-grained token.
        job: Whether the token of a job can have it.
    """

    key: str
    access: Access
    job: bool = True


@dataclass(frozen=True, slots=True)
class Call:
    """What a request is for, in words for messages, and what it needs.

    Attributes:
        what: Completes "GitHub refused to ...".
    """

    what: str
    need: Need


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment on a pull request.

    Attributes:
        hidden: Somebody minimised it; readers see a line only, and REST cannot undo that.
    """

    id: int
    author: str
    body: str
    hidden: bool = False
    url: str = ""


@dataclass(frozen=True, slots=True)
class PullRequest:
    """A pull request.

    Attributes:
        head: The newest commit of its branch.
        fork: The branch stands in another repository.
        base: The branch that it goes into.
        default_branch: That of the repository.
    """

    number: int
    title: str
    merged: bool
    labels: tuple[str, ...]
    head: str = ""
    fork: bool = False
    url: str = ""
    base: str = ""
    default_branch: str = ""


@dataclass(frozen=True, slots=True)
class Issue:
    """An issue (no pull request)."""

    number: int
    author: str
    title: str
    body: str
    open: bool
    url: str = ""


class DeploymentState(StrEnum):
    """The states of a deployment, as GitHub names them."""

    ERROR = "error"
    FAILURE = "failure"
    INACTIVE = "inactive"
    IN_PROGRESS = "in_progress"
    PENDING = "pending"
    QUEUED = "queued"
    SUCCESS = "success"


@dataclass(frozen=True, slots=True)
class Deployment:
    """A deployment of a commit to an environment, as the repository's page lists them."""

    id: int
    environment: str
    commit: str


@dataclass(frozen=True, slots=True)
class Reviewer:
    """Who may approve a deployment.

    Attributes:
        name: Login of a user, or the slug of a team.
    """

    kind: Literal["User", "Team"]
    id: int
    name: str = ""


@dataclass(frozen=True, slots=True)
class Environment:
    """An environment of a repository and its protection.

    Attributes:
        reviewers: At most six; one approval is enough.
        wait_minutes: 0 to 43,200.
        branches: Patterns of the branches that may deploy, as Ruby's fnmatch reads them; empty means any.
        protected_branches: Only branches with a protection rule may deploy; excludes `branches`.
        admins_bypass: Administrators may deploy without approval.
    """

    name: str
    reviewers: tuple[Reviewer, ...] = ()
    wait_minutes: int = 0
    prevent_self_review: bool = False
    branches: tuple[str, ...] = ()
    protected_branches: bool = False
    admins_bypass: bool = True


@dataclass(frozen=True, slots=True)
class Repository:
    """A repository.

    Attributes:
        created: UTC, as GitHub writes it (2026-07-16T09:00:00Z).
    """

    id: int
    owner_id: int
    owner: str
    name: str
    private: bool
    default_branch: str
    created: str


@dataclass(frozen=True, slots=True)
class SubjectForm:
    """How GitHub writes the subject of a job's token for OpenID Connect.

    Attributes:
        default: Neither the repository nor its organisation has a template of its own.
        immutable: With the ids of owner and repository, `repo:O@1/R@2:...`; None when GitHub does not say.
        prefix: What stands before `:environment:...`, when GitHub says.
        keys: The claims of a template of one's own.
    """

    default: bool = True
    immutable: bool | None = None
    prefix: str = ""
    keys: tuple[str, ...] = ()
