"""The fake of Azure Resource Manager keeps what it is given and behaves as the tests rely on."""

import json

import pytest
from support.arm import HOST, FakeArm, Reply, failure, type_of

pytestmark = pytest.mark.inferred

GROUP = "/subscriptions/s/resourceGroups/rg"
SITE = f"{GROUP}/providers/Microsoft.Web/sites/a"
VERSION = "?api-version=1"


@pytest.fixture
def fake() -> FakeArm:
    arm = FakeArm()
    arm.put(GROUP)
    return arm


def put(arm: FakeArm, path: str) -> Reply:
    return arm.handle("PUT", f"{HOST}{path}{VERSION}", json.dumps({"location": "x"}))


def test_what_was_put_is_found_in_any_case(fake: FakeArm) -> None:
    assert put(fake, SITE).status == 201
    assert put(fake, SITE).status == 200

    found = fake.handle("GET", f"{HOST}{SITE.upper()}{VERSION}", "")

    assert (found.status, found.document["id"], found.document["location"]) == (200, SITE, "x")


def test_a_resource_needs_its_group(fake: FakeArm) -> None:
    assert put(fake, SITE.replace("/rg/", "/other/")).document["error"]["code"] == "ResourceGroupNotFound"


def test_a_request_needs_a_version(fake: FakeArm) -> None:
    assert fake.handle("GET", f"{HOST}{SITE}", "").document["error"]["code"] == "MissingApiVersionParameter"


def test_deleting_takes_the_children_along(fake: FakeArm) -> None:
    put(fake, SITE)

    assert fake.handle("DELETE", f"{HOST}{GROUP}{VERSION}", "").status == 200
    assert fake.resources == {}
    assert fake.handle("DELETE", f"{HOST}{GROUP}{VERSION}", "").status == 204


def test_an_operation_runs_as_often_as_it_should_and_then_succeeds(fake: FakeArm) -> None:
    fake.style, fake.polls = "status", 2
    begun = put(fake, SITE)
    url = begun.headers["Azure-AsyncOperation"]

    words = [fake.handle("GET", url, "").document["status"] for _ in range(3)]

    assert words == ["InProgress", "InProgress", "Succeeded"]
    assert fake.at(SITE)["properties"]["provisioningState"] == "Succeeded"


def test_an_operation_fails_when_it_is_told_to(fake: FakeArm) -> None:
    fake.style, fake.polls, fake.operation_error = "location", 0, {"code": "C", "message": "M"}
    begun = put(fake, SITE)

    failed = fake.handle("GET", begun.headers["Location"], "")

    assert (failed.status, failed.document["error"]["code"]) == (409, "C")
    assert fake.at(SITE)["properties"]["provisioningState"] == "Failed"


def test_a_body_in_the_making_ends_after_its_polls(fake: FakeArm) -> None:
    fake.style, fake.polls = "body", 2
    put(fake, SITE)

    states = [
        fake.handle("GET", f"{HOST}{SITE}{VERSION}", "").document["properties"]["provisioningState"] for _ in range(2)
    ]

    assert states == ["Creating", "Succeeded"]


def test_a_fault_hits_once_and_only_where_it_should(fake: FakeArm) -> None:
    fake.fail_next("PUT", "sites/a", failure("C", "M"))

    assert [put(fake, SITE.replace("/a", "/b")).status, put(fake, SITE).status, put(fake, SITE).status] == [
        201,
        409,
        201,
    ]


def test_requests_are_remembered_with_their_parts(fake: FakeArm) -> None:
    put(fake, SITE)

    seen = fake.requests("PUT", "SITES")[0]

    assert (seen.path, seen.query, seen.body) == (SITE, {"api-version": "1"}, {"location": "x"})


@pytest.mark.parametrize(
    ("path", "type_"),
    [
        (GROUP, "Microsoft.Resources/resourceGroups"),
        (f"{SITE}/slots/b", "Microsoft.Web/sites/slots"),
        (f"{SITE}/providers/Microsoft.Authorization/locks/l", "Microsoft.Authorization/locks"),
    ],
)
def test_a_type_is_read_in_the_id(path: str, type_: str) -> None:
    assert type_of(path) == type_
