"""The settings of a stack: one typed object, read from `Pulumi.<stack>.yaml` and from nowhere else.

Two places in that file are ours to read. `azure-native:` says which subscription, tenant and region the stack
is applied to; the provider reads the same keys, so that each of these facts stands once. `windlass:settings`
holds the rest. Everything that is wrong is reported together, each with its key.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, model_validator

from windlass.errors.infra import InvalidSettingsError, LocalAzureInShellError, LocalAzureNotInShellError
from windlass.project.names import (
    CLUSTER_LENGTH,
    CONTAINER_LENGTH,
    CONTAINER_PATTERN,
    PROJECT_PATTERN,
    WORDS_PATTERN,
    NameScope,
)

SETTINGS_NAMESPACE: Final = "windlass"
SETTINGS_KEY: Final = "settings"
PROVIDER_NAMESPACE: Final = "azure-native"

LOCAL_SUBSCRIPTION: Final = "10ca1000-0000-4000-8000-000000000002"
"""The only subscription of the local Azure; it exists nowhere else."""

LOCAL_TENANT: Final = "10ca1000-0000-4000-8000-000000000001"
"""The only tenant of the local Azure."""

OWN_TAGS: Final = ("project", "stack", "owner", "managed-by")
"""Tags that every resource carries; `tags` cannot redefine them."""

_MOST_TAGS: Final = 50 - len(OWN_TAGS)
_TAG_NAME: Final = r"^[^<>%&\\?/]{1,128}$"
_ENDPOINT_PATTERN: Final = WORDS_PATTERN.replace("$", "/(online|batch)$")
_GUID: Final = re.compile(r"^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$")
_REGION: Final = re.compile(r"^[a-z][a-z0-9]+$")
PROVIDER_KEYS: Final = {
    "location": "the region, such as westeurope",
    "subscriptionId": "the id of your subscription (az account show --query id)",
    "tenantId": "the id of your tenant (az account show --query tenantId)",
}

ClusterName = Annotated[
    str,
    StringConstraints(pattern=WORDS_PATTERN, min_length=CLUSTER_LENGTH[0], max_length=CLUSTER_LENGTH[1]),
]
ContainerName = Annotated[
    str,
    StringConstraints(pattern=CONTAINER_PATTERN, min_length=CONTAINER_LENGTH[0], max_length=CONTAINER_LENGTH[1]),
]
TagName = Annotated[str, StringConstraints(pattern=_TAG_NAME)]
# A cost centre is a number to YAML and a text to Azure.
TagValue = Annotated[str, Field(coerce_numbers_to_str=True), StringConstraints(max_length=256)]
EndpointPath = Annotated[str, StringConstraints(pattern=_ENDPOINT_PATTERN)]


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class StorageSettings(_Model):
    """The storage account behind the workspace."""

    redundancy: Literal["Standard_LRS", "Standard_ZRS", "Standard_GRS", "Standard_GZRS"] = Field(
        default="Standard_LRS", description="How many copies are kept, and how far apart"
    )
    containers: tuple[ContainerName, ...] = Field(
        default=("scoring",),
        description="Containers for tables to score, beside those the workspace makes itself",
    )


class VaultSettings(_Model):
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


class RegistrySettings(_Model):
    """The container registry that images of environments are kept in."""

    tier: Literal["Basic", "Standard", "Premium"] = Field(default="Basic", description="Azure's service tier")


class LogSettings(_Model):
    """Log Analytics and Application Insights."""

    retention_days: int = Field(default=30, ge=30, le=730, description="Days that logs are kept")
    daily_cap_gb: float | None = Field(
        default=None,
        gt=0,
        description="Gigabytes a day after which Azure stops taking logs in; no cap when absent",
    )


class ClusterSettings(_Model):
    """One compute cluster for batch scoring; its key is its name in Azure ML."""

    vm_size: str = Field(pattern=r"^Standard_[A-Za-z0-9_]+$", description="Size of each node, such as Standard_DS3_v2")
    min_nodes: int = Field(default=0, ge=0, description="Nodes that are kept, and paid for, when there is no work")
    max_nodes: int = Field(ge=1, description="Nodes that it may grow to")
    idle_seconds: int = Field(default=120, ge=60, description="Seconds without work before a node is given back")
    priority: Literal["Dedicated", "LowPriority"] = Field(
        default="Dedicated", description="LowPriority is cheaper, and Azure may take a node away"
    )

    @model_validator(mode="after")
    def _grows(self) -> Self:
        if self.min_nodes > self.max_nodes:
            message = f"min_nodes ({self.min_nodes}) is more than max_nodes ({self.max_nodes})"
            raise ValueError(message)
        return self


class ProtectionSettings(_Model):
    """What Pulumi refuses to delete or replace until somebody says so here."""

    endpoints: bool = Field(default=True, description="Protects every endpoint: callers know its address")
    data: bool = Field(
        default=True,
        description="Protects resource group, storage account, key vault, registry and workspace",
    )
    released_endpoints: tuple[EndpointPath, ...] = Field(
        default=(),
        description="Endpoints, as <folder>/online or <folder>/batch, that runs may delete or replace",
    )


class Settings(_Model):
    """`windlass:settings` in Pulumi.<stack>.yaml."""

    project: str = Field(
        pattern=PROJECT_PATTERN,
        description="Short name, 2 to 12 characters, that all names in Azure start with",
    )
    cloud: Literal["azure", "local"] = Field(description="Where the stack is applied: never guessed")
    owner: str = Field(min_length=1, max_length=256, description="Who answers for the stack; a tag of every resource")
    tags: dict[TagName, TagValue] = Field(
        default_factory=dict, max_length=_MOST_TAGS, description="More tags for every resource"
    )
    storage: StorageSettings = Field(default_factory=StorageSettings, description="The storage account")
    vault: VaultSettings = Field(default_factory=VaultSettings, description="The key vault")
    registry: RegistrySettings = Field(default_factory=RegistrySettings, description="The container registry")
    logs: LogSettings = Field(default_factory=LogSettings, description="Logs and traces")
    clusters: dict[ClusterName, ClusterSettings] = Field(
        default_factory=dict, description="Compute clusters for batch scoring, by name (2 to 16 characters)"
    )
    protection: ProtectionSettings = Field(
        default_factory=ProtectionSettings, description="What may not be deleted or replaced"
    )

    @model_validator(mode="after")
    def _tags_are_free(self) -> Self:
        taken = sorted(set(self.tags) & set(OWN_TAGS))
        if taken:
            message = f"tags: {', '.join(taken)} is set by Windlass itself; choose another name"
            raise ValueError(message)
        return self


class AzureSettings(_Model):
    """The keys of `azure-native:` that say where the stack is applied."""

    location: str = Field(description="Azure region, such as westeurope")
    subscription_id: str = Field(description="Subscription that everything is created in")
    tenant_id: str = Field(description="Tenant that the subscription trusts")


class StackSettings(_Model):
    """Everything that `Pulumi.<stack>.yaml` says."""

    stack: str = Field(description="The Pulumi stack")
    azure: AzureSettings = Field(description="Where it is applied")
    windlass: Settings = Field(description="What is built")

    @property
    def name_scope(self) -> NameScope:
        """What all Azure names of the stack have in common."""
        return NameScope(project=self.windlass.project, stack=self.stack, subscription_id=self.azure.subscription_id)

    @property
    def tags(self) -> dict[str, str]:
        """The tags of every resource of the stack."""
        own = (self.windlass.project, self.stack, self.windlass.owner, "windlass")
        return {**self.windlass.tags, **dict(zip(OWN_TAGS, own, strict=True))}


def parse_settings(stack: str, config: Mapping[str, Any]) -> StackSettings:
    """Make one object of a stack's configuration.

    Args:
        stack: The Pulumi stack.
        config: All configuration of the stack, each key with its namespace; structured values already parsed.

    Raises:
        InvalidSettingsError: With every problem found, each with its key.
    """
    key = f"{SETTINGS_NAMESPACE}:{SETTINGS_KEY}"
    settings, problems = _parse_document(key, config.get(key))
    problems = (*_provider_problems(config), *_unknown_keys(config), *problems)
    if settings is None or problems:
        raise InvalidSettingsError(stack, problems)
    azure = AzureSettings(
        location=config[f"{PROVIDER_NAMESPACE}:location"],
        subscription_id=config[f"{PROVIDER_NAMESPACE}:subscriptionId"].lower(),
        tenant_id=config[f"{PROVIDER_NAMESPACE}:tenantId"].lower(),
    )
    world = _world_problems(settings, azure)
    if world:
        raise InvalidSettingsError(stack, world)
    return StackSettings(stack=stack, azure=azure, windlass=settings)


def refuse_wrong_shell(settings: StackSettings, environ: Mapping[str, str]) -> None:
    """Refuse to apply a stack of one cloud from a shell that is connected to the other.

    Raises:
        LocalAzureNotInShellError: The stack is local and the shell is not.
        LocalAzureInShellError: The stack is on Azure and the shell is connected to the local Azure.
    """
    shell_is_local = environ.get("AZURE_TENANT_ID", "").lower() == LOCAL_TENANT
    if settings.windlass.cloud == "local" and not shell_is_local:
        raise LocalAzureNotInShellError(settings.stack)
    if settings.windlass.cloud == "azure" and shell_is_local:
        raise LocalAzureInShellError(settings.stack)


def _parse_document(key: str, document: Any) -> tuple[Settings | None, tuple[str, ...]]:
    if document is None:
        return None, (f"{key}: is missing",)
    try:
        return Settings.model_validate(document), ()
    except ValidationError as invalid:
        return None, tuple(_sentence(key, problem) for problem in invalid.errors())


def _sentence(key: str, problem: Any) -> str:
    path = ".".join((key, *(str(step) for step in problem["loc"] if step != "[key]")))
    known = {"missing": "is missing", "extra_forbidden": "is not a setting"}
    says = known.get(problem["type"], problem["msg"].removeprefix("Value error, "))
    given = "" if problem["type"] in {*known, "value_error"} else f" (it is {problem['input']!r})"
    return f"{path}: {says}{given}"


def _provider_problems(config: Mapping[str, Any]) -> tuple[str, ...]:
    problems = []
    for name, meaning in PROVIDER_KEYS.items():
        key = f"{PROVIDER_NAMESPACE}:{name}"
        value = config.get(key)
        if value is None:
            problems.append(f"{key}: is missing; write {meaning}")
        elif not (_REGION if name == "location" else _GUID).fullmatch(str(value)):
            problems.append(f"{key}: is {value!r}; replace it by {meaning}")
    return tuple(problems)


def _unknown_keys(config: Mapping[str, Any]) -> tuple[str, ...]:
    prefix, known = f"{SETTINGS_NAMESPACE}:", f"{SETTINGS_NAMESPACE}:{SETTINGS_KEY}"
    unknown = sorted(key for key in config if key.startswith(prefix) and key != known)
    return tuple(f"{key}: is not read; settings stand under {known}" for key in unknown)


def _world_problems(settings: Settings, azure: AzureSettings) -> tuple[str, ...]:
    expected = {
        "subscriptionId": (azure.subscription_id, LOCAL_SUBSCRIPTION),
        "tenantId": (azure.tenant_id, LOCAL_TENANT),
    }
    if settings.cloud == "local":
        return tuple(
            f"{PROVIDER_NAMESPACE}:{name}: must be {local}, the local Azure's, because cloud is local"
            for name, (actual, local) in expected.items()
            if actual != local
        )
    return tuple(
        f"{PROVIDER_NAMESPACE}:{name}: belongs to the local Azure, but cloud is azure"
        for name, (actual, local) in expected.items()
        if actual == local
    )
