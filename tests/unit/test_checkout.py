from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from windlass.checkout import changed_paths, find_commit, head_commit, unpack, unpacked
from windlass.errors.checkout import CommitNotFoundError, NoCommonCommitError, NoRepositoryError


def git(folder: Path, *words: str) -> str:
    known = ["-c", "user.name=ana", "-c", "user.email=ana@example.com", "-c", "init.defaultBranch=main"]
    done = subprocess.run(["git", "-C", str(folder), *known, *words], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def commit(folder: Path, **files: str) -> str:
    for name, content in files.items():
        (folder / name).write_text(content)
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", "A change")
    return git(folder, "rev-parse", "HEAD")


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    root = tmp_path / "repository"
    root.mkdir()
    git(root, "init", "-q")
    commit(root, one="1", two="2")
    git(root, "tag", "base")
    return root


def test_the_commit_of_a_checkout_is_told(repository: Path) -> None:
    assert head_commit(repository) == find_commit(repository, "base") == git(repository, "rev-parse", "HEAD")


def test_without_a_repository_no_commit_is_guessed(tmp_path: Path) -> None:
    with pytest.raises(NoRepositoryError, match="--commit"):
        head_commit(tmp_path)


def test_a_name_that_git_does_not_know_is_an_error_that_says_how_to_fetch(repository: Path) -> None:
    with pytest.raises(CommitNotFoundError, match="fetch-depth"):
        changed_paths(repository, "nowhere")
    with pytest.raises(CommitNotFoundError):
        find_commit(repository, "--all")


def test_all_that_a_checkout_changes_is_named(repository: Path) -> None:
    commit(repository, one="changed")
    git(repository, "mv", "two", "moved")
    (repository / "new é").write_text("not committed")

    assert changed_paths(repository, "base") == ("moved", "new é", "one", "two")


def test_what_the_other_side_changed_since_is_not(repository: Path) -> None:
    git(repository, "checkout", "-q", "-b", "other")
    commit(repository, theirs="1")
    git(repository, "checkout", "-q", "main")
    commit(repository, ours="1")

    assert changed_paths(repository, "other") == ("ours",)


def test_only_files_of_the_project_count_where_the_repository_holds_more(repository: Path) -> None:
    (repository / "project").mkdir()
    commit(repository, beside="1")
    (repository / "project" / "file").write_text("1")
    git(repository, "add", "-A")
    git(repository, "commit", "-q", "-m", "Another")

    assert changed_paths(repository / "project", "base") == ("file",)
    unpack(repository / "project", "HEAD", repository / "copy")
    assert [each.name for each in (repository / "copy").iterdir()] == ["file"]


def test_two_histories_that_never_met_are_an_error(repository: Path) -> None:
    git(repository, "checkout", "-q", "--orphan", "alone")
    commit(repository, one="alone")

    with pytest.raises(NoCommonCommitError, match="in common"):
        changed_paths(repository, "main")


def test_the_files_of_a_commit_are_unpacked_as_they_were(repository: Path) -> None:
    base = find_commit(repository, "base")
    commit(repository, one="changed")

    told = unpack(repository, "base", repository / "copy")

    assert told == base
    assert (repository / "copy" / "one").read_text() == "1"
    assert not (repository / "copy" / ".git").exists()


def test_a_link_that_leads_out_of_the_repository_is_unpacked_as_one(repository: Path) -> None:
    (repository / "link").symlink_to("/nowhere")
    commit(repository)

    unpack(repository, "HEAD", repository / "copy")

    assert (repository / "copy" / "link").is_symlink()


def test_the_files_of_a_commit_are_there_for_a_while(repository: Path) -> None:
    with unpacked(repository, "base") as folder:
        names = {each.name for each in folder.rglob("*")}

    assert names
    assert not folder.exists()
