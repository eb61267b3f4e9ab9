"""What a bootstrap needs from outside."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Protocol

from windlass.bootstrap.models import (
    GiveRole,
    KeepVersions,
    MakeAccount,
    MakeContainer,
    MakeEnvironment,
    MakeGroup,
    MakeIdentity,
    MakeKey,
    MakeVault,
    RegisterProvider,
    Subject,
    TrustGitHub,
)

AzureStep = (
    RegisterProvider
    | MakeGroup
    | MakeAccount
    | KeepVersions
    | MakeContainer
    | MakeVault
    | MakeKey
    | MakeIdentity
    | TrustGitHub
    | GiveRole
)


class State(Enum):
    """How far something is what a step wants."""

    THERE = "there"
    MISSING = "missing"
    DIFFERENT = "different"
    NOT_YET = "not yet"
    """What it belongs to is made by somebody else, later."""


@dataclass(frozen=True, kw_only=True)
class Finding:
    """What a look at one step's subject found.

    Attributes:
        note: What is different, or worth knowing; empty when there is nothing to say.
    """

    state: State
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class KnownIdentity:
    """An identity that is there.

    Attributes:
        client_id: What it signs in as.
        object_id: What roles are given to.
    """

    client_id: str
    object_id: str


class Azure(Protocol):
    """Azure, one step at a time."""

    def look(self, step: AzureStep) -> Finding:
        """Tell how far it is what the step wants; nothing is changed."""
        ...

    def do(self, step: AzureStep) -> None:
        """Make it so, whether it is missing or different."""
        ...

    def known(self, identity: MakeIdentity) -> KnownIdentity | None:
        """Tell how Azure knows an identity; None when there is no such identity."""
        ...


class GitHub(Protocol):
    """The repository on GitHub, one step at a time."""

    def subject(self, wanted: Subject) -> Subject:
        """Complete how GitHub names the repository to Azure."""
        ...

    def look_environment(self, step: MakeEnvironment) -> Finding:
        """Tell how far an environment is as wanted."""
        ...

    def make_environment(self, step: MakeEnvironment) -> None:
        """Make an environment, or its rules what is wanted."""
        ...

    def look_variable(self, environment: str, name: str, value: str | None) -> Finding:
        """Tell whether a variable says something; with None, whether it is there."""
        ...

    def set_variable(self, environment: str, name: str, value: str) -> None:
        """Make a variable say something."""
        ...
