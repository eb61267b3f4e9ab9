"""Carries a release through: lock, look, plan, step by step with a journal, and the way back when a version fails.

Two kinds of failure are told apart. A *version* that fails (it does not start, it answers wrongly) is rolled back:
the old traffic, then its deployment is removed. When *Azure* fails, or this process is killed, everything stays as it
is: live traffic is on versions that answer at every moment, and the same command goes on from there.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from windlass.errors import WindlassError
from windlass.errors.azure import AzureDeniedError
from windlass.errors.release import (
    ModelMissingError,
    RollBackIncompleteError,
    RolledBackError,
    VersionFailedError,
)
from windlass.project.definitions import (
    Environment,
    EnvironmentDefinition,
    ModelFiles,
    OnlineDefinition,
    RegisteredEnvironment,
    RegisteredModel,
)
from windlass.project.image import ImageDefinition
from windlass.release.journal import FINISHED
from windlass.release.models import Candidate, Endpoint, ModelVersion, Phase, Plan, Progress, Released, Scaled, Step
from windlass.release.perform import Performer
from windlass.release.plan import plan_confirm, plan_release, plan_roll_back, plan_undo
from windlass.release.plan_groups import plan_group_release, plan_group_roll_back
from windlass.release.ports import (
    Assets,
    Clock,
    Images,
    Journal,
    Journals,
    Listener,
    OnlineEndpoints,
    Scaling,
    Scoring,
)
from windlass.release.report import plan_as_json, step_as_json
from windlass.release.scaling import scale_plan, unscale

ModelChoice = ModelFiles | RegisteredModel


def ignore(progress: Progress) -> None:
    """Listen to nothing."""


class Releases:
    """The releases of one stack's online endpoints."""

    def __init__(
        self,
        *,
        assets: Assets,
        endpoints: OnlineEndpoints,
        scoring: Scoring,
        journals: Journals,
        clock: Clock,
        scaling: Scaling | None = None,
        images: Images | None = None,
    ) -> None:
        self._assets = assets
        self._endpoints = endpoints
        self._scoring = scoring
        self._journals = journals
        self._clock = clock
        self._scaling = scaling
        self._images = images

    def plan(self, definition: OnlineDefinition, model: ModelChoice, endpoint: str) -> Plan:
        """Look at Azure and plan; nothing is changed."""
        candidate = self._candidate(definition, model)
        make = plan_release if definition.deployment.image is None else plan_group_release
        observed, wanted = self._endpoints.observe(endpoint), definition.rollout.autoscale
        plan = make(definition, candidate, observed)
        return scale_plan(plan, wanted, observed, self._scaled(endpoint, needed=wanted is not None))

    def plan_roll_back(self, endpoint: str, definition: OnlineDefinition | None = None) -> Plan:
        """Look at Azure and plan the way back; nothing is changed.

        Args:
            endpoint: The endpoint's name in Azure.
            definition: What a container group is made of; others go back without being made anew.
        """
        observed = self._endpoints.observe(endpoint)
        if definition is not None and definition.deployment.image is not None:
            return plan_group_roll_back(definition, observed)
        return plan_roll_back(observed)

    def plan_confirm(self, endpoint: str) -> Plan:
        """Look at Azure and plan the end of a release; nothing is changed."""
        observed = self._endpoints.observe(endpoint)
        plan = plan_confirm(observed)
        return replace(plan, steps=self._unscaled(plan.steps, observed))

    def release(
        self, definition: OnlineDefinition, model: ModelChoice, endpoint: str, listen: Listener = ignore
    ) -> Released:
        """Bring a model version into service.

        Raises:
            RolledBackError: The version failed; the traffic is as it was.
            WindlassError: Something else stopped the release; run it again to go on.
        """
        return self._run(definition.name, lambda: self.plan(definition, model, endpoint), listen)

    def roll_back(
        self, name: str, endpoint: str, listen: Listener = ignore, definition: OnlineDefinition | None = None
    ) -> Released:
        """Give the traffic back to the version before, at once."""
        return self._run(name, lambda: self.plan_roll_back(endpoint, definition), listen)

    def confirm(self, name: str, endpoint: str, listen: Listener = ignore) -> Released:
        """End a release: remove the version that it kept."""
        return self._run(name, lambda: self.plan_confirm(endpoint), listen)

    def _run(self, name: str, make_plan: Callable[[], Plan], listen: Listener) -> Released:
        begun = self._clock.elapsed()
        with self._journals.lock(name):
            plan = make_plan()
            if plan.steps:
                with self._journals.open(name, plan.target) as journal:
                    journal.write("planned", plan=plan_as_json(plan))
                    self._execute(plan, journal, listen)
            traffic = self._endpoints.observe(plan.endpoint).traffic
        return Released(plan=plan, traffic=traffic, seconds=self._clock.elapsed() - begun)

    def _execute(self, plan: Plan, journal: Journal, listen: Listener) -> None:
        performer = Performer(
            plan.endpoint,
            assets=self._assets,
            endpoints=self._endpoints,
            scoring=self._scoring,
            clock=self._clock,
            scaling=self._scaling,
            images=self._images,
        )
        try:
            self._walk(plan.steps, performer, journal, listen)
        except VersionFailedError as failure:
            self._undo(plan, failure, performer, journal, listen)
            raise RolledBackError(plan.endpoint, failure, self._serving(plan)) from failure
        journal.write(FINISHED, verdict="released")

    def _walk(
        self,
        steps: tuple[Step, ...],
        performer: Performer,
        journal: Journal,
        listen: Listener,
        *,
        rolling_back: bool = False,
    ) -> None:
        for index, step in enumerate(steps, start=1):
            tell = _Teller(listen, step, index, len(steps), rolling_back=rolling_back)
            begun = self._clock.elapsed()
            journal.write("started", **step_as_json(step))
            tell(Phase.STARTED)
            try:
                changed = performer.perform(step)
            except WindlassError as error:
                journal.write("failed", **step_as_json(step), error=str(error))
                tell(Phase.FAILED, seconds=self._clock.elapsed() - begun)
                raise
            journal.write("done", **step_as_json(step), changed=changed)
            tell(Phase.DONE, seconds=self._clock.elapsed() - begun, changed=changed)

    def _undo(
        self,
        plan: Plan,
        failure: VersionFailedError,
        performer: Performer,
        journal: Journal,
        listen: Listener,
    ) -> None:
        journal.write("rolling back", cause=failure.cause)
        try:
            observed = self._endpoints.observe(plan.endpoint)
            steps = self._unscaled(plan_undo(plan, observed), observed)
            self._walk(steps, performer, journal, listen, rolling_back=True)
        except WindlassError as error:
            raise RollBackIncompleteError(plan.endpoint, failure, error) from error
        journal.write(FINISHED, verdict="rolled back", cause=failure.cause)

    def _unscaled(self, steps: tuple[Step, ...], endpoint: Endpoint) -> tuple[Step, ...]:
        return unscale(steps, endpoint, self._scaled(endpoint.name, needed=False))

    def _scaled(self, endpoint: str, *, needed: bool) -> tuple[Scaled, ...]:
        """Look at autoscale. Who may not look has made none, so that is an error only where some is asked for."""
        try:
            return () if self._scaling is None else self._scaling.observe(endpoint)
        except AzureDeniedError:
            if needed:
                raise
            return ()

    def _serving(self, plan: Plan) -> dict[str, int]:
        return self._endpoints.observe(plan.endpoint).traffic.as_dict()

    def _candidate(self, definition: OnlineDefinition, choice: ModelChoice) -> Candidate:
        model, registered = self._model(definition.name, choice)
        deployment = definition.deployment
        environment, image = deployment.environment, deployment.image
        return Candidate(
            model=model,
            path=None if registered or isinstance(choice, RegisteredModel) else choice.path,
            environment=self._unregistered(environment) if image is None else None,
            environment_label=_label(environment) if image is None else image.label,
            release=deployment.fingerprint(model.sha256 or model.label),
            image=self._unbuilt(image),
        )

    def _model(self, name: str, choice: ModelChoice) -> tuple[ModelVersion, bool]:
        if isinstance(choice, RegisteredModel):
            found = self._assets.get_model(choice.name, choice.version)
            if found is None:
                raise ModelMissingError(choice.name, choice.version)
            return found, True
        found = self._assets.find_model(name, choice.sha256)
        if found is not None:
            return found, True
        version = self._assets.next_model_version(name)
        return ModelVersion(name=name, version=version, sha256=choice.sha256), False

    def _unbuilt(self, image: ImageDefinition | None) -> ImageDefinition | None:
        if image is None or self._images is None or self._images.has_image(image):
            return None
        return image

    def _unregistered(self, environment: Environment) -> EnvironmentDefinition | None:
        if isinstance(environment, RegisteredEnvironment):
            return None
        known = self._assets.has_environment(environment.name, environment.version)
        return None if known else environment


def _label(environment: Environment) -> str:
    if isinstance(environment, RegisteredEnvironment):
        return environment.reference.removeprefix("azureml:")
    return f"{environment.name}:{environment.version}"


class _Teller:
    """Tells a listener about one step."""

    def __init__(self, listen: Listener, step: Step, index: int, count: int, *, rolling_back: bool) -> None:
        self._listen = listen
        self._step = step
        self._index = index
        self._count = count
        self._rolling_back = rolling_back

    def __call__(self, phase: Phase, *, seconds: float = 0.0, changed: bool = True) -> None:
        self._listen(
            Progress(
                phase=phase,
                step=self._step,
                index=self._index,
                count=self._count,
                seconds=seconds,
                rolling_back=self._rolling_back,
                changed=changed,
            )
        )
