"""Azure Resource Manager: one module per namespace, and what they have in common."""

from __future__ import annotations

from windlass_emulator.arm import (
    blob_services,
    budgets,
    federated_credentials,
    groups,
    identities,
    kubernetes,
    locks,
    logs,
    monitor,
    network,
    registries,
    role_definitions,
    roles,
    storage,
    subscriptions,
    vault_crypto,
    vault_keys,
    vault_secrets,
    vaults,
)
from windlass_emulator.feature import Feature


def features() -> tuple[Feature, ...]:
    """Return the parts of Azure Resource Manager outside the ML service."""
    return (
        subscriptions.feature(),
        groups.feature(),
        storage.feature(),
        blob_services.feature(),
        vaults.feature(),
        vault_keys.feature(),
        vault_crypto.feature(),
        vault_secrets.feature(),
        registries.feature(),
        logs.feature(),
        identities.feature(),
        federated_credentials.feature(),
        roles.feature(),
        *kubernetes.features(),
        role_definitions.feature(),
        locks.feature(),
        budgets.feature(),
        *monitor.features(),
        *network.features(),
    )
