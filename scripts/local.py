"""Start, stop and look at the local Azure of this checkout."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import click

from windlass.cli.run import run

ROOT = Path(__file__).resolve().parent.parent
DATA = ROOT / ".windlass" / "azure"
STATE = ROOT / ".windlass" / "state" / ".pulumi" / "stacks"
ACTIONS = ("start", "stop", "status", "logs", "reset")


@click.command(context_settings={"ignore_unknown_options": True})
@click.argument("action", type=click.Choice(ACTIONS))
@click.argument("flags", nargs=-1, type=click.UNPROCESSED)
def local(*, action: str, flags: tuple[str, ...]) -> int:
    """Do one thing to the local Azure of this checkout, which keeps its state in .windlass/azure.

    \b
    start   start it and return when it is ready; --clock-rate X makes operations and idle timers X times faster
    stop    stop it with all its processes; its state stays
    status  what runs; exit code 3 when it does not run; --output json for programs
    logs    the ends of its logs; --lines N
    reset   delete its state; it must not be running
    """  # noqa: D301 - click wants this very character before lines that stay lines
    # As a process, never as an import: the toolkit and the local Azure share no code.
    command = [sys.executable, "-m", "windlass_emulator", action, "--data", str(DATA), *flags]
    code = subprocess.run(command, check=False).returncode
    if action == "reset" and code == 0 and any(STATE.glob("*/local.json")):
        click.echo("The state of stack local still names what is gone. Run: pulumi refresh -s local --yes", err=True)
    return code


if __name__ == "__main__":
    run(local)
