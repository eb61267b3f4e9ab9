"""Private DNS zones with their links, and public zones with their record sets."""

from __future__ import annotations

from typing import Any

import pytest
from azure.core.exceptions import HttpResponseError
from support.arm_clients import ArmClients, fresh


@pytest.fixture(scope="module")
def group(arm: ArmClients) -> str:
    """A resource group for this module."""
    return arm.group()


def _private(arm: ArmClients, group: str, name: str = "") -> Any:
    zone = name or f"{fresh('zone')}.example.com"
    return arm.private_dns.private_zones.begin_create_or_update(group, zone, {"location": "global"}).result()


def _link(arm: ArmClients, group: str, zone: str, network: str) -> Any:
    body = {"location": "global", "virtual_network": {"id": network}, "registration_enabled": False}
    return arm.private_dns.virtual_network_links.begin_create_or_update(group, zone, fresh("link-"), body).result()


def _network(arm: ArmClients, group: str) -> str:
    found: str = arm.networks.virtual_networks.get(group, arm.network(group)).id
    return found


def _public(arm: ArmClients, group: str) -> Any:
    return arm.dns.zones.create_or_update(group, f"{fresh('zone')}.example.com", {"location": "global"})


def _refused(work: Any) -> tuple[int, str]:
    with pytest.raises(HttpResponseError) as refused:
        work()
    assert refused.value.error is not None
    return refused.value.status_code, refused.value.error.code


@pytest.mark.specified
def test_a_private_zone_counts_what_it_has(arm: ArmClients, group: str) -> None:
    zone = _private(arm, group)
    link = _link(arm, group, zone.name, _network(arm, group))

    shown = arm.private_dns.private_zones.get(group, zone.name)

    assert (shown.location, shown.provisioning_state, shown.number_of_record_sets) == ("global", "Succeeded", 1)
    assert (shown.number_of_virtual_network_links, shown.max_number_of_record_sets) == (1, 25000)
    assert (link.virtual_network_link_state, link.resolution_policy) == ("Completed", "Default")


@pytest.mark.specified
def test_a_private_zone_with_links_stays(arm: ArmClients, group: str) -> None:
    zone = _private(arm, group)
    link = _link(arm, group, zone.name, _network(arm, group))

    code = _refused(lambda: arm.private_dns.private_zones.begin_delete(group, zone.name))
    arm.private_dns.virtual_network_links.begin_delete(group, zone.name, link.name).result()
    arm.private_dns.private_zones.begin_delete(group, zone.name).result()

    assert code == (409, "CannotDeleteResource")
    assert zone.name not in [left.name for left in arm.private_dns.private_zones.list_by_resource_group(group)]


@pytest.mark.specified
def test_a_network_that_goes_takes_its_links_with_it(arm: ArmClients, group: str) -> None:
    zone, network = _private(arm, group), _network(arm, group)
    _link(arm, group, zone.name, network)

    arm.networks.virtual_networks.begin_delete(group, network.rsplit("/", 1)[1]).result()

    assert list(arm.private_dns.virtual_network_links.list(group, zone.name)) == []


@pytest.mark.inferred
def test_a_network_sees_one_zone_of_a_name(arm: ArmClients, group: str) -> None:
    zone, network, other = _private(arm, group), _network(arm, group), arm.group()
    _link(arm, group, zone.name, network)
    same = _private(arm, other, zone.name)

    assert _refused(lambda: _link(arm, other, same.name, network)) == (400, "BadRequest")
    assert _refused(lambda: _link(arm, group, zone.name, f"{network}-no")) == (400, "BadRequest")


@pytest.mark.specified
def test_a_private_zone_lives_nowhere(arm: ArmClients, group: str) -> None:
    put = arm.private_dns.private_zones.begin_create_or_update

    assert _refused(lambda: put(group, "a.example.com", {"location": "westeurope"})) == (
        400,
        "LocationNotAvailableForResourceType",
    )
    assert _refused(lambda: put(group, "single", {"location": "global"})) == (400, "BadRequest")


@pytest.mark.specified
def test_a_zone_that_must_be_new_is_refused_when_it_is_not(arm: ArmClients, group: str) -> None:
    zone = _private(arm, group)
    put = arm.private_dns.private_zones.begin_create_or_update

    assert _refused(lambda: put(group, zone.name, {"location": "global"}, if_none_match="*")) == (
        412,
        "PreconditionFailed",
    )


@pytest.mark.specified
def test_a_public_zone_has_name_servers_and_records(arm: ArmClients, group: str) -> None:
    zone = _public(arm, group)
    records = arm.dns.record_sets

    alias = records.create_or_update(
        group, zone.name, "churn", "CNAME", {"ttl": 60, "cname_record": {"cname": "a.example.org"}}
    )
    records.create_or_update(group, zone.name, "www", "A", {"ttl": 60, "a_records": [{"ipv4_address": "192.0.2.1"}]})
    records.create_or_update(group, zone.name, "_x", "TXT", {"ttl": 60, "txt_records": [{"value": ["y"]}]})

    assert len(zone.name_servers) == 4
    assert (alias.fqdn, alias.cname_record.cname, alias.type) == (
        f"churn.{zone.name}.",
        "a.example.org",
        "Microsoft.Network/dnsZones/CNAME",
    )
    assert [found.name for found in records.list_by_type(group, zone.name, "A")] == ["www"]
    assert {found.name for found in records.list_by_dns_zone(group, zone.name)} == {"churn", "www", "_x"}
    assert arm.dns.zones.get(group, zone.name).number_of_record_sets == 5


@pytest.mark.specified
def test_a_name_is_switched_by_whoever_saw_it_last(arm: ArmClients, group: str) -> None:
    zone, records = _public(arm, group), arm.dns.record_sets

    def put(target: str, **conditions: str) -> Any:
        body = {"ttl": 60, "cname_record": {"cname": target}}
        return records.create_or_update(group, zone.name, "churn", "CNAME", body, **conditions)

    first = put("one.example.org")
    second = put("two.example.org", if_match=first.etag)

    assert second.cname_record.cname == "two.example.org"
    assert _refused(lambda: put("three.example.org", if_match=first.etag)) == (412, "PreconditionFailed")


@pytest.mark.specified
def test_a_public_zone_goes_with_its_records(arm: ArmClients, group: str) -> None:
    zone, records = _public(arm, group), arm.dns.record_sets
    records.create_or_update(group, zone.name, "www", "A", {"ttl": 60, "a_records": [{"ipv4_address": "192.0.2.1"}]})

    records.delete(group, zone.name, "www", "A")
    arm.dns.zones.begin_delete(group, zone.name).result()

    assert zone.name not in [left.name for left in arm.dns.zones.list()]


@pytest.mark.inferred
def test_records_that_make_no_sense_are_refused(arm: ArmClients, group: str) -> None:
    zone, records = _public(arm, group), arm.dns.record_sets
    address: dict[str, Any] = {"ttl": 60, "a_records": [{"ipv4_address": "192.0.2.1"}]}
    records.create_or_update(group, zone.name, "www", "A", address)

    def refused(name: str, kind: str, body: dict[str, Any]) -> int:
        return _refused(lambda: records.create_or_update(group, zone.name, name, kind, body))[0]

    assert refused("www", "CNAME", {"ttl": 60, "cname_record": {"cname": "a.example.org"}}) == 400
    assert refused("one", "A", {"ttl": 60, "a_records": [{"ipv4_address": "192.0.2.999"}]}) == 400
    assert refused("one", "A", {**address, "ttl": 0}) == 400
    assert refused("one", "A", {"ttl": 60}) == 400
    assert refused("one", "MX", {"ttl": 60, "mx_records": [{"preference": 1, "exchange": "m"}]}) in {400, 501}
