"""What a stack would cost by its settings is what the resources of the program cost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from support.cost import BOOK
from support.pulumi_program import Program, Run

from windlass.delivery.cost import Estimate
from windlass.delivery.cost.estimate import estimate
from windlass.delivery.cost.planned import planned_resources
from windlass.delivery.cost.resources import Resource
from windlass.delivery.losses import short_type
from windlass.factory.cost import load_workloads
from windlass.project.endpoints import EndpointFolder, find_endpoints
from windlass.project.settings import LOCAL_SUBSCRIPTION, Settings
from windlass.project.stack_file import load_template

ROOT = Path(__file__).resolve().parents[2]
STACKS = ("local", "dev", "staging", "prod")
SHARED = f"/subscriptions/{LOCAL_SUBSCRIPTION}/resourceGroups/shared/providers"
ZONE = f"{SHARED}/Microsoft.Network/privateDnsZones/privatelink.blob.core.windows.net"
ACCOUNT = f"{SHARED}/Microsoft.Storage/storageAccounts/theirdata"
LOGS = f"{SHARED}/Microsoft.OperationalInsights/workspaces/their-logs"
EXISTING: Mapping[str, Mapping[str, Any]] = {
    ZONE: {"location": "global", "name": ZONE.rpartition("/")[2], "numberOfVirtualNetworkLinks": 1},
    LOGS: {"location": "westeurope"},
    ACCOUNT: {
        "location": "westeurope",
        "kind": "StorageV2",
        "sku": {"name": "Standard_LRS"},
        "minimumTlsVersion": "TLS1_2",
        "publicNetworkAccess": "Disabled",
    },
}
KUBERNETES = {
    "insecure": True,
    "tier": "Premium",
    "system": {"vm_size": "Standard_D4s_v3", "min_nodes": 2, "max_nodes": 5},
    "pools": {"models": {"vm_size": "Standard_DS3_v2", "min_nodes": 0, "max_nodes": 4}},
}
FOLDERS = (
    EndpointFolder(model="churn", kind="online", auth_mode="key"),
    EndpointFolder(model="churn", kind="batch", auth_mode="aad_token"),
)
USUAL: Mapping[str, Any] = {
    "project": "shop",
    "cloud": "local",
    "owner": "team",
    "clusters": {
        "cpu": {"vm_size": "Standard_DS3_v2", "max_nodes": 4},
        "big": {"vm_size": "Standard_F8s_v2", "max_nodes": 9, "priority": "LowPriority"},
    },
    "monitoring": {"mails": ["team@example.com"], "endpoint_alerts": {"no_traffic_minutes": 60}},
}
SETTINGS: Mapping[str, Mapping[str, Any]] = {
    "public, watched less, nodes that are kept": {
        "logs": {"retention_days": 90, "daily_cap_gb": 1},
        "storage": {"redundancy": "Standard_GRS"},
        "monitoring": {
            "mails": ["team@example.com"],
            "endpoint_alerts": {"latency_p95_ms": None},
            "cluster_alerts": {"queued_minutes": None, "at_maximum": False},
        },
        "clusters": {
            "cpu": {
                "vm_size": "Standard_F4s_v2",
                "min_nodes": 1,
                "max_nodes": 60,
                "idle_seconds": 600,
                "kept_because": "somebody waits for each job",
            }
        },
    },
    "unwatched, without clusters, with logs of others": {
        "monitoring": {"mails": []},
        "clusters": {},
        "budget": None,
        "bring": {"log_workspace": LOGS},
    },
    "private, without a way out, with things of others": {
        "network": {"mode": "private", "nat_gateway": False},
        "registry": {"tier": "Premium"},
        "bring": {"private_dns_zones": {"privatelink.blob.core.windows.net": ZONE}, "storage_account": ACCOUNT},
    },
    "managed and closed": {
        "registry": {"tier": "Premium"},
        "network": {
            "mode": "managed",
            "isolation": "approved",
            "outbound": {
                "data": {"fqdn": "data.contoso.com"},
                "factory": {"service_tag": "DataFactory"},
                "sql": {"private_endpoint": f"{SHARED}/Microsoft.Sql/servers/theirs", "subresource": "sqlServer"},
            },
        },
    },
    "kubernetes": {"kubernetes": KUBERNETES},
}


def made(run_resources: Sequence[Any], stack: str, region: str) -> Estimate:
    resources = [Resource(type=short_type(each.type), name=each.name, inputs=each.inputs) for each in run_resources]
    return estimate(resources, load_workloads(ROOT, stack), BOOK, region)


def in_any_order(made: Estimate) -> tuple[Any, ...]:
    """All of an estimate but the order, which is that of the resources."""
    lines = sorted(made.lines, key=lambda line: (line.key, line.quantity))
    return lines, sorted(made.unpriced, key=lambda each: (each.subject, each.why)), sorted(made.assumptions)


@pytest.mark.parametrize("stack", STACKS)
def test_each_stack_costs_by_its_files_what_its_resources_cost(stack: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "tools"))
    from resources.observe import observe

    settings = load_template(ROOT, stack)
    region = settings.azure.location

    by_program = made(observe(stack).resources, stack, region)
    planned = planned_resources(settings.windlass, find_endpoints(ROOT, stack))
    by_files = estimate(planned, load_workloads(ROOT, stack), BOOK, region)

    assert in_any_order(by_files) == in_any_order(by_program)
    assert by_program.total.low > 0
    assert "nobody here knows" not in str(by_program.unpriced)


@pytest.mark.parametrize("case", SETTINGS)
def test_every_section_that_decides_over_a_price_is_followed(program: Program, case: str) -> None:
    whole = {**USUAL, **SETTINGS[case]}
    run: Run = program(settings=whole, endpoints=("churn/online", "churn/batch"), existing=EXISTING)

    by_program = made(run.resources, "local", "westeurope")
    planned = planned_resources(Settings.model_validate(whole), FOLDERS)
    by_settings = estimate(planned, load_workloads(ROOT, "local"), BOOK, "westeurope")

    assert in_any_order(by_settings) == in_any_order(by_program)
