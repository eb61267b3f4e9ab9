"""Every role that an AKS cluster takes is needed: without it something fails on the local Azure, in this process."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from support import access, kubernetes
from support.identified import CHURN, INSIGHTS, ONE, REGISTRY, Identified, identified
from support.in_process import GROUP
from support.online_parts import deployment_body, done, endpoint_body
from support.workspace import PROVIDERS, STORAGE, VAULT, WORKSPACE
from windlass_emulator.arm import kubernetes as arm_kubernetes
from windlass_emulator.errors import AzureError
from windlass_emulator.ml import computes

from windlass.project.endpoints import EndpointFolder
from windlass.project.roles import Grant, Target, derive_grants
from windlass.project.settings import Settings

CLUSTER = f"{PROVIDERS}/Microsoft.ContainerService/managedClusters/aks"
EXTENSION = f"{CLUSTER}/providers/Microsoft.KubernetesConfiguration/extensions/azureml"
SUBNET = f"{PROVIDERS}/Microsoft.Network/virtualNetworks/net/subnets/kubernetes"
COMPUTE = f"{WORKSPACE}/computes/kubernetes"
SETTINGS = Settings.model_validate(
    {
        "project": "shop",
        "cloud": "local",
        "owner": "team",
        "network": {"mode": "private"},
        "kubernetes": {"insecure": True},
    }
)
GRANTS = derive_grants(SETTINGS, (EndpointFolder(model="churn", kind="online", auth_mode="key"),))
OWN = [each for each in GRANTS if each.principal in {"kubernetes", "kubelet"} or each.target == "kubernetes"]


async def what_fails(folder: Path, grants: Iterable[Grant]) -> str:
    """Make a cluster, attach it and deploy to it; tell what fails first, "" when nothing does."""
    held = list(grants)
    async with identified(folder, computes.feature(), *arm_kubernetes.features()) as parts:
        _give(parts, held)
        await parts.make_workspace()
        try:
            return await _serve(parts)
        except AzureError as refused:
            return refused.message


def _give(parts: Identified, held: Iterable[Grant]) -> None:
    store = parts.local.azure.store
    who = {"workspace": parts.workspace, "serving": parts.serving}
    who |= {name: access.add_identity(store, name) for name in ("kubernetes", "kubelet")}
    scopes: dict[Target, str] = {
        "storage": STORAGE,
        "vault": VAULT,
        "registry": REGISTRY,
        "insights": INSIGHTS,
        "workspace": WORKSPACE,
        "subnet": SUBNET,
        "kubelet-identity": who["kubelet"],
        "kubernetes": CLUSTER,
    }
    for grant in held:
        access.give(store, who[grant.principal], grant.role.value, scopes[grant.target])


async def _serve(parts: Identified) -> str:
    local, base = parts.local, PROVIDERS + "/Microsoft.ManagedIdentity/userAssignedIdentities"
    made = {"location": "westeurope", "properties": {"provisioningState": "Succeeded"}}
    local.azure.store.put(GROUP, "Microsoft.Resources/resourceGroups", made, parent=GROUP.rsplit("/", 2)[0], now=0.0)
    pool = kubernetes.pool(vnetSubnetID=SUBNET)
    cluster = kubernetes.cluster(pool, identityProfile={"kubeletidentity": {"resourceId": f"{base}/kubelet"}})
    cluster["identity"] = access.as_identity(f"{base}/kubernetes")
    await done(local, "PUT", CLUSTER, cluster)
    await done(local, "PUT", EXTENSION, kubernetes.extension(kubernetes.INSECURE))
    attached: dict[str, Any] = {"computeType": "Kubernetes", "resourceId": CLUSTER, "properties": {}}
    answer = await done(local, "PUT", COMPUTE, {"properties": attached})
    operation = local.azure.operations.get(answer.headers["Azure-AsyncOperation"].partition("?")[0].rpartition("/")[2])
    if operation is not None and operation.error:
        return str(operation.error["message"])
    endpoint = {**endpoint_body(compute=COMPUTE), "identity": access.as_identity(parts.serving)}
    await done(local, "PUT", CHURN, endpoint)
    await done(local, "PUT", ONE, deployment_body(endpointComputeType="Kubernetes", instanceType=None))
    operation = local.azure.operations.get(str(local.azure.store.fact(ONE, "operation")))
    return str(((operation.error if operation else None) or {}).get("message", ""))


async def test_with_all_derived_roles_nothing_fails(tmp_path: Path) -> None:
    assert await what_fails(tmp_path, GRANTS) == ""


@pytest.mark.parametrize("missing", OWN, ids=lambda grant: grant.logical_name)
async def test_without_any_one_of_them_something_fails(tmp_path: Path, missing: Grant) -> None:
    assert await what_fails(tmp_path, (grant for grant in GRANTS if grant is not missing)) != ""
