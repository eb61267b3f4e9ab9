"""AKS clusters. A cluster is its control plane; its pools stand below it and are shown inside it.

What a PUT does to pools was reported for the real service (pulumi-azure-native#579): those it names are changed, a
new one is refused once the cluster is there, and one that it leaves out stays.
"""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from windlass_emulator import lro
from windlass_emulator.access.gate import authorization_failed
from windlass_emulator.access.service import own_identities
from windlass_emulator.arm import common
from windlass_emulator.arm.common import Draft, Kind, NameRule, merged, value_at, with_defaults
from windlass_emulator.arm.kubernetes import pool_rules
from windlass_emulator.arm.kubernetes.ids import (
    CLUSTER_TYPE,
    end_well,
    missing,
    put_state,
    shown_id,
)
from windlass_emulator.arm.kubernetes.pools import pools_of, write_pool
from windlass_emulator.arm.kubernetes.versions import DEFAULT, full_version, require_upgrade
from windlass_emulator.errors import AzureError, OperationFailedError
from windlass_emulator.feature import Feature
from windlass_emulator.http import Answer, Handler, Request, Route
from windlass_emulator.settings import TENANT_ID

if TYPE_CHECKING:
    from windlass_emulator.azure import LocalAzure
    from windlass_emulator.operations import Operation
    from windlass_emulator.store import Resource

KIND = Kind(
    type=CLUSTER_TYPE,
    body="kubernetes cluster",
    name=NameRule(
        r"[a-zA-Z0-9]|[a-zA-Z0-9][-_a-zA-Z0-9]{0,61}[a-zA-Z0-9]",
        "A cluster name has 1 to 63 letters, digits, '-' or '_', and begins and ends with a letter or digit.",
        code="InvalidParameter",
    ),
    fixed=(
        "properties.dnsPrefix",
        "properties.fqdnSubdomain",
        "properties.nodeResourceGroup",
        "properties.diskEncryptionSetID",
        "properties.linuxProfile",
        "properties.networkProfile.networkPlugin",
        "properties.networkProfile.serviceCidr",
        "properties.networkProfile.dnsServiceIP",
        "properties.networkProfile.podCidr",
        "properties.apiServerAccessProfile.enablePrivateCluster",
    ),
    id_of=shown_id,
)
_CREATE, _UPDATE, _DELETE = "kubernetes_cluster.create", "kubernetes_cluster.update", "kubernetes_cluster.delete"
_TIERS = {"free": "Free", "standard": "Standard", "premium": "Premium"}
_CHANNELS = ("none", "patch", "stable", "rapid", "node-image")
_MOST_POOLS = 100
_JOIN = "Microsoft.Network/virtualNetworks/subnets/join/action"
_ASSIGN = "Microsoft.ManagedIdentity/userAssignedIdentities/assign/action"


def feature() -> Feature:
    """Return AKS clusters."""
    one = KIND.template
    return Feature(
        "kubernetes clusters",
        routes=(
            _route("PUT", one, _put),
            _route("PATCH", one, _patch),
            _route("DELETE", one, _delete),
            *common.usual_routes(KIND, what="Kubernetes cluster", deletes=False),
        ),
        actions={_CREATE: _apply, _UPDATE: _apply, _DELETE: _carry_out_delete},
        renderers={CLUSTER_TYPE.lower(): _render},
    )


def _route(method: str, template: str, handler: Handler) -> Route:
    return Route(method, template, handler, provenance="specified")


def _render(azure: LocalAzure, cluster: Resource, api_version: str) -> dict[str, Any]:
    """Write a cluster as a GET shows it: its type is spelt so, and its pools stand inside it (recorded)."""
    del api_version
    body = cluster.body
    pools = [{"name": pool.name, **pool.body["properties"]} for pool in pools_of(azure, cluster.id)]
    shown = {"id": shown_id(cluster.id), "name": cluster.name, "type": "Microsoft.ContainerService/ManagedClusters"}
    return {**shown, **body, "properties": {**body["properties"], "agentPoolProfiles": pools}}


async def _put(request: Request) -> Answer:
    """Create or change a cluster with the pools that are named."""
    draft, azure = common.read_put(request, KIND), request.azure
    profiles = draft.properties.pop("agentPoolProfiles", None)
    pools = _pools(azure, draft, profiles)
    completed = _completed(draft, azure, pools.values())
    state = "Creating" if draft.existing is None else "Updating"
    completed.properties["provisioningState"] = state
    with azure.store.transaction():
        stored = common.save(request, KIND, completed)
        for name, pool in pools.items():
            write_pool(azure, stored, name, pool, state)
        action = _CREATE if draft.existing is None else _UPDATE
        operation = lro.new_operation(request, "kubernetes_cluster", stored.id, action, region=draft.location)
        azure.operations.start(operation)
    answer = lro.accepted_put(request, operation, common.shown(request, stored))
    return Answer(200 if draft.existing else answer.status, answer.body, answer.headers)


def _pools(azure: LocalAzure, draft: Draft, profiles: list[dict[str, Any]] | None) -> dict[str, dict[str, Any]]:
    """Return the completed pools that a PUT makes or changes."""
    there = {pool.name: pool.body["properties"] for pool in pools_of(azure, draft.id)} if draft.existing else {}
    if not profiles and draft.existing is None:
        raise missing("agentPoolProfiles")
    version = str(draft.properties.get("kubernetesVersion") or draft.before.get("kubernetesVersion") or DEFAULT)
    pools = {}
    for profile in profiles or ():
        name = str(profile.get("name") or "")
        if draft.existing is not None and name not in there:
            raise AzureError(
                400,
                "BadRequest",
                "A new agent pool was introduced. Adding agent pools to an existing cluster is not allowed through "
                "managed cluster operations. For agent pool specific change, please use per agent pool operations: "
                "https://aka.ms/agent-pool-rest-api",
                target="agentPoolProfiles",
            )
        before = there.get(name, {})
        pool = pool_rules.complete_pool(profile, before, before.get("orchestratorVersion") or version)
        pool_rules.require_pool(name, pool, draft.location)
        pools[name] = pool
    if not any(pool["mode"] == "System" for pool in {**there, **pools}.values()):
        raise AzureError(400, "InvalidParameter", "Must define at least one system pool.", target="agentPoolProfiles")
    return pools


def _completed(draft: Draft, azure: LocalAzure, pools: Iterable[Mapping[str, Any]]) -> Draft:
    before = draft.before
    sent = merged({name: value for name, value in before.items() if name not in _LIVE}, draft.properties)
    if not sent.get("dnsPrefix") and not sent.get("fqdnSubdomain"):
        raise missing("dnsPrefix")
    version = str(sent.get("kubernetesVersion") or DEFAULT)
    current = full_version(version)
    if before:
        require_upgrade(before["kubernetesVersion"], version)
    _require_words(sent)
    identity = _identity(draft, azure)
    _require_subnets(azure, identity, pools)
    properties = {
        **with_defaults(sent, _defaults(draft)),
        "kubernetesVersion": version,
        "currentKubernetesVersion": current,
        "networkProfile": _network(sent.get("networkProfile") or {}),
        "identityProfile": {"kubeletidentity": _kubelet(draft, azure, sent, identity)},
        "servicePrincipalProfile": {"clientId": "msi"},
        **_computed(draft, sent),
    }
    body = draft.body | {"properties": properties, "sku": _sku(draft.body.get("sku")), "identity": identity}
    return Draft(draft.id, draft.name, draft.group, draft.existing, body)


_LIVE = frozenset({"provisioningState", "powerState", "currentKubernetesVersion", "oidcIssuerProfile"})


def _require_words(sent: Mapping[str, Any]) -> None:
    channel = value_at(sent, "autoUpgradeProfile.upgradeChannel")
    if channel is not None and channel not in _CHANNELS:
        raise AzureError(
            400,
            "InvalidParameter",
            f"The value '{channel}' of parameter autoUpgradeProfile.upgradeChannel is not one of "
            f"{', '.join(_CHANNELS)}.",
            target="autoUpgradeProfile.upgradeChannel",
        )
    workload = value_at(sent, "securityProfile.workloadIdentity.enabled")
    if workload and not value_at(sent, "oidcIssuerProfile.enabled"):
        raise AzureError(
            400,
            "InvalidParameter",
            "Enabling workload identity requires the OIDC issuer: set oidcIssuerProfile.enabled to true.",
            target="securityProfile.workloadIdentity",
        )


def _sku(sent: Mapping[str, Any] | None) -> dict[str, str]:
    tier = str((sent or {}).get("tier") or "Free")
    if tier.lower() not in {**_TIERS, "paid": ""}:
        raise AzureError(
            400, "InvalidParameter", f"The tier '{tier}' is not one of {', '.join(_TIERS.values())}.", target="sku.tier"
        )
    return {"name": "Base", "tier": _TIERS.get(tier.lower(), "Standard")}


def _identity(draft: Draft, azure: LocalAzure) -> dict[str, Any]:
    shown = common.identity(draft, azure) or (draft.existing.body.get("identity") if draft.existing else None)
    if shown is None:
        raise missing("servicePrincipalProfile")
    return shown


def _kubelet(draft: Draft, azure: LocalAzure, sent: Mapping[str, Any], identity: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the nodes act as: an identity that was given, or one that AKS makes."""
    asked = value_at(sent, "identityProfile.kubeletidentity.resourceId")
    before = value_at(draft.before, "identityProfile.kubeletidentity") or {}
    if asked is None or asked == before.get("resourceId"):
        return before or _own_kubelet(draft, sent)
    if "userassigned" not in str(identity["type"]).lower():
        raise AzureError(
            400,
            "CustomKubeletIdentityOnlySupportedOnUserAssignedMSICluster",
            "Custom kubelet identity is only supported on user assigned MSI cluster.",
        )
    found = azure.store.get(str(asked))
    if found is None:
        raise AzureError(
            400, "FailedIdentityOperation", f"Identity operation failed: the identity '{asked}' was not found."
        )
    _require_assignable(azure, identity, found)
    properties = found.body["properties"]
    return {"resourceId": asked, "clientId": properties["clientId"], "objectId": properties["principalId"]}


def _require_assignable(azure: LocalAzure, identity: Mapping[str, Any], kubelet: Resource) -> None:
    for who in own_identities(azure, identity):
        if not azure.access.may(who, _ASSIGN, kubelet.id):
            raise AzureError(
                400,
                "CustomKubeletIdentityMissingPermissionError",
                f"The cluster user assigned identity must be given permission to assign kubelet identity {kubelet.id}. "
                f"Check access result not allowed for action {_ASSIGN}.",
            )


def _require_subnets(azure: LocalAzure, identity: Mapping[str, Any], pools: Iterable[Mapping[str, Any]]) -> None:
    """Let the control plane put nodes into the subnets of the pools, where it acts as an identity of one's own."""
    subnets = {str(pool["vnetSubnetID"]) for pool in pools if pool.get("vnetSubnetID")}
    for who in own_identities(azure, identity):
        for subnet in sorted(subnets):
            if not azure.access.may(who, _JOIN, subnet):
                refusal = authorization_failed(who, _JOIN, subnet)
                raise AzureError(403, "LinkedAuthorizationFailed", refusal.message)


def _own_kubelet(draft: Draft, sent: Mapping[str, Any]) -> dict[str, Any]:
    group = sent.get("nodeResourceGroup") or _node_group(draft)
    subscription = draft.id.split("/")[2]
    base = f"/subscriptions/{subscription}/resourcegroups/{group}/providers/Microsoft.ManagedIdentity"
    return {
        "resourceId": f"{base}/userAssignedIdentities/{draft.name}-agentpool",
        "clientId": str(uuid.uuid4()),
        "objectId": str(uuid.uuid4()),
    }


def _node_group(draft: Draft) -> str:
    return f"MC_{draft.group.rsplit('/', 1)[1]}_{draft.name}_{draft.location}"[:80]


def _network(sent: Mapping[str, Any]) -> dict[str, Any]:
    plugin = sent.get("networkPlugin") or "azure"
    overlay = sent.get("networkPluginMode") == "overlay" or plugin != "azure"
    defaults = {
        "networkPlugin": plugin,
        "networkDataplane": "azure",
        "loadBalancerSku": "standard",
        "serviceCidr": "10.0.0.0/16",
        "dnsServiceIP": "10.0.0.10",
        "outboundType": "loadBalancer",
        "ipFamilies": ["IPv4"],
        **({"podCidr": "10.244.0.0/16", "podCidrs": ["10.244.0.0/16"]} if overlay else {}),
    }
    network = with_defaults(sent, defaults)
    return {**network, "serviceCidrs": [network["serviceCidr"]]}


def _defaults(draft: Draft) -> dict[str, Any]:
    return {
        "nodeResourceGroup": _node_group(draft),
        "enableRBAC": True,
        "supportPlan": "KubernetesOfficial",
        "disableLocalAccounts": False,
        "autoUpgradeProfile": {"nodeOSUpgradeChannel": "NodeImage"},
        "storageProfile": {
            "diskCSIDriver": {"enabled": True},
            "fileCSIDriver": {"enabled": True},
            "snapshotController": {"enabled": True},
        },
    }


def _computed(draft: Draft, sent: Mapping[str, Any]) -> dict[str, Any]:
    """Return what only the service knows; it stays for the life of a cluster."""
    before = draft.before
    mark = str(before.get("fqdn", "")).partition(".hcp.")[0].rpartition("-")[2] or secrets.token_hex(4)
    prefix = sent.get("dnsPrefix") or sent.get("fqdnSubdomain")
    host = f"{prefix}-{mark}"
    private = bool(value_at(sent, "apiServerAccessProfile.enablePrivateCluster"))
    uid = before.get("resourceUID") or secrets.token_hex(12)
    issuer: dict[str, Any] = {
        "enabled": bool(value_at(sent, "oidcIssuerProfile.enabled") or value_at(before, "oidcIssuerProfile.enabled"))
    }
    if issuer["enabled"]:
        issuer["issuerURL"] = f"https://{draft.location}.oic.prod-aks.azure.com/{TENANT_ID}/{uid}/"
    return {
        "fqdn": f"{host}.hcp.{draft.location}.azmk8s.io",
        "azurePortalFQDN": f"{host}.portal.hcp.{draft.location}.azmk8s.io",
        **({"privateFQDN": f"{host}.privatelink.{draft.location}.azmk8s.io"} if private else {}),
        "oidcIssuerProfile": issuer,
        "resourceUID": uid,
        "maxAgentPools": _MOST_POOLS,
        "powerState": {"code": "Running"},
    }


async def _apply(azure: LocalAzure, operation: Operation) -> None:
    await azure.take(operation.action)
    cluster = azure.store.get(operation.resource)
    if cluster is None:
        return  # its group has been deleted meanwhile
    pools = pools_of(azure, cluster.id)
    try:
        pool_rules.require_cores(azure, operation.region, {pool.id: pool.body["properties"] for pool in pools})
    except OperationFailedError:
        for each in (cluster, *pools):
            put_state(azure, each, "Failed")
        raise
    for each in (cluster, *pools):
        end_well(azure, each.id)


async def _patch(request: Request) -> Answer:
    """Change the tags of a cluster."""
    draft = common.read_patch(request, KIND)
    return Answer(200, common.shown(request, common.save(request, KIND, draft)))


async def _delete(request: Request) -> Answer:
    """Delete a cluster with all that is on it."""
    common.writable_group(request)
    stored = request.azure.store.get(common.resource_id(request, KIND))
    if stored is None:
        return Answer(204)
    common.refuse_while_busy(request, stored)
    put_state(request.azure, stored, "Deleting")
    operation = lro.new_operation(request, "kubernetes_cluster", stored.id, _DELETE, region=stored.body["location"])
    return lro.accepted(request, request.azure.operations.start(operation))


async def _carry_out_delete(azure: LocalAzure, operation: Operation) -> None:
    await azure.take(_DELETE)
    await azure.remove(operation.resource)
