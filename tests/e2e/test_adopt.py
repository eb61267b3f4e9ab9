"""A stack whose state is lost takes what it made before into a new one, with the real engine."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import pytest
from support.checkout import Checkout, Ran

WITHOUT_CLUSTER = """
import json, os
from azure.identity import DefaultAzureCredential
from azure.mgmt.resource import ResourceManagementClient
resources = ResourceManagementClient(DefaultAzureCredential(), os.environ["AZURE_SUBSCRIPTION_ID"]).resources
ids = [each.id for each in resources.list() if each.type.lower().endswith("/workspaces")]
ids = [each for each in ids if "MachineLearningServices" in each]
resources.begin_delete_by_id(ids[0] + "/computes/cpu", "2025-12-01").result()
print(json.dumps(ids))
"""


@dataclass(frozen=True)
class Found:
    """What happened after the state was lost."""

    plan: Any
    import_file: Any
    adopted: Ran
    rest: Ran
    preview: Any
    up: Ran
    again: Any


@pytest.fixture(scope="module")
def found(bare: Checkout) -> Found:
    """One stack loses its state, and a cluster, once; every test looks at another part of what came then."""
    bare.up().ok()
    bare.run("pulumi stack rm local --force --yes --preserve-config && pulumi stack init local").ok()
    bare.python(WITHOUT_CLUSTER)
    plan = bare.script("adopt", "-s", "local", "--dry-run", "--file", "import.json", "--output", "json").ok().json()
    return Found(
        plan=plan,
        import_file=json.loads((bare.root / "import.json").read_text(encoding="utf-8")),
        adopted=bare.script("adopt", "-s", "local"),
        rest=bare.script("adopt", "-s", "local"),
        preview=bare.pulumi("preview --refresh --json").ok().json(),
        up=bare.up(),
        again=bare.script("adopt", "-s", "local", "--dry-run", "--output", "json").ok().json(),
    )


def test_everything_that_exists_is_found_and_what_does_not_is_told(found: Found) -> None:
    assert found.plan["missing"] == ["cpu-compute"]
    assert {name.rpartition("-")[2] for name in found.plan["unknown"]} <= {"logs"}
    imported = [row for row in found.import_file["resources"] if not row.get("component")]
    assert sorted(row["id"] for row in imported) == sorted(found.plan["found"].values())


def test_after_the_import_only_what_is_missing_is_made(found: Found) -> None:
    assert found.adopted.code == 0, found.adopted.said
    assert found.rest.code == 0, found.rest.said
    changes = {step["urn"].rpartition("::")[2]: step["op"] for step in found.preview["steps"] if step["op"] != "same"}
    made = {name: op for name, op in changes.items() if op not in {"read", "refresh"}}
    assert made == {"cpu": "create", "cpu-compute": "create"}


def test_up_makes_the_rest_and_nothing_is_left_to_adopt(found: Found) -> None:
    assert found.up.code == 0, found.up.said
    assert found.again == {"found": {}, "missing": [], "unknown": []}
