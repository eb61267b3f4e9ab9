"""What somebody changes in Azure beside Pulumi is found, and what releases change is none of it."""

from __future__ import annotations

import json
from pathlib import Path

from support.checkout import Ran
from support.live_stack import LiveStack

TAG = """
import json, os
from azure.identity import DefaultAzureCredential
from azure.mgmt.storage import StorageManagementClient
accounts = StorageManagementClient(DefaultAzureCredential(), os.environ["AZURE_SUBSCRIPTION_ID"]).storage_accounts
account = next(iter(accounts.list()))
accounts.update(account.id.split("/")[4], account.name, {{"tags": {{**account.tags, "owner": "{owner}"}}}})
print(json.dumps(account.name))
"""


def look(live: LiveStack, folder: Path) -> Ran:
    """Look for drift."""
    return live.checkout.script("drift", "-s", "local", "--save", str(folder), "-o", "json")


def test_drift_is_found_and_gone_again_and_a_release_is_none(live: LiveStack, tmp_path: Path) -> None:
    clean = look(live, tmp_path)
    live.checkout.python(TAG.format(owner="somebody-in-the-portal"))

    found = look(live, tmp_path)
    live.checkout.python(TAG.format(owner="data-science"))
    gone = look(live, tmp_path)

    assert live.traffic(), "a release has moved traffic"
    assert clean.ok().json()["changes"] == []
    assert found.code == 5
    (change,) = found.json()["changes"]
    assert change["name"] == "storage-account"
    assert [(each["path"], each["before"], each["after"]) for each in change["differences"]] == [
        ("tags.owner", "data-science", "somebody-in-the-portal")
    ]
    assert "storage-account" in found.err
    assert gone.ok().json()["changes"] == []
    assert json.loads((tmp_path / "local" / "report.json").read_text())["changes"] == []
    live.checkout.up("--expect-no-changes").ok()
