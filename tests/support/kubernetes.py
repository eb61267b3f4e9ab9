"""Bodies of AKS clusters and of what is installed on them, for tests."""

from __future__ import annotations

from typing import Any

LOCATION = "westeurope"
CLUSTER_RP = ("Microsoft.ContainerService", "managedClusters")
INSECURE = {
    "enableInference": "True",
    "inferenceRouterServiceType": "LoadBalancer",
    "allowInsecureConnections": "True",
    "inferenceRouterHA": "False",
}
SECURE = {
    "enableInference": "True",
    "inferenceRouterServiceType": "LoadBalancer",
    "sslSecret": "models-tls",
    "scoringFe.sslSecret": "models-tls",
    "sslCname": "models.example.org",
    "inferenceRouterHA": "False",
}


def pool(name: str = "system", *, mode: str = "System", count: int | None = 1, **more: Any) -> dict[str, Any]:
    """Return a pool as it stands inside a cluster."""
    return {"name": name, "mode": mode, "vmSize": "Standard_DS3_v2", "count": count, "osType": "Linux", **more}


def cluster(*pools: dict[str, Any], **properties: Any) -> dict[str, Any]:
    """Return the body of a cluster's PUT as ARM takes it."""
    return {
        "location": LOCATION,
        "identity": {"type": "SystemAssigned"},
        "properties": {"dnsPrefix": "models", "agentPoolProfiles": list(pools or (pool(),)), **properties},
    }


def extension(settings: dict[str, str], **properties: Any) -> dict[str, Any]:
    """Return the body of the extension's PUT."""
    return {
        "identity": {"type": "SystemAssigned"},
        "properties": {
            "extensionType": "Microsoft.AzureML.Kubernetes",
            "scope": {"cluster": {"releaseNamespace": "azureml"}},
            "configurationSettings": settings,
            **properties,
        },
    }
