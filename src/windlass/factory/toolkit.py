"""One stack, with everything that can be done to it."""

from __future__ import annotations

import os
from collections.abc import Callable, MutableMapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from windlass import cloud
from windlass.engine.outputs import read_outputs
from windlass.errors.azure import AzureDeniedError
from windlass.errors.release import DeploymentMissingError, EndpointMissingError, ServingChangedError
from windlass.project.definitions import Kind, ModelFiles, OnlineDefinition, RegisteredModel
from windlass.project.outputs import StackOutputs
from windlass.project.serving import ContainerGroup
from windlass.release.clock import SystemClock
from windlass.release.execute import Releases, ignore
from windlass.release.models import Answer, Endpoint, Plan, Released, Scaled
from windlass.release.ports import Clock, Listener
from windlass.release.status import EndpointStatus

if TYPE_CHECKING:
    from windlass.azure.assets import AzureAssets
    from windlass.azure.autoscale import AzureScaling
    from windlass.azure.containers import AzureContainerGroups
    from windlass.azure.group_scoring import GroupScoring
    from windlass.azure.images import AzureImages
    from windlass.azure.online import AzureOnlineEndpoints
    from windlass.azure.scoring import AzureScoring
    from windlass.azure.workspace import Workspace
    from windlass.batch.run import BatchRuns, Wish
    from windlass.batch.wish import WishOptions
    from windlass.release.recording import Records

RELEASES = Path(".windlass", "releases")
RESULTS = Path(".windlass", "results")
IN_SERVICE = "in-service"
"""Names the model that serves now: what a change of code or configuration is released with."""
_REGISTERED = "azureml:"


class Toolkit:
    """One stack, with everything that can be done to it."""

    def __init__(
        self,
        root: Path,
        stack: str,
        environ: MutableMapping[str, str] = os.environ,
        clock: Clock | None = None,
        *,
        recorded: bool = True,
        read: Callable[[], StackOutputs] | None = None,
    ) -> None:
        """Take a stack.

        Args:
            root: The folder of the project.
            stack: The stack's name.
            environ: The environment; it is made to fit the stack's cloud.
            clock: Time.
            recorded: Whether releases write records.
            read: Reads what the infrastructure tells, where that is not to be asked of the backend in use.
        """
        self.root = root
        self._recorded = recorded
        self._read = read or (lambda: read_outputs(root, stack, environ))
        self.stack = stack
        self._environ = environ
        self._clock = clock or SystemClock()
        self._groups_of: dict[str, tuple[AzureContainerGroups, GroupScoring]] = {}

    @cached_property
    def outputs(self) -> StackOutputs:
        """What the infrastructure tells; reading it also settles which cloud this process talks to."""
        outputs = self._read()
        cloud.enter(outputs, self.root, self._environ)
        return outputs

    @cached_property
    def workspace(self) -> Workspace:
        """The workspace, reached with the identity at hand."""
        outputs = self.outputs
        from windlass.azure.credential import sign_in
        from windlass.azure.workspace import Workspace

        return Workspace(outputs, sign_in(), sleep=self._clock.sleep)

    def plan(self, name: str, model: str) -> Plan:
        """Say what `release` would do."""
        definition = self.fitting(name)
        return self.releases_of(name).plan(definition, self._choose(name, model), self.endpoint_name(name))

    def release(self, name: str, model: str, on_event: Listener = ignore) -> Released:
        """Bring a model version into service.

        Args:
            name: The folder under `endpoints/`.
            model: A path, a registered version such as `azureml:churn:7`, or `in-service`.
            on_event: Is told before and after every step.

        Raises:
            DefinitionError: Something in the folder is wrong, or does not fit what the endpoint is served on.
            RolledBackError: The version failed; the traffic is as it was.
        """
        definition = self.fitting(name)
        choice = self._choose(name, model)
        return self.releases_of(name).release(definition, choice, self.endpoint_name(name), on_event)

    def _choose(self, name: str, model: str) -> ModelFiles | RegisteredModel:
        from windlass.release.recorded import model_in_service

        return model_in_service(self.observe(name)) if model == IN_SERVICE else choose_model(model)

    def fitting(self, name: str) -> OnlineDefinition:
        """Read a folder for this stack, and check that it fits what its endpoint is served on.

        Raises:
            DefinitionError: Something in the folder is wrong, or does not fit.
        """
        from windlass.project.fitting import require_fitting
        from windlass.project.loader import load_online

        definition = load_online(self.root, name, self.stack)
        if definition.deployment.serving.compute != "container-instance":
            require_fitting(definition, self.outputs, self.observe(name).compute)
        return definition

    def plan_roll_back(self, name: str) -> Plan:
        """Say what `roll_back` would do."""
        return self.releases_of(name).plan_roll_back(self.endpoint_name(name), self._group_definition(name))

    def roll_back(self, name: str, on_event: Listener = ignore) -> Released:
        """Give the traffic back to the version before, at once."""
        definition = self._group_definition(name)
        return self.releases_of(name).roll_back(name, self.endpoint_name(name), on_event, definition)

    def plan_roll_back_to(self, name: str, record: str) -> Plan:
        """Say what `roll_back_to` would do."""
        found = self.records.get(record, name)
        return self.releases_of(name).plan_roll_back_to(self.fitting(name), found, self.endpoint_name(name))

    def roll_back_to(self, name: str, record: str, on_event: Listener = ignore) -> Released:
        """Bring the version of a record back.

        Raises:
            RecordMissingError: There is no such record.
            RecordNotGoodError: It never succeeded.
            RecordedModelChangedError: The model is not what the record says.
        """
        definition, found = self.fitting(name), self.records.get(record, name)
        return self.releases_of(name).roll_back_to(definition, found, self.endpoint_name(name), on_event)

    def plan_confirm(self, name: str) -> Plan:
        """Say what `confirm` would do."""
        return self.releases_of(name).plan_confirm(self.endpoint_name(name))

    def confirm(self, name: str, on_event: Listener = ignore) -> Released:
        """End a release: remove the version that it kept."""
        return self.releases_of(name).confirm(name, self.endpoint_name(name), on_event)

    @cached_property
    def assets(self) -> AzureAssets:
        """The models and environments of the workspace."""
        workspace = self.workspace
        from windlass.azure.assets import AzureAssets

        return AzureAssets(workspace)

    @cached_property
    def records(self) -> Records:
        """The records of the stack's releases, beside its state."""
        workspace = self.workspace
        from windlass.factory.records import records_of

        credential = workspace.credential
        return records_of(self.root, self.stack, self._environ, credential=lambda: credential, clock=self._clock)

    def observe(self, name: str) -> Endpoint:
        """Look at the online endpoint of a folder."""
        return self._endpoints_of(name).observe(self.endpoint_name(name))

    def invoke(self, name: str, body: bytes, *, deployment: str = "", timeout_seconds: float = 30) -> Answer:
        """Send one request to the online endpoint of a folder."""
        endpoint = self.observe(name)
        if deployment and endpoint.find(deployment) is None:
            raise DeploymentMissingError(endpoint.name, deployment, endpoint.names)
        return self._scoring_of(name).score(endpoint, body, deployment=deployment, timeout_seconds=timeout_seconds)

    def scoring_access(self, name: str) -> tuple[str, str]:
        """Give a client what it needs to call the online endpoint of a folder: the address and the key or token."""
        endpoint = self.observe(name)
        return endpoint.scoring_uri, self._scoring_of(name).secret(endpoint)

    def status(self) -> tuple[EndpointStatus, ...]:
        """Look at every endpoint of the stack."""
        return tuple(
            EndpointStatus(
                folder=each.model,
                kind=each.kind,
                name=each.name,
                scaled=self._scaled(each.model, each.name) if each.kind == "online" else (),
                found=self._endpoints_of(each.model).find(each.name)
                if each.kind == "online"
                else self._endpoints.find_batch(each.name),
            )
            for each in self.outputs.endpoints
        )

    def logs(self, name: str, *, deployment: str = "", lines: int = 100, container: str = "inference") -> str:
        """Read the log of a deployment; when none is named, of the one with most of the traffic."""
        endpoint = self.observe(name)
        chosen = deployment or _busiest(endpoint)
        if endpoint.find(chosen) is None:
            raise DeploymentMissingError(endpoint.name, chosen or "with traffic", endpoint.names)
        return self._endpoints_of(name).logs(endpoint.name, chosen, lines=lines, container=container)

    def endpoint_name(self, name: str, kind: Kind = "online") -> str:
        """Find the Azure name of a folder's endpoint.

        Raises:
            EndpointMissingError: The infrastructure made none.
        """
        for each in self.outputs.endpoints:
            if (each.model, each.kind) == (name, kind):
                return each.name
        raise EndpointMissingError(name, self.stack, kind)

    def batch_runs(self, name: str, *, cluster: str) -> BatchRuns:
        """The batch runs of a folder, on a cluster of the stack."""
        workspace = self.workspace
        from windlass.azure.batch import AzureBatchEndpoints, AzureBatchJobs, Services
        from windlass.batch.record import FileRuns
        from windlass.batch.run import BatchRuns

        return BatchRuns(
            assets=self.assets,
            endpoints=AzureBatchEndpoints(workspace),
            jobs=AzureBatchJobs(workspace, cluster=cluster, services=Services.of(self.outputs)),
            runs=FileRuns(self.root / RESULTS, self.stack, name, self._clock),
            clock=self._clock,
        )

    def batch_wish(self, name: str, options: WishOptions) -> tuple[Wish, str]:
        """What a person asks of the batch endpoint of a folder, and the cluster that it takes.

        Raises:
            DefinitionError: Something in the folder is wrong.
            ClusterMissingError: The deployment names a cluster that the stack does not have.
            TooManyNodesError: The cluster does not grow that far.
        """
        from windlass.batch.wish import make_wish, needs_choice
        from windlass.project.loader import load_batch
        from windlass.project.results import load_results

        definition, layout = load_batch(self.root, name, self.stack), load_results(self.root, name)
        endpoint = self.endpoint_name(name, "batch")
        serving = self._find_serving(name) if needs_choice(options) else None
        model = choose_model(options.model) if options.model else None
        return make_wish(options, definition, layout, endpoint, self.outputs, model=model, serving=serving)

    def _find_serving(self, name: str) -> Endpoint | None:
        online = [each.name for each in self.outputs.endpoints if (each.model, each.kind) == (name, "online")]
        return self._endpoints_of(name).find(online[0]) if online else None

    @cached_property
    def _endpoints(self) -> AzureOnlineEndpoints:
        workspace = self.workspace
        from windlass.azure.online import AzureOnlineEndpoints

        return AzureOnlineEndpoints(workspace)

    def _scaled(self, name: str, endpoint: str) -> tuple[Scaled, ...]:
        """Look at autoscale settings, as far as whoever asks may see them; container groups have none."""
        if self._serving(name) is not None:
            return ()
        try:
            return self._scaling.observe(endpoint)
        except AzureDeniedError:
            return ()

    @cached_property
    def _scaling(self) -> AzureScaling:
        workspace = self.workspace
        from windlass.azure.autoscale import AzureScaling
        from windlass.azure.workspace import workspace_id

        return AzureScaling(workspace.arm, workspace_id(self.outputs), self.outputs.location)

    @cached_property
    def _scoring(self) -> AzureScoring:
        workspace = self.workspace
        from windlass.azure.scoring import AzureScoring

        return AzureScoring(workspace)

    def _endpoints_of(self, name: str) -> AzureOnlineEndpoints | AzureContainerGroups:
        return self._endpoints if self._serving(name) is None else self._groups(name)[0]

    def _scoring_of(self, name: str) -> AzureScoring | GroupScoring:
        return self._scoring if self._serving(name) is None else self._groups(name)[1]

    def _serving(self, name: str) -> ContainerGroup | None:
        """The settings of the container groups of a folder, or None when Azure ML serves it.

        Raises:
            ServingChangedError: They are not those that the infrastructure was made for.
        """
        from windlass.project.endpoints import load_serving

        made = next(
            (each.compute for each in self.outputs.endpoints if (each.model, each.kind) == (name, "online")), ""
        )
        serving = load_serving(self.root, name, self.stack)
        if made and serving.compute != made:
            raise ServingChangedError(name, self.stack, serving.compute, made)
        return serving.container if serving.compute == "container-instance" else None

    def _group_definition(self, name: str) -> OnlineDefinition | None:
        """What a container group is made of, for the way back; None when Azure ML serves the folder."""
        from windlass.project.loader import load_online

        return None if self._serving(name) is None else load_online(self.root, name, self.stack)

    def _groups(self, name: str) -> tuple[AzureContainerGroups, GroupScoring]:
        if name not in self._groups_of:
            container = self._serving(name)
            assert container is not None
            groups = (self.endpoint_name(name), container)
            self._groups_of[name] = container_groups(self.workspace, self.outputs, *groups, self._clock)
        return self._groups_of[name]

    def releases_of(self, name: str) -> Releases:
        """What brings versions of a folder into service."""
        from windlass.release.journal import FileJournals

        return Releases(
            assets=self.assets,
            endpoints=self._endpoints_of(name),
            scoring=self._scoring_of(name),
            journals=FileJournals(self.root / RELEASES, self.stack, self._clock),
            clock=self._clock,
            images=None if self._serving(name) is None else self._images,
            scaling=self._scaling if self._serving(name) is None else None,
            records=self.records if self._recorded else None,
        )

    @cached_property
    def _images(self) -> AzureImages:
        workspace = self.workspace
        from windlass.azure.images import AzureImages

        return AzureImages(workspace)


def container_groups(
    workspace: Workspace, outputs: StackOutputs, endpoint: str, container: ContainerGroup, clock: Clock
) -> tuple[AzureContainerGroups, GroupScoring]:
    """Make what reaches the container groups of one endpoint."""
    from windlass.azure.containers import AzureContainerGroups, GroupsOf
    from windlass.azure.group_scoring import GroupScoring
    from windlass.azure.vault import VaultSecrets

    groups = GroupsOf(outputs=outputs, endpoint=endpoint, container=container)
    secrets = VaultSecrets(outputs.key_vault, workspace.credential)
    scoring = GroupScoring(groups, secrets)
    return AzureContainerGroups(workspace, groups, secrets, is_ready=scoring.is_ready, clock=clock), scoring


def choose_model(text: str) -> ModelFiles | RegisteredModel:
    """Tell a registered version from a path.

    Raises:
        ModelReferenceError: It begins like a reference and is none.
        ModelPathError: There is nothing at the path.
    """
    from windlass.project.loader import load_model

    return RegisteredModel.parse(text) if text.startswith(_REGISTERED) else load_model(Path(text))


def release(root: Path, name: str, *, stack: str, model: str, on_event: Listener = ignore) -> Released:
    """Bring a model version into service: `Toolkit.release` in one call."""
    return Toolkit(root, stack).release(name, model, on_event)


def _busiest(endpoint: Endpoint) -> str:
    return max(endpoint.traffic.shares, key=lambda pair: pair[1], default=("", 0))[0]
