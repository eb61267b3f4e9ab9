"""What git tells of the project's files: which commit they are, what differs from another one, what they were."""

from __future__ import annotations

import subprocess
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory

from windlass.errors.checkout import CommitNotFoundError, NoCommonCommitError, NoRepositoryError


def head_commit(root: Path) -> str:
    """Tell the commit of a checkout, in 40 hexadecimal digits. Changes that are not committed do not show in it.

    Raises:
        NoRepositoryError: It is none.
    """
    try:
        done = _git(root, "rev-parse", "--verify", "HEAD^{commit}")
    except FileNotFoundError as error:
        raise NoRepositoryError(str(root)) from error
    if done.returncode:
        raise NoRepositoryError(str(root), details=_lines(done.stderr))
    return done.stdout.decode().strip()


def find_commit(root: Path, name: str) -> str:
    """Tell the commit of a branch, a tag or the beginning of a commit's digits.

    Raises:
        NoRepositoryError: The project is no repository.
        CommitNotFoundError: Git knows none of that name here.
    """
    head_commit(root)
    done = _git(root, "rev-parse", "--verify", "--end-of-options", f"{name}^{{commit}}")
    if done.returncode:
        raise CommitNotFoundError(name, details=_lines(done.stderr))
    return done.stdout.decode().strip()


def changed_paths(root: Path, since: str) -> tuple[str, ...]:
    """Name the files that a checkout changes, relative to `root`: from where it left another commit to what lies there.

    Files that are not committed count, new ones too; of a file that was moved, both places.

    Args:
        root: The folder of the project.
        since: A branch, tag or commit, such as the base of a pull request.

    Raises:
        NoRepositoryError: The project is no repository.
        CommitNotFoundError: Git knows none of that name here.
        NoCommonCommitError: The clone does not reach back to a common commit.
    """
    commit = find_commit(root, since)
    base = _git(root, "merge-base", commit, "HEAD")
    if base.returncode:
        raise NoCommonCommitError(since, details=_lines(base.stderr))
    common = base.stdout.decode().strip()
    differing = _git(root, "diff", "--name-only", "--no-renames", "--relative", "-z", common, "--")
    new = _git(root, "ls-files", "--others", "--exclude-standard", "-z")
    named = (differing.stdout + new.stdout).decode(errors="surrogateescape").split("\0")
    return tuple(sorted({name for name in named if name}))


def unpack(root: Path, name: str, folder: Path) -> str:
    """Lay the files of a commit into a folder, as git has them, and tell which commit that is.

    Raises:
        NoRepositoryError: The project is no repository.
        CommitNotFoundError: Git knows none of that name here.
    """
    commit = find_commit(root, name)
    # Run in the project's folder, it takes that alone where the repository holds more.
    archive = _git(root, "archive", "--format=tar", commit)
    if archive.returncode:
        raise CommitNotFoundError(name, details=_lines(archive.stderr))
    folder.mkdir(parents=True, exist_ok=True)
    with tarfile.open(fileobj=BytesIO(archive.stdout)) as tar:
        # Links may lead anywhere, as git allows it; nothing is written through them.
        tar.extractall(folder, filter="tar")
    return commit


@contextmanager
def unpacked(root: Path, name: str) -> Iterator[Path]:
    """Lay the files of a commit into a folder that is gone afterwards.

    Raises:
        NoRepositoryError: The project is no repository.
        CommitNotFoundError: Git knows none of that name here.
    """
    with TemporaryDirectory(prefix="windlass-base-") as folder:
        unpack(root, name, Path(folder))
        yield Path(folder)


def _git(root: Path, *words: str) -> subprocess.CompletedProcess[bytes]:
    command = ["git", "-C", str(root), *words]
    return subprocess.run(command, capture_output=True, check=False)


def _lines(said: bytes) -> tuple[str, ...]:
    return tuple(said.decode(errors="replace").splitlines())
