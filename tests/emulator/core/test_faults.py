"""Failures on demand."""

from __future__ import annotations

import urllib.error
from collections.abc import Iterator

import pytest
from azure.core.exceptions import HttpResponseError
from support.arm_clients import ArmClients, fresh
from support.local_azure import RunningAzure

pytestmark = pytest.mark.inferred


@pytest.fixture(autouse=True)
def _clean(azure: RunningAzure) -> Iterator[None]:
    yield
    azure.admin("DELETE", "/faults")


def test_the_asked_for_request_fails_once(arm: ArmClients, azure: RunningAzure) -> None:
    name = fresh("rg-")
    azure.admin("POST", "/faults", {"method": "PUT", "path": f"{name}$", "status": 429, "code": "Throttled",
                                    "headers": {"Retry-After": "7"}})  # fmt: skip

    first, second = (arm.call("PUT", f"{{sub}}/resourcegroups/{name}", {"location": "westeurope"}) for _ in range(2))

    assert (first.status_code, second.status_code) == (429, 201)
    assert first.json()["error"]["code"] == "Throttled"
    assert first.headers["Retry-After"] == "7"


def test_matches_before_the_asked_for_one_pass(arm: ArmClients, azure: RunningAzure) -> None:
    name = arm.group()
    azure.admin("POST", "/faults", {"path": f"{name}$", "skip": 1, "times": 2, "status": 404})

    statuses = [arm.call("GET", f"{{sub}}/resourcegroups/{name}").status_code for _ in range(4)]

    assert statuses == [200, 404, 404, 200]


def test_the_next_operation_of_a_family_fails(arm: ArmClients, azure: RunningAzure) -> None:
    group = arm.group()
    azure.admin("POST", "/faults", {"operation": "container_registry", "code": "Broken", "message": "as asked"})
    body = {"location": "westeurope", "sku": {"name": "Basic"}}

    with pytest.raises(HttpResponseError, match="as asked") as failed:
        arm.registries.registries.begin_create(group, fresh("registry"), body).result()

    assert failed.value.error.code == "Broken"


def test_faults_are_listed_and_taken_back(azure: RunningAzure) -> None:
    added = azure.admin("POST", "/faults", {"path": "never"})

    listed = azure.admin("GET", "/faults")["value"]
    azure.admin("DELETE", f"/faults/{added['number']}")

    assert [row["number"] for row in listed] == [added["number"]]
    assert azure.admin("GET", "/faults")["value"] == []


@pytest.mark.parametrize("asked", [{}, {"path": "a", "operation": "b"}, {"path": "("}, {"path": "a", "colour": "red"}])
def test_faults_that_make_no_sense_are_refused(azure: RunningAzure, asked: dict[str, str]) -> None:
    with pytest.raises(urllib.error.HTTPError) as refused:
        azure.admin("POST", "/faults", asked)

    assert refused.value.code == 400
    refused.value.close()
