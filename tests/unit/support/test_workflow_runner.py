"""The runner of workflow files: order, conditions, matrices, outputs, artefacts, permissions."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from support.checkout import Checkout
from support.workflow import Event, Runner, UnknownStepError
from support.workflow_artifacts import ArtifactError, Artifacts

HEAD = "on: push\npermissions: {}\njobs:\n"
CALLED = """\
on:
  workflow_call:
    inputs:
      stack: {required: true, type: string}
      word: {default: none, type: string}
permissions: {}
jobs:
  one:
    environment: ${{ inputs.stack }}
    env: {WORD: "${{ inputs.word }}", CLIENT: "${{ vars.CLIENT }}"}
    concurrency: {group: "stack-${{ inputs.stack }}"}
    steps:
      - {name: say, run: 'echo "$WORD $CLIENT"'}
"""


def runner_of(tmp_path: Path, **files: str) -> tuple[Runner, Event, list[Mapping[str, str]]]:
    root = tmp_path / "checkout"
    folder = root / ".github" / "workflows"
    folder.mkdir(parents=True)
    for name, text in files.items():
        (folder / f"{name}.yml").write_text(text)
    for words in (["init", "-q"], ["add", "-A"], ["-c", "user.name=a", "-c", "user.email=a@b", "commit", "-qm", "a"]):
        subprocess.run(["git", *words], cwd=root, check=True)
    sha = subprocess.run(["git", "rev-parse", "HEAD"], cwd=root, check=True, capture_output=True, text=True)
    asked: list[Mapping[str, str]] = []

    def token(permissions: Mapping[str, str]) -> str:
        asked.append(permissions)
        return "token"

    runner = Runner(
        Checkout(root),
        Artifacts(tmp_path / "artifacts"),
        {"GITHUB_REPOSITORY": "o/r"},
        token,
        {"dev": {"CLIENT": "d"}, "prod": {"CLIENT": "p"}},
    )
    return runner, Event("push", sha.stdout.strip()), asked


def jobs(text: str) -> str:
    return HEAD + "\n".join(f"  {line}" for line in text.splitlines()) + "\n"


def test_jobs_hand_on_outputs_and_artefacts(tmp_path: Path) -> None:
    runner, event, asked = runner_of(
        tmp_path,
        main=jobs("""\
first:
  permissions: {contents: read}
  outputs: {all: "${{ steps.a.outputs.all }}", none: "${{ steps.a.outputs.none }}"}
  steps:
    - {name: a, id: a, run: 'echo "all=[\\"x\\",\\"y\\"]" >> "$GITHUB_OUTPUT"'}
each:
  needs: first
  strategy: {matrix: {word: "${{ fromJSON(needs.first.outputs.all) }}"}}
  env: {WORD: "${{ matrix.word }}"}
  steps:
    - {name: make, run: 'mkdir -p made/$WORD && echo "$WORD" > made/$WORD/file'}
    - {name: keep, uses: actions/upload-artifact@1, with: {name: "part-${{ matrix.word }}", path: made/*/file}}
last:
  needs: [first, each]
  steps:
    - {name: fetch, uses: actions/download-artifact@1, with: {pattern: part-*, path: got, merge-multiple: true}}
    - {name: show, run: 'cat got/x/file got/y/file; test ! -e made'}
"""),
    )

    run = runner.run("main", event).ok()

    assert run.jobs["last"].said == "x\ny\n"
    assert list(run.jobs) == ["first", "each (x)", "each (y)", "last"]
    assert run.jobs["first"].outputs["none"] == ""
    assert asked[0] == {"contents": "read"}


def test_a_failure_skips_what_follows_but_what_wants_to_run(tmp_path: Path) -> None:
    runner, event, _ = runner_of(
        tmp_path,
        main=jobs("""\
first:
  steps:
    - {name: fails, run: 'false'}
    - {name: skipped, run: echo no}
    - {name: told, if: "${{ !cancelled() }}", run: echo told}
second:
  needs: first
  steps: [{name: a, run: echo no}]
third:
  needs: first
  if: ${{ !cancelled() && needs.first.result == 'failure' }}
  steps:
    - {name: goes on, continue-on-error: true, run: 'false'}
    - {name: b, run: echo third}
"""),
    )

    run = runner.run("main", event)

    assert run.results() == {"first": "failure", "second": "skipped", "third": "success"}
    assert run.said == "told\nthird\n"
    assert run.jobs["first"].step("skipped").outcome == "skipped"


def test_a_called_workflow_gets_its_inputs_and_the_variables_of_its_environment(tmp_path: Path) -> None:
    runner, event, _ = runner_of(
        tmp_path,
        called=CALLED,
        main=jobs("""\
dev: {uses: ./.github/workflows/called.yml, with: {stack: dev}}
prod: {needs: dev, uses: ./.github/workflows/called.yml, with: {stack: prod, word: "${{ github.event_name }}"}}
"""),
    )

    run = runner.run("main", event).ok()

    assert run.said == "none d\npush p\n"
    assert run.jobs["prod / one"].group == "stack-prod"


@pytest.mark.parametrize(
    "step",
    ["{name: a, uses: somebody/else@1}", "{name: a, run: 'printf \"a<<E\\nb\\nE\\n\" >> $GITHUB_OUTPUT'}"],
)
def test_what_is_not_known_is_refused(tmp_path: Path, step: str) -> None:
    runner, event, _ = runner_of(tmp_path, main=jobs(f"a:\n  steps: [{step}]"))

    with pytest.raises(UnknownStepError):
        runner.run("main", event)


def test_artefacts_keep_their_folders_from_the_first_wildcard(tmp_path: Path) -> None:
    kept = Artifacts(tmp_path / "kept")
    (tmp_path / "previews" / "dev").mkdir(parents=True)
    (tmp_path / "previews" / "dev" / "report.json").write_text("{}")
    (tmp_path / "previews" / "dev" / "plan.json").write_text("{}")

    assert kept.upload("1", tmp_path, {"name": "wild", "path": "previews/*/report.json"})
    assert kept.upload("1", tmp_path, {"name": "folder", "path": "previews"})
    assert not kept.upload("1", tmp_path, {"name": "none", "path": "nothing", "if-no-files-found": "error"})
    assert not kept.download("1", tmp_path, {"name": "none", "path": "got"})

    paths = [str(each.relative_to(kept.folder / "runs" / "1")) for each in kept.files()]
    assert paths == ["folder/dev/plan.json", "folder/dev/report.json", "wild/dev/report.json"]


REFUSED: list[tuple[str, dict[str, Any]]] = [
    ("upload", {"name": "a", "path": "x\ny"}),
    ("upload", {"name": "a", "path": "x", "overwrite": True}),
    ("download", {"pattern": "a*", "path": "x"}),
]


@pytest.mark.parametrize(("verb", "given"), REFUSED)
def test_other_uses_of_artefacts_are_refused(tmp_path: Path, verb: str, given: dict[str, Any]) -> None:
    with pytest.raises(ArtifactError):
        getattr(Artifacts(tmp_path), verb)("1", tmp_path, given)
