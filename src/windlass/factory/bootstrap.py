"""A bootstrap: what bootstrap.yml says in, what has to be done or was done out."""

from __future__ import annotations

from collections.abc import MutableMapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from windlass import cloud
from windlass.bootstrap.file import load_bootstrap, load_stacks
from windlass.bootstrap.models import Bootstrap, Subject
from windlass.bootstrap.perform import Outcome, Tell, carry_out
from windlass.bootstrap.plan import plan_bootstrap
from windlass.project.stack_file import known_outputs
from windlass.release.clock import SystemClock

if TYPE_CHECKING:
    from windlass.bootstrap.ports import Azure
    from windlass.bootstrap.settings import BootstrapSettings


@dataclass(frozen=True, kw_only=True)
class SetUp:
    """How a bootstrap ended.

    Attributes:
        plan: Everything that has to be there.
        outcomes: What became of each step that was ours to do.
    """

    plan: Bootstrap
    outcomes: tuple[Outcome, ...]


def plan_set_up(root: Path) -> Bootstrap:
    """Decide on everything that has to be there; neither Azure nor GitHub is asked."""
    wanted = load_bootstrap(root)
    return plan_bootstrap(wanted, load_stacks(root, wanted), _said_subject(wanted))


def set_up(
    root: Path, environ: MutableMapping[str, str], tell: Tell, *, with_roles: bool = True, dry_run: bool = False
) -> SetUp:
    """Look at everything that has to be there, and make what is not.

    Args:
        root: The folder of the project.
        environ: The environment; a token of GitHub is read from it, and the Azure clients read it too.
        tell: Hears of each step.
        with_roles: Whether to make the role assignments.
        dry_run: Look only.
    """
    from windlass.factory.hub import github
    from windlass.github.setup import GitHubSetUp

    wanted = load_bootstrap(root)
    stacks = load_stacks(root, wanted)
    cloud.enter(known_outputs(stacks[0].settings), root, environ)
    with github({**environ, "GITHUB_REPOSITORY": wanted.repository}, "set up the repository") as repository:
        hub = GitHubSetUp(repository)
        plan = plan_bootstrap(wanted, stacks, hub.subject(_said_subject(wanted)))
        ours = plan if with_roles else plan.without_roles()
        return SetUp(plan=plan, outcomes=carry_out(ours, _azure(), hub, tell, dry_run=dry_run))


def _said_subject(wanted: BootstrapSettings) -> Subject:
    return Subject(
        repository=wanted.repository,
        form=wanted.subject,
        owner_id=wanted.owner_id,
        repository_id=wanted.repository_id,
    )


def _azure() -> Azure:
    from windlass.azure.arm import Arm
    from windlass.azure.bootstrap import AzureBootstrap
    from windlass.azure.credential import sign_in

    sleep = SystemClock().sleep
    # Every address is a whole one: there is no workspace yet.
    return AzureBootstrap(Arm(sign_in(), "", sleep=sleep), sleep=sleep)
