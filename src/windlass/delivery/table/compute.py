"""What models run on and are called by: workspaces, computes, endpoints, Kubernetes. Pure.

Meanings of properties: the reference of Azure Resource Manager for each type, at the API version that the project
uses.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from windlass.delivery.meanings import Meaning
from windlass.delivery.table.model import (
    COSMETIC,
    IDENTITY,
    RUNS_AS,
    Known,
    Meant,
    Nodes,
    addresses_let_in,
    always,
    becomes,
    becomes_other_than,
    behaves,
    case,
    costs,
    either,
    opens_at,
    public_access,
    table,
    touches,
    was_there,
    widens,
    widens_unless,
)
from windlass.delivery.values import MISSING

_OPENS: Final = Meaning.OPENS_NETWORK
_TOUCHES: Final = Meaning.TOUCHES_TRAFFIC
_APPROVED: Final = "AllowOnlyApprovedOutbound"
_NODES: Final = costs("more or fewer machines are paid for")
_PRICE_OF_SIZE: Final = costs("another size has another price")


def _count(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _cluster_nodes(inputs: Mapping[str, Any]) -> Iterator[Nodes]:
    outer = inputs.get("properties")
    nodes = outer.get("properties") if isinstance(outer, Mapping) else None
    if isinstance(nodes, Mapping) and isinstance(nodes.get("vmSize"), str):
        scale = nodes.get("scaleSettings")
        most = scale.get("maxNodeCount") if isinstance(scale, Mapping) else None
        yield Nodes(nodes["vmSize"], _count(most), str(nodes.get("vmPriority", "")))


def _pool_nodes(inputs: Mapping[str, Any]) -> Iterator[Nodes]:
    if isinstance(inputs.get("vmSize"), str):
        most = inputs.get("maxCount") if inputs.get("enableAutoScaling") else inputs.get("count")
        yield Nodes(inputs["vmSize"], _count(most), str(inputs.get("scaleSetPriority", "")))


def _kubernetes_nodes(inputs: Mapping[str, Any]) -> Iterator[Nodes]:
    pools = inputs.get("agentPoolProfiles")
    for pool in pools if isinstance(pools, list) else ():
        if isinstance(pool, Mapping):
            yield from _pool_nodes(pool)


def _is_let_out(before: Any, after: Any) -> bool:
    return bool(before == _APPROVED and after != _APPROVED)


_WORKSPACE: Final = Known(
    title="workspace",
    open_unless_said=("publicNetworkAccess",),
    properties={
        "workspaceName": IDENTITY,
        "allowPublicAccessWhenBehindVnet": opens_at(value=True, why="the workspace answers on a public address"),
        "applicationInsights": behaves("requests are recorded elsewhere from now on"),
        "containerRegistry": behaves("images come from another registry, and are built again"),
        "description": COSMETIC,
        "friendlyName": COSMETIC,
        "hbiWorkspace": IDENTITY,
        "identity": RUNS_AS,
        "imageBuildCompute": behaves("images are built elsewhere"),
        "keyVault": IDENTITY,
        "kind": IDENTITY,
        "managedNetwork.enableNetworkMonitor": behaves(),
        "managedNetwork.firewallSku": costs("another tier of the firewall has another price"),
        "managedNetwork.isolationMode": either(
            case(_OPENS, "more gets out of the managed network", _is_let_out),
            case(_TOUCHES, "what no rule lets out is refused", becomes(_APPROVED)),
            case(_TOUCHES, "what goes out goes through a managed network", lambda before, _: before is MISSING),
        ),
        "primaryUserAssignedIdentity": RUNS_AS,
        "provisionNetworkNow": behaves(),
        "publicNetworkAccess": public_access("the workspace"),
        "sku": costs("another tier has another price"),
        "storageAccount": IDENTITY,
        "systemDatastoresAuthMode": widens_unless(
            "identity", "the workspace reaches its storage by a key, without a role"
        ),
        "v1LegacyMode": touches("clients have to speak another version"),
    },
)

_COMPUTE: Final = Known(
    title="compute",
    nodes=_cluster_nodes,
    properties={
        "computeName": IDENTITY,
        "workspaceName": IDENTITY,
        "identity": RUNS_AS,
        "properties.computeLocation": IDENTITY,
        "properties.computeType": IDENTITY,
        "properties.description": COSMETIC,
        "properties.disableLocalAuth": widens_unless(
            value=True, why="who has a password or a key gets in without a role"
        ),
        "properties.resourceId": touches("another cluster serves"),
        "properties.properties.defaultInstanceType": behaves("deployments that name no size get another one"),
        "properties.properties.enableNodePublicIp": behaves("nodes go out by addresses of their own, or not"),
        "properties.properties.instanceTypes": behaves("deployments choose from other sizes"),
        "properties.properties.namespace": touches("deployments run elsewhere"),
        "properties.properties.osType": IDENTITY,
        "properties.properties.remoteLoginPortPublicAccess": case(
            _OPENS, "nodes can be signed in to from outside", becomes_other_than("Disabled")
        ),
        "properties.properties.scaleSettings.maxNodeCount": _NODES,
        "properties.properties.scaleSettings.minNodeCount": _NODES,
        "properties.properties.scaleSettings.nodeIdleTimeBeforeScaleDown": costs(
            "idle machines are paid for longer or shorter"
        ),
        "properties.properties.subnet": touches("its nodes are in another network"),
        "properties.properties.vmPriority": costs("another priority has another price, and may be taken away or not"),
        "properties.properties.vmSize": _PRICE_OF_SIZE,
    },
)


def _gets_keys(before: Any, after: Any) -> bool:
    """Whether callers who had to have a role need one no longer; a new endpoint has no callers."""
    return was_there(before, after) and after != "AADToken"


_OF_AN_ENDPOINT: Final = {
    "endpointName": IDENTITY,
    "workspaceName": IDENTITY,
    "identity": RUNS_AS,
    "kind": behaves(),
    "sku": behaves(),
    "properties.authMode": either(
        case(Meaning.WIDENS_PERMISSION, "who has a key needs no role", _gets_keys),
        case(_TOUCHES, "callers have to sign in otherwise", lambda _before, _after: True),
    ),
    "properties.description": COSMETIC,
    "properties.properties": COSMETIC,
}

_ONLINE: Final = Known(
    title="real-time endpoint",
    open_unless_said=("properties.publicNetworkAccess",),
    properties={
        **_OF_AN_ENDPOINT,
        "properties.compute": touches("another cluster serves"),
        "properties.mirrorTraffic": touches("requests are copied to other deployments"),
        "properties.publicNetworkAccess": public_access("the endpoint"),
        "properties.traffic": touches("requests go to other deployments"),
    },
)

_BATCH: Final = Known(
    title="batch endpoint",
    properties={**_OF_AN_ENDPOINT, "properties.defaults": touches("jobs run on another deployment")},
)

_ROLLING: Final = "nodes are replaced one after the other, and what runs on them is moved"

_POOL: Final = {
    "availabilityZones": IDENTITY,
    "count": _NODES,
    "enableAutoScaling": _NODES,
    "enableNodePublicIP": opens_at(value=True, why="each node has a public address"),
    "maxCount": _NODES,
    "maxPods": IDENTITY,
    "minCount": _NODES,
    "mode": behaves("parts of the cluster itself run there, or not"),
    "nodeLabels": touches("deployments may be moved to other nodes"),
    "nodeTaints": touches("deployments may be moved to other nodes"),
    "orchestratorVersion": touches(_ROLLING),
    "osDiskSizeGB": costs("another disk has another price"),
    "osSKU": touches(_ROLLING),
    "osType": IDENTITY,
    "scaleSetPriority": costs("another priority has another price, and may be taken away or not"),
    "upgradeSettings": behaves("nodes are replaced faster or slower"),
    "vmSize": _PRICE_OF_SIZE,
    "vnetSubnetID": touches("its nodes are in another network"),
}

_KUBERNETES: Final = Known(
    title="Kubernetes cluster",
    nodes=_kubernetes_nodes,
    properties={
        "resourceName": IDENTITY,
        "aadProfile": widens("others rule over the cluster"),
        "aadProfile.enableAzureRBAC": widens_unless(value=True, why="rights are no longer given by roles of Azure"),
        "aadProfile.managed": behaves(),
        "agentPoolProfiles.*": touches("the first pool changes"),
        **{f"agentPoolProfiles.*.{key}": rule for key, rule in _POOL.items()},
        "apiServerAccessProfile.authorizedIPRanges": addresses_let_in(),
        "apiServerAccessProfile.enablePrivateCluster": case(
            _OPENS, "the API server answers on a public address", becomes_other_than(True)
        ),
        "autoUpgradeProfile": behaves("new versions come by themselves at other times"),
        "disableLocalAccounts": widens_unless(value=True, why="the local administrator needs no role"),
        "dnsPrefix": IDENTITY,
        "enableRBAC": widens_unless(value=True, why="whoever reaches the cluster may do everything"),
        "identity": RUNS_AS,
        "identityProfile": RUNS_AS,
        "kubernetesVersion": touches(_ROLLING),
        "networkProfile": touches("pods get other addresses, or go out by another way"),
        "nodeResourceGroup": IDENTITY,
        "oidcIssuerProfile": behaves(),
        "publicNetworkAccess": public_access("the API server"),
        "securityProfile": behaves(),
        "sku": costs("another tier has another price"),
        "supportPlan": costs("another plan has another price"),
    },
)

_EXTENSION: Final = Known(
    title="extension",
    properties={
        "extensionName": IDENTITY,
        "extensionType": IDENTITY,
        "clusterName": IDENTITY,
        "clusterResourceName": IDENTITY,
        "clusterRp": IDENTITY,
        "autoUpgradeMinorVersion": behaves("new versions come by themselves, or not"),
        "configurationProtectedSettings": always(Meant(Meaning.CHANGES_SECRET, "")),
        "configurationSettings": touches("what routes requests to models is set up otherwise"),
        "configurationSettings.allowInsecureConnections": either(
            case(_OPENS, "requests may come without TLS", becomes("True", True)),
            case(_TOUCHES, "requests without TLS are refused", becomes("False", False)),
        ),
        "configurationSettings.internalLoadBalancerProvider": either(
            case(_OPENS, "models answer on a public address", becomes_other_than("azure")),
            case(_TOUCHES, "models answer inside the network alone", becomes("azure")),
        ),
        "configurationSettings.sslCname": touches("models answer under another host name"),
        "configurationSettings.sslSecret": touches("models answer with another certificate"),
        "identity": RUNS_AS,
        "releaseTrain": behaves("other versions come"),
        "scope": IDENTITY,
        "version": touches("what routes requests to models is another version"),
    },
)

COMPUTE: Final = table(
    {
        "machinelearningservices:Workspace": _WORKSPACE,
        "machinelearningservices:Compute": _COMPUTE,
        "machinelearningservices:OnlineEndpoint": _ONLINE,
        "machinelearningservices:BatchEndpoint": _BATCH,
        "containerservice:ManagedCluster": _KUBERNETES,
        "containerservice:AgentPool": Known(
            title="node pool",
            nodes=_pool_nodes,
            properties={
                "agentPoolName": IDENTITY,
                "resourceName": IDENTITY,
                **_POOL,
            },
        ),
        "containerservice:ManagedNamespace": Known(
            title="namespace",
            properties={
                "managedNamespaceName": IDENTITY,
                "resourceName": IDENTITY,
                "properties.adoptionPolicy": behaves(),
                "properties.defaultNetworkPolicy": case(
                    _OPENS,
                    "pods are reached by others, or reach others",
                    becomes_other_than("DenyAll", "AllowSameNamespace"),
                ),
                "properties.defaultResourceQuota": touches("pods beyond that are refused"),
                "properties.deletePolicy": behaves("what is in it goes with it, or not"),
                "properties.labels": COSMETIC,
                "properties.annotations": COSMETIC,
            },
        ),
        "kubernetesconfiguration:Extension": _EXTENSION,
    }
)
