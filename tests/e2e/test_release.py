"""Releases and the way back, under live traffic, with the engine at work in the middle of it."""

from __future__ import annotations

import pytest
from support.checkout import Checkout
from support.live_stack import LiveStack, paused
from support.processes import eventually

TAG = "windlass:settings.tags.cost-centre"
TAGS = """
import json, os
from azure.identity import DefaultAzureCredential
from azure.mgmt.resource import ResourceManagementClient
client = ResourceManagementClient(DefaultAzureCredential(), os.environ["AZURE_SUBSCRIPTION_ID"])
print(json.dumps([each.tags for each in client.resource_groups.list()]))
"""


def watches_at(live: LiveStack, share: int) -> bool:
    """Whether the release under way has moved so much traffic and watches it."""
    last = live.journal()[-1]
    return (last["event"], last.get("step"), last.get("share")) == ("started", "Watch", share)


def change_tag(checkout: Checkout, value: str) -> None:
    checkout.run(f"pulumi config set --path {TAG} {value} -s local").ok()


def refresh(checkout: Checkout) -> None:
    checkout.pulumi("refresh --yes --skip-preview").ok()


@pytest.mark.timeout(600)
def test_no_request_fails_while_a_release_and_pulumi_work_at_the_same_time(live: LiveStack) -> None:
    old = live.serve(live.model("1"))
    new = live.model("2", "under-load")

    with (
        live.rollout(watch=1.5),
        live.caller.load(rate=60) as load,
        live.checkout.running_script(*live.deploying(new)) as release,
    ):
        assert eventually(lambda: watches_at(live, 10), 60)
        # Held still between two steps, so that all of this happens in the middle of the release.
        with paused(release):
            change_tag(live.checkout, "first")
            live.checkout.up().ok()
            refresh(live.checkout)
            live.checkout.up().ok()
            in_the_middle = live.traffic()
            tags = live.checkout.python(TAGS)
        # And while it goes on.
        change_tag(live.checkout, "second")
        live.checkout.up().ok()
        assert release.wait(120) == 0
    target = live.journal()[0]["target"]
    after = live.traffic()

    assert load.failures == []
    assert load.rate >= 50
    assert load.deployments == {old, target}
    assert [each["cost-centre"] for each in tags] == ["first"]
    assert in_the_middle == {old: 90, target: 10}
    assert after == {target: 100}


def test_refresh_and_up_after_a_release_leave_its_traffic_alone(live: LiveStack) -> None:
    name = live.serve(live.model("1"))

    refresh(live.checkout)
    live.checkout.up("--expect-no-changes").ok()

    assert live.traffic() == {name: 100}


def test_a_roll_back_gives_the_traffic_back_without_a_failed_request(live: LiveStack) -> None:
    old = live.serve(live.model("1"))
    new = live.serve(live.model("2"))
    before = live.traffic()

    with live.caller.load(rate=60) as load:
        rolled_back = live.checkout.script("deploy", "churn", "-s", "local", "--rollback", "--output", "json")

    assert before == {new: 100}
    assert rolled_back.ok().json()["traffic"] == {old: 100}
    assert live.traffic() == {old: 100}
    assert load.failures == []


def test_a_registered_version_is_released_by_its_name(live: LiveStack) -> None:
    name = live.serve(live.model("2"))
    registered = next(each["model"] for each in live.online()["deployments"] if each["name"] == name)
    live.serve(live.model("1"))

    released = live.deploy(f"azureml:{registered}").ok()

    assert released.json()["traffic"] == {name: 100}


def test_a_dry_run_tells_the_steps_that_the_release_then_takes(live: LiveStack) -> None:
    live.serve(live.model("1"))
    model = live.model("2", "dry-run")
    before = live.online()

    planned = live.checkout.script(*live.deploying(model), "--dry-run", "--output", "json").ok().json()
    untouched = live.online()
    live.deploy(model).ok()
    started = [entry for entry in live.journal() if entry["event"] == "started"]

    assert untouched == before
    assert [{**entry, **step} for entry, step in zip(started, planned["steps"], strict=True)] == started
