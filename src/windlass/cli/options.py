"""Flags that every command shares."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

Command = TypeVar("Command", bound=Callable[..., Any])

stack = click.option(
    "--stack", "-s", required=True, metavar="STACK", help="The stack to work on: local, dev, staging, prod."
)
dry_run = click.option("--dry-run", is_flag=True, help="Say what would be done, and change nothing.")
output = click.option(
    "--output",
    "-o",
    type=click.Choice(["table", "json"]),
    default="table",
    show_default=True,
    help="For people, or JSON for programs on stdout.",
)
report_output = click.option(
    "--output",
    "-o",
    type=click.Choice(["table", "json", "markdown"]),
    default="table",
    show_default=True,
    help="For people, JSON for programs, or Markdown for a comment or an issue.",
)
without_record = click.option(
    "--without-record",
    is_flag=True,
    help="Go on where no record can be written; what is released so cannot be promoted.",
)
verbose = click.option("--verbose", "-v", is_flag=True, help="On an error, say all that Azure said.")


def common(command: Command) -> Command:
    """Add the flags that every command has: the stack, the form of its output, verbosity."""
    return stack(output(verbose(command)))
