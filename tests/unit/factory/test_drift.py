from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from windlass.delivery.parse import parse_report
from windlass.engine.saved_previews import read_plan
from windlass.factory import drift, previews

URN = "urn:pulumi:local::shop::azure-native:storage:StorageAccount::account"
CHANGED = {
    "op": "update",
    "urn": URN,
    "oldState": {"custom": True, "inputs": {"tags": {"owner": "ana"}}},
    "newState": {"custom": True, "inputs": {"tags": {"owner": "portal"}}},
    "detailedDiff": {"tags.owner": {"kind": "update"}},
}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "Pulumi.yaml").write_text("name: shop\n")
    (tmp_path / "Pulumi.local.yaml").write_text("config:\n  windlass:settings: {cloud: local}\n")
    state = {"resources": [{"urn": URN, "type": "azure-native:storage:StorageAccount", "inputs": {}}]}
    (tmp_path / "state").write_text(json.dumps({"deployment": state}))
    program = tmp_path / "bin" / "pulumi"
    program.parent.mkdir()
    program.write_text('#!/bin/sh\nif [ "$1" = stack ]; then cat state; else cat refresh; fi\n')
    program.chmod(0o755)
    return tmp_path


def look(root: Path, *steps: dict[str, Any]) -> drift.Found:
    """Look for drift with an engine that finds these steps."""
    (root / "refresh").write_text(json.dumps({"steps": steps, "changeSummary": {"update": len(steps), "same": 1}}))
    environ = {"PATH": f"{root / 'bin'}{os.pathsep}/usr/bin{os.pathsep}/bin", "PULUMI_BACKEND_URL": "here"}
    return drift.look(root, "local", environ, commit="c")


def test_what_differs_is_a_report_of_drift(root: Path) -> None:
    found = look(root, CHANGED)

    assert found.drift.changed == ("account",)
    assert found.report.is_drift
    assert [(each.before, each.after) for each in found.report.changes[0].differences] == [("ana", "portal")]


def test_what_is_saved_can_be_reported_and_not_applied(root: Path) -> None:
    found = look(root, CHANGED)

    previews.save(root / "saved", found.looked, found.report)

    report = parse_report((root / "saved" / "local" / "report.json").read_text(), "it")
    assert report.is_drift
    assert read_plan(root / "saved", "local").content is None


def test_nothing_that_differs_is_an_empty_report(root: Path) -> None:
    found = look(root)

    assert not found.drift.is_there
    assert found.report.changes == ()
