"""Score a table with a batch endpoint and collect each row once."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from windlass.cli import options
from windlass.cli.run import run

if TYPE_CHECKING:
    from windlass.batch.models import Collected, Job, Plan

ROOT = Path(__file__).resolve().parent.parent


@click.command()
@click.argument("name")
@options.common
@options.dry_run
@click.option(
    "--input",
    "source",
    metavar="PATH|azureml:NAME:VERSION",
    default="",
    help="A .csv or .parquet file, a folder with such files, or data that the workspace has.",
)
@click.option(
    "--model",
    metavar="PATH|azureml:NAME:VERSION",
    default="",
    help="A trained model, or a registered version.  [default: the one in service in real time, else the last used]",
)
@click.option("--nodes", type=click.IntRange(min=1), help="Nodes for this job.  [default: batch/deployment.yml]")
@click.option(
    "--to",
    "folder",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder for predictions.parquet and predictions.csv.  [default: under .windlass/results]",
)
@click.option(
    "--sqlite",
    "database",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Also load the rows into this SQLite file.",
)
@click.option("--resume", metavar="JOB", default="", help="Follow and collect a job that was started before.")
@click.option("--cancel", metavar="JOB", default="", help="End a job that was started before; nothing is collected.")
def run_batch(  # noqa: PLR0913 - one parameter per flag
    *,
    name: str,
    stack: str,
    output: str,
    verbose: bool,  # noqa: ARG001 - read by cli.run
    dry_run: bool,
    source: str,
    model: str,
    nodes: int | None,
    folder: Path | None,
    database: Path | None,
    resume: str,
    cancel: str,
) -> None:
    """Score a table with the batch endpoint of endpoints/NAME.

    The model version and its deployment are made where they are not there yet. The table is cut into files, a job
    scores them on the cluster, and each row is collected once. A run that was killed is gone on with by the same
    command. Exit code 6 when the job fails, or when rows of the input have no result; they are named.
    """
    if cancel and (source or resume or dry_run):
        raise click.UsageError("--cancel goes with no other flag of a run")
    if not source and not resume and not cancel:
        raise click.UsageError("give --input, or --resume or --cancel with a job")
    if dry_run and resume:
        raise click.UsageError("--resume changes nothing in Azure: there is nothing to plan")
    from windlass.batch.wish import WishOptions
    from windlass.factory import Toolkit

    wanted = WishOptions(
        source=source, model=model, resume=resume or cancel, nodes=nodes, folder=folder, database=database
    )
    toolkit = Toolkit(ROOT, stack)
    wish, cluster = toolkit.batch_wish(name, wanted)
    runs = toolkit.batch_runs(name, cluster=cluster)
    if dry_run:
        _show_plan(runs.plan(wish), output)
        return
    from windlass.cli.batch import BatchLines

    lines = BatchLines()
    if cancel:
        _show_ended(runs.cancel(cancel, lines), output)
        return
    _show(runs.resume(resume, wish, lines) if resume else runs.run(wish, lines), output)


def _show_plan(plan: Plan, output: str) -> None:
    from windlass.batch.report import plan_as_json
    from windlass.cli import render
    from windlass.cli.batch import show_batch_plan

    render.show_json(plan_as_json(plan)) if output == "json" else show_batch_plan(plan)


def _show(collected: Collected, output: str) -> None:
    from windlass.batch.report import collected_as_json
    from windlass.cli import render
    from windlass.cli.batch import show_collected

    render.show_json(collected_as_json(collected)) if output == "json" else show_collected(collected)


def _show_ended(job: Job, output: str) -> None:
    from windlass.cli import render

    if output == "json":
        render.show_json({"job": job.name, "state": job.state})
    else:
        click.echo(f"{job.name}: {job.state}")


if __name__ == "__main__":
    run(run_batch)
