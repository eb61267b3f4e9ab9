"""One registry with an image, and one served group, for all tests here."""

from __future__ import annotations

import pytest
from support.arm_clients import ArmClients, fresh
from support.container_world import ContainerWorld, Served, context


@pytest.fixture(scope="session")
def containers(arm: ArmClients) -> ContainerWorld:
    """A world whose registry has an image."""
    world = ContainerWorld.make(arm)
    assert world.build("windlass/inference:1", context()).status == "Succeeded"
    return world


@pytest.fixture(scope="session")
def served(containers: ContainerWorld) -> Served:
    """A group that answers with model "one"; nobody changes it."""
    return Served.begin(containers, fresh("served-"))


@pytest.fixture(scope="session")
def changing(containers: ContainerWorld) -> Served:
    """A group that answers, for tests that change what it does and leave it answering."""
    return Served.begin(containers, fresh("changing-"))
