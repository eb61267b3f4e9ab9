"""The command line: `python -m windlass_emulator start|stop|status|logs|reset|serve`.

Only `serve` imports what the local Azure is made of; the others answer at once.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from windlass_emulator import control
from windlass_emulator.folder import DataFolder

NOT_RUNNING = 3
"""The exit code of `status` when there is nothing to tell of."""

_data = click.option(
    "--data",
    "folder",
    required=True,
    type=click.Path(path_type=Path, file_okay=False),
    callback=lambda _context, _option, value: DataFolder(value.absolute()),
    help="Folder with the state of this local Azure; made when it is not there.",
)
_clock_rate = click.option(
    "--clock-rate",
    default=1.0,
    show_default=True,
    type=click.FloatRange(min=0.01),
    help="How many times faster operations and idle timers run. Tokens and time-outs are never faster.",
)
_retry_after = click.option(
    "--retry-after/--no-retry-after",
    default=True,
    show_default=True,
    help="Send retry-after-ms with unfinished operations, so that clients poll quickly. Azure does not.",
)


class _Commands(click.Group):
    """The commands here, and `environments`, whose part is imported when it is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [*super().list_commands(ctx), "environments"]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name != "environments":
            return super().get_command(ctx, cmd_name)
        from windlass_emulator.ml.environments_cli import environments

        return environments


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """The local Azure: what Windlass needs of Azure, on this machine."""


@main.command()
@_data
@_clock_rate
@_retry_after
def start(folder: DataFolder, clock_rate: float, *, retry_after: bool) -> None:
    """Start in the background and return when ready."""
    options = control.Options(clock_rate, retry_after)
    supervisor, new = _or_fail(lambda: control.start(folder, options, os.environ))
    if new:
        click.echo(f"The local Azure is ready (process {supervisor.pid}).")
    else:
        click.echo(f"The local Azure is already running (process {supervisor.pid}, since {supervisor.started}).")
    click.echo(f"In a shell: set -a; . {folder.env_file}; set +a")


@main.command()
@_data
def stop(folder: DataFolder) -> None:
    """Stop it and all its processes."""
    stopped = _or_fail(lambda: control.stop(folder))
    click.echo("The local Azure has stopped." if stopped else "The local Azure is not running.")


@main.command()
@_data
@click.option("--output", type=click.Choice(["table", "json"]), default="table", show_default=True)
def status(folder: DataFolder, output: str) -> None:
    """Tell what runs: exit code 0 when it is running, 3 when not."""
    told = _or_fail(lambda: control.status(folder))
    if output == "json":
        empty: dict[str, Any] = {"supervisor": None, "listeners": [], "children": [], "instances": [], "nodes": []}
        click.echo(json.dumps(told or empty, indent=2))
    else:
        click.echo(_table(told) if told else f"No local Azure is running in {folder.root}.")
    if told is None:
        sys.exit(NOT_RUNNING)


@main.command()
@_data
@click.option("--lines", default=50, show_default=True, type=click.IntRange(min=1), help="How many of each log.")
def logs(folder: DataFolder, lines: int) -> None:
    """Show the ends of the logs of the supervisor and its children."""
    for path in control.log_files(folder):
        last = path.read_text(encoding="utf-8", errors="replace").splitlines()[-lines:]
        if last:
            click.echo("\n".join([f"==> {path.relative_to(folder.root)} <==", *last, ""]))


@main.command()
@_data
def reset(folder: DataFolder) -> None:
    """Delete all resources, blobs and secrets. It must not be running."""
    _or_fail(lambda: control.reset(folder))
    click.echo("The local Azure is as new.")


@main.command()
@_data
@_clock_rate
@_retry_after
@click.option("--ready-descriptor", type=int, hidden=True)
def serve(folder: DataFolder, clock_rate: float, *, retry_after: bool, ready_descriptor: int | None) -> None:
    """Run in the foreground until Ctrl-C."""
    say = _say(ready_descriptor)
    from windlass_emulator import azurite
    from windlass_emulator import serve as process
    from windlass_emulator.store import StateFormatError

    refusals = (azurite.MissingToolError, azurite.AzuriteStartError, process.AlreadyRunningError, StateFormatError)
    try:
        process.serve(folder, clock_rate=clock_rate, retry_after=retry_after, ready=say)
    except refusals as error:
        say(str(error))
        sys.exit(1)


def _say(descriptor: int | None) -> Callable[[str], None]:
    """Tell one thing: to `start`, which waits at the other end of a pipe, or to the person at the terminal."""
    if descriptor is None:
        return click.echo

    def say(sentence: str) -> None:
        os.write(descriptor, sentence.encode())
        os.close(descriptor)

    return say


def _or_fail(act: Callable[[], Any]) -> Any:
    try:
        return act()
    except control.ControlError as error:
        raise click.ClickException(str(error)) from error


def _table(told: dict[str, Any]) -> str:
    lines = [f"supervisor  process {told['supervisor']['pid']}, since {told['supervisor']['started']}"]
    lines += [f"listener    {row['name']:<8} {row['address']}" for row in told["listeners"]]
    lines += [f"child       {row['name']:<8} process {row['pid']}" for row in told["children"]]
    lines += [
        f"instance    {row['endpoint']}/{row['deployment']}/{row['index']}  process {row['pid']}  {row['state']}"
        for row in told["instances"]
    ]
    lines += [
        f"node        {row['cluster']}/{row['node']}  process {row['pid']}  {row['state']}" for row in told["nodes"]
    ]
    return "\n".join(lines)
