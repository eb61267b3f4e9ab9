"""What a deployment needs on disk before its instances start: its environment, its model, its code."""

from __future__ import annotations

import asyncio
import hashlib
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from windlass_emulator.access import service
from windlass_emulator.errors import NotEmulatedError, ml_refusal
from windlass_emulator.login import identity_environment
from windlass_emulator.ml.common import workspace_of
from windlass_emulator.ml.content import fetch_code, fetch_model
from windlass_emulator.ml.image_builds import require_builder
from windlass_emulator.ml.references import find_asset
from windlass_emulator.online import kubernetes
from windlass_emulator.online.ids import endpoint_of
from windlass_emulator.online.instance import Probe, Program

if TYPE_CHECKING:
    from windlass_emulator.azure import LocalAzure
    from windlass_emulator.store import Resource

_AZURE_ROOT = "/var/azureml-app"
_PROGRAM_PARTS = (
    "model",
    "environmentId",
    "codeConfiguration",
    "containerResourceRequirements",
    "environmentVariables",
    "instanceType",
    "livenessProbe",
    "readinessProbe",
)
"""A change of one of these needs new instances; a change of the rest does not."""


@dataclass(frozen=True, slots=True)
class Parts:
    """The assets that a deployment is made of.

    Attributes:
        conda: What its environment installs.
        model: None for a deployment without one.
    """

    conda: str
    code: Resource
    model: Resource | None

    @property
    def model_path(self) -> str:
        """The model's place below the folder of models: name/version."""
        if self.model is None:
            return ""
        parts = self.model.id.split("/")
        return f"{parts[-3]}/{parts[-1]}"

    @property
    def code_folder(self) -> str:
        """The name of the folder that the code was in when it was uploaded."""
        path = unquote(urlsplit(str(self.code.body["properties"]["codeUri"])).path).rstrip("/")
        return path.rsplit("/", 1)[-1] or "code"


def find_parts(azure: LocalAzure, workspace: str, properties: Mapping[str, Any]) -> Parts:
    """Return the assets that a deployment names.

    Raises:
        MlError: 400 or 404 for one that is not there.
        NotEmulatedError: It brings its own image, or serves an MLflow model without code.
    """
    code = properties.get("codeConfiguration") or {}
    if not code.get("codeId") or not code.get("scoringScript"):
        raise NotEmulatedError("an online deployment without codeConfiguration (MLflow models and own containers)")
    if not properties.get("environmentId"):
        raise NotEmulatedError("an online deployment without environmentId (MLflow models without code)")
    model = properties.get("model")
    return Parts(
        conda=_conda_of(find_asset(azure, workspace, "environments", properties["environmentId"])),
        code=find_asset(azure, workspace, "codes", code["codeId"]),
        model=find_asset(azure, workspace, "models", model) if model else None,
    )


def _conda_of(environment: Resource) -> str:
    properties = environment.body["properties"]
    if properties.get("build"):
        raise NotEmulatedError(f"an environment built from a Docker context ('{environment.id}')")
    if not properties.get("condaFile"):
        raise NotEmulatedError(f"an environment that is an image without a conda section ('{environment.id}')")
    return str(properties["condaFile"])


def needs_new_instances(old: Mapping[str, Any], new: Mapping[str, Any]) -> bool:
    """Return whether a changed deployment cannot keep its instances."""
    return any(old["properties"].get(part) != new["properties"].get(part) for part in _PROGRAM_PARTS)


def shown_variables(parts: Parts, script: str) -> dict[str, str]:
    """Return the variables that the service adds to a deployment, as a GET shows them: paths of Azure's containers."""
    return {
        "AZUREML_MODEL_DIR": f"{_AZURE_ROOT}/azureml-models/{parts.model_path}".rstrip("/"),
        "AZUREML_ENTRY_SCRIPT": script,
        "AML_APP_ROOT": f"{_AZURE_ROOT}/{parts.code_folder}",
    }


def home_of(azure: LocalAzure, deployment: str) -> Path:
    """Return the folder of a deployment; its name is short, because paths of sockets and packages are not."""
    name = deployment.rsplit("/", 1)[-1]
    return azure.settings.data / "online" / f"{name}-{hashlib.sha256(deployment.lower().encode()).hexdigest()[:10]}"


def revision_folder(azure: LocalAzure, deployment: str, revision: int) -> Path:
    """Return the folder of one revision of a deployment."""
    return home_of(azure, deployment) / f"r{revision}"


def instance_log(folder: Path, index: int) -> Path:
    """Return the console of an instance, by the folder of its revision."""
    return folder / f"instance-{index}" / "console.log"


@dataclass(frozen=True, slots=True)
class Prepared:
    """A revision that instances can be started of.

    Attributes:
        interpreter: Of its environment.
        folder: Of the revision.
        environment: The variables of its instances, but for HOME.
    """

    interpreter: Path
    folder: Path
    environment: Mapping[str, str]
    readiness: Probe
    liveness: Probe

    def program(self, index: int) -> Program:
        """Return what the instance with this number runs."""
        log = instance_log(self.folder, index)
        return Program(
            interpreter=self.interpreter,
            environment={**self.environment, "HOME": str(log.parent)},
            folder=log.parent,
            log=log,
            readiness=self.readiness,
            liveness=self.liveness,
        )


def require_rights(azure: LocalAzure, deployment: str, *, new_image: bool) -> None:
    """Let new instances start: the workspace builds their image, the endpoint pulls it and reads the model.

    Raises:
        OperationFailedError: An identity lacks a right.
    """
    workspace, endpoint = azure.store.get(workspace_of(deployment)), azure.store.get(endpoint_of(deployment))
    if workspace is None or endpoint is None:
        return  # deleted meanwhile; what comes next says so
    if new_image:
        service.require_as_workspace(azure, workspace, service.IMAGE_NEEDS)
    service.require_endpoint_rights(azure, workspace, endpoint.body["identity"])
    if cluster := azure.store.get(kubernetes.cluster_of(azure, endpoint)):
        service.require_kubelet_pull(azure, workspace, cluster)


async def prepare(azure: LocalAzure, deployment: str, body: Mapping[str, Any], revision: int) -> Prepared:
    """Bring together what a revision of a deployment needs. May be called again for the same revision.

    Raises:
        AzureError: An asset is gone.
        OperationFailedError: Its environment cannot be made, or content is not in storage.
    """
    properties = body["properties"]
    workspace = workspace_of(deployment)
    parts = find_parts(azure, workspace, properties)
    folder = revision_folder(azure, deployment, revision)
    require_builder(azure, workspace)
    interpreter = await azure.environments.ensure(parts.conda)
    code = await fetch_code(azure, workspace, parts.code.id)
    model = await fetch_model(azure, workspace, parts.model.id) if parts.model else None
    app_root, model_dir = folder / parts.code_folder, folder / "azureml-models" / parts.model_path
    await asyncio.to_thread(_lay_out, code, app_root, model, model_dir)
    _require_script(app_root, properties["codeConfiguration"]["scoringScript"])
    return Prepared(
        interpreter=interpreter,
        folder=folder,
        environment={
            "PATH": f"{interpreter.parent}:/usr/local/bin:/usr/bin:/bin",
            "LANG": "C.UTF-8",
            **_identity(azure, deployment),
            **properties["environmentVariables"],
            "AML_APP_ROOT": str(app_root),
            "AZUREML_ENTRY_SCRIPT": properties["codeConfiguration"]["scoringScript"],
            "AZUREML_MODEL_DIR": str(model_dir),
            "AML_APP_INSIGHTS_ENABLED": "false",
        },
        readiness=Probe.of(properties["readinessProbe"]),
        liveness=Probe.of(properties["livenessProbe"]),
    )


def _lay_out(code: Path, app_root: Path, model: Path | None, model_dir: Path) -> None:
    """Copy the code (scripts may write beside themselves) and link the model (it may be large, nobody writes it)."""
    if not app_root.is_dir():
        app_root.parent.mkdir(parents=True, exist_ok=True)
        half = Path(tempfile.mkdtemp(dir=app_root.parent, prefix=".half-"))
        shutil.copytree(code, half, dirs_exist_ok=True)
        half.rename(app_root)
    if model is None:
        model_dir.mkdir(parents=True, exist_ok=True)
    elif not model_dir.is_symlink():
        model_dir.parent.mkdir(parents=True, exist_ok=True)
        model_dir.symlink_to(model, target_is_directory=True)


def _require_script(app_root: Path, script: str) -> None:
    if not (app_root / script).is_file():
        raise ml_refusal(f"The scoring script '{script}' is not in the code '{app_root.name}'.")


def _identity(azure: LocalAzure, deployment: str) -> dict[str, str]:
    endpoint = azure.store.get(endpoint_of(deployment))
    assert endpoint is not None
    identity = endpoint.body["identity"]
    mine = next(iter((identity.get("userAssignedIdentities") or {}).values()), identity)
    principal = str(mine.get("principalId", ""))
    return identity_environment(azure, principal, str(mine.get("clientId", principal)))


async def forget(azure: LocalAzure, deployment: str) -> None:
    """Remove all files of a deployment."""
    await asyncio.to_thread(shutil.rmtree, home_of(azure, deployment), ignore_errors=True)


async def forget_other_revisions(azure: LocalAzure, deployment: str, keep: set[int]) -> None:
    """Remove the files of all revisions but those to keep."""
    home = home_of(azure, deployment)
    names = {f"r{revision}" for revision in keep}
    for folder in home.glob("r*"):
        if folder.name not in names:
            await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)
