"""The life of a stack on the local Azure, with the real engine."""

from __future__ import annotations

import json

from support.checkout import Checkout

_SOFT_DELETED = "already exists in deleted state"


def azure(checkout: Checkout, program: str) -> object:
    """Run a program against the local Azure with the official clients; it prints one line of JSON."""
    return json.loads(checkout.run(f".venv/bin/python -c '{program}'").ok().out)


LEFT = """
import json, os
from azure.identity import DefaultAzureCredential
from azure.mgmt.resource import ResourceManagementClient
client = ResourceManagementClient(DefaultAzureCredential(), os.environ["AZURE_SUBSCRIPTION_ID"])
print(json.dumps([g.name for g in client.resource_groups.list()] + [r.id for r in client.resources.list()]))
"""


def test_a_stack_lives_from_preview_to_destroy(bare: Checkout) -> None:
    bare.pulumi("preview").ok()
    bare.pulumi("up --yes --skip-preview").ok()
    bare.pulumi("up --yes --skip-preview --expect-no-changes").ok()
    bare.pulumi("refresh --yes --skip-preview --expect-no-changes").ok()
    bare.pulumi("destroy --yes --skip-preview").ok()

    assert azure(bare, LEFT) == []

    # The vault's and the workspace's names stay taken, as on Azure.
    refused = bare.pulumi("up --yes --skip-preview")

    assert refused.code != 0
    assert "purge" in (refused.out + refused.err)


def test_teardown_purges_so_that_the_same_names_work_again(bare: Checkout) -> None:
    bare.pulumi("up --yes --skip-preview").ok()

    bare.script("teardown", "--stack", "local", "--yes").ok()

    bare.pulumi("up --yes --skip-preview").ok()


def test_nothing_runs_after_local_down(bare: Checkout) -> None:
    status = bare.script("local", "status", "--output", "json").ok().json()
    pids = [status["supervisor"]["pid"], *(child["pid"] for child in status["children"])]

    bare.azure_down()

    assert bare.script("local", "status").code == 3
    assert [pid for pid in pids if bare.run(f"kill -0 {pid}").code == 0] == []
