"""The changes that are previewed, each on a stack that stands: one row a golden file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final

from changes_model import CLUSTER, PERSON

STACKS: Final[Mapping[str, Mapping[str, Any]]] = MappingProxyType(
    {
        "dev": {
            "tags": {"team": "crm"},
            "vault": {"purge_protection": False, "retention_days": 7},
            "logs": {"retention_days": 90},
            "clusters": {"cpu": dict(CLUSTER)},
            "monitoring": {"mails": ["ops@example.com"]},
            "budget": {"monthly": 500},
            "deployers": {"ada": dict(PERSON)},
            "protection": {"endpoints": False, "data": False},
        },
        "prod": {
            "registry": {"tier": "Premium"},
            "network": {"mode": "private"},
            "clusters": {"cpu": dict(CLUSTER)},
            "kubernetes": {
                "tls": {"secret": "certificate", "host": "models.example.com"},
                "pools": {"models": dict(CLUSTER)},
                "internal_load_balancer": True,
            },
            "monitoring": {"mails": ["ops@example.com"]},
            "budget": {"monthly": 3000},
            "protection": {"locks": True},
        },
        "test": {
            "network": {"mode": "managed", "isolation": "approved", "outbound": {"site": {"fqdn": "a.contoso.com"}}},
            "registry": {"tier": "Premium"},
            "clusters": {"cpu": dict(CLUSTER)},
            "monitoring": {"diagnostics": False},
        },
        "staging": {
            "clusters": {"cpu": dict(CLUSTER)},
            "monitoring": {"mails": ["ops@example.com"]},
            "budget": {"monthly": 500},
        },
    }
)
"""What each stack stands on before a change, beside project, cloud and owner: in public, in a network of its own with
Kubernetes and everything protected, in a network that the workspace manages; and one that is never deployed."""
NOT_DEPLOYED: Final = frozenset({"staging"})

# A second program text, laid over the file of the first: (file, what stands there, what shall).
Edit = tuple[str, str, str]

_PAGER: Final = """
from pulumi_azure_native import monitor as _monitor

_monitor.ActionGroup(
    "pager",
    action_group_name="pager",
    resource_group_name=place.resource_group,
    tags=place.tags,
    location="Global",
    group_short_name="pager",
    enabled=True,
    webhook_receivers=[{"name": "pager", "service_uri": pulumi.Output.secret("https://pager.example.com/one")}],
)
"""
_AUTOSCALE: Final = """
_monitor.AutoscaleSetting(
    "autoscale",
    autoscale_setting_name="autoscale",
    resource_group_name=place.resource_group,
    tags=place.tags,
    enabled=True,
    profiles=[],
)
"""

PROGRAM: Final = "infra/__main__.py"
PAGER: Final = _PAGER
"""Stands at the end of the program of stack dev: something with a secret that Pulumi knows of."""


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """One change.

    Attributes:
        name: Of the golden file.
        says: What is changed, for people.
        stack: The stack that it is a change of.
        change: What is laid over its settings; None removes a key.
        location: The region after the change.
        edits: What is changed in files.
        remove: Folders that go.
        copy: A folder and what a copy of it is called.
        append: What is written at the end of the program.
    """

    name: str
    says: str
    stack: str = "dev"
    change: Mapping[str, Any] = field(default_factory=dict)
    location: str = "westeurope"
    edits: tuple[Edit, ...] = ()
    remove: tuple[str, ...] = ()
    copy: tuple[str, str] | None = None
    append: str = ""


def _dev(name: str, says: str, **change: Any) -> Scenario:
    return Scenario(name=name, says=says, change=change)


def _prod(name: str, says: str, **change: Any) -> Scenario:
    return Scenario(name=name, says=says, stack="prod", change=change)


_POOL: Final = {"pools": {"models": {"max_nodes": 8}}}
_BEFORE_ALL: Final = "release_acknowledged(settings.protection)\n"
_OTHERWISE: Final = """
pulumi.runtime.register_stack_transformation(
    lambda each: pulumi.ResourceTransformationResult({{**each.props, "{key}": {value}}}, each.opts)
    if each.name == "{name}"
    else None
)
"""


def _otherwise(name: str, says: str, resource: str, key: str, value: object) -> Scenario:
    """A change of the program: one property of one resource, which no setting reaches."""
    text = _OTHERWISE.format(name=resource, key=key, value=repr(value))
    return Scenario(name=name, says=says, edits=((PROGRAM, _BEFORE_ALL, _BEFORE_ALL + text),))


SCENARIOS: Final[tuple[Scenario, ...]] = (
    _dev("nothing", "nothing"),
    _dev("tag", "another value of a tag", tags={"team": "sales"}),
    _dev("owner-and-count", "another owner, and a cluster with more nodes at the most", owner="ml-team",
         clusters={"cpu": {"max_nodes": 8}}),
    _dev("cluster-size", "a cluster of bigger machines", clusters={"cpu": {"vm_size": "Standard_DS4_v2"}}),
    _dev("cluster-smaller", "a cluster with fewer nodes at the most", clusters={"cpu": {"max_nodes": 2}}),
    _dev("budget-passed", "a cluster that always has nodes", clusters={"cpu": {
        "min_nodes": 3, "kept_because": "scoring has to begin at once"}}),
    _dev("registry-tier", "another tier of the container registry", registry={"tier": "Premium"}),
    _dev("redundancy", "another redundancy of the storage account", storage={"redundancy": "Standard_ZRS"}),
    _dev("retention", "logs are kept for a shorter time", logs={"retention_days": 30}),
    _dev("deployer-added", "one more who releases models", deployers={"bob": {
        "object_id": "88888888-8888-4888-8888-888888888888", "type": "Group"}}),
    _dev("deployer-changed", "somebody else releases models", deployers={"ada": {
        "object_id": "99999999-9999-4999-8999-999999999999"}}),
    _dev("alert", "an alert at another latency", monitoring={"endpoint_alerts": {"latency_p95_ms": 500}}),
    _dev("budget-amount", "another budget", budget={"monthly": 900}),
    _otherwise("workspace-replaced", "a workspace of another kind, which it cannot become", "workspace-workspace",
               "hbi_workspace", value=True),
    _dev("policy-violated", "a size of machines that the rules do not allow", policy={"vm_sizes": ["Standard_DS2_v2"]}),
    _dev("failed", "settings that are no settings", clusters={"cpu": {"max_nodes": "many"}}),
    Scenario(name="region", says="another region", location="northeurope"),
    Scenario(name="endpoint-removed", says="a batch endpoint is removed", remove=("endpoints/churn/batch",)),
    Scenario(name="endpoint-added", says="a second model", copy=("endpoints/churn", "endpoints/returns")),
    _otherwise("keys-allowed", "the storage account takes keys again", "storage-account",
               "allow_shared_key_access", value=True),
    _otherwise("unknown-property", "a property that no table knows", "storage-account",
               "allowed_copy_scope", value="AAD"),
    Scenario(name="secret-changed", says="a webhook with another secret address", edits=(
        (PROGRAM, "pager.example.com/one", "pager.example.com/two"),)),
    Scenario(name="unknown-type", says="a resource of a type that no table knows", append=_AUTOSCALE),
    Scenario(name="new-stack", says="a stack that nothing is deployed to yet", stack="staging"),
    _prod("pool", "a pool of the Kubernetes cluster with more nodes at the most", kubernetes=_POOL),
    _prod("certificate", "another certificate for models on Kubernetes", kubernetes={"tls": {"secret": "other"}}),
    _prod("version", "another version of Kubernetes", kubernetes={"version": "1.33"}),
    _prod("unprotected", "data is no longer protected", protection={"data": False}),
    _prod("locks", "no locks of Azure any more", protection={"locks": False}),
    _prod("protected", "something that is protected would be made anew", registry={"zone_redundant": True}),
    _prod("opened", "a private stack becomes a public one", network={"mode": "public"}),
    _prod("address-space", "other addresses in the network", network={"address_space": "10.60.0.0/16"}),
    Scenario(name="isolation", stack="test", says="the managed network reaches everything", change={
        "network": {"isolation": "internet", "outbound": None}}),
    Scenario(name="outbound", stack="test", says="the managed network reaches one more host", change={
        "network": {"outbound": {"more": {"fqdn": "*.contoso.com"}}}}),
)  # fmt: skip
"""All changes; what a golden file is made of several or of many is composed of these."""

COMPOSED: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "several-stacks": ("cluster-size", "outbound", "new-stack", "nothing"),
        "several-calm": ("tag", "pool"),
    }
)
"""Golden files of several real previews together; of `several-stacks` one more stack, prod, has no report."""
EXPECTED: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType({"several-stacks": ("dev", "prod")})

MANY: Final = "many-resources"
"""Synthesised: the resources of `new-stack`, again and again under other names, until there are over 300."""
