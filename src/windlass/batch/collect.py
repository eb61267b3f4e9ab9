"""Fetches the rows of a job that has completed and puts each into its places once. Doing it again changes nothing."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from windlass.batch.merge import merge_rows
from windlass.batch.models import Collected, Job, Merged
from windlass.batch.ports import BatchJobs
from windlass.batch.prepare import load_keys
from windlass.batch.record import Run
from windlass.batch.sinks import JobFacts, load_table, write_files
from windlass.errors.batch import ResultsUnreadableError, RowsMissingError, RowsUnexpectedError
from windlass.project.results import ResultFormat

KEYS, FETCHED = "keys.csv", "fetched"


@dataclass(frozen=True, kw_only=True)
class Places:
    """Where the rows of a run go.

    Attributes:
        home: The run's own folder.
        files: The folder that takes the files.
        database: The SQLite file that takes the rows as well, if any.
    """

    home: Path
    files: Path
    database: Path | None = None


def collect_rows(
    run: Run, job: Job, jobs: BatchJobs, layout: ResultFormat, places: Places, *, now: float
) -> tuple[Collected, Merged]:
    """Fetch, merge and write.

    Args:
        run: What is known of the run.
        job: The completed job.
        jobs: Who fetches its results.
        layout: What a row holds.
        places: Where rows go.
        now: Seconds of the wall clock.

    Raises:
        ResultsUnreadableError: The file is not what the layout says.
        DatabaseFailedError: The database took no row.
    """
    merged = _merge(jobs.download(job, places.home / FETCHED), job, layout, places.home / KEYS)
    files = write_files(merged.rows, layout, places.files)
    table = ""
    if places.database is not None:
        facts = JobFacts(
            job=job.name, endpoint=run.endpoint, deployment=run.deployment, model=run.model, rows=len(merged.rows)
        )
        table = load_table(merged.rows, layout, facts, places.database, now=now)
    shutil.rmtree(places.home / FETCHED)
    collected = Collected(
        job=job.name,
        deployment=run.deployment,
        model=run.model,
        rows=len(merged.rows),
        expected=run.rows,
        repeated=merged.repeated,
        differing=merged.differing,
        unreadable=merged.unreadable,
        files=files,
        database=str(places.database or ""),
        table=table,
    )
    return collected, merged


def check_complete(merged: Merged, collected: Collected) -> None:
    """Complain when the rows are not those of the input.

    Raises:
        RowsMissingError: Rows have no result.
        RowsUnexpectedError: The results name rows that the input does not have.
    """
    where = str(collected.files[0].parent)
    if merged.missing:
        expected = collected.rows + len(merged.missing)
        raise RowsMissingError(collected.job, merged.missing, expected, where)
    if merged.unexpected:
        raise RowsUnexpectedError(collected.job, merged.unexpected, where)


def _merge(file: Path, job: Job, layout: ResultFormat, keys: Path) -> Merged:
    expected = load_keys(keys) if keys.is_file() else None
    with file.open(encoding="utf-8", errors="replace", newline="\n") as lines:
        merged = merge_rows(lines, layout, expected)
    if merged.unreadable and not merged.rows and not merged.unexpected:
        columns = ", ".join(f"{column.name} ({column.type})" for column in layout.columns)
        raise ResultsUnreadableError(job.name, f"no line of {file.name} holds {columns}, as batch/results.yml says")
    return merged
