"""A job runs as the identity of its cluster, which needs its rights for it."""

from __future__ import annotations

import pytest
from support import access
from support.batch_world import ECHO, BatchWorld
from support.identified_batch import REGISTRY, STORAGE, give, identify

ROLES = ((access.ACR_PULL, REGISTRY), (access.BLOB_CONTRIBUTOR, STORAGE))


@pytest.fixture
def identified(world: BatchWorld) -> BatchWorld:
    identify(world)
    return world


@pytest.mark.inferred
@pytest.mark.parametrize(
    ("held", "code"),
    [(ROLES[1:], "FailedPullingImage"), (ROLES[:1], "AuthorizationPermissionMismatch")],
    ids=["no pull", "no data"],
)
async def test_a_job_fails_without_each_role_of_its_cluster(
    identified: BatchWorld, held: tuple[tuple[str, str], ...], code: str
) -> None:
    give(identified, *held)

    job = identified.invoke(ECHO)

    assert await identified.ended(job) == "Failed"
    assert job.fact("error")["code"] == code


@pytest.mark.inferred
async def test_a_job_that_may_only_read_does_not_write(identified: BatchWorld) -> None:
    give(identified, ROLES[0], (access.BLOB_READER, STORAGE))

    job = identified.invoke(ECHO)

    assert await identified.ended(job) == "Failed"
    assert "to write blobs" in job.fact("error")["message"]


@pytest.mark.inferred
async def test_a_job_runs_with_both(identified: BatchWorld) -> None:
    give(identified, *ROLES)

    job = identified.invoke(ECHO)

    assert await identified.ended(job) == "Completed"
