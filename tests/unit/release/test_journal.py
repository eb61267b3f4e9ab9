from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from support.fake_azure import FakeClock

from windlass.errors.release import EndpointLockedError, JournalUnreadableError
from windlass.release.journal import FINISHED, FileJournal, FileJournals, read_journal


@pytest.fixture
def journals(tmp_path: Path) -> FileJournals:
    return FileJournals(tmp_path, "local", FakeClock())


def events(file: Path) -> list[str]:
    return [entry["event"] for entry in read_journal(file)]


def latest(journals: FileJournals) -> Path:
    file = journals.latest("churn")
    assert file is not None
    return file


def test_every_line_is_on_disk_before_writing_returns(tmp_path: Path) -> None:
    file = tmp_path / "journal.jsonl"
    synced: list[str] = []
    journal = FileJournal(file, FakeClock(), sync=lambda _: synced.append(file.read_text()))

    journal.write("started", step="CreateDeployment")

    assert len(synced) == 1
    assert synced[0].endswith('"event": "started", "step": "CreateDeployment"}\n')


def test_a_release_has_a_file_of_its_own_under_stack_and_endpoint(journals: FileJournals, tmp_path: Path) -> None:
    with journals.open("churn", "churn-2") as journal:
        journal.write(FINISHED, verdict="released")

    assert latest(journals).parent == tmp_path / "local" / "churn"
    assert events(latest(journals)) == ["begun", FINISHED]


def test_an_unfinished_release_is_gone_on_with_in_its_own_file(journals: FileJournals) -> None:
    with journals.open("churn", "churn-2") as journal:
        journal.write("started")
    with journals.open("churn", "churn-2") as journal:
        journal.write(FINISHED)

    assert events(latest(journals)) == ["begun", "started", "resumed", FINISHED]


def test_after_a_finished_release_the_next_begins_a_new_file(tmp_path: Path) -> None:
    clock = FakeClock()
    journals = FileJournals(tmp_path, "local", clock)
    with journals.open("churn", "churn-2") as journal:
        journal.write(FINISHED)
    clock.sleep(1)
    with journals.open("churn", "churn-2"):
        pass

    assert len(list((tmp_path / "local" / "churn").glob("*.jsonl"))) == 2


def test_a_torn_last_line_is_left_out_and_the_next_line_stands_alone(journals: FileJournals) -> None:
    with journals.open("churn", "churn-2"):
        pass
    with latest(journals).open("ab") as file:
        file.write(b'{"at": "2026-11-20T10:00')
    with journals.open("churn", "churn-2") as journal:
        journal.write("started")

    assert events(latest(journals)) == ["begun", "resumed", "started"]


def test_a_broken_line_in_the_middle_is_named(tmp_path: Path) -> None:
    file = tmp_path / "journal.jsonl"
    file.write_text('{"event": "begun"}\nnonsense\n{"event": "done"}\n')

    with pytest.raises(JournalUnreadableError, match=r"line 2 of the journal journal\.jsonl"):
        read_journal(file)


def test_a_second_holder_is_refused_and_told_who_holds_it(journals: FileJournals) -> None:
    with (
        journals.lock("churn"),
        pytest.raises(EndpointLockedError, match=rf"churn of stack local .* process {os.getpid()} since"),
        journals.lock("churn"),
    ):
        pass


def test_another_endpoint_is_free(journals: FileJournals) -> None:
    with journals.lock("churn"), journals.lock("returns"):
        pass


def test_the_lock_of_a_process_that_was_killed_is_taken_over(journals: FileJournals, tmp_path: Path) -> None:
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path)], stdout=subprocess.PIPE, env={"PYTHONPATH": ":".join(sys.path)}
    )
    assert holder.stdout is not None
    assert holder.stdout.readline() == b"held\n"
    with pytest.raises(EndpointLockedError, match=f"process {holder.pid}"), journals.lock("churn"):
        pass
    holder.kill()
    holder.wait()
    holder.stdout.close()

    with journals.lock("churn"):
        assert (tmp_path / "local" / "churn" / "lock").read_text().startswith(f"process {os.getpid()} since")


HOLD = """
import sys, signal
from pathlib import Path
from windlass.release.clock import SystemClock
from windlass.release.journal import FileJournals
with FileJournals(Path(sys.argv[1]), "local", SystemClock()).lock("churn"):
    print("held", flush=True)
    signal.pause()
"""
