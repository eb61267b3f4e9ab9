from __future__ import annotations

import json
import os
import stat
from pathlib import Path
from typing import Any

import pytest

from windlass.delivery.manifest import content_digest, state_digest
from windlass.delivery.parse import parse_report
from windlass.delivery.saved import parse_saved
from windlass.engine.saved_previews import read_plan
from windlass.errors.plans import StateMovedWhilePreviewingError
from windlass.factory import previews

STATE = {"resources": [{"urn": "urn:pulumi:local::shop::a:b:C::c", "type": "a:b:C", "inputs": {"sku": "S"}}]}
UNCHANGED = '{"steps": [], "changeSummary": {"same": 1}}'
FAILED = '{"diagnostics": [{"severity": "error", "message": "error: no such size"}]}'


class Engine:
    """A project whose engine answers as told; the environment leads to it."""

    def __init__(self, root: Path, *, preview: str, code: int = 0, then: str = "", broken: str = "") -> None:
        self.root = root
        (root / "Pulumi.yaml").write_text("name: shop\n")
        (root / "Pulumi.local.yaml").write_text("config:\n  windlass:settings: {cloud: local}\n")
        self.state(STATE)
        event = {"policyName": broken, "enforcementLevel": "mandatory", "message": "m", "resourceUrn": "urn::c"}
        (root / "event").write_text(json.dumps({"policyEvent": event}) + "\n" if broken else "")
        self._program(preview, code, then)
        self.environ = {"PATH": f"{root / 'bin'}{os.pathsep}/usr/bin{os.pathsep}/bin", "PULUMI_BACKEND_URL": "here"}

    def state(self, deployment: dict[str, Any]) -> None:
        (self.root / "state").write_text(json.dumps({"version": 3, "deployment": deployment}))

    def _program(self, preview: str, code: int, then: str) -> None:
        (self.root / "digest").write_text(preview)
        program = self.root / "bin" / "pulumi"
        program.parent.mkdir()
        program.write_text(
            "#!/bin/sh\n"
            'if [ "$1" = stack ]; then cat state; exit; fi\n'
            'while [ $# -gt 1 ]; do case "$1" in --save-plan) plan="$2";; --event-log) log="$2";; esac; shift; done\n'
            f'printf "{{}}" > "$plan"; cp event "$log"; {then}\n'
            f"cat digest; exit {code}\n"
        )
        program.chmod(program.stat().st_mode | stat.S_IXUSR)

    def look(self) -> previews.Looked:
        return previews.look(self.root, "local", self.environ, commit="c" * 40)

    def save(self, folder: Path) -> None:
        looked = self.look()
        previews.save(folder, looked, previews.judge(self.root, looked.saved))


def test_a_preview_is_saved_with_its_plan_and_what_both_belong_to(tmp_path: Path) -> None:
    Engine(tmp_path, preview=UNCHANGED).save(tmp_path / "saved")

    plan = read_plan(tmp_path / "saved", "local")
    assert plan.content == b"{}"
    assert plan.manifest.plan_sha256 == content_digest(b"{}")
    assert plan.manifest.state_sha256 == state_digest(STATE)
    assert (plan.manifest.stack, plan.manifest.commit, plan.manifest.failed) == ("local", "c" * 40, False)
    text = (tmp_path / "saved" / "local" / "preview.json").read_text()
    assert [each.inputs for each in parse_saved(text, "it").deployed] == [{"sku": "S"}]


def test_a_preview_that_failed_is_saved_without_a_plan(tmp_path: Path) -> None:
    Engine(tmp_path, preview=FAILED, code=1).save(tmp_path / "saved")

    plan = read_plan(tmp_path / "saved", "local")
    assert plan.content is None
    assert plan.manifest.failed
    report = parse_report((tmp_path / "saved" / "local" / "report.json").read_text(), "it")
    assert report.errors == ("no such size",)


def test_a_plan_that_a_rule_forbids_is_not_kept(tmp_path: Path) -> None:
    Engine(tmp_path, preview=UNCHANGED, broken="tls-1-2").save(tmp_path / "saved")

    plan = read_plan(tmp_path / "saved", "local")
    assert plan.content is None
    assert plan.manifest.failed


def test_an_engine_that_makes_no_preview_at_all_is_a_failed_preview_with_its_words(tmp_path: Path) -> None:
    engine = Engine(tmp_path, preview="", code=255, then="echo error: incorrect passphrase >&2")

    digest = engine.look().saved.digest

    assert "incorrect passphrase" in digest.said("error")[0]


def test_a_state_that_moves_meanwhile_leaves_nothing(tmp_path: Path) -> None:
    moved = json.dumps({"version": 3, "deployment": {"resources": []}})
    (tmp_path / "moved").write_text(moved)
    engine = Engine(tmp_path, preview=UNCHANGED, then="sleep 0.3; cp moved state")

    with pytest.raises(StateMovedWhilePreviewingError, match="another run"):
        engine.look()
