"""A bootstrap: what bootstrap.yml says in, what has to be done or was done out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, MutableMapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from windlass import cloud
from windlass.bootstrap.commands import prefix_of
from windlass.bootstrap.file import load_bootstrap, load_stacks
from windlass.bootstrap.models import PARTS, Bootstrap, MakeIdentity, Part, Subject
from windlass.bootstrap.perform import Outcome, Tell, carry_out
from windlass.bootstrap.plan import plan_bootstrap
from windlass.project.stack_file import known_outputs
from windlass.release.clock import SystemClock

if TYPE_CHECKING:
    from windlass.bootstrap.ports import Azure, KnownIdentity
    from windlass.bootstrap.settings import BootstrapSettings
    from windlass.github.setup import GitHubSetUp


@dataclass(frozen=True, kw_only=True)
class SetUp:
    """How a bootstrap ended.

    Attributes:
        plan: Everything that has to be there.
        outcomes: What became of each step that was ours to do.
        identities: Those that are there, as Azure knows them.
    """

    plan: Bootstrap
    outcomes: tuple[Outcome, ...]
    identities: tuple[tuple[MakeIdentity, KnownIdentity], ...]


def plan_set_up(root: Path) -> Bootstrap:
    """Decide on everything that has to be there; neither Azure nor GitHub is asked."""
    wanted = load_bootstrap(root)
    return plan_bootstrap(wanted, load_stacks(root, wanted), _said_subject(wanted))


def set_up(
    root: Path, environ: MutableMapping[str, str], tell: Tell, *, parts: Iterable[Part] = PARTS, dry_run: bool = False
) -> SetUp:
    """Look at everything that has to be there, and make what is not.

    Args:
        root: The folder of the project.
        environ: The environment; a token of GitHub is read from it, and the Azure clients read it too.
        tell: Hears of each step.
        parts: What of it is ours to do.
        dry_run: Look only.
    """
    wanted = load_bootstrap(root)
    stacks = load_stacks(root, wanted)
    cloud.enter(known_outputs(stacks[0].settings), root, environ)
    parts, subject, azure = tuple(parts), _said_subject(wanted), _azure()
    with ExitStack() as lent:
        hub = None
        # Whoever does Azure's part alone needs no token of GitHub, once the file says how the repository is named.
        if "github" in parts or ("azure" in parts and prefix_of(subject) is None):
            hub = lent.enter_context(_hub(environ, wanted.repository))
            subject = hub.subject(subject)
        plan = plan_bootstrap(wanted, stacks, subject)
        outcomes = carry_out(plan.only(*parts), azure, hub, tell, dry_run=dry_run)
    known = ((each, azure.known(each)) for each in plan.identities)
    return SetUp(plan=plan, outcomes=outcomes, identities=tuple((each, found) for each, found in known if found))


@contextmanager
def _hub(environ: Mapping[str, str], repository: str) -> Iterator[GitHubSetUp]:
    from windlass.factory.hub import github
    from windlass.github.setup import GitHubSetUp

    with github({**environ, "GITHUB_REPOSITORY": repository}, "set up the repository") as lent:
        yield GitHubSetUp(lent)


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
