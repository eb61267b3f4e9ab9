"""What workflows say to GitHub: comment, summary, issue, labels, deployment."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from windlass.cli import options
from windlass.cli.run import run

if TYPE_CHECKING:
    from windlass.github.comments import Written

STATES = ("error", "failure", "inactive", "in_progress", "pending", "queued", "success")
KEY = "Which of our own: letters, digits and hyphens. One key, one comment or issue."

file = click.option(
    "--file",
    type=click.Path(exists=True, dir_okay=False, allow_dash=True, path_type=Path),
    metavar="FILE.md",
    help="The text, as Markdown; - for stdin.",
)
pull = click.option(
    "--pull", type=click.IntRange(min=1), metavar="NUMBER", help="The pull request; that of the event by default."
)
verbose = click.option("--verbose", "-v", is_flag=True, help="On an error, say all that GitHub said.")


@click.group()
def github() -> None:
    """Say something to GitHub, in the name of the job.

    Needs GITHUB_REPOSITORY and GITHUB_TOKEN; GITHUB_API_URL for a server of your own. Exit code 3 when the token may
    not do it; the message names the line that is missing under `permissions:`. Rate limits are waited out for up to
    15 minutes.
    """


@github.command()
@click.option("--key", required=True, help=KEY)
@file
@pull
@click.option("--remove", is_flag=True, help="Remove the comment instead.")
@options.output
@verbose
def comment(
    *,
    key: str,
    file: Path | None,
    pull: int | None,
    remove: bool,
    output: str,
    verbose: bool,  # noqa: ARG001 - read by cli.run
) -> None:
    """Make the one comment of a key on a pull request say a text.

    It is found on any page by a hidden line and its author, edited, and never doubled. More than 65,536 characters are
    refused before anything is sent (exit code 5). Needs `pull-requests: write`.
    """
    from windlass.factory.hub import github as connected

    if remove == (file is not None):
        raise click.UsageError("give either --file or --remove")
    number = pull or _pull()
    with connected(os.environ, f"comment on pull request {number}") as hub:
        if file is not None:
            _show([hub.sticky_comment(number, key, _read(file))], "comment", output)
        else:
            _show_count(hub.remove_comment(number, key), "removed", output)


@github.command()
@file
def summary(*, file: Path | None) -> None:
    """Add a text to the summary of the job; at a desk, where there is none, print it.

    GitHub shows 1 MiB of a step. A longer text is cut, and says so.
    """
    from windlass.github.job import write_summary

    text = _read(_needed(file))
    if not write_summary(os.environ, text):
        sys.stdout.write(text)


@github.command()
@click.option("--key", required=True, help=KEY)
@click.option("--title", help="What the issue shall be called.")
@file
@click.option("--close", is_flag=True, help="Close it; that none is open is no error.")
@click.option("--close-when-empty", is_flag=True, help="Close it when the text is empty.")
@options.output
@verbose
def issue(
    *,
    key: str,
    title: str | None,
    file: Path | None,
    close: bool,
    close_when_empty: bool,
    output: str,
    verbose: bool,  # noqa: ARG001 - read by cli.run
) -> None:
    """Make the one issue of a key say a text, or close it.

    It is opened, or opened again, when none is open. Needs `issues: write`.
    """
    from windlass.factory.hub import github as connected

    text = "" if close else _read(_needed(file))
    if not close and not title:
        raise click.UsageError("give --title")
    with connected(os.environ, f"write the issue {key}") as hub:
        if close or (close_when_empty and not text.strip()):
            _show(hub.close_issue(key), "issue", output)
        else:
            _show([hub.issue(key, str(title), text)], "issue", output)


@github.command()
@pull
@click.option("--commit", metavar="SHA", help="Those of the pull requests that brought a commit instead.")
@options.output
@verbose
def labels(
    *,
    pull: int | None,
    commit: str | None,
    output: str,
    verbose: bool,  # noqa: ARG001 - read by cli.run
) -> None:
    """Print the labels of a pull request as they are now, one a line.

    The event of a job holds them as they were when it began. With --commit, only pull requests that were merged into
    the branch of the job count (at a desk: into the default branch). Needs `pull-requests: read`.
    """
    from windlass.cli import render
    from windlass.factory.hub import github as connected
    from windlass.github.job import read_event

    if pull and commit:
        raise click.UsageError("give either --pull or --commit")
    with connected(os.environ, "read labels") as hub:
        found = hub.merged_labels(commit, read_event(os.environ).branch) if commit else hub.labels(pull or _pull())
    if output == "json":
        render.show_json(list(found))
    else:
        sys.stdout.writelines(f"{label}\n" for label in found)


@github.command()
@click.option("--environment", required=True, metavar="NAME", help="The environment, as the job names it.")
@click.option("--state", required=True, type=click.Choice(STATES), help="Where the deployment is now.")
@click.option("--commit", metavar="SHA", help="What is deployed; GITHUB_SHA by default.")
@click.option("--description", default="", help="A sentence; cut to 140 characters.")
@click.option("--url", default="", help="Where what was deployed is reached.")
@options.output
@verbose
def deployment(
    *,
    environment: str,
    state: str,
    commit: str | None,
    description: str,
    url: str,
    output: str,
    verbose: bool,  # noqa: ARG001 - read by cli.run
) -> None:
    """Say how the deployment of a commit to an environment stands. Needs `deployments: write`.

    It is put on the deployment that GitHub makes for a job with an environment, or on one of our own.
    """
    from windlass.cli import render
    from windlass.errors.github import NoCommitError
    from windlass.factory.hub import github as connected
    from windlass.github.job import read_event
    from windlass.github.models import DeploymentState

    event = read_event(os.environ)
    deployed = commit or event.commit
    if not deployed:
        raise NoCommitError
    with connected(os.environ, f"set the status of the deployment to {environment}") as hub:
        made = hub.deployment(
            environment, DeploymentState(state), deployed, description=description, url=url, log=event.run_url
        )
    if output == "json":
        render.show_json({"id": made.id, "environment": environment, "commit": deployed, "state": state})
    else:
        click.echo(f"deployment {made.id} of {deployed} to {environment}: {state}")


@github.command()
@verbose
def private(*, verbose: bool) -> None:  # noqa: ARG001 - read by cli.run
    """Refuse to go on in a public repository (exit code 5).

    Everybody can read the artefacts of its runs, a saved plan among them.
    """
    from windlass.errors.github import PublicRepositoryError
    from windlass.factory.hub import github as connected
    from windlass.github.job import read_event

    known = read_event(os.environ).private
    if known is None:
        with connected(os.environ, "read the repository") as hub:
            known = hub.repository().private
    if not known:
        raise PublicRepositoryError(os.environ.get("GITHUB_REPOSITORY", ""))
    click.echo("the repository is private")


def _pull() -> int:
    from windlass.errors.github import NoPullRequestError
    from windlass.github.job import read_event

    event = read_event(os.environ)
    if event.pull is None:
        raise NoPullRequestError(event.name)
    return event.pull


def _needed(file: Path | None) -> Path:
    if file is None:
        raise click.UsageError("give --file")
    return file


def _read(file: Path) -> str:
    return sys.stdin.read() if str(file) == "-" else file.read_text(encoding="utf-8")


def _show(written: list[Written] | tuple[Written, ...], what: str, output: str) -> None:
    from windlass.cli import render

    if output == "json":
        render.show_json([{"did": each.did, "number": each.number, "url": each.url} for each in written])
        return
    for each in written:
        click.echo(f"{what} {each.did}: {each.url}")
    if not written:
        click.echo(f"no {what} was open")


def _show_count(count: int, did: str, output: str) -> None:
    from windlass.cli import render

    if output == "json":
        render.show_json({did: count})
    else:
        click.echo(f"{did}: {count}")


if __name__ == "__main__":
    run(github)
