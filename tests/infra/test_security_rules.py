"""What passes the subnets: a table that refuses whatever it does not name."""

from __future__ import annotations

from ipaddress import IPv4Network

import pytest

from windlass.infra.security_rules import LAST, Rule, rules_of
from windlass.project.subnets import PURPOSES, SubnetPurpose

OWN = IPv4Network("10.40.64.0/18")

every_subnet = pytest.mark.parametrize("purpose", PURPOSES)


def rules(purpose: SubnetPurpose, *, internet: bool = True) -> tuple[Rule, ...]:
    return rules_of(purpose, OWN, region="westeurope", internet=internet)


@every_subnet
@pytest.mark.parametrize("direction", ["Inbound", "Outbound"])
def test_what_no_rule_names_is_refused(purpose: SubnetPurpose, direction: str) -> None:
    last = max((rule for rule in rules(purpose) if rule.direction == direction), key=lambda rule: rule.priority)

    assert (last.access, last.priority, last.source, last.destination, last.ports) == ("Deny", LAST, "*", "*", ("*",))


@every_subnet
def test_nothing_comes_in_from_the_internet(purpose: SubnetPurpose) -> None:
    inbound = [rule for rule in rules(purpose) if rule.direction == "Inbound" and rule.access == "Allow"]

    assert {rule.source for rule in inbound} <= {"VirtualNetwork", "AzureLoadBalancer", str(OWN), "10.244.0.0/16"}


@every_subnet
def test_names_and_priorities_are_used_once(purpose: SubnetPurpose) -> None:
    made = rules(purpose)

    assert len({rule.name for rule in made}) == len(made)
    assert len({(rule.direction, rule.priority) for rule in made}) == len(made)
    assert all(100 <= rule.priority <= LAST for rule in made)


@every_subnet
def test_packages_are_fetched_only_where_there_is_a_way_out(purpose: SubnetPurpose) -> None:
    without = [rule.name for rule in rules(purpose, internet=False)]

    assert "AllowPackages" not in without


def test_a_private_endpoint_begins_nothing() -> None:
    assert [rule.access for rule in rules("endpoints", internet=False) if rule.direction == "Outbound"] == ["Deny"]


def test_nodes_reach_what_azure_ml_needs() -> None:
    tags = {rule.destination for rule in rules("clusters", internet=False) if rule.direction == "Outbound"}

    assert {
        *("AzureActiveDirectory", "AzureMachineLearning", "BatchNodeManagement.westeurope", "AzureResourceManager"),
        *("AzureFrontDoor.FirstParty", "MicrosoftContainerRegistry", "AzureMonitor", "Storage.westeurope"),
    } <= tags
