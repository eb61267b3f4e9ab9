from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from windlass.engine.locks import FileLocks
from windlass.recovery.models import Holder

WRITTEN = {"pid": 77, "username": "ana", "hostname": "here", "timestamp": "2026-11-29T14:28:11.309742659Z"}
TAKEN = datetime(2026, 11, 29, 14, 28, 11, 309742, tzinfo=UTC)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / ".pulumi/locks/organization/shop/dev"
    made.mkdir(parents=True)
    return made


def locks(backend: Path) -> FileLocks:
    return FileLocks(backend, "shop", "dev", lambda _: Holder.DEAD)


def test_a_lock_is_read_as_the_engine_writes_it(folder: Path, tmp_path: Path) -> None:
    (folder / "a.json").write_text(json.dumps(WRITTEN))
    (folder / "a.json.attrs").write_text("{}")

    (lock,) = locks(tmp_path).find()

    assert (lock.name, lock.pid, lock.user, lock.host) == ("a.json", 77, "ana", "here")
    assert lock.taken_at == TAKEN
    assert lock.holder is Holder.DEAD


@pytest.mark.parametrize("timestamp", ["2026-11-29T14:28:11Z", "2026-11-29T16:28:11.5+02:00"])
def test_every_form_of_a_time_is_read(folder: Path, tmp_path: Path, timestamp: str) -> None:
    (folder / "a.json").write_text(json.dumps({**WRITTEN, "timestamp": timestamp}))

    (lock,) = locks(tmp_path).find()

    assert lock.taken_at.astimezone(UTC).replace(microsecond=0) == TAKEN.replace(microsecond=0)


def test_a_lock_is_removed_with_what_the_store_keeps_beside_it_and_no_other(folder: Path, tmp_path: Path) -> None:
    for name in ("a", "b"):
        (folder / f"{name}.json").write_text(json.dumps(WRITTEN))
        (folder / f"{name}.json.attrs").write_text("{}")

    locks(tmp_path).remove("a.json")
    locks(tmp_path).remove("a.json")

    assert sorted(each.name for each in folder.iterdir()) == ["b.json", "b.json.attrs"]


def test_a_stack_that_nobody_locked_has_no_locks(tmp_path: Path) -> None:
    assert locks(tmp_path).find() == ()
