from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from windlass.azure.state_locks import BlobLocks
from windlass.engine.locks import FileLocks
from windlass.errors.recovery import BackendNotKnownError
from windlass.factory import recovery
from windlass.recovery.run import Recoveries

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    shutil.copy(ROOT / "Pulumi.yaml", tmp_path)
    text = (ROOT / "Pulumi.dev.yaml").read_text(encoding="utf-8")
    for word, digit in (("<subscription>", "2"), ("<tenant>", "3")):
        text = text.replace(f"{word}", "-".join(digit * length for length in (8, 4, 4, 4, 12)))
    (tmp_path / "Pulumi.dev.yaml").write_text(text, encoding="utf-8")
    return tmp_path


def wired(root: Path, backend: str) -> Recoveries:
    return recovery(root, "dev", {"PULUMI_BACKEND_URL": backend}, gone_hosts=frozenset())


def test_locks_are_read_where_the_state_lies(root: Path) -> None:
    assert isinstance(wired(root, root.as_uri()).locks, FileLocks)
    assert isinstance(wired(root, "azblob://state?storage_account=acme").locks, BlobLocks)


def test_a_state_whose_locks_cannot_be_read_is_refused_by_name(root: Path) -> None:
    with pytest.raises(BackendNotKnownError, match="s3://state"):
        wired(root, "s3://state")
