"""The example on an AKS cluster: made, released to under load, watched, and left alone by the engine."""

from __future__ import annotations

import pytest
from support.checkout import Checkout
from support.live_stack import ROLLOUT, LiveStack

SERVED = """
serving:
  compute: kubernetes
deployment:
  instance_count: 1
  instance_type: small
"""
_KUBERNETES = "windlass:settings.kubernetes"


@pytest.fixture(scope="module")
def served(bare: Checkout) -> LiveStack:
    """A stack whose cluster serves the example; no model is in service yet."""
    overlay = bare.root / ROLLOUT
    text = overlay.read_text(encoding="utf-8")
    assert text.count("deployment:\n  instance_count: 1\n") == 1
    overlay.write_text(text.replace("deployment:\n  instance_count: 1\n", SERVED.lstrip()), encoding="utf-8")
    bare.run(f"pulumi config set --path {_KUBERNETES}.insecure true -s local").ok()
    bare.up().ok()
    stack = LiveStack(bare)
    stack.train()
    stack.hurry()
    return stack


@pytest.mark.timeout(600)
def test_a_version_takes_over_from_another_on_a_cluster_without_a_failed_request(served: LiveStack) -> None:
    old = served.serve(served.model("1"))
    address = served.online()["scoring_uri"]

    with served.caller.load(rate=60) as load:
        new = served.serve(served.model("2"))
    after = served.online()

    assert address.startswith("http://198.1")
    assert address.endswith("/score")
    assert load.failures == []
    assert load.rate >= 50
    assert load.deployments == {old, new}
    assert after["traffic"] == {new: 100}
    assert {each["instance_type"] for each in after["deployments"]} == {"small"}


def test_the_same_commands_invoke_it_read_its_log_and_take_it_back(served: LiveStack) -> None:
    old, new = served.serve(served.model("1")), served.serve(served.model("2"))

    invoked = served.checkout.script("invoke", "churn", "-s", "local", "--sample", "loyal", "--output", "json")
    logs = served.checkout.script("logs", "churn", "-s", "local", "--deployment", new)
    rolled_back = served.checkout.script("deploy", "churn", "-s", "local", "--rollback", "--output", "json")

    assert invoked.ok().json()["deployment"] == new
    assert "POST" in logs.ok().out
    assert rolled_back.ok().json()["traffic"] == {old: 100}


def test_a_size_that_the_cluster_does_not_have_is_refused_before_anything_is_done(served: LiveStack) -> None:
    with served.checkout.edited(ROLLOUT, "instance_type: small", "instance_type: Standard_DS3_v2"):
        refused = served.deploy(served.model("1"))

    assert refused.code == 2
    assert "stacks/local.yml" in refused.err
    assert "deployment.instance_type" in refused.err


def test_a_refresh_and_an_update_find_nothing_to_do(served: LiveStack) -> None:
    served.checkout.pulumi("refresh --yes --skip-preview").ok()

    served.checkout.up("--expect-no-changes").ok()


def test_the_stack_is_taken_down_with_its_cluster(served: LiveStack) -> None:
    served.checkout.pulumi("destroy --yes --skip-preview").ok()

    assert served.checkout.run("pulumi stack export -s local").ok().json()["deployment"].get("resources", [])[1:] == []
