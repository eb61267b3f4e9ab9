"""The real program, run once for each situation that its tests look at."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from support.pulumi_program import Program, Run, run_program

from windlass.project.settings import LOCAL_SUBSCRIPTION, LOCAL_TENANT

PROGRAM = Path(__file__).resolve().parents[2] / "infra" / "__main__.py"
CLUSTER = {"vm_size": "Standard_DS3_v2", "max_nodes": 4}
KUBERNETES = {
    "insecure": True,
    "zones": ["1", "2", "3"],
    "pools": {"models": {"vm_size": "Standard_DS3_v2", "min_nodes": 1, "max_nodes": 4}},
    "instance_types": {"small": {"cpu": "1", "memory": "2Gi", "pool": "models"}},
}
ENDPOINTS = ("churn/online", "churn/batch", "price/online")


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Program:
    """Run infra/__main__.py for a stack on the local Azure."""
    monkeypatch.setenv("AZURE_TENANT_ID", LOCAL_TENANT)
    return partial(run_infra, tmp_path)


@pytest.fixture(scope="session")
def program_once(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    """The same for a run that several tests look at."""
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("AZURE_TENANT_ID", LOCAL_TENANT)
        yield lambda **situation: run_infra(tmp_path_factory.mktemp("once"), **situation)


@pytest.fixture(scope="session")
def usual(program_once: Program) -> Run:
    """One run with the usual settings, for all tests that only look."""
    return program_once(settings={"kubernetes": KUBERNETES})


@pytest.fixture(scope="session")
def private(program_once: Program) -> Run:
    """One run of a stack in a network of its own."""
    return program_once(settings={"network": {"mode": "private"}, "registry": {"tier": "Premium"}})


@pytest.fixture(scope="session")
def managed(program_once: Program) -> Run:
    """One run of a stack whose workspace has a network that Azure ML runs."""
    return program_once(settings={"network": {"mode": "managed"}, "registry": {"tier": "Premium"}})


def run_infra(
    root: Path,
    *,
    settings: Mapping[str, Any] | None = None,
    endpoints: Sequence[str] = ENDPOINTS,
    location: str = "westeurope",
    **situation: Any,
) -> Run:
    """Write the files of the endpoints and run the program beside them."""
    for endpoint in endpoints:
        file = root / "endpoints" / endpoint / "endpoint.yml"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("description: for a test\ntags: {team: crm}\n", encoding="utf-8")
    config = {**configuration(**(settings or {})), "azure-native:location": location}
    return run_program(PROGRAM, stack="local", config=config, root=root, **situation)


def configuration(**settings: Any) -> dict[str, Any]:
    """The configuration of a stack on the local Azure."""
    return {
        "azure-native:location": "westeurope",
        "azure-native:subscriptionId": LOCAL_SUBSCRIPTION,
        "azure-native:tenantId": LOCAL_TENANT,
        "windlass:settings": {
            "project": "shop",
            "cloud": "local",
            "owner": "team",
            "clusters": {"cpu": CLUSTER, "big": CLUSTER},
            "monitoring": {"mails": ["team@example.com"], "endpoint_alerts": {"no_traffic_minutes": 60}},
            "budget": {"monthly": 500},
            "protection": {"locks": True},
            **settings,
        },
    }
