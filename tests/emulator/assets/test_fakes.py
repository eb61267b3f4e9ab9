"""The fakes of these tests behave as what they stand for."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.blobs import FakeBlobs
from support.in_process import StandingClock

pytestmark = pytest.mark.inferred


def test_a_blob_is_written_under_its_name_and_a_folder_from_its_inside(tmp_path: Path) -> None:
    blobs = FakeBlobs()
    blobs.upload("a", "c", "x/y/one.txt", b"1")
    blobs.upload("a", "c", "x/yz/two.txt", b"2")

    assert blobs.download("a", "c", "x/y/one.txt", tmp_path / "file") == ["one.txt"]
    assert blobs.download("a", "c", "x/y", tmp_path / "folder") == ["one.txt"]
    assert (tmp_path / "folder" / "one.txt").read_bytes() == b"1"


def test_a_blob_is_not_overwritten_unasked() -> None:
    blobs = FakeBlobs()
    blobs.upload("a", "c", "x", b"1")

    with pytest.raises(FileExistsError):
        blobs.upload("a", "c", "x", b"2", overwrite=False)


def test_appending_begins_a_blob_and_goes_on_with_it() -> None:
    blobs = FakeBlobs()

    blobs.append("a", "c", "log", b"1")
    blobs.append("a", "c", "log", b"2")

    assert blobs.list("a", "c", "l") == [("log", 2)]


async def test_sleeping_moves_the_clock_without_waiting() -> None:
    clock = StandingClock(0.0)

    await clock.sleep(60.0)

    assert 60.0 < clock.now() < 61.0
