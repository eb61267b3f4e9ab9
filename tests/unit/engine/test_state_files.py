from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from support.state_files import check_keeping

from windlass.engine.state_files import FolderStateFiles
from windlass.errors.state import StateFileExistsError, StateFileFailedError


def test_files_are_kept(tmp_path: Path) -> None:
    check_keeping(FolderStateFiles(tmp_path))


def test_nothing_but_the_files_is_left_and_only_their_owner_reads_them(tmp_path: Path) -> None:
    files = FolderStateFiles(tmp_path)

    files.write("windlass/a.json", b"1")
    files.write_new("windlass/b.json", b"2")
    with pytest.raises(StateFileExistsError):
        files.write_new("windlass/b.json", b"3")

    left = [each for each in tmp_path.rglob("*") if each.is_file()]
    assert sorted(each.name for each in left) == ["a.json", "b.json"]
    assert {each.stat().st_mode & 0o777 for each in left} == {0o600}


def test_what_a_killed_writer_left_is_no_file(tmp_path: Path) -> None:
    files = FolderStateFiles(tmp_path)
    files.write("windlass/a.json", b"1")

    (tmp_path / "windlass" / ".x7.json").write_bytes(b"ha")

    assert files.list("windlass/") == ("windlass/a.json",)


def test_a_disk_that_fails_says_what_could_not_be_written(tmp_path: Path) -> None:
    (tmp_path / "windlass").write_text("a file where the folder belongs")

    with pytest.raises(StateFileFailedError, match=r"write windlass/a\.json"):
        FolderStateFiles(tmp_path).write("windlass/a.json", b"1")


def test_of_many_that_write_a_new_file_at_once_exactly_one_does(tmp_path: Path) -> None:
    def write(number: int) -> bool:
        try:
            FolderStateFiles(tmp_path).write_new("windlass/a.json", str(number).encode())
        except StateFileExistsError:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        written = list(pool.map(write, range(32)))

    assert written.count(True) == 1
    assert FolderStateFiles(tmp_path).read("windlass/a.json") == str(written.index(True)).encode()
