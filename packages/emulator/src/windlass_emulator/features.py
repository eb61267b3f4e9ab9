"""All parts of the local Azure."""

from __future__ import annotations

from windlass_emulator import admin, arm, batch, containers, images, login, lro, online
from windlass_emulator.feature import Feature
from windlass_emulator.ml import (
    codes,
    computes,
    data,
    datastores,
    environments_assets,
    managed_network,
    models,
    quota,
    venvs,
    workspaces,
)


def features() -> tuple[Feature, ...]:
    """Return every part, in the order in which routes are tried."""
    return (
        Feature("operations", routes=lro.routes()),
        login.feature(),
        admin.feature(),
        *arm.features(),
        workspaces.feature(),
        managed_network.feature(),
        datastores.feature(),
        computes.feature(),
        quota.feature(),
        models.feature(),
        environments_assets.feature(),
        data.feature(),
        codes.feature(),
        venvs.feature(),
        online.feature(),
        batch.feature(),
        images.feature(),
        containers.feature(),
    )
