"""Runs a command: what a person can act on becomes a message and an exit code, without a traceback."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import NoReturn, TextIO

import click

from windlass.errors import ExitCode, WindlassError

_INTERRUPTED = 130


def run(command: click.Command, argv: Sequence[str] | None = None, *, stderr: TextIO | None = None) -> NoReturn:
    """Run a command to its end and leave the process with its exit code.

    Args:
        command: What the script defines.
        argv: The arguments; those of the process by default.
        stderr: Where messages go.
    """
    sys.exit(call(command, sys.argv[1:] if argv is None else argv, stderr=stderr or sys.stderr))


def call(command: click.Command, argv: Sequence[str], *, stderr: TextIO) -> int:
    """Run a command and tell its exit code."""
    try:
        outcome = command.main(args=list(argv), standalone_mode=False)
    except click.ClickException as error:
        error.show(file=stderr)
        return ExitCode.USAGE
    except WindlassError as error:
        _show(error, verbose=_is_verbose(argv), stderr=stderr)
        return error.exit_code
    except (click.Abort, KeyboardInterrupt):
        stderr.write("interrupted; run the same command again to go on\n")
        return _INTERRUPTED
    return outcome if isinstance(outcome, int) else ExitCode.OK


def _show(error: WindlassError, *, verbose: bool, stderr: TextIO) -> None:
    stderr.write(f"error: {error}\n")
    if error.details and verbose:
        stderr.writelines(f"  {line}\n" for line in error.details)
    elif error.details:
        stderr.write("More with --verbose.\n")


def _is_verbose(argv: Sequence[str]) -> bool:
    return "--verbose" in argv or "-v" in argv
