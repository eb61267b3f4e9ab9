from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from windlass.delivery.manifest import Manifest, content_digest
from windlass.engine.saved_previews import read_plan, write_preview
from windlass.errors.plans import PlanUnreadableError

PLAN = b'{"resourcePlans": {}}'


def manifest(*, failed: bool = False) -> Manifest:
    return Manifest(
        stack="dev",
        commit="c",
        plan_sha256="" if failed else content_digest(PLAN),
        state_sha256="s",
        failed=failed,
        made_at=datetime(2026, 11, 29, tzinfo=UTC),
    )


def save(folder: Path, *, failed: bool = False) -> None:
    plan = None if failed else PLAN
    write_preview(folder, manifest(failed=failed), preview="preview", report="report", plan=plan)


def test_what_is_saved_is_its_owners_alone(tmp_path: Path) -> None:
    save(tmp_path / "saved")

    files = sorted((tmp_path / "saved" / "dev").iterdir())
    assert [each.name for each in files] == ["manifest.json", "plan.json", "preview.json", "report.json"]
    assert {each.stat().st_mode & 0o777 for each in files} == {0o600}
    assert (tmp_path / "saved" / "dev").stat().st_mode & 0o777 == 0o700


def test_a_plan_is_found_from_either_folder(tmp_path: Path) -> None:
    save(tmp_path)

    found = read_plan(tmp_path, "dev")

    assert (found.manifest, found.content) == (manifest(), PLAN)
    assert read_plan(tmp_path / "dev", "dev") == found
    assert found.file.read_bytes() == PLAN


def test_a_preview_that_failed_leaves_nothing_of_the_one_before(tmp_path: Path) -> None:
    save(tmp_path)

    save(tmp_path, failed=True)

    assert read_plan(tmp_path, "dev").content is None
    assert [each.name for each in tmp_path.iterdir()] == ["dev"]


def test_a_folder_without_a_plan_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(PlanUnreadableError, match="dev"):
        read_plan(tmp_path, "dev")
