"""What is accepted of endpoints and deployments, without a local Azure."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from windlass_emulator.errors import AzureError, MlError
from windlass_emulator.ml.vm_sizes import find_size
from windlass_emulator.online import rules

NAMES = st.text("abcdefghijklmnopqrstuvwxyz0123456789-", min_size=1, max_size=40)
SHARES = st.dictionaries(st.sampled_from(["v1", "v2", "v3", "v4"]), st.integers(-10, 110), max_size=4)


def detail_of(error: MlError) -> str:
    return str(error.details[0]["message"])


@pytest.mark.specified
@pytest.mark.parametrize("name", ["abc", "churn-ep", "A1b", "a" + "b" * 31])
def test_names_of_azure_are_accepted(name: str) -> None:
    rules.require_name(name, "endpoint")


@pytest.mark.specified
@pytest.mark.parametrize("name", ["ab", "1abc", "abc-", "a_b_c", "a" * 33, "", "abc\n"])
def test_names_that_azure_refuses_are_refused(name: str) -> None:
    with pytest.raises(MlError, match="3 to 32 characters"):
        rules.require_name(name, "endpoint")


@pytest.mark.specified
@given(NAMES)
def test_no_name_over_32_characters_is_accepted(name: str) -> None:
    try:
        rules.require_name(name, "endpoint")
    except MlError:
        return

    assert 3 <= len(name) <= 32
    assert name[0].isalpha()
    assert name[-1] != "-"


@pytest.mark.specified
@given(SHARES, st.sets(st.sampled_from(["v1", "v2", "v3"])))
def test_accepted_traffic_sums_to_100_or_0_and_names_only_known_deployments(
    traffic: dict[str, int], known: set[str]
) -> None:
    if rules.traffic_problems(traffic, known):
        return

    assert sum(traffic.values()) in {0, 100}
    assert {name for name, share in traffic.items() if share} <= known


@pytest.mark.specified
@pytest.mark.parametrize(
    ("traffic", "problem"),
    [
        ({"v1": 90}, "adds up to 90"),
        ({"v1": 60, "v2": 50}, "adds up to 110"),
        ({"v1": 50, "v3": 50}, "no such deployment in service; it has: v1, v2"),
        ({"v1": -10, "v2": 110}, "whole number from 0 to 100"),
        ({"v1": "100"}, "whole number"),
        ({"v1": True}, "whole number"),
    ],
)
def test_wrong_traffic_is_told(traffic: dict[str, Any], problem: str) -> None:
    assert problem in " ".join(rules.traffic_problems(traffic, {"v1", "v2"}))


@pytest.mark.specified
@pytest.mark.parametrize(
    ("mirror", "problem"),
    [
        ({"v2": 51}, "whole number from 0 to 50"),
        ({"v2": 10, "v3": 10}, "to one deployment"),
        ({"v4": 10}, "no such deployment"),
        ({"v1": 10}, "beside live traffic"),
    ],
)
def test_wrong_mirror_traffic_is_told(mirror: dict[str, Any], problem: str) -> None:
    assert problem in " ".join(rules.mirror_problems(mirror, {"v1": 100}, {"v1", "v2", "v3"}))


@pytest.mark.specified
def test_half_of_the_traffic_may_be_mirrored_to_one_deployment() -> None:
    assert rules.mirror_problems({"v2": 50}, {"v1": 100}, {"v1", "v2"}) == []


@pytest.mark.recorded
def test_refusals_of_the_inference_service_carry_json_text_in_their_one_detail() -> None:
    error = rules.unrecoverable_deployment("v1")

    assert (error.status, error.code, error.message) == (400, "BadRequest", "The request is invalid.")
    assert error.details[0]["code"] == "InferencingClientCallFailed"
    words = "failed during initial provisioning and is in an unrecoverable state. Delete and re-create."
    assert json.loads(detail_of(error)) == {
        "errors": {"": [f"Specified deployment [v1] {words}"]},
        "title": "One or more validation errors occurred.",
    }


@pytest.mark.recorded
def test_an_instance_of_four_cores_needs_eight_because_of_the_reserve() -> None:
    with pytest.raises(MlError) as refused:
        rules.require_cores(find_size("Standard_F4s_v2"), 1, 96, "a7842ee4")

    assert refused.value.details[0]["code"] == "InferencingClientCreateDeploymentFailed"
    assert "Current usage/limit: 96/100. Additional needed: 8 " in detail_of(refused.value)


@pytest.mark.specified
@pytest.mark.parametrize("capacity", [0, -1, 51, 1.5, "2", None, True])
def test_the_instance_count_is_1_to_50(capacity: Any) -> None:
    with pytest.raises(MlError):
        rules.require_capacity(capacity)


@pytest.mark.specified
def test_too_many_instances_are_a_matter_of_quota() -> None:
    with pytest.raises(MlError) as refused:
        rules.require_capacity(51)

    assert "quota of 50 instances" in detail_of(refused.value)


@pytest.mark.specified
def test_the_twenty_first_deployment_is_a_matter_of_quota() -> None:
    rules.require_room("deployments", 19, rules.DEPLOYMENTS_PER_ENDPOINT, "endpoint")

    with pytest.raises(MlError) as refused:
        rules.require_room("deployments", 20, rules.DEPLOYMENTS_PER_ENDPOINT, "endpoint")

    assert "quota of 20 deployments per endpoint" in detail_of(refused.value)


@pytest.mark.recorded
def test_an_endpoint_without_identity_is_refused_by_newer_api_versions() -> None:
    rules.require_identity({"identity": None}, "2022-02-01-preview")

    with pytest.raises(MlError, match="identity"):
        rules.require_identity({"identity": None}, "2025-12-01")


ENDPOINT = {"location": "westeurope", "identity": {"type": "SystemAssigned"}, "properties": {"properties": {}}}


@pytest.mark.specified
def test_an_endpoint_does_not_move() -> None:
    with pytest.raises(AzureError) as refused:
        rules.require_same_endpoint(ENDPOINT, {**ENDPOINT, "location": "northeurope"})

    assert (refused.value.status, refused.value.code) == (409, "InvalidResourceLocation")


@pytest.mark.specified
def test_the_identity_of_an_endpoint_does_not_change() -> None:
    with pytest.raises(MlError, match="identity"):
        rules.require_same_endpoint(ENDPOINT, {**ENDPOINT, "identity": {"type": "UserAssigned"}})


@pytest.mark.inferred
def test_the_location_may_be_written_for_people() -> None:
    rules.require_same_endpoint(ENDPOINT, {**ENDPOINT, "location": "West Europe"})


@pytest.mark.inferred
@pytest.mark.parametrize("what", ["traffic", "mirror traffic"])
def test_a_deployment_with_any_traffic_is_not_deleted(what: str) -> None:
    with pytest.raises(MlError) as refused:
        rules.refuse_traffic_holder("v1", "churn", {what: {"v1": 10}})

    assert f"10 % of the {what}" in detail_of(refused.value)
