from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from windlass.origin import read_origin

RUN = {
    "GITHUB_ACTOR": "ana",
    "GITHUB_SERVER_URL": "https://github.com",
    "GITHUB_REPOSITORY": "acme/shop",
    "GITHUB_RUN_ID": "77",
    "GITHUB_SHA": "beef",
}


def nobody() -> str:
    return ""


def git(root: Path, *words: str) -> str:
    command = ["git", "-c", "user.name=t", "-c", "user.email=t@example.org", *words]
    return subprocess.run(command, cwd=root, check=True, capture_output=True, text=True).stdout.strip()


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    git(tmp_path, "init", "-q")
    (tmp_path / "a").write_text("1")
    git(tmp_path, "add", "-A")
    git(tmp_path, "commit", "-qm", "one")
    return tmp_path


def test_a_commit_is_told_and_whether_files_differ_from_it(repository: Path) -> None:
    clean = read_origin(repository, {}, nobody)
    (repository / "b").write_text("2")
    changed = read_origin(repository, {}, nobody)

    assert (clean.commit, clean.changed) == (git(repository, "rev-parse", "HEAD"), False)
    assert (changed.commit, changed.changed) == (clean.commit, True)


def test_where_git_knows_nothing_the_workflow_tells_the_commit(tmp_path: Path) -> None:
    assert read_origin(tmp_path, {}, nobody).commit == ""
    assert read_origin(tmp_path, RUN, nobody).commit == "beef"
    assert read_origin(tmp_path, RUN, nobody).changed is None


def test_a_repository_without_a_commit_has_none(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q")

    assert read_origin(tmp_path, {}, nobody).commit == ""


def test_a_workflow_run_is_told_by_its_address_and_its_actor(tmp_path: Path) -> None:
    first = read_origin(tmp_path, RUN, lambda: "application 1")
    again = read_origin(tmp_path, {**RUN, "GITHUB_RUN_ATTEMPT": "2", "GITHUB_TRIGGERING_ACTOR": "ben"}, nobody)

    assert (first.by, first.identity) == ("ana", "application 1")
    assert first.workflow_run == "https://github.com/acme/shop/actions/runs/77"
    assert again.by == "ben"
    assert again.workflow_run == "https://github.com/acme/shop/actions/runs/77/attempts/2"


def test_on_a_desk_it_is_the_identity_that_azure_sees_else_the_user(tmp_path: Path) -> None:
    assert read_origin(tmp_path, {}, lambda: "ana@example.org").by == "ana@example.org"
    assert read_origin(tmp_path, {}, nobody).by
