"""A version on its way from one stack to another: two stacks of one checkout on one local Azure, the real engine."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from support.checkout import Checkout, Ran

FIRST, SECOND = "local", "next"
MODELS = ".windlass/models/churn"
ALTER = """
import json, os
from azure.ai.ml import MLClient
from azure.identity import DefaultAzureCredential
from azure.storage.blob import ContainerClient
credential = DefaultAzureCredential()
client = MLClient(credential, os.environ["AZURE_SUBSCRIPTION_ID"], "{group}", "{workspace}")
_, _, path = client.models.get("churn", "{version}").path.partition("/paths/")
store = client.datastores.get_default()
container = ContainerClient(
    f"https://{{store.account_name}}.blob.core.windows.net", store.container_name, credential=credential
)
name = next(name for name in container.list_blob_names(name_starts_with=path) if name.endswith("model.joblib"))
container.upload_blob(name, b"altered", overwrite=True)
print(json.dumps(name))
"""


@dataclass(frozen=True)
class TwoStacks:
    """A version serves on the first stack; the second is empty."""

    checkout: Checkout

    def deploy(self, version: str) -> dict[str, Any]:
        """Release a trained version to the first stack."""
        model = f"{MODELS}/{version}"
        released: dict[str, Any] = (
            self.checkout.script("deploy", "churn", "-s", FIRST, "--model", model, "-o", "json").ok().json()
        )
        return released

    def promote(self, *flags: str) -> Ran:
        """Promote from the first to the second, whatever comes of it."""
        return self.checkout.script("promote", "churn", "--from", FIRST, "--to", SECOND, "-o", "json", *flags)

    def history(self, stack: str) -> list[dict[str, Any]]:
        """The records of a stack, the newest first."""
        records: list[dict[str, Any]] = self.checkout.script("history", "-s", stack, "-o", "json").ok().json()
        return records

    def place(self, stack: str) -> dict[str, str]:
        """The group and the workspace of a stack."""
        outputs = self.checkout.run(f"pulumi stack output windlass --json -s {stack}").ok().json()
        return {"group": outputs["resource_group"], "workspace": outputs["workspace"]}


@pytest.fixture(scope="module")
def two(bare: Checkout) -> TwoStacks:
    root = bare.root
    bare.run("git init -q && git add -A && git -c user.name=t -c user.email=t@example.org commit -qm one").ok()
    shutil.copy(root / f"Pulumi.{FIRST}.yaml", root / f"Pulumi.{SECOND}.yaml")
    for kind in ("online", "batch"):
        stacks = root / "endpoints/churn" / kind / "stacks"
        text = (stacks / f"{FIRST}.yml").read_text(encoding="utf-8").replace("wait_seconds: 3", "wait_seconds: 0")
        for stack in (FIRST, SECOND):
            (stacks / f"{stack}.yml").write_text(text, encoding="utf-8")
    bare.up().ok()
    bare.run(f"pulumi stack select --create --non-interactive {SECOND}").ok()
    bare.run(f"pulumi up --yes --skip-preview --non-interactive --policy-pack infra/policy -s {SECOND}").ok()
    for version in ("1", "2"):
        train = f"endpoints/churn/model/train.py --version {version} --output {MODELS}/{version}"
        bare.run(f".venv/bin/python {train}").ok()
    stacks_of = TwoStacks(bare)
    stacks_of.deploy("1")
    return stacks_of


def copied(root: Path, version: str, label: str) -> str:
    """A trained version with other content and the same answers."""
    shutil.copytree(root / MODELS / version, root / MODELS / f"{version}-{label}")
    (root / MODELS / f"{version}-{label}" / "label.txt").write_text(label)
    return f"{version}-{label}"


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_what_serves_on_one_stack_is_promoted_to_the_other_and_back_goes_what_was_promoted(two: TwoStacks) -> None:
    tried = two.history(FIRST)[0]

    planned = two.promote("--dry-run").ok().json()
    promoted = two.promote().ok().json()
    record = two.history(SECOND)[0]
    two.deploy("2")
    two.promote().ok()
    two.checkout.script("deploy", "churn", "-s", SECOND, "--rollback", "--to", record["id"]).ok()
    serving = two.checkout.script("status", "-s", SECOND, "-o", "json").ok().json()

    assert [step["step"] for step in planned["steps"]][:1] == ["RegisterModel"]
    assert record["id"] == promoted["record"]
    assert record["promoted_from"] == {"stack": FIRST, "record": tried["id"], "model": "churn:1", "accepted": []}
    assert record["model"]["sha256"] == tried["model"]["sha256"]
    assert record["content"]["environment_digest"] == tried["content"]["environment_digest"]
    assert len(record["runs"][0]["origin"]["commit"]) == 40
    assert record["runs"][0]["origin"]["by"].startswith("application ")
    assert next(each["traffic"] for each in serving if each["kind"] == "online") == {record["deployment"]: 100}
    assert [each["kind"] for each in two.history(SECOND)] == ["roll-back", "release", "release"]


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_what_was_not_tried_just_so_is_not_promoted(two: TwoStacks) -> None:
    before = len(two.history(SECOND))
    version = copied(two.checkout.root, "2", "altered")
    tried = two.deploy(version)
    with two.checkout.edited("endpoints/churn/src/score.py", 'getLogger("churn")', 'getLogger("churned")'):
        other_code = two.promote("--dry-run")
    two.checkout.python(ALTER.format(version=tried["model"].partition(":")[2], **two.place(FIRST)))
    altered = two.promote()
    unknown = two.promote("--record", "19990101")
    failed = _failed(two)

    assert (other_code.code, altered.code, unknown.code, failed.code) == (5, 5, 4, 5)
    assert "--accept-other code" in other_code.err
    assert "Nothing was loaded or registered" in altered.err
    assert "stack local has no record 19990101" in unknown.err
    assert "is rolled-back" in failed.err
    assert len(two.history(SECOND)) == before


def _failed(two: TwoStacks) -> Ran:
    """Promote a version that failed on the first stack."""
    broken = Path(two.checkout.root, MODELS, "broken")
    broken.mkdir()
    (broken / "model.joblib").write_bytes(b"no model")
    ran = two.checkout.script("deploy", "churn", "-s", FIRST, "--model", f"{MODELS}/broken")
    assert ran.code == 7
    record = json.loads(two.checkout.script("history", "-s", FIRST, "-o", "json", "--limit", "1").ok().out)[0]
    return two.promote("--record", record["id"])


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_what_was_released_without_a_record_gets_one_before_it_is_promoted(two: TwoStacks) -> None:
    version = copied(two.checkout.root, "1", "unrecorded")
    release = ("deploy", "churn", "-s", FIRST, "--model", f"{MODELS}/{version}", "-o", "json")
    unrecorded = two.checkout.script(*release, "--without-record").ok().json()
    before = two.promote("--dry-run")
    tested = two.checkout.script(*release).ok().json()

    promoted = two.promote().ok().json()

    assert "record" not in unrecorded
    assert (before.code, "no record tells of its release" in before.err) == (5, True)
    assert [step["step"] for step in tested["steps"]] == ["SmokeTest"]
    assert two.history(SECOND)[0]["promoted_from"]["record"] == tested["record"]
    assert promoted["record"] == two.history(SECOND)[0]["id"]
