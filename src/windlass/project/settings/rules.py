"""Settings that exclude each other: each rule is a pure function that yields what is wrong and at which key.

A rule says which sections its verdict follows from, so that it is asked as long as these are sound, whatever is wrong
elsewhere in the file.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from ipaddress import AddressValueError, IPv4Network, NetmaskValueError

from windlass.project.arm_ids import parse_arm_id, same_type
from windlass.project.names import ATTACHED_COMPUTE, OWN_TAGS, SYSTEM_POOL
from windlass.project.settings.bring import BringSubnets, brought_things
from windlass.project.settings.compute import POD_CIDR, SERVICE_CIDR
from windlass.project.settings.document import Settings
from windlass.project.settings.network import OWN_RULES
from windlass.project.subnets import too_small

Problem = tuple[str, str]
"""Key path under `windlass:settings`, and what is wrong there with what to do instead."""

_WIDEST, _NARROWEST = 16, 22


@dataclass(frozen=True)
class Rule:
    """Something that sections of the settings have to agree on.

    Attributes:
        find: Yields what is wrong, if anything.
        reads: The sections that its verdict follows from, and no others.
    """

    find: Callable[[Settings], Iterator[Problem]]
    reads: frozenset[str]


def contradictions(settings: Settings, *, without: Collection[str] = ()) -> tuple[Problem, ...]:
    """Find everything in the settings that cannot be had together.

    Args:
        settings: The settings, or what is left of them.
        without: Sections that are wrong in themselves and so were left out; rules that read one are not asked.
    """
    asked = (rule for rule in RULES if not rule.reads & set(without))
    return tuple(problem for rule in asked for problem in rule.find(settings))


def _tags_are_free(settings: Settings) -> Iterator[Problem]:
    for name in settings.tags:
        if name in OWN_TAGS:
            yield f"tags.{name}", "is set by Windlass itself; choose another name"


def _network_keys_fit_the_mode(settings: Settings) -> Iterator[Problem]:
    network = settings.network
    owners = {
        "private": ("address_space", "nat_gateway"),
        "managed": ("isolation", "outbound", "firewall"),
    }
    for mode, keys in owners.items():
        for key in keys:
            if key in network.model_fields_set and network.mode != mode:
                yield f"network.{key}", f"belongs to network mode {mode}, and this stack's is {network.mode}; remove it"


def _addresses(settings: Settings) -> Iterator[Problem]:
    text = settings.network.address_space
    try:
        space = IPv4Network(text)
    except (AddressValueError, NetmaskValueError, ValueError):
        yield "network.address_space", f"is {text!r}; write a network such as 10.40.0.0/16"
        return
    if not _WIDEST <= space.prefixlen <= _NARROWEST:
        yield "network.address_space", f"is a /{space.prefixlen}; the subnets are planned in a /16 to /22"
    if not space.is_private:
        yield "network.address_space", f"{text} is not a range of private addresses (RFC 1918)"


def _outbound_rules(settings: Settings) -> Iterator[Problem]:
    for name, rule in settings.network.outbound.items():
        where = f"network.outbound.{name}"
        chosen = [key for key in ("fqdn", "service_tag", "private_endpoint") if getattr(rule, key) is not None]
        if len(chosen) != 1:
            yield where, f"needs exactly one of fqdn, service_tag and private_endpoint (it has {len(chosen)})"
        if (rule.private_endpoint is None) != (rule.subresource is None):
            yield where, "private_endpoint and subresource go together; write both or neither"
        if settings.network.isolation == "internet" and len(chosen) == 1 and rule.private_endpoint is None:
            says = "needs isolation approved: with isolation internet everything is let out already"
            yield f"{where}.{chosen[0]}", f"{says}, and only private_endpoint rules are taken"
        if name in OWN_RULES:
            yield where, "is the name of a rule that Windlass makes itself; choose another"


def _firewall_guards_approved_names(settings: Settings) -> Iterator[Problem]:
    network = settings.network
    if network.mode == "managed" and "firewall" in network.model_fields_set and network.isolation != "approved":
        yield "network.firewall", f"belongs to isolation approved, and this one is {network.isolation}; remove it"


def _subnets_hold_what_grows(settings: Settings) -> Iterator[Problem]:
    network = settings.network
    if network.mode != "private" or settings.bring.virtual_network is not None or any(_addresses(settings)):
        return
    for subnet, count in too_small(settings):
        says = f"{network.address_space} has {subnet.usable} addresses for {subnet.purpose}, which may take {count}"
        yield "network.address_space", f"{says}; write a wider range, or let less grow"


def _managed_network_excludes_kubernetes(settings: Settings) -> Iterator[Problem]:
    if settings.network.mode == "managed" and settings.kubernetes is not None:
        says = "cannot be attached to a workspace with a managed network (network.mode)"
        yield "kubernetes", f"{says}; choose mode private or public, or remove kubernetes"


def _private_registry(settings: Settings) -> Iterator[Problem]:
    bring = settings.bring
    if settings.network.mode == "public" or bring.container_registry is not None or bring.workspace is not None:
        return
    if settings.registry.tier != "Premium":
        yield "registry.tier", f"is {settings.registry.tier}, but only Premium has private endpoints (network.mode)"
    if not settings.clusters:
        yield "clusters", "a private registry builds images on a cluster of the workspace; add one (network.mode)"


def _zone_redundant_registry(settings: Settings) -> Iterator[Problem]:
    if settings.registry.zone_redundant and settings.registry.tier != "Premium":
        yield "registry.zone_redundant", f"needs tier Premium (it is {settings.registry.tier})"


def _callers_reach_kubernetes_in_one_way(settings: Settings) -> Iterator[Problem]:
    kubernetes = settings.kubernetes
    if kubernetes is None:
        return
    if (kubernetes.tls is None) != kubernetes.insecure:
        yield "kubernetes", "needs either tls (HTTPS) or insecure: true (plain HTTP, said aloud), and not both"
    if settings.network.mode == "private" and not kubernetes.internal_load_balancer:
        yield "kubernetes.internal_load_balancer", "must be true with network mode private: nothing there is public"


def _kubernetes_lives_in_a_private_network(settings: Settings) -> Iterator[Problem]:
    kubernetes, network = settings.kubernetes, settings.network
    if kubernetes is None or network.mode != "private":
        return
    if kubernetes.authorized_ranges:
        says = "names public addresses, but with network mode private the control plane has no public one; remove it"
        yield "kubernetes.authorized_ranges", says
    if not network.nat_gateway and settings.bring.virtual_network is None:
        yield "network.nat_gateway", "must be true with kubernetes: nodes of AKS need a way out to start"


def _kubernetes_has_a_first_pool(settings: Settings) -> Iterator[Problem]:
    kubernetes = settings.kubernetes
    if kubernetes is None:
        return
    if not kubernetes.system.min_nodes:
        yield "kubernetes.system.min_nodes", "is 0, but the cluster itself needs at least 1 node"
    if SYSTEM_POOL in kubernetes.pools:
        yield f"kubernetes.pools.{SYSTEM_POOL}", "is the name of the first pool (kubernetes.system); choose another"
    for name, pool in kubernetes.pools.items():
        if pool.mode == "system" and not pool.min_nodes:
            yield f"kubernetes.pools.{name}.min_nodes", "is 0, but a pool of mode system needs at least 1 node"


def _kubernetes_keeps_its_version(settings: Settings) -> Iterator[Problem]:
    kubernetes = settings.kubernetes
    if kubernetes is not None and kubernetes.version and kubernetes.upgrade_channel in {"stable", "rapid"}:
        says = f"cannot be kept, because Azure raises it by itself (upgrade_channel {kubernetes.upgrade_channel})"
        yield "kubernetes.version", f"{says}; remove it, or choose upgrade_channel patch, node-image or none"


def _computes_have_names_of_their_own(settings: Settings) -> Iterator[Problem]:
    if settings.kubernetes is not None and ATTACHED_COMPUTE in settings.clusters:
        yield f"clusters.{ATTACHED_COMPUTE}", "is the name of the attached Kubernetes cluster; choose another"


def _kubernetes_has_addresses_of_its_own(settings: Settings) -> Iterator[Problem]:
    if settings.kubernetes is None or settings.network.mode != "private":
        return
    try:
        space = IPv4Network(settings.network.address_space)
    except ValueError:
        return  # another rule says so
    for inside, what in ((SERVICE_CIDR, "services"), (POD_CIDR, "pods")):
        if space.overlaps(IPv4Network(inside)):
            says = f"overlaps {inside}, the addresses of the Kubernetes cluster's {what}; choose another range"
            yield "network.address_space", says


def _instance_types_name_pools(settings: Settings) -> Iterator[Problem]:
    kubernetes = settings.kubernetes
    if kubernetes is None:
        return
    for name, kind in kubernetes.instance_types.items():
        if kind.pool and kind.pool not in kubernetes.pools:
            known = ", ".join(kubernetes.pools) or "none"
            yield f"kubernetes.instance_types.{name}.pool", f"{kind.pool} is not a pool (pools: {known})"
        elif kind.pool and kubernetes.pools[kind.pool].mode == "system":
            yield f"kubernetes.instance_types.{name}.pool", f"{kind.pool} is of mode system; models run on user pools"


def _clusters_that_are_never_off(settings: Settings) -> Iterator[Problem]:
    for name, cluster in settings.clusters.items():
        if cluster.min_nodes and not cluster.kept_because:
            says = f"has to say why {cluster.min_nodes} are kept without work (min_nodes); write it, or use min_nodes 0"
            yield f"clusters.{name}.kept_because", says


def _brought_instead_of_made(settings: Settings) -> Iterator[Problem]:
    """A section that says how something is made does nothing when that thing is brought."""
    made = {
        "storage": "storage_account",
        "vault": "key_vault",
        "registry": "container_registry",
        "logs": "log_workspace",
    }
    for section, key in made.items():
        brought = next((each for each in (key, "workspace") if getattr(settings.bring, each) is not None), None)
        if brought is not None and section in settings.model_fields_set:
            yield section, f"says how it is made, but bring.{brought} brings it; remove the section"


def _ids_are_of_their_type(settings: Settings) -> Iterator[Problem]:
    for thing in brought_things(settings.bring):
        found = parse_arm_id(thing.id).type
        if not same_type(found, thing.type):
            yield thing.path, f"is the id of a {found}; give that of a {thing.type}"


def _each_purpose_has_its_own_identity(settings: Settings) -> Iterator[Problem]:
    taken: dict[str, str] = {}
    for purpose, arm_id in settings.bring.identities.items():
        other = taken.setdefault(arm_id.lower(), purpose)
        if other != purpose:
            yield f"bring.identities.{purpose}", f"is the identity of {other} too; each purpose has roles of its own"


def _brought_with_the_workspace(settings: Settings) -> Iterator[Problem]:
    bring = settings.bring
    if bring.workspace is None:
        return
    for key in ("storage_account", "key_vault", "container_registry"):
        if getattr(bring, key) is not None:
            yield f"bring.{key}", "comes with bring.workspace, which names its own; remove it"
    if "workspace" in bring.identities:
        yield "bring.identities.workspace", "comes with bring.workspace, which has an identity already; remove it"
    if settings.network.mode != "public":
        says = f"is {settings.network.mode}, but the network of a brought workspace is made already"
        yield "network.mode", f"{says} (bring.workspace); remove it"


def _brought_into_a_private_network(settings: Settings) -> Iterator[Problem]:
    bring, mode = settings.bring, settings.network.mode
    for key in ("virtual_network", "subnets", "private_dns_zones"):
        if mode != "private" and _is_given(getattr(bring, key)):
            yield f"bring.{key}", f"belongs to network mode private, and this stack's is {mode}; remove it"
    if bring.virtual_network is None:
        if mode == "private" and _is_given(bring.subnets):
            yield "bring.subnets", "are subnets of bring.virtual_network, which is missing"
        return
    needed = {"endpoints": True, "clusters": bool(settings.clusters), "kubernetes": settings.kubernetes is not None}
    for key, wanted in needed.items():
        if mode == "private" and wanted and getattr(bring.subnets, key) is None:
            yield f"bring.subnets.{key}", "is missing: a brought virtual network brings every subnet it is used for"
    for key in bring.subnets.model_fields_set:
        subnet = getattr(bring.subnets, key)
        if subnet is not None and not subnet.lower().startswith(f"{bring.virtual_network.lower()}/subnets/"):
            yield f"bring.subnets.{key}", "is not a subnet of bring.virtual_network"


def _is_given(value: object) -> bool:
    """Whether a key under `bring` holds an id."""
    if isinstance(value, BringSubnets):
        return any(each is not None for each in value.model_dump().values())
    return bool(value)


def _somebody_is_told_of_the_budget(settings: Settings) -> Iterator[Problem]:
    if settings.budget is not None and not settings.monitoring.mails:
        yield "monitoring.mails", "is empty, but the budget has to tell somebody; add an address"


def _alerts_that_read_logs(settings: Settings) -> Iterator[Problem]:
    monitoring = settings.monitoring
    if monitoring.diagnostics or not monitoring.mails:
        return
    says = "is asked of the logs, which monitoring.diagnostics: false does not send; set it to null, or send the logs"
    if monitoring.endpoint_alerts.no_traffic_minutes is not None:
        yield "monitoring.endpoint_alerts.no_traffic_minutes", says
    if settings.clusters and monitoring.cluster_alerts.queued_minutes is not None:
        yield "monitoring.cluster_alerts.queued_minutes", says


def _deployers_are_different(settings: Settings) -> Iterator[Problem]:
    seen: dict[str, str] = {}
    for name, deployer in settings.deployers.items():
        if (other := seen.setdefault(deployer.object_id.lower(), name)) != name:
            yield f"deployers.{name}.object_id", f"is that of deployers.{other}; name each once"


def _rule(find: Callable[[Settings], Iterator[Problem]], *reads: str) -> Rule:
    return Rule(find=find, reads=frozenset(reads))


RULES: tuple[Rule, ...] = (
    _rule(_tags_are_free, "tags"),
    _rule(_network_keys_fit_the_mode, "network"),
    _rule(_addresses, "network"),
    _rule(_outbound_rules, "network"),
    _rule(_firewall_guards_approved_names, "network"),
    _rule(_subnets_hold_what_grows, "network", "clusters", "kubernetes", "bring"),
    _rule(_managed_network_excludes_kubernetes, "network", "kubernetes"),
    _rule(_private_registry, "network", "registry", "clusters", "bring"),
    _rule(_zone_redundant_registry, "registry"),
    _rule(_callers_reach_kubernetes_in_one_way, "kubernetes", "network"),
    _rule(_kubernetes_lives_in_a_private_network, "kubernetes", "network", "bring"),
    _rule(_kubernetes_has_a_first_pool, "kubernetes"),
    _rule(_kubernetes_has_addresses_of_its_own, "kubernetes", "network"),
    _rule(_kubernetes_keeps_its_version, "kubernetes"),
    _rule(_computes_have_names_of_their_own, "kubernetes", "clusters"),
    _rule(_instance_types_name_pools, "kubernetes"),
    _rule(_clusters_that_are_never_off, "clusters"),
    _rule(_brought_instead_of_made, "bring", "storage", "vault", "registry", "logs"),
    _rule(_ids_are_of_their_type, "bring"),
    _rule(_each_purpose_has_its_own_identity, "bring"),
    _rule(_brought_with_the_workspace, "bring", "network"),
    _rule(_brought_into_a_private_network, "bring", "network", "clusters", "kubernetes"),
    _rule(_somebody_is_told_of_the_budget, "budget", "monitoring"),
    _rule(_alerts_that_read_logs, "monitoring", "clusters"),
    _rule(_deployers_are_different, "deployers"),
)
