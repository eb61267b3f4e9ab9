"""Reports of real changes, which the engine previewed on the local Azure, are as the files in tests/data/reports.

`python tools/golden_previews.py` writes the files again; `--make` has the engine preview the changes again.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from golden.scenarios import COMPOSED, MANY, SCENARIOS
from support.golden import PREVIEWS, REPORTS, golden_names, golden_text, previews, report_of_preview, summary_of

from windlass.delivery.meanings import Meaning
from windlass.delivery.parse import parse_report
from windlass.delivery.report import report_as_json
from windlass.delivery.text import size_of

LIMIT_OF_GITHUB = 65_536
LARGEST = 1_000_000
SECRETS = ("pager.example.com",)


@pytest.mark.parametrize("name", golden_names())
def test_a_report_is_as_its_golden_file(name: str) -> None:
    written = (REPORTS / f"{name}.md").read_text(encoding="utf-8")

    assert golden_text(name) == written, "if that is meant: python tools/golden_previews.py"


def test_every_change_has_a_preview_and_every_report_a_reason() -> None:
    assert set(previews()) == {each.name for each in SCENARIOS}
    assert {file.stem for file in REPORTS.glob("*.md")} == set(golden_names())
    assert len(SCENARIOS) >= 20


def test_every_class_has_a_golden_file() -> None:
    found = {meaning for name in previews() for meaning in report_of_preview(name).meanings}

    assert set(Meaning) == found


@pytest.mark.parametrize("name", golden_names())
def test_no_report_is_too_long_or_shows_a_secret(name: str) -> None:
    text = golden_text(name)

    assert size_of(text) < LIMIT_OF_GITHUB
    assert not [secret for secret in SECRETS if secret in text]


@pytest.mark.parametrize("name", previews())
def test_the_report_of_a_real_change_is_read_again_as_it_was(name: str) -> None:
    report = report_of_preview(name)

    read = parse_report(json.dumps(report_as_json(report)), name)

    assert report_as_json(read) == report_as_json(report)
    assert read.changes == report.changes


def test_previews_hold_no_secret_and_little_space() -> None:
    files = sorted(PREVIEWS.glob("*.json"))

    assert sum(file.stat().st_size for file in files) < LARGEST
    assert not [file.name for file in files for secret in SECRETS if secret in file.read_text(encoding="utf-8")]


@pytest.mark.parametrize(
    ("name", "headline"),
    [
        ("nothing", "does not change"),
        ("tag", "has cosmetic changes only"),
        ("redundancy", "changes the cost"),
    ],
)
def test_a_headline_says_it_at_once(name: str, headline: str) -> None:
    assert report_as_json(report_of_preview(name))["headline"] == headline


def test_a_change_of_300_resources_is_told_whole_but_for_details() -> None:
    (report,) = summary_of(MANY).reports

    text = golden_text(MANY)

    assert len(report.changes) >= 300
    assert "changes in full.** The full report: `full.md`" in text
    assert all(f"allow:{meaning}@dev:" in text for meaning in report.meanings if meaning is Meaning.LOSES_DATA)


def test_what_is_composed_is_of_real_previews() -> None:
    assert {name for names in COMPOSED.values() for name in names} <= set(previews())
    assert Path(PREVIEWS).is_dir()
