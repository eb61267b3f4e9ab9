"""The workspace that tests of a part in one process work in."""

from __future__ import annotations

from support.in_process import GROUP

PROVIDERS = f"{GROUP}/providers"
STORAGE = f"{PROVIDERS}/Microsoft.Storage/storageAccounts/store1"
VAULT = f"{PROVIDERS}/Microsoft.KeyVault/vaults/vault1"
WORKSPACE = f"{PROVIDERS}/Microsoft.MachineLearningServices/workspaces/work"
BODY = {"location": "westeurope", "properties": {"storageAccount": STORAGE, "keyVault": VAULT}}
