"""The settings of the extension that makes an AKS cluster able to serve Azure ML endpoints. Pure.

The Azure CLI works some of them out of others before it sends them. Whoever installs the extension in another way has
to do the same: with `sslSecret` alone it does not find its certificate (terraform-provider-azurerm#24547).
"""

from __future__ import annotations

from typing import Final

from windlass.project.settings import KubernetesSettings

EXTENSION_TYPE: Final = "Microsoft.AzureML.Kubernetes"
NAMESPACE: Final = "azureml"
"""Where it installs itself; it takes no other."""

_FEWEST_FOR_HIGH_AVAILABILITY: Final = 3


def extension_settings(settings: KubernetesSettings, *, cluster: str, cluster_id: str, location: str) -> dict[str, str]:
    """Say all that the extension needs to know; every value is text.

    Args:
        settings: Of the stack.
        cluster: The cluster's name.
        cluster_id: The cluster's ARM id.
        location: Its region.
    """
    available = is_highly_available(settings)
    return {
        "enableTraining": "False",
        "enableInference": "True",
        "inferenceRouterServiceType": "LoadBalancer",
        "inferenceRouterHA": str(available),
        "clusterPurpose": "FastProd" if available else "DevTest",
        **_balancer(settings),
        **_encryption(settings),
        "cluster_name": cluster_id,
        "clusterId": cluster_id,
        "prometheus.prometheusSpec.externalLabels.cluster_name": cluster_id,
        "cluster_name_friendly": cluster,
        "domain": f"{location}.cloudapp.azure.com",
        "location": location,
        "jobSchedulerLocation": location,
        # What clusters outside Azure are reached by; an AKS cluster needs neither.
        "servicebus.enabled": "false",
        "relayserver.enabled": "false",
        "nginxIngress.enabled": "true",
    }


def is_highly_available(settings: KubernetesSettings) -> bool:
    """Whether there are always nodes enough to spread the router over: three of those that models run on."""
    user = [pool.min_nodes for pool in settings.pools.values() if pool.mode == "user"]
    return (sum(user) if user else settings.system.min_nodes) >= _FEWEST_FOR_HIGH_AVAILABILITY


def _balancer(settings: KubernetesSettings) -> dict[str, str]:
    if not settings.internal_load_balancer:
        return {}
    return {"internalLoadBalancerProvider": "azure", "scoringFe.serviceType.internalLoadBalancer": "true"}


def _encryption(settings: KubernetesSettings) -> dict[str, str]:
    if settings.tls is None:
        return {"allowInsecureConnections": "True"}
    secret = settings.tls.secret
    return {
        "allowInsecureConnections": "False",
        "sslSecret": secret,
        "scoringFe.sslSecret": secret,
        "sslCname": settings.tls.host,
    }
