"""What stands under `endpoints/<name>/` and `environments/<name>/`, as frozen models.

Only what planning needs is parsed. The documents themselves are Azure's: they go on to azure-ai-ml untouched, apart
from the fields that a release fills in (`FILLED_IN`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from windlass.errors.project import ModelReferenceError
from windlass.project.content import digest_of_document
from windlass.project.image import ImageDefinition
from windlass.project.rollout import Rollout
from windlass.project.serving import Serving

Document = Mapping[str, Any]
Kind = Literal["online", "batch"]

FILLED_IN = frozenset({"name", "endpoint_name", "model"})
"""Fields of a deployment that a release decides; what the file says there is only for `az ml`'s own checks."""

_REGISTERED = re.compile(r"azureml:(?P<name>[A-Za-z0-9][A-Za-z0-9._-]*):(?P<version>[A-Za-z0-9._-]+)")


@dataclass(frozen=True, kw_only=True)
class EnvironmentDefinition:
    """A folder under `environments/`.

    Attributes:
        name: Its name in the workspace.
        version: Its content hash, so that another content is another version and none is overwritten.
        file: `environment.yml`, in the schema of azure-ai-ml.
    """

    name: str
    version: str
    file: Path


@dataclass(frozen=True, kw_only=True)
class RegisteredEnvironment:
    """An environment that the workspace or a registry has already, such as `azureml:sklearn:3`."""

    reference: str


Environment = EnvironmentDefinition | RegisteredEnvironment


@dataclass(frozen=True, kw_only=True)
class Sample:
    """A request and the answer that the smoke test expects.

    Attributes:
        name: File name without `.json`.
        request: The body as it is sent.
        expected: The answer, parsed.
    """

    name: str
    request: bytes = field(repr=False)
    expected: Any = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class DeploymentDefinition:
    """`deployment.yml` with the overlay of the stack.

    Attributes:
        file: The file; paths inside the document are relative to it.
        document: The merged content, Azure's schema.
        environment: What it runs in.
        code_digest: Content hash of the folder with the scoring script; empty without code.
        serving: What it runs on.
        overlaid: The keys that the overlay of the stack says.
        image: What a container group runs; None on every other compute.
    """

    file: Path
    document: Document = field(repr=False)
    environment: Environment
    code_digest: str = ""
    serving: Serving = field(default_factory=Serving)
    overlaid: frozenset[str] = frozenset()
    image: ImageDefinition | None = None

    def fingerprint(self, model_sha256: str) -> str:
        """Name this exact content with this model: two deployments with one fingerprint answer alike."""
        match self.environment:
            case EnvironmentDefinition(name=name, version=version):
                environment = f"{name}:{version}"
            case RegisteredEnvironment(reference=reference):
                environment = reference
        return digest_of_document(
            {
                "document": {key: value for key, value in self.document.items() if key not in FILLED_IN},
                "environment": environment,
                "code": self.code_digest,
                "model": model_sha256,
                **self._group(),
            }
        )[:12]

    def _group(self) -> dict[str, Any]:
        """What a container group is made of besides; a change of how it takes over is none of the group itself."""
        if self.image is None:
            return {}
        container = self.serving.container
        name = container.name.host if container.name else ""
        size = {"cpu": container.cpu, "memory_gb": container.memory_gb}
        return {"image": self.image.label, "group": {**size, "name": name, "certificate": container.certificate}}


@dataclass(frozen=True, kw_only=True)
class OnlineDefinition:
    """Everything about the real-time endpoint of one folder, for one stack."""

    name: str
    deployment: DeploymentDefinition
    rollout: Rollout
    samples: tuple[Sample, ...]


@dataclass(frozen=True, kw_only=True)
class BatchDefinition:
    """Everything about the batch endpoint of one folder, for one stack."""

    name: str
    deployment: DeploymentDefinition


@dataclass(frozen=True, kw_only=True)
class ModelFiles:
    """A trained model on disk that may not be registered yet."""

    path: Path
    sha256: str


@dataclass(frozen=True, kw_only=True)
class RegisteredModel:
    """A model version in the workspace, as named on the command line."""

    name: str
    version: str

    @classmethod
    def parse(cls, reference: str) -> RegisteredModel:
        """Read `azureml:<name>:<version>`.

        Raises:
            ModelReferenceError: It is written otherwise.
        """
        match = _REGISTERED.fullmatch(reference)
        if match is None:
            raise ModelReferenceError(reference)
        return cls(name=match["name"], version=match["version"])


class CodeFields(BaseModel):
    """The fields of `code_configuration` that planning needs."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    code: str = Field(description="Folder with the scoring script, relative to deployment.yml")
    scoring_script: str = Field(description="File inside that folder")


class DeploymentFields(BaseModel):
    """The fields of a `deployment.yml` that planning needs; every other one is Azure's business."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    environment: str = Field(description="Path of an environment.yml, or azureml:<name>:<version>")
    code_configuration: CodeFields | None = Field(default=None, description="The scoring code")


class EnvironmentFields(BaseModel):
    """The fields of an `environment.yml` that its version depends on by more than their text."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    name: str = Field(description="Its name in the workspace")
    image: str = Field(default="", description="The image that it begins with")
    conda_file: str | Document | None = Field(default=None, description="Path of a conda file, or its content")
    build: Document | None = Field(default=None, description="A Docker context with `path`")
