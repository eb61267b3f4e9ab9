"""The plan of subnets: inside the range, apart from each other, big enough, and never moved by what is added."""

from __future__ import annotations

from ipaddress import IPv4Network
from itertools import combinations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from windlass.project.settings import Settings
from windlass.project.subnets import PURPOSES, addresses_needed, plan_subnets, too_small

BASE = {"project": "shop", "cloud": "azure", "owner": "team"}


@st.composite
def spaces(draw: st.DrawFn) -> str:
    """A range of private addresses that a stack may have: /16 to /22."""
    length = draw(st.integers(16, 22))
    number = draw(st.integers(0, 2 ** (length - 8) - 1))
    return f"{IPv4Network('10.0.0.0/8').network_address + (number << (32 - length))}/{length}"


@st.composite
def growing(draw: st.DrawFn) -> dict[str, Any]:
    """Clusters and pools of any size."""
    sizes = draw(st.lists(st.integers(1, 400), max_size=3))
    clusters = {
        f"cluster-{index}": {"vm_size": "Standard_DS3_v2", "max_nodes": size} for index, size in enumerate(sizes)
    }
    pools = draw(st.none() | st.lists(st.integers(1, 300), min_size=1, max_size=3))
    if pools is None:
        return {"clusters": clusters}
    named = {f"pool{index}": {"vm_size": "Standard_DS3_v2", "max_nodes": size} for index, size in enumerate(pools)}
    plugin = draw(st.sampled_from(["azure", "azure-overlay"]))
    return {"clusters": clusters, "kubernetes": {"insecure": True, "pools": named, "network_plugin": plugin}}


def settings(space: str, **more: Any) -> Settings:
    return Settings.model_validate({**BASE, "network": {"mode": "private", "address_space": space}, **more})


@given(spaces())
def test_every_subnet_is_inside_and_no_two_overlap(space: str) -> None:
    ranges = [subnet.range for subnet in plan_subnets(space).values()]

    assert all(each.subnet_of(IPv4Network(space)) for each in ranges)
    assert not any(one.overlaps(other) for one, other in combinations(ranges, 2))


@given(spaces())
def test_a_part_stays_free_for_whoever_owns_the_network(space: str) -> None:
    taken = sum(subnet.range.num_addresses for subnet in plan_subnets(space).values())

    assert taken * 16 == IPv4Network(space).num_addresses * 13


@given(spaces(), growing(), growing())
def test_nothing_moves_when_something_is_added(space: str, before: dict[str, Any], after: dict[str, Any]) -> None:
    def ranges(grown: dict[str, Any]) -> dict[str, IPv4Network]:
        wanted = settings(space, **grown)
        plan = plan_subnets(wanted.network.address_space)
        return {purpose: plan[purpose].range for purpose in addresses_needed(wanted)}

    one, other = ranges(before), ranges(after)

    assert {purpose: one[purpose] for purpose in one.keys() & other.keys()} == {
        purpose: other[purpose] for purpose in one.keys() & other.keys()
    }


@given(spaces(), growing())
def test_what_is_not_told_to_be_too_small_holds_everything_and_azures_own_addresses(
    space: str, grown: dict[str, Any]
) -> None:
    wanted = settings(space, **grown)
    small = {subnet.purpose for subnet, _ in too_small(wanted)}

    for purpose, count in addresses_needed(wanted).items():
        fits = count + 5 <= plan_subnets(space)[purpose].range.num_addresses
        assert fits == (purpose not in small)


def test_the_narrowest_network_has_room_for_every_private_endpoint() -> None:
    assert {purpose: plan_subnets("10.0.0.0/22")[purpose].usable for purpose in PURPOSES} == {
        "endpoints": 59,
        "clusters": 251,
        "kubernetes": 507,
    }


@pytest.mark.parametrize(("plugin", "addresses"), [("azure-overlay", 8), ("azure", 248)])
def test_pods_take_addresses_of_the_subnet_only_without_a_network_of_their_own(plugin: str, addresses: int) -> None:
    pool = {"vm_size": "Standard_DS3_v2", "max_nodes": 3}
    kubernetes = {"insecure": True, "network_plugin": plugin, "system": pool, "pools": {"models": pool}}

    assert addresses_needed(settings("10.0.0.0/16", kubernetes=kubernetes))["kubernetes"] == addresses
