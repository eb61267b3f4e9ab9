"""Writes collected rows: to files that are whole or not there, and to a table in one transaction.

Both can be done again for the same job without changing anything: files are replaced by the same content, and rows
have a primary key of the job and the row's own key, so that a row which is there already stays as it is.
"""

from __future__ import annotations

import csv
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, assert_never

from windlass.batch.merge import Row
from windlass.errors.batch import DatabaseFailedError, TableShapeError
from windlass.project.results import ColumnType, ResultFormat

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine, MetaData, Table

JOBS_TABLE = "batch_jobs"
_ROWS_AT_ONCE = 5_000


@dataclass(frozen=True, kw_only=True)
class JobFacts:
    """What the database keeps of a job, beside its rows."""

    job: str
    endpoint: str
    deployment: str
    model: str
    rows: int


def write_files(rows: Sequence[Row], layout: ResultFormat, folder: Path) -> tuple[Path, ...]:
    """Write the rows as `predictions.parquet` and `predictions.csv` into a folder; returns both paths."""
    folder.mkdir(parents=True, exist_ok=True)
    parquet, text = folder / "predictions.parquet", folder / "predictions.csv"
    _replace(parquet, lambda stream: _write_parquet(rows, layout, stream))
    _replace(text, lambda stream: _write_csv(rows, layout, stream))
    return parquet, text


def name_table(endpoint: str) -> str:
    """Name the table of an endpoint folder: `churn` has `churn_predictions`."""
    return f"{endpoint.replace('-', '_')}_predictions"


def load_table(rows: Sequence[Row], layout: ResultFormat, facts: JobFacts, database: Path, *, now: float) -> str:
    """Put the rows of a job into a SQLite database, all in one transaction.

    Args:
        rows: Each row of the job once.
        layout: What a row holds.
        facts: What to note of the job.
        database: The file; it is made where it is not there.
        now: Seconds of the wall clock.

    Returns:
        The name of the table.

    Raises:
        TableShapeError: The table is there with other columns.
        DatabaseFailedError: The database did not take the rows; none is in it.
    """
    from sqlalchemy import create_engine
    from sqlalchemy.exc import SQLAlchemyError

    database.parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(f"sqlite:///{database}")
    try:
        return _load(engine, rows, layout, facts, database, now)
    except SQLAlchemyError as error:
        raise DatabaseFailedError(str(database), str(error.__cause__ or error)) from error
    finally:
        engine.dispose()


def _load(
    engine: Engine, rows: Sequence[Row], layout: ResultFormat, facts: JobFacts, database: Path, now: float
) -> str:
    from sqlalchemy import MetaData

    metadata = MetaData()
    table = _predictions(metadata, layout, name_table(facts.endpoint))
    jobs = _jobs(metadata)
    with engine.begin() as connection:
        _check_shape(connection, table, database)
        metadata.create_all(connection)
        _insert(connection, table, ({"job": facts.job, **dict(zip(layout.names, row, strict=True))} for row in rows))
        loaded = datetime.fromtimestamp(now, tz=UTC).isoformat(timespec="seconds")
        _insert(connection, jobs, iter([{**vars(facts), "loaded_at": loaded}]))
        _check_count(connection, table, facts, database)
    return str(table.name)


def _predictions(metadata: MetaData, layout: ResultFormat, name: str) -> Table:
    from sqlalchemy import Column, Table, Text

    columns = [
        Column(column.name, _sql_type(column.type), primary_key=column.name in layout.key, autoincrement=False)
        for column in layout.columns
    ]
    return Table(name, metadata, Column("job", Text, primary_key=True), *columns)


def _sql_type(kind: ColumnType) -> Any:
    from sqlalchemy import Boolean, Float, Integer, Text

    match kind:
        case ColumnType.TEXT:
            return Text()
        case ColumnType.NUMBER:
            return Float()
        case ColumnType.WHOLE:
            return Integer()
        case ColumnType.FLAG:
            return Boolean()
        case _:
            assert_never(kind)


def _jobs(metadata: MetaData) -> Table:
    from sqlalchemy import Column, Integer, Table, Text

    texts = [Column(name, Text, nullable=False) for name in ("endpoint", "deployment", "model", "loaded_at")]
    return Table(
        JOBS_TABLE, metadata, Column("job", Text, primary_key=True), Column("rows", Integer, nullable=False), *texts
    )


def _check_shape(connection: Connection, table: Table, database: Path) -> None:
    from sqlalchemy import inspect

    inspector = inspect(connection)
    if not inspector.has_table(table.name):
        return
    found = [column["name"] for column in inspector.get_columns(table.name)]
    wanted = [column.name for column in table.columns]
    if set(found) != set(wanted):
        raise TableShapeError(table.name, str(database), found, wanted)


def _insert(connection: Connection, table: Table, rows: Iterator[dict[str, object]]) -> None:
    from sqlalchemy.dialects.sqlite import insert

    statement = insert(table).on_conflict_do_nothing()
    while part := list(islice(rows, _ROWS_AT_ONCE)):
        connection.execute(statement, part)


def _check_count(connection: Connection, table: Table, facts: JobFacts, database: Path) -> None:
    from sqlalchemy import func, select

    count = connection.scalar(select(func.count()).select_from(table).where(table.c.job == facts.job))
    if count != facts.rows:
        # Raising inside the transaction takes everything back.
        raise DatabaseFailedError(str(database), f"it would hold {count} rows of the job instead of {facts.rows}")


def _replace(path: Path, write: Callable[[IO[bytes]], None]) -> None:
    fresh = path.with_name(f".{path.name}.new")
    with fresh.open("wb") as stream:
        write(stream)
        stream.flush()
        os.fsync(stream.fileno())
    fresh.replace(path)


def _write_parquet(rows: Sequence[Row], layout: ResultFormat, stream: IO[bytes]) -> None:
    import pyarrow as pa
    from pyarrow import parquet

    kinds = {
        ColumnType.TEXT: pa.string(),
        ColumnType.NUMBER: pa.float64(),
        ColumnType.WHOLE: pa.int64(),
        ColumnType.FLAG: pa.bool_(),
    }
    values = list(zip(*rows, strict=True)) or [()] * len(layout.columns)
    arrays = [pa.array(each, kinds[column.type]) for each, column in zip(values, layout.columns, strict=True)]
    parquet.write_table(pa.table(arrays, names=list(layout.names)), stream)


def _write_csv(rows: Sequence[Row], layout: ResultFormat, stream: IO[bytes]) -> None:
    import io

    text = io.TextIOWrapper(stream, encoding="utf-8", newline="", write_through=True)
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(layout.names)
    writer.writerows(rows)
    text.detach()
