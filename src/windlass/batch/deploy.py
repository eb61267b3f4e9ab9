"""Does the steps before a job. Each looks first: a step whose work is done already changes nothing."""

from __future__ import annotations

from typing import assert_never

from windlass.batch.models import CreateBatchDeployment, DeleteBatchDeployment, DeployStep, SetDefault
from windlass.batch.ports import Assets, BatchEndpoints
from windlass.errors.release import ModelVersionTakenError
from windlass.release.models import RegisterEnvironment, RegisterModel


class Deployer:
    """Acts on one batch endpoint."""

    def __init__(self, endpoint: str, *, assets: Assets, endpoints: BatchEndpoints) -> None:
        self._endpoint = endpoint
        self._assets = assets
        self._endpoints = endpoints

    def perform(self, step: DeployStep) -> None:
        """Do one step."""
        match step:
            case RegisterModel():
                self._register_model(step)
            case RegisterEnvironment(environment=environment):
                if not self._assets.has_environment(environment.name, environment.version):
                    self._assets.register_environment(environment)
            case DeleteBatchDeployment(name=name):
                if self._endpoints.observe(self._endpoint).find(name) is not None:
                    self._endpoints.delete_deployment(self._endpoint, name)
            case CreateBatchDeployment():
                self._create(step)
            case SetDefault(name=name):
                if self._endpoints.observe(self._endpoint).default != name:
                    self._endpoints.set_default(self._endpoint, name)
            case _:
                assert_never(step)

    def _register_model(self, step: RegisterModel) -> None:
        model = step.model
        found = self._assets.find_model(model.name, model.sha256)
        if found is None:
            self._assets.register_model(model, step.path)
        elif found.version != model.version:
            raise ModelVersionTakenError(model.name, model.version)

    def _create(self, step: CreateBatchDeployment) -> None:
        found = self._endpoints.observe(self._endpoint).find(step.name)
        if found is None or not found.is_ready:
            # Sent again where an earlier run was killed while Azure worked on it: the same request, so that Azure
            # ends where it would have ended.
            self._endpoints.create_deployment(self._endpoint, step)
