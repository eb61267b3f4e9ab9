"""What a stack tells the scripts, and when it may: after everything it names exists."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pulumi

from windlass.infra.stack import Stack
from windlass.project.arm_ids import parse_arm_id
from windlass.project.names import ATTACHED_COMPUTE, ResourceNames, endpoint_name, identity_id, identity_name
from windlass.project.outputs import ClusterOutput, EndpointOutput, KubernetesOutput, StackOutputs


def stack_outputs(stack: Stack, names: ResourceNames) -> StackOutputs:
    """Work out what the scripts need to know. All of it follows from settings and names, so this is pure."""
    settings = stack.settings.windlass
    brought = settings.bring.workspace
    return StackOutputs(
        project=settings.project,
        stack=stack.settings.stack,
        cloud=settings.cloud,
        tenant_id=stack.settings.azure.tenant_id,
        subscription_id=stack.settings.azure.subscription_id,
        location=stack.settings.azure.location,
        resource_group=names.resource_group,
        workspace=names.workspace,
        workspace_resource_group=names.resource_group if brought is None else parse_arm_id(brought).resource_group,
        storage_account=names.storage_account,
        key_vault=names.key_vault,
        container_registry=names.container_registry,
        serving_identity=settings.bring.identities.get("serving")
        or identity_id(stack.scope, names.resource_group, identity_name(stack.scope, "serving")),
        endpoints=tuple(
            EndpointOutput(
                model=folder.model,
                kind=folder.kind,
                name=endpoint_name(stack.scope, folder.model, folder.kind),
                compute=folder.serving.compute,
            )
            for folder in stack.endpoints
        ),
        clusters=tuple(
            ClusterOutput(name=name, vm_size=cluster.vm_size, max_nodes=cluster.max_nodes)
            for name, cluster in settings.clusters.items()
        ),
        kubernetes=_kubernetes_output(stack, names),
    )


def _kubernetes_output(stack: Stack, names: ResourceNames) -> KubernetesOutput | None:
    kubernetes = stack.settings.windlass.kubernetes
    if kubernetes is None:
        return None
    return KubernetesOutput(
        cluster=names.kubernetes_cluster,
        compute=ATTACHED_COMPUTE,
        namespace=kubernetes.namespace,
        instance_types=tuple(kubernetes.instance_types),
    )


def when_built(outputs: StackOutputs, ids: Sequence[pulumi.Output[str]]) -> pulumi.Output[dict[str, Any]]:
    """Hold the outputs back until every resource in them has an id, so that nobody acts on half a stack."""
    return pulumi.Output.all(*ids).apply(lambda _: outputs.model_dump(mode="json"))


def export_readable(outputs: StackOutputs, scoring_uris: Mapping[str, pulumi.Output[str]]) -> None:
    """Export the few facts that a person looks for after `pulumi up`."""
    pulumi.export("resource_group", outputs.resource_group)
    pulumi.export("workspace", outputs.workspace)
    pulumi.export("scoring_uris", dict(scoring_uris))
