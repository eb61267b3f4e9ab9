"""A workspace without processes, for tests of what the ML service decides."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from support.in_process import GROUP, InProcess, in_process
from support.workspace import BODY, STORAGE, VAULT, WORKSPACE
from windlass_emulator.ml import (
    codes,
    computes,
    data,
    datastores,
    environments_assets,
    managed_network,
    models,
    quota,
    workspaces,
)


@pytest.fixture
async def group(tmp_path: Path) -> AsyncIterator[InProcess]:
    """A resource group with a storage account and a vault."""
    parts = (workspaces, managed_network, datastores, computes, quota, models, environments_assets, data, codes)
    made = in_process(tmp_path, tuple(part.feature() for part in parts))
    for resource_id, kind in ((STORAGE, "microsoft.storage/storageaccounts"), (VAULT, "microsoft.keyvault/vaults")):
        made.azure.store.put(resource_id, kind, {"location": "westeurope"}, parent=GROUP, now=0.0)
    yield made
    await made.settle()
    made.azure.store.close()


@pytest.fixture
async def local(group: InProcess) -> InProcess:
    """The same with a workspace, `work`."""
    await group.send("PUT", WORKSPACE, BODY)
    await group.settle()
    return group
