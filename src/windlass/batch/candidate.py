"""Finds out what shall score: which model version, registered already or not, in which environment."""

from __future__ import annotations

from pathlib import Path

from windlass.batch.models import BatchEndpoint
from windlass.batch.ports import Assets
from windlass.errors.batch import NoBatchModelError
from windlass.errors.release import ModelMissingError
from windlass.project.definitions import (
    DeploymentDefinition,
    Environment,
    EnvironmentDefinition,
    ModelFiles,
    RegisteredEnvironment,
    RegisteredModel,
)
from windlass.release.models import Candidate, Endpoint, ModelVersion

ModelChoice = ModelFiles | RegisteredModel


def find_candidate(assets: Assets, name: str, deployment: DeploymentDefinition, choice: ModelChoice) -> Candidate:
    """Look at what is registered; nothing is changed.

    Raises:
        ModelMissingError: The registered version does not exist.
    """
    model, path = _find_model(assets, name, choice)
    return Candidate(
        model=model,
        path=path,
        environment=_find_environment(assets, deployment.environment),
        environment_label=_label(deployment.environment),
        release=deployment.fingerprint(model.sha256 or model.label),
    )


def choose_model(name: str, online: Endpoint | None, batch: BatchEndpoint) -> RegisteredModel:
    """Choose a model when nobody named one: what serves in real time, else what scored tables before. Pure.

    Args:
        name: The folder under `endpoints/`.
        online: The real-time endpoint of the same folder, where there is one.
        batch: The batch endpoint.

    Raises:
        NoBatchModelError: Neither has a model yet.
    """
    label = _serving_label(online) or _default_label(batch)
    if not label:
        raise NoBatchModelError(name)
    found, _, version = label.rpartition(":")
    return RegisteredModel(name=found, version=version)


def describe_choice(choice: ModelChoice | None) -> str:
    """Write a choice down, so that the same command is known again."""
    match choice:
        case None:
            return ""
        case ModelFiles(sha256=sha256):
            return f"sha256:{sha256}"
        case RegisteredModel(name=name, version=version):
            return f"azureml:{name}:{version}"


def _serving_label(online: Endpoint | None) -> str:
    if online is None or not online.traffic:
        return ""
    most = max(online.traffic.shares, key=lambda pair: pair[1])[0]
    serving = online.find(most)
    return serving.model if serving else ""


def _default_label(batch: BatchEndpoint) -> str:
    default = batch.find(batch.default)
    return default.model if default else ""


def _find_model(assets: Assets, name: str, choice: ModelChoice) -> tuple[ModelVersion, Path | None]:
    if isinstance(choice, RegisteredModel):
        registered = assets.get_model(choice.name, choice.version)
        if registered is None:
            raise ModelMissingError(choice.name, choice.version)
        return registered, None
    found = assets.find_model(name, choice.sha256)
    if found is not None:
        return found, None
    version = assets.next_model_version(name)
    return ModelVersion(name=name, version=version, sha256=choice.sha256), choice.path


def _find_environment(assets: Assets, environment: Environment) -> EnvironmentDefinition | None:
    if isinstance(environment, RegisteredEnvironment):
        return None
    if assets.has_environment(environment.name, environment.version):
        return None
    return environment


def _label(environment: Environment) -> str:
    if isinstance(environment, RegisteredEnvironment):
        return environment.reference.removeprefix("azureml:")
    return f"{environment.name}:{environment.version}"
