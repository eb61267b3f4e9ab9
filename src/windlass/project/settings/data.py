"""What holds data: storage account, key vault, container registry, logs."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from windlass.project.settings.parts import ContainerName, Section


class StorageSettings(Section):
    """The storage account behind the workspace."""

    redundancy: Literal["Standard_LRS", "Standard_ZRS", "Standard_GRS", "Standard_GZRS"] = Field(
        default="Standard_LRS", description="How many copies are kept, and how far apart"
    )
    containers: tuple[ContainerName, ...] = Field(
        default=("scoring",),
        description="Containers for tables to score, beside those the workspace makes itself",
    )


class VaultSettings(Section):
    """The key vault of the workspace."""

    purge_protection: bool = Field(
        default=True,
        description="Whether a deleted vault is kept for all of retention_days. It cannot be turned off again",
    )
    retention_days: int = Field(
        default=90,
        ge=7,
        le=90,
        description="Days that a deleted vault and its name are kept; fixed at creation",
    )


class RegistrySettings(Section):
    """The container registry that images of environments are kept in."""

    tier: Literal["Basic", "Standard", "Premium"] = Field(default="Basic", description="Azure's service tier")
    zone_redundant: bool = Field(
        default=False, description="Whether it is spread over the zones of its region; needs tier Premium"
    )


class LogSettings(Section):
    """Log Analytics and Application Insights."""

    retention_days: int = Field(default=30, ge=30, le=730, description="Days that logs are kept")
    daily_cap_gb: float | None = Field(
        default=None,
        gt=0,
        description="Gigabytes a day after which Azure stops taking logs in; no cap when absent",
    )
