"""What each setting changes when it alone is changed: one table, which tests hold against the program.

`docs/reference/changes.md` is rendered from it. tests/infra/test_changes.py runs the program for every row, and in
`make test-all` the real engine previews them.
"""

from __future__ import annotations

from typing import Any, Final

from changes_model import (
    ALERTS,
    BROUGHT,
    CLUSTER,
    DIAGNOSTICS,
    EVERYTHING,
    GUARDED,
    IN_WORKSPACE,
    LOCKS,
    PAID,
    RELEASED_BY,
    ROLES,
    TAGGED,
    WATCHED,
    Row,
)
from changes_of_networks import KUBERNETES_ROWS, NETWORK_ROWS


def _cluster(key: str, says: str, **row: Any) -> Row:
    return Row(key=f"clusters.<name>.{key}", says=says, **row)


_CPU: Final = ("cpu-compute",)
_PREVIEW_ONLY: Final = (
    "A preview cannot know that an identity keeps its principal while its tags change, so it shows the roles as "
    "replaced; `up` finds them unchanged."
)
_ON_REGISTRY: Final = ("workspace-contributor-registry", "serving-acr-pull-registry", "cluster-acr-pull-registry")
_ON_STORAGE: Final = (
    "workspace-storage-account-contributor-storage",
    "workspace-storage-blob-data-contributor-storage",
    "serving-storage-blob-data-reader-storage",
    "cluster-storage-blob-data-contributor-storage",
)
_ON_VAULT: Final = ("workspace-key-vault-administrator-vault", "workspace-key-vault-contributor-vault")
_ON_WORKSPACE: Final = ("workspace-contributor-workspace", "serving-azureml-metrics-writer-workspace")
_OF_ADA: Final = (
    "deployer-ada-azureml-data-scientist-workspace",
    "deployer-ada-managed-identity-operator-serving-identity",
    "deployer-ada-storage-blob-data-contributor-storage",
)
_BUDGET: Final = ("budget-monthly",)
_RULES_ONLY: Final = "It says what the policy pack holds the stack to."
_STATE_ONLY: Final = "Pulumi notes it in the state; nothing in Azure changes."

ROWS: Final[tuple[Row, ...]] = (
    Row(
        key="azure-native:location",
        says="another region",
        location="northeurope",
        replace=(EVERYTHING,),
        note="A region is another stack: make one beside it, and take this one down.",
    ),
    Row(key="project", says="another name", change={"project": "other"}, replace=(EVERYTHING,)),
    Row(
        key="owner",
        says="somebody else",
        change={"owner": "others"},
        update=(TAGGED,),
        replace=(ROLES,),
        note=_PREVIEW_ONLY,
    ),
    Row(
        key="tags",
        says="another value",
        change={"tags": {"team": "sales"}},
        update=(TAGGED,),
        replace=(ROLES,),
        note=_PREVIEW_ONLY,
    ),
    Row(
        key="storage.redundancy",
        says="`Standard_LRS` to `Standard_GRS`",
        change={"storage": {"redundancy": "Standard_GRS"}},
        update=("storage-account",),
        note="Azure refuses to go to or from a zone-redundant kind (ZRS, GZRS) in this way: convert the account first.",
    ),
    Row(
        key="storage.containers",
        says="one more",
        change={"storage": {"containers": ["scoring", "more"]}},
        create=("storage-more",),
    ),
    Row(
        key="storage.containers",
        says="one less",
        change={"storage": {"containers": []}},
        delete=("storage-scoring",),
    ),
    Row(
        key="vault.purge_protection",
        says="`false` to `true`",
        change={"vault": {"purge_protection": True}},
        update=("vault-vault",),
        note="Cannot be turned off again.",
    ),
    Row(
        key="vault.retention_days",
        says="7 to 90",
        change={"vault": {"retention_days": 90}},
        update=("vault-vault",),
        note="Azure fixes it when the vault is made, and refuses the change.",
    ),
    Row(
        key="registry.tier",
        says="a higher one",
        change={"registry": {"tier": "Premium"}},
        update=("registry-registry",),
    ),
    Row(
        key="registry.zone_redundant",
        says="`false` to `true`",
        change={"registry": {"tier": "Premium", "zone_redundant": True}},
        replace=("registry-registry", *_ON_REGISTRY),
        update=("workspace-workspace",),
        note="Images are built again when they are next needed.",
    ),
    Row(
        key="logs.retention_days",
        says="30 to 90",
        change={"logs": {"retention_days": 90}},
        update=("observability-logs",),
    ),
    Row(key="logs.daily_cap_gb", says="a cap", change={"logs": {"daily_cap_gb": 1}}, update=("observability-logs",)),
    Row(key="clusters", says="one more", change={"clusters": {"big": dict(CLUSTER)}}, create=("big-compute",)),
    Row(
        key="clusters",
        says="the last one less",
        change={"clusters": {"cpu": None}},
        delete=(
            *_CPU,
            "cluster-identity",
            "cluster-acr-pull-registry",
            "cluster-storage-blob-data-contributor-storage",
        ),
        note="Jobs on it end.",
    ),
    _cluster(
        "vm_size",
        "another size",
        change={"clusters": {"cpu": {"vm_size": "Standard_DS4_v2"}}},
        replace=_CPU,
        note="The old one goes first; jobs on it end.",
    ),
    _cluster(
        "min_nodes",
        "0 to 1",
        change={"clusters": {"cpu": {"min_nodes": 1, "kept_because": "a run starts each minute"}}},
        update=_CPU,
    ),
    _cluster("max_nodes", "4 to 8", change={"clusters": {"cpu": {"max_nodes": 8}}}, update=_CPU),
    _cluster("idle_seconds", "120 to 600", change={"clusters": {"cpu": {"idle_seconds": 600}}}, update=_CPU),
    _cluster(
        "priority",
        "`Dedicated` to `LowPriority`",
        change={"clusters": {"cpu": {"priority": "LowPriority"}}},
        replace=_CPU,
        note="The old one goes first; jobs on it end.",
    ),
    _cluster("kept_because", "another reason", change={"clusters": {"cpu": {"kept_because": "none"}}}),
    *NETWORK_ROWS,
    Row(
        key="bring.storage_account",
        says="brought instead of made",
        change={"bring": {"storage_account": BROUGHT["storage_account"]}},
        replace=(IN_WORKSPACE, *_ON_STORAGE, *_ON_WORKSPACE),
        delete=("storage-account", "storage-scoring"),
        note="A workspace keeps its account for life.",
    ),
    Row(
        key="bring.key_vault",
        says="brought instead of made",
        change={"vault": None, "bring": {"key_vault": BROUGHT["key_vault"]}},
        replace=(IN_WORKSPACE, *_ON_VAULT, *_ON_WORKSPACE),
        delete=("vault-vault",),
        note="A workspace keeps its vault for life.",
    ),
    Row(
        key="bring.container_registry",
        says="brought instead of made",
        change={"bring": {"container_registry": BROUGHT["container_registry"]}},
        update=("workspace-workspace",),
        replace=_ON_REGISTRY,
        delete=("registry-registry",),
        note="Images are built again when they are next needed.",
    ),
    Row(
        key="bring.log_workspace",
        says="brought instead of made",
        change={"bring": {"log_workspace": BROUGHT["log_workspace"]}},
        update=("observability-insights",),
        delete=("observability-logs",),
        note="What was logged so far goes with the old one.",
    ),
    Row(
        key="bring.identities",
        says="`serving` brought instead of made",
        change={"bring": {"identities": {"serving": BROUGHT["identities"]}}},
        replace=(*(role for role in (*_ON_REGISTRY, *_ON_STORAGE, *_ON_WORKSPACE) if role.startswith("serving-")),),
        delete=("serving-identity",),
        note="An endpoint keeps the identity that it was made with: make real-time endpoints anew first.",
    ),
    Row(
        key="bring.identities",
        says="`cluster` brought instead of made",
        change={"bring": {"identities": {"cluster": BROUGHT["identities"]}}},
        update=_CPU,
        replace=(*(role for role in (*_ON_REGISTRY, *_ON_STORAGE) if role.startswith("cluster-")),),
        delete=("cluster-identity",),
    ),
    *KUBERNETES_ROWS,
    Row(
        key="monitoring.diagnostics",
        says="`false` to `true`",
        change={"monitoring": {"diagnostics": True}},
        create=(DIAGNOSTICS,),
    ),
    Row(
        key="monitoring.mails",
        says="none to one",
        before={"monitoring": {"diagnostics": True}},
        change={"monitoring": {"mails": ["ops@example.com"]}},
        create=(ALERTS,),
    ),
    Row(
        key="monitoring.mails",
        says="another",
        before=WATCHED,
        change={"monitoring": {"mails": ["other@example.com"]}},
        update=("alerts-team",),
    ),
    *(
        Row(
            key=f"monitoring.{section}.{key}",
            says=says,
            before=WATCHED,
            change={"monitoring": {section: {key: value}}},
            **operations,
        )
        for section, key, says, value, operations in (
            ("endpoint_alerts", "latency_p95_ms", "1000 to 500", 500, {"update": ("churn-online-latency",)}),
            (
                "endpoint_alerts",
                "failures_per_minute",
                "5 to 1",
                1,
                {"update": ("churn-online-failures", "churn-online-model-failures")},
            ),
            ("endpoint_alerts", "no_traffic_minutes", "60 to 30", 30, {"update": ("churn-online-no-traffic",)}),
            ("cluster_alerts", "queued_minutes", "30 to 60", 60, {"update": ("cpu-cluster-queued",)}),
            ("cluster_alerts", "at_maximum", "`true` to `false`", False, {"delete": ("cpu-cluster-at-maximum",)}),
        )
    ),
    Row(key="budget", says="one", before=WATCHED, change={"budget": {"monthly": 500}}, create=("budget-monthly",)),
    Row(key="budget.monthly", says="500 to 900", before=PAID, change={"budget": {"monthly": 900}}, update=_BUDGET),
    Row(key="budget.percents", says="others", before=PAID, change={"budget": {"percents": [50]}}, update=_BUDGET),
    Row(
        key="budget.forecast_percent",
        says="100 to 120",
        before=PAID,
        change={"budget": {"forecast_percent": 120}},
        update=_BUDGET,
    ),
    Row(key="deployers", says="one more", change=RELEASED_BY, create=(ROLES,)),
    Row(
        key="deployers.<name>.object_id",
        says="somebody else",
        before=RELEASED_BY,
        change={"deployers": {"ada": {"object_id": "88888888-8888-4888-8888-888888888888"}}},
        replace=_OF_ADA,
    ),
    Row(
        key="deployers.<name>.type",
        says="`User` to `Group`",
        before=RELEASED_BY,
        change={"deployers": {"ada": {"type": "Group"}}},
        update=_OF_ADA,
    ),
    Row(
        key="role_assignments",
        says="`made` to `given`",
        change={"role_assignments": "given"},
        delete=(ROLES,),
        note="Somebody else has to have given them before; else everything stops.",
    ),
    Row(key="protection.locks", says="`false` to `true`", change={"protection": {"locks": True}}, create=(LOCKS,)),
    Row(key="policy.stage", says="another one", change={"policy": {"stage": "production"}}, note=_RULES_ONLY),
    Row(key="policy.regions", says="one more", change={"policy": {"regions": ["westeurope"]}}, note=_RULES_ONLY),
    Row(key="policy.vm_sizes", says="one more", change={"policy": {"vm_sizes": ["Standard_DS3_v2"]}}, note=_RULES_ONLY),
    Row(
        key="policy.exceptions",
        says="one more",
        change={"policy": {"exceptions": {"tls-1-2": "the scanner in plant 4 speaks TLS 1.1"}}},
        note=_RULES_ONLY,
    ),
    Row(
        key="protection.endpoints",
        says="`true` to `false`",
        change={"protection": {"endpoints": False}},
        note=_STATE_ONLY,
    ),
    Row(key="protection.data", says="`true` to `false`", change={"protection": {"data": False}}, note=_STATE_ONLY),
    Row(
        key="protection.released_endpoints",
        says="one more",
        change={"protection": {"released_endpoints": ["churn/online"]}},
        note=_STATE_ONLY,
    ),
    Row(
        key="protection.may_replace",
        says="one more",
        change={"protection": {"may_replace": ["registry-registry"]}},
        note=_STATE_ONLY,
    ),
)
"""In the order of the settings."""


_ABOVE: Final = """# What a change of one setting does

What a preview says when one setting of a stack is changed and nothing else. Resources are called by their logical
names; what is not named stays as it is. The stack of the table has one cluster, an online and a batch endpoint, and
keeps no logs; rows about alerts, a budget or deployers start from a stack that has them. The table is a test: the
program is run for every row, and in `make test-all` the real engine previews most of them.

**Bold** is what holds data or traffic and would be replaced or deleted. It is protected (`protection.data`,
`protection.endpoints`), so the engine refuses until `protection.may_replace` names it:
[policies.md](../how-to/policies.md#replace-what-holds-data-or-traffic).

| setting | change | updated | replaced | made | deleted | |
|---|---|---|---|---|---|---|
"""
_BELOW: Final = """
An endpoint is made, protected and deleted by Pulumi and never updated: a changed `endpoint.yml` changes nothing in
Azure. A new folder under `endpoints/` makes an endpoint; a removed one deletes it, once it is not protected.
"""


def changes() -> str:
    """Return the page."""
    return _ABOVE + "".join(f"{_line(row)}\n" for row in ROWS) + _BELOW


def _line(row: Row) -> str:
    cells = (
        ", ".join(row.update),
        ", ".join(map(_going, row.replace)),
        ", ".join(row.create),
        ", ".join(map(_going, row.delete)),
    )
    return f"| `{row.key}` | {row.says} | {' | '.join(cells)} | {row.note} |"


def _going(name: str) -> str:
    return f"**{name}**" if name in GUARDED else name
