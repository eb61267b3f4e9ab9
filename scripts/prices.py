"""Show the price book that estimates use, or bring it up to date."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import click

from windlass.cli import options
from windlass.cli.run import run

ROOT = Path(__file__).resolve().parent.parent
COLUMNS = ("key", "region", "price", "per", "source", "date", "retires", "marks")

book_option = click.option(
    "--book",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="PRICES.json",
    help="The price book; prices.json of the project, or the one of the package, when absent.",
)


@click.group()
def prices() -> None:
    """Show the price book that estimates use, or bring it up to date."""


@prices.command()
@click.option("--region", metavar="REGION", help="What holds in this region, other regions' prices marked.")
@book_option
@options.output
@options.verbose
def show(*, region: str | None, book: Path | None, output: str, verbose: bool) -> None:  # noqa: ARG001 - cli.run
    """Show every price with its source and the date on which that saw it."""
    from windlass.cli import render
    from windlass.delivery.cost.refresh import listed
    from windlass.factory.cost import load_book

    found = load_book(ROOT, book)
    rows = list(listed(found, region))
    if output == "json":
        render.show_json({"sources": found.sources, "prices": rows})
        return
    render.show_table(COLUMNS, [[row[column] for column in COLUMNS] for row in rows])
    for name, what in found.sources.items():
        click.echo(f"{name}: {what}")


@prices.command()
@click.option("--region", "regions", multiple=True, required=True, metavar="REGION", help="Ask for it; more than once.")
@click.option("--size", "sizes", multiple=True, metavar="SIZE", help="A size that the book does not have yet.")
@click.option("--api", metavar="URL", help="Another address of the API, such as that of a mirror.")
@book_option
@options.output
@options.verbose
def refresh(
    *,
    regions: tuple[str, ...],
    sizes: tuple[str, ...],
    api: str | None,
    book: Path | None,
    output: str,
    verbose: bool,  # noqa: ARG001 - read by cli.run
) -> None:
    """Ask the Azure Retail Prices API for the prices of the book, and write it.

    No login is needed. The book is written as a whole, once every price is known; after an error it is as it was. It
    is prices.json in the folder of the project, unless --book says otherwise.
    """
    from windlass.cli import render
    from windlass.factory.prices import refresh_prices

    file, became = refresh_prices(
        ROOT,
        regions,
        sizes=sizes,
        book=book,
        address=api,
        today=dt.datetime.now(dt.UTC).date(),
        tell=lambda text: click.echo(text, err=True),
    )
    changed = [each for each in became if each.has_changed]
    missing = [each for each in became if not each.after]
    if output == "json":
        as_json = [
            {"key": each.key, "region": each.region, "before": each.before, "after": each.after} for each in became
        ]
        render.show_json({"file": str(file), "prices": as_json})
        return
    render.show_table(("key", "region", "was", "is"), [(e.key, e.region, e.before or "-", e.after) for e in changed])
    for each in missing:
        click.echo(f"no price in {each.region}: {each.key}, {'as it was' if each.before else 'still none'}")
    click.echo(f"{len(changed)} changed, {len(became) - len(changed) - len(missing)} as before: {file}")


if __name__ == "__main__":
    run(prices)
