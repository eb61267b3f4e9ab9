"""The churn example on container instances: both ways in which a version takes over, under a steady load."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pytest
from support.checkout import Checkout, kill
from support.live_stack import Caller, LiveStack, Load
from support.processes import eventually

OVERLAY = "endpoints/churn/online/stacks/local.yml"
ZONE = "models.example"
GROUP = "/subscriptions/10ca1000-0000-4000-8000-000000000002/resourceGroups/rg-names"
ZONE_ID = f"{GROUP}/providers/Microsoft.Network/dnsZones/{ZONE}"
TTL = 2
LIMIT = 120
COMMON = """\
deployment:
  instance_type: null
  instance_count: null
serving:
  compute: container-instance
"""
SWITCH = f"""\
{COMMON}  container:
    release: switch
    start_seconds: {LIMIT}
    name:
      zone: {ZONE_ID}
      record: churn
      ttl_seconds: {TTL}
"""
RECREATE = f"""\
{COMMON}  container:
    release: recreate
    start_seconds: {LIMIT}
"""
REMOVE = "rollout:\n  previous: remove\n"
MAKE_ZONE = f"""
import os
from azure.identity import DefaultAzureCredential
from azure.mgmt.dns import DnsManagementClient
from azure.mgmt.resource import ResourceManagementClient
who = DefaultAzureCredential(), os.environ["AZURE_SUBSCRIPTION_ID"]
ResourceManagementClient(*who).resource_groups.create_or_update("rg-names", {{"location": "westeurope"}})
DnsManagementClient(*who).zones.create_or_update("rg-names", "{ZONE}", {{"location": "global"}})
print("{{}}")
"""
ACCESS = """
import json, pathlib
from windlass.factory import Toolkit
print(json.dumps(Toolkit(pathlib.Path.cwd(), "local").scoring_access("churn")))
"""


@dataclass(frozen=True)
class Groups:
    """The example on container groups."""

    stack: LiveStack

    def overlay(self, text: str) -> None:
        """Have the overlay of the stack say this."""
        (self.stack.checkout.root / OVERLAY).write_text(text, encoding="utf-8")

    def groups(self) -> list[str]:
        """Name the deployments that have a group, and see that no other container runs."""
        rows = self.stack.online()["deployments"]
        assert len(rows) == len(self.stack.checkout.azure_status()["containers"])
        return sorted(row["name"] for row in rows)

    @contextmanager
    def load(self) -> Iterator[Load]:
        """Load the public name while the block runs."""
        checkout = self.stack.checkout
        uri, key = checkout.python(ACCESS)
        bundle = checkout.root / ".windlass" / "callers.pem"
        bundle.write_text(self.stack.online()["certificate"], encoding="utf-8")
        with Caller(checkout, uri=uri, key=key, authorities=str(bundle)).load(rate=20) as load:
            yield load


@pytest.fixture(scope="module")
def groups(bare: Checkout) -> Groups:
    """A stack whose example is served on container groups; nothing is in service yet."""
    groups = Groups(LiveStack(bare))
    bare.python(MAKE_ZONE)
    groups.overlay(SWITCH)
    bare.up().ok()
    groups.stack.train()
    return groups


def test_a_switch_fails_no_request_and_removes_the_old_group_when_nobody_reaches_it(groups: Groups) -> None:
    stack = groups.stack
    groups.overlay(SWITCH + REMOVE)
    old = stack.serve(stack.model("1"))
    planned = stack.checkout.script(*stack.deploying(stack.model("2")), "--dry-run").ok().out

    with groups.load() as load:
        new = stack.serve(stack.model("2"))
    again = stack.deploy(stack.model("2")).ok().json()

    assert f"Note: no request fails: churn.{ZONE} moves to the new version when it is tested." in planned
    assert f"for up to {2 * TTL} s more" in planned
    assert load.failures == []
    assert load.deployments == {old, new}
    assert stack.traffic() == {new: 100}
    assert groups.groups() == [new]
    assert again["steps"] == []


@pytest.mark.slow
def test_a_recreated_version_fails_requests_only_while_the_plan_says_so(groups: Groups) -> None:
    stack = groups.stack
    groups.overlay(RECREATE)
    old = stack.serve(stack.model("1"))
    planned = stack.checkout.script(*stack.deploying(stack.model("2")), "--dry-run").ok().out

    with groups.load() as load:
        new = stack.serve(stack.model("2"))
    failed = sorted(sent.at for sent in load.failures)
    answered = sorted((sent.at, sent.deployment) for sent in load.sent if not sent.failed)

    assert f"requests fail from the moment the old version is stopped until the new one answers: at most {LIMIT} s" in (
        planned
    )
    assert failed
    assert failed[-1] - failed[0] < LIMIT
    assert {name for at, name in answered if at < failed[0]} == {old}
    assert {name for at, name in answered if at > failed[-1]} == {new}
    assert groups.groups() == [new]


@pytest.mark.slow
def test_a_way_back_is_a_switch_while_the_old_group_stands(groups: Groups) -> None:
    stack = groups.stack
    groups.overlay(SWITCH)
    old = stack.serve(stack.model("1"))
    new = stack.serve(stack.model("2"))

    with groups.load() as load:
        rolled_back = (
            stack.checkout.script("deploy", "churn", "-s", "local", "--rollback", "--output", "json").ok().json()
        )

    assert rolled_back["traffic"] == {old: 100}
    assert load.failures == []
    assert groups.groups() == sorted([old, new])


@pytest.mark.slow
def test_a_release_that_is_killed_goes_on_from_there(groups: Groups) -> None:
    stack = groups.stack
    groups.overlay(RECREATE)
    stack.serve(stack.model("1"))
    model = stack.model("2", "killed")

    with stack.checkout.running_script(*stack.deploying(model)) as release:
        assert eventually(lambda: stack.journal()[-1].get("step") == "CreateDeployment", 60)
        kill(release)
    new = stack.serve(model)

    assert stack.traffic() == {new: 100}


@pytest.mark.slow
def test_a_version_that_does_not_start_gives_the_old_one_back(groups: Groups) -> None:
    stack = groups.stack
    groups.overlay(RECREATE)
    old = stack.serve(stack.model("1"))
    model = stack.model("2", "broken")
    (stack.checkout.root / model / "model.joblib").unlink()

    ran = stack.deploy(model)

    assert ran.code == 7
    assert stack.traffic() == {old: 100}
    assert "must hold exactly one model.joblib" in ran.err
