"""Microsoft.ContainerService and Microsoft.KubernetesConfiguration: AKS clusters and what Azure ML needs of them."""

from __future__ import annotations

from windlass_emulator.arm.kubernetes import clusters, commands, extensions, namespaces, pools
from windlass_emulator.feature import Feature


def features() -> tuple[Feature, ...]:
    """Return the parts about Kubernetes clusters."""
    return (clusters.feature(), pools.feature(), namespaces.feature(), commands.feature(), extensions.feature())
