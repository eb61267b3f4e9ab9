"""Rows of the table of changes: networks, and the Kubernetes cluster."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from changes_model import BROUGHT, CLUSTER, MANAGED, NETWORK, ON_AKS, ON_AKS_WITH_TLS, PREMIUM, PRIVATE, Row

_CPU: Final = ("cpu-compute",)
_SYSTEM: Final[Mapping[str, Any]] = MappingProxyType({**CLUSTER, "max_nodes": 3})
_BUILDS: Final = ("cluster-acr-push-registry",)
_PULLS: Final = ("cluster-acr-pull-registry",)
_AKS: Final = ("kubernetes-cluster",)
_EXTENSION: Final = ("kubernetes-extension",)
_POOL: Final = ("kubernetes-models-pool",)
_ATTACHED: Final = ("attached-cluster-compute",)
_ANOTHER_CLUSTER: Final = (
    *_AKS,
    *_EXTENSION,
    *_POOL,
    *_ATTACHED,
    "kubernetes-namespace",
    "workspace-aks-cluster-admin-kubernetes",
    "workspace-kubernetes-extension-contributor-kubernetes",
    "workspace-reader-kubernetes",
)
_SIZES: Final = "An attached cluster is never updated: it is attached anew, with the sizes."
_SMALL: Final[Mapping[str, Any]] = MappingProxyType({"cpu": "1", "memory": "2Gi"})


def _network(key: str, says: str, value: Any, before: Mapping[str, Any] = PRIVATE, **row: Any) -> Row:
    return Row(key=f"network.{key}", says=says, before=before, change={"network": {key: value}}, **row)


def _outbound(key: str, says: str, rule: str, value: Any, **more: Any) -> Row:
    return Row(
        key=f"network.outbound.<name>.{key}",
        says=says,
        before=MANAGED,
        change={"network": {"outbound": {rule: {key: value, **more}}}},
        slow=True,
        update=(f"outbound-{rule}",),
    )


def _kubernetes(key: str, says: str, change: Mapping[str, Any], before: Mapping[str, Any] = ON_AKS, **row: Any) -> Row:
    return Row(key=f"kubernetes.{key}", says=says, before=before, change={"kubernetes": change}, slow=True, **row)


NETWORK_ROWS: Final[tuple[Row, ...]] = (
    Row(
        key="network.mode",
        says="`public` to `private`",
        before=PREMIUM,
        change={"network": {"mode": "private"}},
        update=("registry-registry", "storage-account", "vault-vault", "workspace-workspace"),
        replace=_CPU,
        create=(NETWORK, *_BUILDS),
        delete=_PULLS,
        note="Nobody reaches the stack from outside any more; jobs on clusters end.",
    ),
    Row(
        key="network.mode",
        says="`public` to `managed`",
        before=PREMIUM,
        change={"network": {"mode": "managed"}},
        update=("registry-registry", "vault-vault", "workspace-workspace"),
        replace=_CPU,
        create=("outbound-storage-queue", "outbound-storage-table", *_BUILDS),
        delete=_PULLS,
        note="A managed network cannot be turned off again; jobs on clusters end.",
    ),
    _network(
        "address_space",
        "another range",
        "10.60.0.0/16",
        update=("network-clusters-rules", "network-network"),
        note="Azure refuses while anything is in the subnets.",
    ),
    _network(
        "nat_gateway",
        "`true` to `false`",
        value=False,
        update=("network-clusters-rules", "network-network"),
        delete=("network-address", "network-gateway"),
        note="Nothing goes out any more.",
    ),
    Row(
        key="network.isolation",
        says="`internet` to `approved`",
        before={**PREMIUM, "network": {"mode": "managed"}},
        change={"network": {"isolation": "approved"}},
        slow=True,
        update=("workspace-workspace",),
        note="Azure refuses the way back.",
    ),
    _network(
        "outbound",
        "one more",
        {"more": {"fqdn": "more.contoso.com"}},
        MANAGED,
        slow=True,
        create=("outbound-more",),
    ),
    _outbound("fqdn", "another", "site", "other.contoso.com"),
    _outbound("service_tag", "another", "tag", "Storage"),
    _outbound("protocol", "`TCP` to `UDP`", "tag", "UDP"),
    _outbound("ports", "others", "tag", "80"),
    _outbound("private_endpoint", "another", "data", BROUGHT["key_vault"], subresource="vault"),
    _outbound("subresource", "another", "data", "file"),
    _network("firewall", "`Standard` to `Basic`", "Basic", MANAGED, slow=True, update=("workspace-workspace",)),
)

KUBERNETES_ROWS: Final[tuple[Row, ...]] = (
    _kubernetes("version", "one", {"version": "1.33"}, update=_AKS),
    _kubernetes("tier", "`Standard` to `Premium`", {"tier": "Premium"}, update=_AKS),
    _kubernetes("upgrade_channel", "another", {"upgrade_channel": "stable"}, update=_AKS),
    _kubernetes(
        "network_plugin",
        "`azure-overlay` to `azure`",
        {"network_plugin": "azure"},
        update=(*_AKS, *_POOL),
        note="Azure refuses this way; the other one it takes.",
    ),
    _kubernetes("zones", "three", {"zones": ["1", "2", "3"]}, replace=_ANOTHER_CLUSTER),
    *(
        _kubernetes(
            f"system.{key}", says, {"system": {**CLUSTER, "max_nodes": 3, key: value}}, replace=_ANOTHER_CLUSTER
        )
        for key, says, value in (
            ("vm_size", "another size", "Standard_DS4_v2"),
            ("min_nodes", "1 to 2", 2),
            ("max_nodes", "3 to 5", 5),
        )
    ),
    _kubernetes("pools", "one more", {"pools": {"more": dict(CLUSTER)}}, create=("kubernetes-more-pool",)),
    _kubernetes(
        "pools.<name>.vm_size",
        "another size",
        {"pools": {"models": {"vm_size": "Standard_DS4_v2"}}},
        replace=_POOL,
        note="The old nodes go first.",
    ),
    _kubernetes("pools.<name>.min_nodes", "1 to 0", {"pools": {"models": {"min_nodes": 0}}}, update=_POOL),
    _kubernetes("pools.<name>.max_nodes", "4 to 8", {"pools": {"models": {"max_nodes": 8}}}, update=_POOL),
    _kubernetes("pools.<name>.mode", "`user` to `system`", {"pools": {"models": {"mode": "system"}}}, update=_POOL),
    _kubernetes(
        "namespace",
        "another",
        {"namespace": "other"},
        replace=(*_ATTACHED, "kubernetes-namespace"),
    ),
    _kubernetes(
        "instance_types",
        "one more",
        {"instance_types": {"small": dict(_SMALL), "big": {"cpu": "2", "memory": "4Gi"}}},
        replace=_ATTACHED,
        note=_SIZES,
    ),
    *(
        _kubernetes(
            f"instance_types.<name>.{key}",
            "another",
            {"instance_types": {"small": {**_SMALL, key: value}}},
            replace=_ATTACHED,
            note=_SIZES,
        )
        for key, value in (("cpu", "2"), ("memory", "4Gi"), ("pool", "models"))
    ),
    _kubernetes("tls.secret", "another", {"tls": {"secret": "other"}}, ON_AKS_WITH_TLS, update=_EXTENSION),
    _kubernetes("tls.host", "another", {"tls": {"host": "other.example.com"}}, ON_AKS_WITH_TLS, update=_EXTENSION),
    _kubernetes(
        "insecure",
        "TLS to `true`",
        {"insecure": True, "tls": None},
        ON_AKS_WITH_TLS,
        update=_EXTENSION,
    ),
    _kubernetes("internal_load_balancer", "`false` to `true`", {"internal_load_balancer": True}, update=_EXTENSION),
    _kubernetes("authorized_ranges", "one", {"authorized_ranges": ["203.0.113.0/24"]}, update=_AKS),
)
