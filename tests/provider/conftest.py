"""What the provider's tests share."""

from collections.abc import AsyncIterator

import pytest
from support.arm import FakeArm
from support.engine_side import EngineSide, Slept, provider_over

GROUP = "/subscriptions/10ca1000-0000-4000-8000-000000000002/resourceGroups/rg"


@pytest.fixture
def arm() -> FakeArm:
    """A service with one resource group, `rg`."""
    fake = FakeArm()
    fake.put(GROUP, location="westeurope")
    return fake


@pytest.fixture
def slept() -> Slept:
    """The waits that the provider asked for."""
    return Slept()


@pytest.fixture
async def engine(arm: FakeArm, slept: Slept) -> AsyncIterator[EngineSide]:
    """The engine's side of a provider that is configured with a location."""
    async with provider_over(arm, slept, location="northeurope") as side:
        yield side
