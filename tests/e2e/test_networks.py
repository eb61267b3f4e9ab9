"""A stack in a network of its own, and one in a network that Azure ML runs: from nothing to nothing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from support.checkout import Checkout, Ran
from support.live_stack import LiveStack

pytestmark = pytest.mark.slow

SETTINGS = "Pulumi.local.yaml"
OWNER = "    owner: data-science\n"
MODES = {
    "private": "    network: {mode: private, address_space: 10.40.0.0/20}\n    registry: {tier: Premium}\n",
    "managed": "    network: {mode: managed}\n    registry: {tier: Premium}\n",
}

SEEN = """
import json, os
from azure.identity import DefaultAzureCredential
from azure.mgmt.resource import ResourceManagementClient
from azure.mgmt.storage import StorageManagementClient
about = DefaultAzureCredential(), os.environ["AZURE_SUBSCRIPTION_ID"]
accounts = list(StorageManagementClient(*about).storage_accounts.list())
print(json.dumps({
    "resources": [each.type for each in ResourceManagementClient(*about).resources.list()],
    "access": [each.public_network_access for each in accounts],
    "connections": [
        state.private_link_service_connection_state.status
        for each in accounts for state in each.private_endpoint_connections
    ],
}))
"""


@dataclass(frozen=True)
class Life:
    """What happened to one stack, in this order."""

    up: Ran
    second_up: Ran
    refresh: Ran
    third_up: Ran
    seen: Any
    deployed: str
    destroy: Ran
    left: Any


@pytest.fixture(scope="module", params=MODES)
def life(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Life]]:
    """One stack of each mode lives once."""
    checkout = Checkout.make(Path(tmp_path_factory.mktemp(request.param)) / "checkout")
    checkout.azure_up()
    try:
        with checkout.edited(SETTINGS, OWNER, OWNER + MODES[request.param]):
            yield request.param, _lived(checkout)
    finally:
        checkout.azure_down()


def _lived(checkout: Checkout) -> Life:
    stack = LiveStack(checkout)
    up = checkout.up().ok()
    second_up = checkout.up("--expect-no-changes")
    refresh = checkout.pulumi("refresh --yes --skip-preview")
    third_up = checkout.up("--expect-no-changes")
    stack.train()
    stack.hurry()
    return Life(
        up=up,
        second_up=second_up,
        refresh=refresh,
        third_up=third_up,
        seen=checkout.python(SEEN),
        deployed=stack.serve(stack.model("1")),
        destroy=checkout.script("teardown", "--stack", "local", "--yes"),
        left=checkout.python(SEEN),
    )


def test_a_stack_with_a_network_is_made_and_stays_as_it_is(life: tuple[str, Life]) -> None:
    _, lived = life

    assert lived.second_up.code == 0, lived.second_up.said
    assert lived.refresh.code == 0, lived.refresh.said
    assert lived.third_up.code == 0, lived.third_up.said


def test_what_keeps_data_is_connected_to_the_network(life: tuple[str, Life]) -> None:
    mode, lived = life

    access = {"private": ["Disabled"], "managed": ["Enabled"]}
    assert lived.seen["access"] == access[mode]
    assert lived.seen["connections"] == ["Approved"] * {"private": 4, "managed": 2}[mode]
    assert lived.seen["resources"].count("Microsoft.Network/privateEndpoints") == {"private": 7, "managed": 0}[mode]


def test_a_model_is_released_into_the_network(life: tuple[str, Life]) -> None:
    _, lived = life

    assert lived.deployed


def test_nothing_is_left(life: tuple[str, Life]) -> None:
    _, lived = life

    assert lived.destroy.code == 0, lived.destroy.said
    assert lived.left["resources"] == []
