"""A change is shown on a local Azure of its own: what the base has is deployed, the checkout previewed against it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from support.checkout import Checkout, Ran

PROGRAM = "src/windlass/project/settings/document.py"
OWN_TAG, OTHER_TAG = 'self.windlass.owner, "windlass")', 'self.windlass.owner, "somebody")'
COMMIT = "git add -A ':!.venv' && git -c user.name=ana -c user.email=ana@example.com commit -q -m change"


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Checkout:
    """A checkout whose first commit is the tag `base`."""
    checkout = Checkout.make(tmp_path_factory.mktemp("compare") / "checkout")
    checkout.run(f"git init -q && {COMMIT} && git tag base").ok()
    return checkout


def compare(checkout: Checkout, ref: str, folder: Path) -> Ran:
    """Preview the change of stack local since a commit."""
    return checkout.script("rehearse", *comparing(ref, folder))


def comparing(ref: str, folder: Path) -> tuple[str, ...]:
    """The flags that compare with a commit."""
    return ("-s", "local", "--against", ref, "--save", str(folder), "-o", "json")


def changes(folder: Path) -> dict[str, list[str]]:
    """The names of what changes, by change."""
    report = json.loads((folder / "local" / "report.json").read_text())
    found: dict[str, list[str]] = {}
    for each in report["changes"]:
        found.setdefault(each["change"], []).append(each["name"])
    return found


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_the_change_of_settings_and_of_the_program_is_what_is_shown(repository: Checkout, tmp_path: Path) -> None:
    with repository.edited(PROGRAM, OWN_TAG, OTHER_TAG):
        repository.run(f"{COMMIT} && git tag program").ok()
    with repository.edited("Pulumi.local.yaml", "max_nodes: 4", "max_nodes: 3"):
        ran = compare(repository, "program", tmp_path).ok()

    assert {"cpu-compute", "group-resources"} <= set(changes(tmp_path)["updated"])
    manifest = json.loads((tmp_path / "local" / "manifest.json").read_text())
    assert manifest["commit"] == ran.json()["base"]
    assert not repository.processes(), "the local Azure of a comparison ends with it"


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_a_base_with_other_packages_brings_its_own(repository: Checkout, tmp_path: Path) -> None:
    lock = repository.root / "requirements.lock"
    own = lock.read_text()
    lock.write_text(f"{own}# as it was before\n")
    repository.run(f"{COMMIT} && git tag packages").ok()
    lock.write_text(own)
    with repository.edited("Pulumi.local.yaml", "max_nodes: 4", "max_nodes: 3"):
        ran = repository.script("rehearse", *comparing("packages", tmp_path), timeout=800)

    venv = repository.root / ".windlass" / "rehearsal" / "local" / ".windlass" / "base" / ".venv"
    assert ran.code == 0, ran.said
    assert not venv.is_symlink()
    assert "cpu-compute" in changes(tmp_path)["updated"]


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_a_change_that_cannot_be_previewed_is_kept_as_a_failed_one(repository: Checkout, tmp_path: Path) -> None:
    with repository.edited("Pulumi.local.yaml", "max_nodes: 4", "max_nodes: many"):
        ran = compare(repository, "0" * 40, tmp_path)

    assert ran.code == 6
    assert json.loads((tmp_path / "local" / "report.json").read_text())["failed"]


@pytest.mark.slow
def test_a_commit_that_git_does_not_know_is_named(repository: Checkout, tmp_path: Path) -> None:
    ran = compare(repository, "nowhere", tmp_path)

    assert ran.code == 4
    assert "git knows no commit nowhere" in ran.err
