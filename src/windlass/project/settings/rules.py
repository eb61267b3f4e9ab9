"""Settings that exclude each other: each rule is a pure function that yields what is wrong and at which key."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from ipaddress import AddressValueError, IPv4Network, NetmaskValueError

from windlass.project.settings.document import Settings

Problem = tuple[str, str]
"""Key path under `windlass:settings`, and what is wrong there with what to do instead."""

_WIDEST, _NARROWEST = 16, 22


def contradictions(settings: Settings) -> tuple[Problem, ...]:
    """Find everything in the settings that cannot be had together."""
    return tuple(problem for rule in RULES for problem in rule(settings))


def _not_built_yet(settings: Settings) -> Iterator[Problem]:
    """Sections whose components are not there yet are refused: a setting that does nothing would be a lie."""
    built: frozenset[str] = frozenset({"policy"})
    for section in ("network", "bring", "kubernetes", "monitoring", "budget", "deployers", "policy"):
        if section in settings.model_fields_set and section not in built:
            yield section, "is not built yet in this version; remove it"
    if settings.protection.locks:
        yield "protection.locks", "is not built yet in this version; remove it"


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


def _managed_network_excludes_kubernetes(settings: Settings) -> Iterator[Problem]:
    if settings.network.mode == "managed" and settings.kubernetes is not None:
        says = "cannot be attached to a workspace with a managed network (network.mode)"
        yield "kubernetes", f"{says}; choose mode private or public, or remove kubernetes"


def _private_registry(settings: Settings) -> Iterator[Problem]:
    if settings.network.mode == "public" or settings.bring.container_registry is not None:
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
    if kubernetes.system.spot or not kubernetes.system.min_nodes:
        yield "kubernetes.system", "needs at least 1 node (min_nodes) that Azure cannot take away (no spot)"
    for name, kind in kubernetes.instance_types.items():
        if kind.pool and kind.pool not in kubernetes.pools:
            known = ", ".join(kubernetes.pools) or "none"
            yield f"kubernetes.instance_types.{name}.pool", f"{kind.pool} is not a pool (pools: {known})"


def _clusters_that_are_never_off(settings: Settings) -> Iterator[Problem]:
    for name, cluster in settings.clusters.items():
        if cluster.min_nodes and not cluster.kept_because:
            yield (
                f"clusters.{name}.kept_because",
                f"says why {cluster.min_nodes} nodes are paid for without work (min_nodes); write it, or use 0",
            )


def _brought_together(settings: Settings) -> Iterator[Problem]:
    bring = settings.bring
    if bring.workspace is not None:
        for key in ("storage_account", "key_vault", "container_registry"):
            if getattr(bring, key) is not None:
                yield f"bring.{key}", "comes with bring.workspace, which names its own; remove it"
    brings_subnets = bool(bring.subnets.model_fields_set)
    if (bring.virtual_network is not None or brings_subnets) and settings.network.mode != "private":
        yield "bring.virtual_network", f"belongs to network mode private, and this stack's is {settings.network.mode}"
    if brings_subnets and bring.virtual_network is None:
        yield "bring.subnets", "are subnets of bring.virtual_network, which is missing"
    if bring.virtual_network is not None:
        needed = {"endpoints": True, "clusters": bool(settings.clusters), "kubernetes": settings.kubernetes is not None}
        for key, wanted in needed.items():
            if wanted and getattr(bring.subnets, key) is None:
                yield f"bring.subnets.{key}", "is missing: a brought virtual network brings every subnet it is used for"
    if bring.private_dns_zones and settings.network.mode != "private":
        yield "bring.private_dns_zones", f"belong to network mode private, and this stack's is {settings.network.mode}"


def _somebody_is_told_of_the_budget(settings: Settings) -> Iterator[Problem]:
    if settings.budget is not None and not settings.monitoring.mails:
        yield "monitoring.mails", "is empty, but the budget has to tell somebody; add an address"


RULES: tuple[Callable[[Settings], Iterator[Problem]], ...] = (
    _not_built_yet,
    _network_keys_fit_the_mode,
    _addresses,
    _outbound_rules,
    _managed_network_excludes_kubernetes,
    _private_registry,
    _zone_redundant_registry,
    _callers_reach_kubernetes_in_one_way,
    _clusters_that_are_never_off,
    _brought_together,
    _somebody_is_told_of_the_budget,
)
