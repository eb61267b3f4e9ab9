"""Which metrics the types of Azure ML publish, with their dimensions (Microsoft's reference of supported metrics).

The local Azure does not measure them. The table is here so that an alert or a scale rule on a metric that does not
exist is refused as Azure refuses it, and one on a type that is not in the table is answered 501 by name.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

_ML = "microsoft.machinelearningservices/workspaces"

_LATENCIES = ("RequestLatency", "RequestLatency_P50", "RequestLatency_P90", "RequestLatency_P95", "RequestLatency_P99")
_NODES = (
    "Active Nodes",
    "Idle Nodes",
    "Leaving Nodes",
    "Preempted Nodes",
    "Total Nodes",
    "Unusable Nodes",
    "Active Cores",
    "Idle Cores",
    "Total Cores",
    "Quota Utilization Percentage",
)
_RUNS = ("Queued Runs", "Started Runs", "Completed Runs", "Failed Runs", "Not Responding Runs", "Cancelled Runs")
_RUN_DIMENSIONS = frozenset(
    {"Scenario", "RunType", "PublishedPipelineId", "ComputeType", "PipelineStepType", "ExperimentName"}
)

METRICS: Mapping[str, Mapping[str, frozenset[str]]] = MappingProxyType(
    {
        f"{_ML}": {
            **dict.fromkeys(_NODES, frozenset({"Scenario", "ClusterName"})),
            **dict.fromkeys(_RUNS, _RUN_DIMENSIONS),
        },
        f"{_ML}/onlineendpoints": {
            "RequestsPerMinute": frozenset({"deployment", "statusCode", "statusCodeClass", "modelStatusCode"}),
            **dict.fromkeys(_LATENCIES, frozenset({"deployment"})),
            "ConnectionsActive": frozenset(),
            "NewConnectionsPerSecond": frozenset(),
            "NetworkBytes": frozenset(),
            "DataCollectionEventsPerMinute": frozenset({"deployment", "type"}),
            "DataCollectionErrorsPerMinute": frozenset({"deployment", "reason", "type"}),
        },
        f"{_ML}/onlineendpoints/deployments": {
            **dict.fromkeys(
                (
                    "CpuUtilizationPercentage",
                    "CpuMemoryUtilizationPercentage",
                    "DiskUtilization",
                    "GpuUtilizationPercentage",
                    "GpuMemoryUtilizationPercentage",
                    "GpuEnergyJoules",
                ),
                frozenset({"instanceId"}),
            ),
            "DeploymentCapacity": frozenset({"instanceId", "State"}),
            "RequestsPerMinute": frozenset({"envoy_response_code"}),
            **dict.fromkeys(_LATENCIES[1:], frozenset()),
            "DataCollectionEventsPerMinute": frozenset({"instanceId", "type"}),
            "DataCollectionErrorsPerMinute": frozenset({"instanceId", "reason", "type"}),
        },
    }
)
"""Type, lower case -> metric -> dimensions."""
