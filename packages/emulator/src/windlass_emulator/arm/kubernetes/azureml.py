"""The extension Microsoft.AzureML.Kubernetes: what its settings must say, and where it then answers. Pure.

The rules and their wording are those of the Azure CLI and of the documentation. The CLI also writes settings that it
works out of others (`scoringFe.sslSecret` and so on); whoever installs the extension in another way has to write them
too, or the extension does not find its certificate (terraform-provider-azurerm#24547).
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

TYPE = "microsoft.azureml.kubernetes"
NAMESPACE = "azureml"
_SERVICES = {"loadbalancer": "LoadBalancer", "nodeport": "NodePort", "clusterip": "ClusterIP"}
_FEWEST_FOR_HA = 3
_CORES, _MEMORY = 4, 14
_HOST = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)+\Z")
_TSG = "Check https://aka.ms/arcmltsg for more information."


@dataclass(frozen=True, slots=True)
class FrontEnd:
    """Where the endpoints of a cluster answer.

    Attributes:
        host: A name with TLS, an address without.
        secure: Whether it speaks HTTPS.
        cluster: The id of the cluster.
        reachable: Whether anybody outside the cluster's pods gets there.
    """

    host: str
    secure: bool
    cluster: str
    reachable: bool = True

    @property
    def address(self) -> str:
        """The beginning of every address."""
        return f"{'https' if self.secure else 'http'}://{self.host}"


def is_true(settings: Mapping[str, str], name: str) -> bool:
    """Say whether a setting is on; all values are text, in any case."""
    return str(settings.get(name, "")).lower() == "true"


def problems(settings: Mapping[str, str], protected: Mapping[str, str]) -> Iterator[str]:
    """Yield what is wrong with the settings."""
    if not is_true(settings, "enableTraining") and not is_true(settings, "enableInference"):
        yield (
            "To create Microsoft.AzureML.Kubernetes extension, either enable Machine Learning training or inference "
            f"by specifying 'enableTraining=true' or 'enableInference=true'. {_TSG}"
        )
    if not is_true(settings, "enableInference"):
        return
    yield from _encryption_problems(settings, protected)
    service = str(settings.get("inferenceRouterServiceType", "")).lower()
    if service not in _SERVICES:
        yield (
            "To use inference, please specify inferenceRouterServiceType=ClusterIP or "
            f"inferenceRouterServiceType=NodePort or inferenceRouterServiceType=LoadBalancer. {_TSG}"
        )
    internal = str(settings.get("internalLoadBalancerProvider", "")).lower() == "azure"
    if service == "nodeport" and internal:
        yield f"With nodePort as inferenceRouterServiceType, there is no need of internalLoadBalancerProvider. {_TSG}"
    if internal and not is_true(settings, "scoringFe.serviceType.internalLoadBalancer"):
        yield "internalLoadBalancerProvider=azure needs scoringFe.serviceType.internalLoadBalancer=true beside it."


def _encryption_problems(settings: Mapping[str, str], protected: Mapping[str, str]) -> Iterator[str]:
    secret = settings.get("sslSecret")
    files = bool(protected.get("scoringFe.sslCert") and protected.get("scoringFe.sslKey"))
    insecure = is_true(settings, "allowInsecureConnections")
    if not insecure and not secret and not files:
        yield (
            "To enable HTTPs endpoint, either provide sslCertPemFile and sslKeyPemFile to config-protected-settings, "
            "or provide sslSecret(kubernetes secret name) in config-settings containing both ssl cert and ssl key "
            f"under {NAMESPACE} namespace. Otherwise, to enable HTTP endpoint, explicitly set "
            "allowInsecureConnections=true."
        )
    if (secret or files) and not _HOST.match(str(settings.get("sslCname", ""))):
        yield f"To enable HTTPs endpoint, please specify sslCname parameter in config-settings. {_TSG}"
    if secret and not insecure and settings.get("scoringFe.sslSecret") != secret:
        yield f"The certificate was not found: scoringFe.sslSecret must name the same secret as sslSecret, '{secret}'."


def capacity_problems(settings: Mapping[str, str], nodes: int, cores: int, memory: float) -> Iterator[str]:
    """Yield what the nodes of the cluster are too few or too small for.

    Args:
        settings: Of the extension.
        nodes: How many nodes the pools have.
        cores: Of all of them.
        memory: Of all of them, in GB.
    """
    high_availability = str(settings.get("inferenceRouterHA", "true")).lower() != "false"
    if is_true(settings, "enableInference") and high_availability and nodes < _FEWEST_FOR_HA:
        yield (
            f"The inference router needs {_FEWEST_FOR_HA} nodes to be highly available and the cluster has {nodes}: "
            "add nodes, or set inferenceRouterHA=False."
        )
    if cores < _CORES or memory < _MEMORY:
        yield (
            f"The cluster has {cores} cores and {memory:g} GB of memory; the extension needs at least {_CORES} cores "
            f"and {_MEMORY} GB."
        )


def front_end(cluster: str, settings: Mapping[str, str]) -> FrontEnd | None:
    """Return where the endpoints of a cluster answer; None when the extension does not serve.

    Addresses are of ranges that no machine has: with a public load balancer of that for benchmarks (198.18.0.0/15).
    """
    if not is_true(settings, "enableInference"):
        return None
    if not is_true(settings, "allowInsecureConnections"):
        host = str(settings["sslCname"]).lower()
        return FrontEnd(host, secure=True, cluster=cluster, reachable=_is_reachable(settings))
    digest = hashlib.sha256(cluster.lower().encode()).digest()
    internal = str(settings.get("internalLoadBalancerProvider", "")).lower() == "azure"
    prefix = "10.224" if internal else f"198.{18 + digest[2] % 2}"
    address = f"{prefix}.{digest[0]}.{1 + digest[1] % 254}"
    return FrontEnd(address, secure=False, cluster=cluster, reachable=_is_reachable(settings))


def _is_reachable(settings: Mapping[str, str]) -> bool:
    return str(settings["inferenceRouterServiceType"]).lower() == "loadbalancer"
