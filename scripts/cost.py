"""Estimate what a stack costs a month, and what a change does to that."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from windlass.cli import options
from windlass.cli.run import run

if TYPE_CHECKING:
    from windlass.delivery.cost import CostComparison

ROOT = Path(__file__).resolve().parent.parent
COLUMNS = ("what", "for", "how much", "price", "USD a month", "low to high")
CHANGE_COLUMNS = ("what", "for", "USD a month")


@click.command()
@options.stack
@click.option(
    "--from",
    "source",
    type=click.Choice(["files", "state", "preview"]),
    default="files",
    show_default=True,
    help="files: settings and endpoints, offline. state: what is deployed. preview: what `pulumi up` would change.",
)
@options.report_output
@click.option(
    "--book",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="PRICES.json",
    help="The price book; prices.json of the project, or the one of the package, when absent.",
)
@options.verbose
def cost(
    *,
    stack: str,
    source: str,
    output: str,
    book: Path | None,
    verbose: bool,  # noqa: ARG001 - read by cli.run
) -> None:
    """Estimate what a stack costs a month at list prices, between a low and a high bound.

    How much endpoints are used stands in endpoints/<name>/usage.yml; what is assumed without it is printed. What has
    no price is named, and is in no total. docs/explanation/cost.md says what is left out.
    """
    from windlass.cli import render
    from windlass.delivery.cost import as_json, cost_lines

    comparison = _estimate(stack, source, book)
    if output == "json":
        render.show_json({"source": source, **as_json(comparison)})
    elif output == "markdown":
        click.echo("\n".join((f"## Cost of stack {stack}", "", *cost_lines(comparison))))
    else:
        _show_table(comparison, alone=source != "preview")


def _estimate(stack: str, source: str, book: Path | None) -> CostComparison:
    from windlass.factory.cost import cost_of_files, cost_of_preview, cost_of_state

    if source == "files":
        return cost_of_files(ROOT, stack, book=book)
    if source == "state":
        return cost_of_state(ROOT, stack, os.environ, book=book)
    click.echo(f"previewing stack {stack} ...", err=True)
    return cost_of_preview(ROOT, stack, os.environ, book=book)


def _show_table(comparison: CostComparison, *, alone: bool) -> None:
    from windlass.cli import render
    from windlass.delivery.cost.lines import change_rows, describe_cost, line_rows

    estimate = comparison.after
    if estimate.lines:
        render.show_table(COLUMNS, list(line_rows(estimate)))
    if rows := list(change_rows(comparison)):
        click.echo("\nWhat changes:")
        render.show_table(CHANGE_COLUMNS, rows)
    for each in estimate.unpriced:
        click.echo(f"no price: {each.subject}: {each.why}")
    if estimate.assumptions:
        click.echo("\nAssumed:")
    for text in estimate.assumptions:
        click.echo(f"  {text}")
    click.echo(f"\nStack {comparison.stack}: {describe_cost(comparison, alone=alone).replace('**', '')}.")
    if estimate.lines:
        click.echo(f"List prices of {estimate.region}, the oldest of {estimate.book_date}, without tax and discounts.")


if __name__ == "__main__":
    run(cost)
