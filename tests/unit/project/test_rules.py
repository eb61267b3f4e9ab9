"""Every combination of settings that cannot be had is refused, with its key path and what to do instead."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from windlass.errors.infra import InvalidSettingsError
from windlass.project.settings import Settings, parse_settings
from windlass.project.settings.rules import RULES, Rule, contradictions

CLUSTER = {"vm_size": "Standard_DS3_v2", "max_nodes": 2}
POOL = {"vm_size": "Standard_DS3_v2", "max_nodes": 2}
ANA = {"object_id": "aaaaaaaa-7777-4888-8999-aaaaaaaaaaaa", "type": "User"}
TLS = {"secret": "tls", "host": "models.example.com"}
GROUP = "/subscriptions/66666666-7777-4888-8999-aaaaaaaaaaaa/resourceGroups/shared/providers"
WORKSPACE = f"{GROUP}/Microsoft.MachineLearningServices/workspaces/ours"
NETWORK = f"{GROUP}/Microsoft.Network/virtualNetworks/hub"
ACCOUNT = f"{GROUP}/Microsoft.Storage/storageAccounts/ours"
REGISTRY = f"{GROUP}/Microsoft.ContainerRegistry/registries/ours"
VAULT = f"{GROUP}/Microsoft.KeyVault/vaults/ours"
LOGS = f"{GROUP}/Microsoft.OperationalInsights/workspaces/ours"
IDENTITY = f"{GROUP}/Microsoft.ManagedIdentity/userAssignedIdentities/ours"
ZONE_NAME = "privatelink.blob.core.windows.net"
ZONE = f"{GROUP}/Microsoft.Network/privateDnsZones/{ZONE_NAME}"

PRIVATE = {"network": {"mode": "private"}, "registry": {"tier": "Premium"}, "clusters": {"cpu": CLUSTER}}
SUBNETS = {"endpoints": f"{NETWORK}/subnets/endpoints", "clusters": f"{NETWORK}/subnets/clusters"}

ROWS: Mapping[str, tuple[tuple[dict[str, Any], dict[str, str]], ...]] = {
    "_tags_are_free": (
        ({"tags": {"owner": "me"}}, {"tags.owner": "is set by Windlass itself; choose another name"}),
        (
            {"tags": {"stack": "x", "managed-by": "me"}},
            {
                "tags.stack": "is set by Windlass itself; choose another name",
                "tags.managed-by": "is set by Windlass itself; choose another name",
            },
        ),
    ),
    "_network_keys_fit_the_mode": (
        (
            {"network": {"address_space": "10.0.0.0/16"}},
            {"network.address_space": "belongs to network mode private, and this stack's is public; remove it"},
        ),
        (
            {"network": {"nat_gateway": False}},
            {"network.nat_gateway": "belongs to network mode private, and this stack's is public; remove it"},
        ),
        (
            {**PRIVATE, "network": {"mode": "private", "isolation": "approved", "outbound": {}, "firewall": "Basic"}},
            {
                f"network.{key}": "belongs to network mode managed, and this stack's is private; remove it"
                for key in ("isolation", "outbound", "firewall")
            },
        ),
    ),
    "_addresses": (
        (
            {**PRIVATE, "network": {"mode": "private", "address_space": "everything"}},
            {"network.address_space": "is 'everything'; write a network such as 10.40.0.0/16"},
        ),
        (
            {**PRIVATE, "network": {"mode": "private", "address_space": "10.40.0.1/16"}},
            {"network.address_space": "is '10.40.0.1/16'; write a network such as 10.40.0.0/16"},
        ),
        (
            {**PRIVATE, "network": {"mode": "private", "address_space": "10.40.0.0/24"}},
            {"network.address_space": "is a /24; the subnets are planned in a /16 to /22"},
        ),
        (
            {**PRIVATE, "network": {"mode": "private", "address_space": "8.8.0.0/16"}},
            {"network.address_space": "8.8.0.0/16 is not a range of private addresses (RFC 1918)"},
        ),
    ),
    "_outbound_rules": (
        (
            {**PRIVATE, "network": {"mode": "managed", "outbound": {"data": {}}}},
            {"network.outbound.data": "needs exactly one of fqdn, service_tag and private_endpoint (it has 0)"},
        ),
        (
            {
                **PRIVATE,
                "network": {
                    "mode": "managed",
                    "isolation": "approved",
                    "outbound": {"data": {"fqdn": "data.contoso.com", "service_tag": "Storage"}},
                },
            },
            {"network.outbound.data": "needs exactly one of fqdn, service_tag and private_endpoint (it has 2)"},
        ),
        (
            {**PRIVATE, "network": {"mode": "managed", "outbound": {"data": {"private_endpoint": ACCOUNT}}}},
            {"network.outbound.data": "private_endpoint and subresource go together; write both or neither"},
        ),
        (
            {**PRIVATE, "network": {"mode": "managed", "outbound": {"data": {"fqdn": "data.contoso.com"}}}},
            {
                "network.outbound.data.fqdn": "needs isolation approved: with isolation internet everything is let "
                "out already, and only private_endpoint rules are taken"
            },
        ),
        (
            {
                **PRIVATE,
                "network": {
                    "mode": "managed",
                    "outbound": {"storage-queue": {"private_endpoint": ACCOUNT, "subresource": "queue"}},
                },
            },
            {"network.outbound.storage-queue": "is the name of a rule that Windlass makes itself; choose another"},
        ),
    ),
    "_firewall_guards_approved_names": (
        (
            {**PRIVATE, "network": {"mode": "managed", "firewall": "Basic"}},
            {"network.firewall": "belongs to isolation approved, and this one is internet; remove it"},
        ),
    ),
    "_subnets_hold_what_grows": (
        (
            {
                **PRIVATE,
                "network": {"mode": "private", "address_space": "10.40.0.0/22"},
                "clusters": {"cpu": {"vm_size": "Standard_DS3_v2", "max_nodes": 252}},
            },
            {
                "network.address_space": "10.40.0.0/22 has 251 addresses for clusters, which may take 252; "
                "write a wider range, or let less grow"
            },
        ),
    ),
    "_managed_network_excludes_kubernetes": (
        (
            {**PRIVATE, "network": {"mode": "managed"}, "kubernetes": {"tls": TLS}},
            {
                "kubernetes": "cannot be attached to a workspace with a managed network (network.mode); "
                "choose mode private or public, or remove kubernetes"
            },
        ),
    ),
    "_private_registry": (
        (
            {**PRIVATE, "registry": {"tier": "Standard"}},
            {"registry.tier": "is Standard, but only Premium has private endpoints (network.mode)"},
        ),
        (
            {**PRIVATE, "clusters": {}},
            {"clusters": "a private registry builds images on a cluster of the workspace; add one (network.mode)"},
        ),
    ),
    "_zone_redundant_registry": (
        (
            {"registry": {"tier": "Standard", "zone_redundant": True}},
            {"registry.zone_redundant": "needs tier Premium (it is Standard)"},
        ),
    ),
    "_callers_reach_kubernetes_in_one_way": (
        (
            {"kubernetes": {}},
            {"kubernetes": "needs either tls (HTTPS) or insecure: true (plain HTTP, said aloud), and not both"},
        ),
        (
            {"kubernetes": {"tls": TLS, "insecure": True}},
            {"kubernetes": "needs either tls (HTTPS) or insecure: true (plain HTTP, said aloud), and not both"},
        ),
        (
            {**PRIVATE, "kubernetes": {"tls": TLS}},
            {
                "kubernetes.internal_load_balancer": "must be true with network mode private: nothing there is public",
            },
        ),
    ),
    "_kubernetes_lives_in_a_private_network": (
        (
            {
                **PRIVATE,
                "network": {"mode": "private", "nat_gateway": False},
                "kubernetes": {"tls": TLS, "internal_load_balancer": True, "authorized_ranges": ["203.0.113.0/24"]},
            },
            {
                "kubernetes.authorized_ranges": "names public addresses, but with network mode private the control "
                "plane has no public one; remove it",
                "network.nat_gateway": "must be true with kubernetes: nodes of AKS need a way out to start",
            },
        ),
    ),
    "_kubernetes_has_a_first_pool": (
        (
            {"kubernetes": {"tls": TLS, "system": {**POOL, "min_nodes": 0}}},
            {"kubernetes.system.min_nodes": "is 0, but the cluster itself needs at least 1 node"},
        ),
        (
            {"kubernetes": {"tls": TLS, "pools": {"system": POOL}}},
            {"kubernetes.pools.system": "is the name of the first pool (kubernetes.system); choose another"},
        ),
        (
            {"kubernetes": {"tls": TLS, "pools": {"second": {**POOL, "mode": "system", "min_nodes": 0}}}},
            {"kubernetes.pools.second.min_nodes": "is 0, but a pool of mode system needs at least 1 node"},
        ),
    ),
    "_kubernetes_has_addresses_of_its_own": (
        (
            {
                **PRIVATE,
                "network": {"mode": "private", "address_space": "10.244.0.0/20"},
                "kubernetes": {"tls": TLS, "internal_load_balancer": True},
            },
            {
                "network.address_space": "overlaps 10.244.0.0/16, the addresses of the Kubernetes cluster's pods; "
                "choose another range"
            },
        ),
    ),
    "_kubernetes_keeps_its_version": (
        (
            {"kubernetes": {"tls": TLS, "version": "1.33", "upgrade_channel": "stable"}},
            {
                "kubernetes.version": "cannot be kept, because Azure raises it by itself (upgrade_channel stable); "
                "remove it, or choose upgrade_channel patch, node-image or none"
            },
        ),
    ),
    "_computes_have_names_of_their_own": (
        (
            {"kubernetes": {"tls": TLS}, "clusters": {"kubernetes": CLUSTER}},
            {"clusters.kubernetes": "is the name of the attached Kubernetes cluster; choose another"},
        ),
    ),
    "_instance_types_name_pools": (
        (
            {
                "kubernetes": {
                    "tls": TLS,
                    "pools": {"models": POOL},
                    "instance_types": {"small": {"cpu": "1", "memory": "2Gi", "pool": "gpu"}},
                }
            },
            {"kubernetes.instance_types.small.pool": "gpu is not a pool (pools: models)"},
        ),
        (
            {
                "kubernetes": {
                    "tls": TLS,
                    "pools": {"second": {**POOL, "mode": "system", "min_nodes": 1}},
                    "instance_types": {"small": {"cpu": "1", "memory": "2Gi", "pool": "second"}},
                }
            },
            {"kubernetes.instance_types.small.pool": "second is of mode system; models run on user pools"},
        ),
        (
            {"kubernetes": {"tls": TLS, "instance_types": {"small": {"cpu": "1", "memory": "2Gi", "pool": "gpu"}}}},
            {"kubernetes.instance_types.small.pool": "gpu is not a pool (pools: none)"},
        ),
    ),
    "_clusters_that_are_never_off": (
        (
            {"clusters": {"cpu": {**CLUSTER, "min_nodes": 1}}},
            {
                "clusters.cpu.kept_because": "has to say why 1 are kept without work (min_nodes); "
                "write it, or use min_nodes 0",
            },
        ),
    ),
    "_brought_instead_of_made": (
        (
            {"bring": {"storage_account": ACCOUNT}, "storage": {"redundancy": "Standard_ZRS"}},
            {"storage": "says how it is made, but bring.storage_account brings it; remove the section"},
        ),
        (
            {"bring": {"key_vault": VAULT}, "vault": {"retention_days": 7}},
            {"vault": "says how it is made, but bring.key_vault brings it; remove the section"},
        ),
        (
            {"bring": {"container_registry": REGISTRY}, "registry": {"tier": "Basic"}},
            {"registry": "says how it is made, but bring.container_registry brings it; remove the section"},
        ),
        (
            {"bring": {"log_workspace": LOGS}, "logs": {"retention_days": 90}},
            {"logs": "says how it is made, but bring.log_workspace brings it; remove the section"},
        ),
        (
            {"bring": {"workspace": WORKSPACE}, "storage": {}, "vault": {}, "registry": {}, "logs": {}},
            dict.fromkeys(
                ("storage", "vault", "registry", "logs"),
                "says how it is made, but bring.workspace brings it; remove the section",
            ),
        ),
    ),
    "_ids_are_of_their_type": (
        (
            {"bring": {"storage_account": VAULT}},
            {
                "bring.storage_account": "is the id of a Microsoft.KeyVault/vaults; give that of a "
                "Microsoft.Storage/storageAccounts"
            },
        ),
        (
            {"bring": {"identities": {"serving": LOGS}}},
            {
                "bring.identities.serving": "is the id of a Microsoft.OperationalInsights/workspaces; give that of a "
                "Microsoft.ManagedIdentity/userAssignedIdentities"
            },
        ),
    ),
    "_each_purpose_has_its_own_identity": (
        (
            {"bring": {"identities": {"serving": IDENTITY, "cluster": IDENTITY.replace("/ours", "/Ours")}}},
            {"bring.identities.cluster": "is the identity of serving too; each purpose has roles of its own"},
        ),
    ),
    "_brought_with_the_workspace": (
        (
            {
                "bring": {
                    "workspace": WORKSPACE,
                    "storage_account": ACCOUNT,
                    "key_vault": VAULT,
                    "container_registry": REGISTRY,
                    "identities": {"workspace": IDENTITY},
                }
            },
            {
                **{
                    f"bring.{key}": "comes with bring.workspace, which names its own; remove it"
                    for key in ("storage_account", "key_vault", "container_registry")
                },
                "bring.identities.workspace": ("comes with bring.workspace, which has an identity already; remove it"),
            },
        ),
        (
            {"bring": {"workspace": WORKSPACE}, "network": {"mode": "managed"}},
            {
                "network.mode": "is managed, but the network of a brought workspace is made already "
                "(bring.workspace); remove it"
            },
        ),
    ),
    "_brought_into_a_private_network": (
        (
            {
                "bring": {
                    "virtual_network": NETWORK,
                    "subnets": SUBNETS,
                    "private_dns_zones": {ZONE_NAME: ZONE},
                }
            },
            {
                f"bring.{key}": "belongs to network mode private, and this stack's is public; remove it"
                for key in ("virtual_network", "subnets", "private_dns_zones")
            },
        ),
        (
            {**PRIVATE, "bring": {"subnets": SUBNETS}},
            {"bring.subnets": "are subnets of bring.virtual_network, which is missing"},
        ),
        (
            {**PRIVATE, "bring": {"virtual_network": NETWORK}},
            {
                f"bring.subnets.{key}": "is missing: a brought virtual network brings every subnet it is used for"
                for key in ("endpoints", "clusters")
            },
        ),
        (
            {
                **PRIVATE,
                "kubernetes": {"tls": TLS, "internal_load_balancer": True},
                "bring": {"virtual_network": NETWORK, "subnets": SUBNETS},
            },
            {"bring.subnets.kubernetes": "is missing: a brought virtual network brings every subnet it is used for"},
        ),
        (
            {
                **PRIVATE,
                "bring": {
                    "virtual_network": NETWORK,
                    "subnets": {**SUBNETS, "clusters": f"{NETWORK}2/subnets/clusters"},
                },
            },
            {"bring.subnets.clusters": "is not a subnet of bring.virtual_network"},
        ),
    ),
    "_alerts_that_read_logs": (
        (
            {
                "monitoring": {
                    "diagnostics": False,
                    "mails": ["a@example.com"],
                    "endpoint_alerts": {"no_traffic_minutes": 60},
                },
                "clusters": {"cpu": CLUSTER},
            },
            dict.fromkeys(
                (
                    "monitoring.endpoint_alerts.no_traffic_minutes",
                    "monitoring.cluster_alerts.queued_minutes",
                ),
                "is asked of the logs, which monitoring.diagnostics: false does not send; set it to null, or send the "
                "logs",
            ),
        ),
    ),
    "_somebody_is_told_of_the_budget": (
        (
            {"budget": {"monthly": 100}},
            {"monitoring.mails": "is empty, but the budget has to tell somebody; add an address"},
        ),
    ),
    "_deployers_are_different": (
        (
            {"deployers": {"ana": ANA, "eva": {**ANA, "object_id": ANA["object_id"].upper()}}},
            {"deployers.eva.object_id": "is that of deployers.ana; name each once"},
        ),
    ),
}
"""Rule -> settings in, and exactly what is wrong with them."""

SOUND: tuple[dict[str, Any], ...] = (
    {},
    {"tags": {"cost-center": "4711"}},
    {"clusters": {"cpu": {**CLUSTER, "min_nodes": 1, "kept_because": "a run starts each minute"}}},
    {"registry": {"tier": "Premium", "zone_redundant": True}},
    PRIVATE,
    {**PRIVATE, "network": {"mode": "private", "address_space": "192.168.0.0/16", "nat_gateway": False}},
    {
        **PRIVATE,
        "network": {
            "mode": "managed",
            "isolation": "approved",
            "firewall": "Basic",
            "outbound": {
                "site": {"fqdn": "data.contoso.com"},
                "tag": {"service_tag": "DataFactory"},
                "data": {"private_endpoint": ACCOUNT, "subresource": "blob"},
            },
        },
    },
    {"network": {"mode": "private"}, "bring": {"container_registry": REGISTRY}},
    {**PRIVATE, "kubernetes": {"tls": TLS, "internal_load_balancer": True}},
    {"kubernetes": {"insecure": True}},
    {
        "kubernetes": {
            "tls": TLS,
            "pools": {"models": POOL},
            "instance_types": {"small": {"cpu": "1", "memory": "2Gi", "pool": "models"}},
        }
    },
    {
        **PRIVATE,
        "bring": {
            "virtual_network": NETWORK.replace("hub", "HUB"),
            "subnets": SUBNETS,
        },
    },
    {**PRIVATE, "bring": {"private_dns_zones": {ZONE_NAME: ZONE}}},
    {"bring": {"storage_account": ACCOUNT, "key_vault": VAULT, "container_registry": REGISTRY, "log_workspace": LOGS}},
    {"bring": {"workspace": WORKSPACE, "log_workspace": LOGS, "identities": {"serving": IDENTITY}}},
    {"budget": {"monthly": 100}, "monitoring": {"mails": ["a@example.com"]}},
    {"deployers": {"ana": ANA, "team": {"object_id": "bbbbbbbb-7777-4888-8999-aaaaaaaaaaaa", "type": "Group"}}},
)


WRITTEN = (*SOUND, *(settings for rows in ROWS.values() for settings, _ in rows))
ANY = st.fixed_dictionaries(
    {},
    optional={
        section: st.sampled_from([settings[section] for settings in WRITTEN if section in settings])
        for section in sorted({section for settings in WRITTEN for section in settings})
    },
)
"""Every section in every way that a row writes it, or not at all."""


def stack(**settings: Any) -> Settings:
    return Settings.model_validate({"project": "shop", "cloud": "azure", "owner": "team", **settings})


def found(settings: Settings) -> dict[str, str]:
    return dict(contradictions(settings))


def found_in(settings: dict[str, Any]) -> set[str]:
    try:
        parse_settings("prod", configuration(settings))
    except InvalidSettingsError as refused:
        return set(refused.problems)
    return set()


def configuration(settings: dict[str, Any]) -> dict[str, Any]:
    return {
        "azure-native:location": "westeurope",
        "azure-native:subscriptionId": "66666666-7777-4888-8999-aaaaaaaaaaaa",
        "azure-native:tenantId": "11111111-2222-4333-8444-555555555555",
        "windlass:settings": {"project": "shop", "cloud": "azure", "owner": "team", **settings},
    }


def refusal(**settings: Any) -> tuple[str, ...]:
    with pytest.raises(InvalidSettingsError, match=r"^Pulumi\.prod\.yaml cannot be used") as raised:
        parse_settings("prod", configuration(settings))
    return raised.value.problems


@pytest.mark.parametrize(
    ("settings", "problems"),
    [pytest.param(*row, id=f"{rule[1:]}-{i}") for rule, rows in ROWS.items() for i, row in enumerate(rows)],
)
def test_a_combination_that_cannot_be_had_is_refused(settings: dict[str, Any], problems: dict[str, str]) -> None:
    assert found(stack(**settings)) == problems


@pytest.mark.parametrize("settings", SOUND)
def test_a_combination_that_can_be_had_is_not(settings: dict[str, Any]) -> None:
    assert found(stack(**settings)) == {}


def test_every_rule_has_a_row() -> None:
    assert {rule.find.__name__ for rule in RULES} == set(ROWS)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.find.__name__)
def test_a_rule_reads_the_sections_that_it_says_and_no_others(rule: Rule) -> None:
    for settings in WRITTEN:
        whole = stack(**settings)
        alone = stack(**{name: section for name, section in settings.items() if name in rule.reads})
        if rule.reads:
            assert list(rule.find(whole)) == list(rule.find(alone))


@given(settings=ANY)
def test_what_is_read_has_no_problem_left_and_what_is_refused_is_told_all(settings: dict[str, Any]) -> None:
    expected = contradictions(stack(**settings))  # one key may have two problems

    told = found_in(settings)

    assert told == {f"windlass:settings.{path}: {says}" for path, says in expected}


@given(settings=ANY)
def test_settings_without_a_problem_stay_without_when_they_are_written_down_and_read_again(
    settings: dict[str, Any],
) -> None:
    first = stack(**settings)

    again = Settings.model_validate_json(first.model_dump_json(exclude_unset=True))

    assert again == first
    assert found(again) == found(first)


def test_a_contradiction_is_told_beside_a_value_that_is_wrong_in_itself() -> None:
    told = refusal(clusters={"cpu": {**CLUSTER, "min_nodes": 1}}, logs={"retention_days": 1})

    assert told == (
        "windlass:settings.logs.retention_days: Input should be greater than or equal to 30 (it is 1)",
        (
            "windlass:settings.clusters.cpu.kept_because: has to say why 1 are kept without work (min_nodes); "
            "write it, or use min_nodes 0"
        ),
    )


def test_a_value_that_is_wrong_in_itself_contradicts_nothing() -> None:
    told = refusal(registry={"tier": "Gold", "zone_redundant": True})

    assert told == ("windlass:settings.registry.tier: Input should be 'Basic', 'Standard' or 'Premium' (it is 'Gold')",)


def test_a_stack_that_says_nothing_of_itself_is_judged_all_the_same() -> None:
    told = refusal(project=None, tags={"owner": "me"})

    assert [problem.split(": ")[0] for problem in told] == [
        "windlass:settings.project",
        "windlass:settings.tags.owner",
    ]
