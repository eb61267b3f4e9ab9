"""Cuts a table of the user into files that nodes can share, and notes the key of every row.

Azure ML hands out whole files: one file of 100,000 rows keeps one worker busy and the others idle. So a table is cut
into pieces by rows. The values stay what they are: the text of a CSV file is copied and not interpreted.

The keys of all rows are held in memory while a table is prepared or collected: about 100 bytes a row.
"""

from __future__ import annotations

import csv
import hashlib
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from windlass.batch.models import Key, Piece, PreparedInput
from windlass.batch.plan import rows_per_piece
from windlass.errors.batch import InputColumnsError, InputKeysRepeatError, InputMissingError

SUFFIXES = (".csv", ".parquet")


def find_tables(source: Path) -> tuple[Path, ...]:
    """Name the tables that an input consists of: itself, or those directly in the folder.

    Raises:
        InputMissingError: There is none, or something else is there as well.
    """
    if source.is_file() and source.suffix.lower() in SUFFIXES:
        return (source,)
    if source.is_file():
        raise InputMissingError(str(source), f"is a {source.suffix or 'file without suffix'}, which is not read")
    if not source.is_dir():
        raise InputMissingError(str(source), "does not exist")
    files = sorted(path for path in source.iterdir() if not path.name.startswith((".", "_")))
    tables = tuple(path for path in files if path.is_file() and path.suffix.lower() in SUFFIXES)
    others = [path.name for path in files if path not in tables]
    if others:
        raise InputMissingError(str(source), f"also holds {others[0]}, which is not read; nothing is left out silently")
    if not tables:
        raise InputMissingError(str(source), "holds no table")
    return tables


def digest_tables(tables: Sequence[Path]) -> str:
    """Name the content of tables: the same bytes under the same file names are the same input."""
    total = hashlib.sha256()
    for table in tables:
        with table.open("rb") as stream:
            total.update(f"{table.name}\0{hashlib.file_digest(stream, 'sha256').hexdigest()}\n".encode())
    return total.hexdigest()


def read_keys(tables: Sequence[Path], key: Sequence[str]) -> list[Key]:
    """Read the keys of all rows, in order.

    Raises:
        InputColumnsError: A table lacks a column of the key, or is broken.
        InputKeysRepeatError: A key names more than one row.
        InputMissingError: There is no row at all.
    """
    keys = [_full(each, key, table.name, row) for table in tables for row, each in enumerate(_keys_of(table, key), 1)]
    if not keys:
        raise InputMissingError(", ".join(table.name for table in tables), "holds no row")
    if len(set(keys)) < len(keys):
        repeated = ["/".join(each) for each, count in Counter(keys).items() if count > 1]
        raise InputKeysRepeatError(key, repeated)
    return keys


def cut_tables(tables: Sequence[Path], folder: Path, *, rows: int, workers: int) -> tuple[Piece, ...]:
    """Write the tables as pieces into a folder.

    Args:
        tables: What to cut.
        folder: Where the pieces go; it is made.
        rows: Rows of all tables together.
        workers: Processes that will score at the same time.
    """
    folder.mkdir(parents=True, exist_ok=True)
    limit = rows_per_piece(rows, workers)
    pieces: list[Piece] = []
    for table in tables:
        cut = _cut_csv if table.suffix.lower() == ".csv" else _cut_parquet
        pieces.extend(cut(table, folder, limit, len(pieces)))
    return tuple(pieces)


def prepare_input(source: Path, folder: Path, *, key: Sequence[str], workers: int) -> tuple[PreparedInput, list[Key]]:
    """Check, count and cut an input.

    Returns:
        The prepared input, and the keys of its rows.
    """
    tables = find_tables(source)
    keys = read_keys(tables, key)
    pieces = cut_tables(tables, folder, rows=len(keys), workers=workers)
    digest = digest_tables([folder / piece.file for piece in pieces])
    return PreparedInput(source=str(source), folder=folder, pieces=pieces, digest=digest), keys


def write_keys(keys: Sequence[Key], path: Path) -> None:
    """Keep keys in a file."""
    with path.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows(keys)


def load_keys(path: Path) -> list[Key]:
    """Read keys back."""
    with path.open(encoding="utf-8", newline="") as stream:
        return [tuple(row) for row in csv.reader(stream)]


def _keys_of(table: Path, key: Sequence[str]) -> Iterator[tuple[str | None, ...]]:
    if table.suffix.lower() == ".csv":
        rows = _csv_rows(table)
        header = next(rows, [])
        positions = [_position(name, header, table.name) for name in key]
        for row in rows:
            yield tuple(row[position] for position in positions)
    else:
        yield from _parquet_keys(table, key)


def _full(values: tuple[str | None, ...], key: Sequence[str], file: str, row: int) -> Key:
    for name, value in zip(key, values, strict=True):
        if not value:
            raise InputColumnsError(file, f"has no {name} in row {row}, and {name} names the row")
    return tuple(value for value in values if value)


def _csv_rows(table: Path) -> Iterator[list[str]]:
    """The header and all rows that are not empty.

    Raises:
        InputColumnsError: A row has another number of values than the header, or the file is not text.
    """
    try:
        with table.open(encoding="utf-8-sig", newline="") as stream:
            reader = csv.reader(stream, strict=True)
            width = 0
            for row in reader:
                if not row:
                    continue
                width = width or len(row)
                if len(row) != width:
                    what = f"has {len(row)} values in line {reader.line_num}, its header has {width}"
                    raise InputColumnsError(table.name, what)
                yield row
    except (csv.Error, UnicodeDecodeError) as error:
        raise InputColumnsError(table.name, f"is not a CSV file in UTF-8: {error}") from error


def _position(name: str, header: Sequence[str], file: str) -> int:
    if name not in header:
        shown = ", ".join(header) or "none"
        raise InputColumnsError(file, f"has no column {name}, which names a row. Columns: {shown}")
    return header.index(name)


def _cut_csv(table: Path, folder: Path, limit: int, number: int) -> Iterator[Piece]:
    rows = _csv_rows(table)
    header = next(rows)
    while part := list(islice(rows, limit)):
        number += 1
        name = _name(number, ".csv")
        with (folder / name).open("w", encoding="utf-8", newline="") as stream:
            writer = csv.writer(stream, lineterminator="\n")
            writer.writerow(header)
            writer.writerows(part)
        yield Piece(file=name, rows=len(part))


def _cut_parquet(table: Path, folder: Path, limit: int, number: int) -> Iterator[Piece]:
    import pyarrow as pa
    from pyarrow import parquet

    for batch in parquet.ParquetFile(table).iter_batches(batch_size=limit):
        number += 1
        name = _name(number, ".parquet")
        parquet.write_table(pa.Table.from_batches([batch]), folder / name)
        yield Piece(file=name, rows=batch.num_rows)


def _parquet_keys(table: Path, key: Sequence[str]) -> Iterator[tuple[str | None, ...]]:
    import pyarrow as pa
    from pyarrow import parquet

    try:
        file: Any = parquet.ParquetFile(table)
    except pa.ArrowInvalid as error:
        raise InputColumnsError(table.name, f"is not a Parquet file: {error}") from error
    for name in key:
        _position(name, file.schema_arrow.names, table.name)
    for batch in file.iter_batches(columns=list(key)):
        columns = [batch.column(name).cast(pa.string()).to_pylist() for name in key]
        yield from zip(*columns, strict=True)


def _name(number: int, suffix: str) -> str:
    return f"part-{number:05d}{suffix}"
