"""The state of the local Azure on disk: resources by ARM id, private facts beside them, operations.

SQLite in WAL mode: what a call has answered survives a kill of the process. All calls are short and synchronous;
the supervisor's loop makes them itself, so there is one writer and no lock to hold.
"""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_SCHEMA = """
create table if not exists resources (
    key text primary key, id text not null, type text not null, parent text not null,
    body text not null, created real not null, modified real not null);
create index if not exists resources_by_parent on resources (parent, type);
create index if not exists resources_by_type on resources (type);
create table if not exists facts (
    scope text not null, name text not null, value text not null, primary key (scope, name));
create table if not exists operations (
    id text primary key, family text not null, resource text not null, action text not null, arguments text not null,
    status text not null, region text not null, api_version text not null, started real not null, ended real,
    error text);
"""


FORMAT = 2
"""Raised whenever the meaning of what is stored changes: a local Azure is state to try things on, not to migrate."""


@dataclass(frozen=True, slots=True)
class Resource:
    """One resource as stored.

    Attributes:
        id: The ARM id in the case it was created with.
        type: Namespace and types, lower case, such as `microsoft.storage/storageaccounts`.
        body: The JSON that a GET answers, without id, name and type.
        created: Seconds since the epoch.
        modified: Seconds since the epoch.
    """

    id: str
    type: str
    body: dict[str, Any]
    created: float
    modified: float

    @property
    def name(self) -> str:
        """The last segment of the id."""
        return self.id.rsplit("/", 1)[1]


class StateFormatError(Exception):
    """The data folder was written by a version of the local Azure that keeps its state in another form."""


class Store:
    """Resources, facts and operations of one data folder.

    Raises:
        StateFormatError: The file is of another version.
    """

    def __init__(self, path: Path | str) -> None:
        self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self._take_format(path)
        self._db.execute("pragma journal_mode = wal")
        self._db.execute("pragma synchronous = normal")
        self._db.executescript(_SCHEMA)
        self._depth = 0
        self._revisions: Counter[str] = Counter()

    def _take_format(self, path: Path | str) -> None:
        """Mark a new file with our format; refuse a file of another one."""
        found = self._db.execute("pragma user_version").fetchone()[0]
        is_new = not self._db.execute("select 1 from sqlite_master").fetchone()
        if not is_new and found != FORMAT:
            self._db.close()
            raise StateFormatError(
                f"The state in {path} was written by another version of the local Azure (format {found}, this one "
                f"reads {FORMAT}). Reset it, then tell the stack: python scripts/local.py reset, make local-up, "
                "pulumi refresh -s local --yes."
            )
        self._db.execute(f"pragma user_version = {FORMAT}")

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Make several changes one; nested uses join the outer one."""
        if self._depth:
            yield
            return
        self._db.execute("begin immediate")
        self._depth += 1
        try:
            yield
        except BaseException:
            self._db.execute("rollback")
            raise
        else:
            self._db.execute("commit")
        finally:
            self._depth -= 1

    # Resources

    def get(self, resource_id: str) -> Resource | None:
        """Return a resource by its id in any case, or None."""
        row = self._db.execute(
            "select id, type, body, created, modified from resources where key = ?", (resource_id.lower(),)
        ).fetchone()
        return _resource(row) if row else None

    def put(self, resource_id: str, resource_type: str, body: dict[str, Any], *, parent: str, now: float) -> Resource:
        """Create or replace a resource; the id's case and the time of creation stay those of the first PUT."""
        self._db.execute(
            "insert into resources (key, id, type, parent, body, created, modified) values (?, ?, ?, ?, ?, ?, ?)"
            " on conflict (key) do update set body = excluded.body, modified = excluded.modified",
            (
                resource_id.lower(),
                resource_id,
                resource_type.lower(),
                parent.lower(),
                json.dumps(body),
                now,
                now,
            ),
        )
        self._revisions[resource_type.lower()] += 1
        stored = self.get(resource_id)
        assert stored is not None
        return stored

    def delete(self, resource_id: str) -> None:
        """Remove a resource, all below it, and their facts."""
        key = resource_id.lower()
        self._revisions["deleted"] += 1
        with self.transaction():
            for table, column in (("resources", "key"), ("facts", "scope")):
                self._db.execute(
                    f"delete from {table} where {column} = ? or substr({column}, 1, ?) = ?",  # noqa: S608 - two fixed names
                    (key, len(key) + 1, key + "/"),
                )

    def revision(self, resource_type: str) -> int:
        """Return a number that is another one after each change of a resource of a type (in this process)."""
        return self._revisions[resource_type.lower()] + self._revisions["deleted"]

    def children(self, parent: str, resource_type: str) -> list[Resource]:
        """Return the direct children of one type, oldest first."""
        return [
            _resource(row)
            for row in self._db.execute(
                "select id, type, body, created, modified from resources where parent = ? and type = ? order by rowid",
                (parent.lower(), resource_type.lower()),
            )
        ]

    def below(self, resource_id: str) -> list[Resource]:
        """Return everything whose id starts with this one, oldest first, without the resource itself."""
        prefix = resource_id.lower() + "/"
        return [
            _resource(row)
            for row in self._db.execute(
                "select id, type, body, created, modified from resources where substr(key, 1, ?) = ? order by rowid",
                (len(prefix), prefix),
            )
        ]

    def of_type(self, resource_type: str) -> list[Resource]:
        """Return all resources of a type, oldest first."""
        return [
            _resource(row)
            for row in self._db.execute(
                "select id, type, body, created, modified from resources where type = ? order by rowid",
                (resource_type.lower(),),
            )
        ]

    # Facts: what Azure knows and a GET does not show (keys, counters, the state of processes)

    def fact(self, scope: str, name: str, default: Any = None) -> Any:
        """Return a private fact; `scope` is a resource id or a word."""
        row = self._db.execute("select value from facts where scope = ? and name = ?", (scope.lower(), name)).fetchone()
        return json.loads(row[0]) if row else default

    def facts(self, scope: str) -> dict[str, Any]:
        """Return all facts of a scope."""
        rows = self._db.execute("select name, value from facts where scope = ? order by name", (scope.lower(),))
        return {name: json.loads(value) for name, value in rows}

    def set_fact(self, scope: str, name: str, value: Any) -> None:
        """Write a fact (any JSON value)."""
        self._db.execute(
            "insert into facts (scope, name, value) values (?, ?, ?) on conflict do update set value = excluded.value",
            (scope.lower(), name, json.dumps(value)),
        )

    def delete_fact(self, scope: str, name: str) -> None:
        """Forget a fact."""
        self._db.execute("delete from facts where scope = ? and name = ?", (scope.lower(), name))

    # Operations

    def put_operation(self, row: dict[str, Any]) -> None:
        """Write an operation; the keys are the columns of the table."""
        names = ", ".join(row)
        marks = ", ".join(f":{name}" for name in row)
        self._db.execute(f"insert or replace into operations ({names}) values ({marks})", row)  # noqa: S608 - our columns

    def operation(self, operation_id: str) -> dict[str, Any] | None:
        """Return an operation by id."""
        return next(iter(self._operations("where id = ?", (operation_id,))), None)

    def running_operations(self) -> list[dict[str, Any]]:
        """Return the operations that have not ended, oldest first."""
        return self._operations("where ended is null", ())

    def _operations(self, where: str, values: tuple[Any, ...]) -> list[dict[str, Any]]:
        cursor = self._db.execute(f"select * from operations {where} order by rowid", values)  # noqa: S608 - fixed words
        names = [column[0] for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor]


def _resource(row: tuple[Any, ...]) -> Resource:
    return Resource(id=row[0], type=row[1], body=json.loads(row[2]), created=row[3], modified=row[4])
