"""Models and environments of a workspace. Looking goes over Resource Manager, uploading over azure-ai-ml."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from windlass.azure.workspace import Workspace, accepted
from windlass.errors.azure import AzureConflictError
from windlass.errors.release import ModelVersionTakenError
from windlass.project.definitions import EnvironmentDefinition
from windlass.release.models import ModelVersion

SHA256 = "sha256"
"""The property of a model version that holds its content hash. Azure lets nobody change it later, unlike a tag."""

_MLFLOW_MARK = "MLmodel"


class AzureAssets:
    """Satisfies `release.ports.Assets`."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._arm = workspace.arm

    def find_model(self, name: str, sha256: str) -> ModelVersion | None:
        """Find the version with this content."""
        versions = self._arm.list(f"models/{name}/versions", f"list the versions of model {name}")
        return next((model for each in versions if (model := _model(name, each)).sha256 == sha256), None)

    def get_model(self, name: str, version: str) -> ModelVersion | None:
        """Get a version by its number."""
        found = self._arm.find(f"models/{name}/versions/{version}", f"read model {name}:{version}")
        return None if found is None else _model(name, found)

    def next_model_version(self, name: str) -> str:
        """Tell which number the next version takes."""
        container = self._arm.find(f"models/{name}", f"read model {name}")
        return "1" if container is None else str(container["properties"].get("nextVersion") or "1")

    def register_model(self, model: ModelVersion, path: Path) -> None:
        """Upload the files and register them.

        Raises:
            ModelVersionTakenError: Another content has this version.
        """
        with self._workspace.sdk(f"register model {model.label}") as client:
            from azure.ai.ml.constants import AssetTypes
            from azure.ai.ml.entities import Model

            mlflow = (path / _MLFLOW_MARK).is_file()
            entity = Model(
                name=model.name,
                version=model.version,
                path=path,
                type=AssetTypes.MLFLOW_MODEL if mlflow else AssetTypes.CUSTOM_MODEL,
                properties={SHA256: model.sha256},
                tags={SHA256: model.sha256},
            )
            _create_model(client, entity, model)

    def has_environment(self, name: str, version: str) -> bool:
        """Tell whether this version is registered."""
        path = f"environments/{name}/versions/{version}"
        return self._arm.find(path, f"read environment {name}:{version}") is not None

    def register_environment(self, environment: EnvironmentDefinition) -> None:
        """Register it under its content hash."""
        label = f"{environment.name}:{environment.version}"
        with self._workspace.sdk(f"register environment {label}") as client:
            from azure.ai.ml import load_environment

            with accepted(environment.file):
                entity = load_environment(environment.file, params_override=[{"version": environment.version}])
                client.environments.create_or_update(entity)


def _create_model(client: Any, entity: Any, model: ModelVersion) -> None:
    from azure.core.exceptions import ResourceExistsError

    try:
        client.models.create_or_update(entity)
    except (ResourceExistsError, AzureConflictError) as error:
        raise ModelVersionTakenError(model.name, model.version) from error


def _model(name: str, resource: dict[str, Any]) -> ModelVersion:
    properties = resource["properties"]
    sha256 = (properties.get("properties") or {}).get(SHA256) or (properties.get("tags") or {}).get(SHA256)
    return ModelVersion(name=name, version=str(resource["name"]), sha256=sha256 or "")
