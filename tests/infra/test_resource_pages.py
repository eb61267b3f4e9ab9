"""The pages of what each stack is made of: nothing is left out, and the pictures can be drawn."""

from __future__ import annotations

import re
from typing import Any

import pytest
from resources.observe import STACKS, Observed, azure_name, observe
from resources.pages import overview, stack_page
from resources.pictures import identities, network
from support.pulumi_program import Registration, Run

NODE = r"[a-z]+(_[A-Za-z0-9_]+)?"
LINE = re.compile(
    rf'  (  )?({NODE}[\[(/]+"[^"]*"[\])/]+|{NODE} -- "[^"]*" --> {NODE}([\[(]+"[^"]*"[\])]+)?'
    rf'|{NODE}\[/"[^"]*"/\] -\. runs as \.-> {NODE}|{NODE}\["[^"]*"\] -- "[^"]*" --> {NODE}\(\("[^"]*"\)\)'
    rf'|{NODE} --> {NODE}|subgraph {NODE}\["[^"]*"\]|end)'
)


def registration(type_: str, name: str, **inputs: Any) -> Registration:
    return Registration(
        type=f"azure-native:{type_}", name=name, urn=f"urn:{name}", parent="", custom=True, inputs=inputs, provider="",
        protect=False, ignore_changes=(), replace_on_changes=(), delete_before_replace=False, depends_on=frozenset(),
    )  # fmt: skip


def drawn(*resources: Registration) -> Observed:
    return Observed(stack="prod", token="abcdefg", run=Run(registrations=list(resources)), config={})


@pytest.fixture(scope="module", params=STACKS)
def seen(request: pytest.FixtureRequest) -> Observed:
    return observe(request.param)


def test_every_resource_has_a_row(seen: Observed) -> None:
    page = stack_page(seen)

    assert [each.name for each in seen.resources if f"| {each.name} |" not in page] == []
    assert "| |" not in page.replace("| logical name | type | name in Azure | |", "")


def test_every_component_says_what_it_is_for(seen: Observed) -> None:
    assert re.findall(r"^### .*\n\n\n", stack_page(seen), re.MULTILINE) == []


def test_every_role_is_drawn_with_its_name(seen: Observed) -> None:
    picture = "\n".join(identities(seen))

    assignments = seen.run.of("authorization:RoleAssignment")
    roles = [role for names in re.findall(r'-- "([^"]*)" -->', picture) for role in names.split("<br/>")]
    assert len(roles) == len(assignments)
    assert not [role for role in roles if re.fullmatch(r"[0-9a-f-]{36}", role)]
    assert "principal of" not in picture


def test_pictures_are_written_as_mermaid_reads_them(seen: Observed) -> None:
    for first, kind, *lines, last in ([*identities(seen)], [*network(seen)]):
        assert (first, kind, last) == ("```mermaid", "flowchart LR", "```")
        assert [line for line in lines if not LINE.fullmatch(line)] == []


def test_no_page_names_what_differs_between_subscriptions(seen: Observed) -> None:
    assert seen.token not in stack_page(seen)


def test_a_private_network_is_drawn_with_what_stands_in_it() -> None:
    net = registration(
        "network:VirtualNetwork",
        "network-network",
        virtualNetworkName="vnet",
        addressSpace={"addressPrefixes": ["10.40.0.0/16"]},
        subnets=[{"name": "clusters", "addressPrefix": "10.40.2.0/24", "natGateway": {"id": "nat"}}],
    )
    gateway = registration("network:NatGateway", "nat", natGatewayName="nat")
    account = registration("storage:StorageAccount", "account", accountName="st", publicNetworkAccess="Disabled")
    link = {"privateLinkServiceId": "/fake/azure-native:storage:StorageAccount/st", "groupIds": ["blob"]}
    endpoint = registration(
        "network:PrivateEndpoint",
        "blob",
        privateEndpointName="pe",
        subnet={"id": "/fake/azure-native:network:VirtualNetwork/vnet/subnets/endpoints"},
        privateLinkServiceConnections=[link],
    )

    picture = "\n".join(network(drawn(net, gateway, account, endpoint)))

    assert "subnet clusters 10.40.2.0/24" in picture
    assert 'subnet_endpoints -- "private endpoint blob" --> ' in picture
    assert "subnet_clusters --> nat" in picture
    assert "Internet<" not in picture
    assert 'internet(("Internet"))' not in picture


def test_a_name_of_a_type_that_is_new_here_is_found() -> None:
    new = registration("network:RouteTable", "routes", resourceGroupName="rg", routeTableName="rt-shop")

    assert azure_name(new) == "rt-shop"


def test_the_overview_counts_the_types_of_each_stack() -> None:
    page = overview([drawn(registration("keyvault:Vault", "a"), registration("keyvault:Vault", "b"))])

    assert "| `keyvault:Vault` | 2 |" in page
