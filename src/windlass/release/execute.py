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
from windlass.errors.records import RecordNotFinishedError
from windlass.errors.release import (
    ModelMissingError,
    NothingToRollBackError,
    RollBackIncompleteError,
    RolledBackError,
    ServingVersionFailedError,
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
from windlass.release.models import (
    Candidate,
    Checked,
    Endpoint,
    ModelVersion,
    Phase,
    Plan,
    Progress,
    Released,
    Scaled,
    Step,
    Style,
)
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
from windlass.release.record import (
    Content,
    Kind,
    PromotedFrom,
    ReleaseRecord,
    Subject,
    content_of,
    deployment_of,
    tags_of,
)
from windlass.release.recorded import (
    back_order,
    confirm_order,
    notes_of_differences,
    plan_proof,
    plan_standing,
    require_good,
    require_same_model,
    stamped,
)
from windlass.release.recording import Order, Recording, Records
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
        records: Records | None = None,
    ) -> None:
        self._assets = assets
        self._endpoints = endpoints
        self._scoring = scoring
        self._journals = journals
        self._clock = clock
        self._scaling = scaling
        self._images = images
        self._records = records

    def plan(self, definition: OnlineDefinition, model: ModelChoice, endpoint: str) -> Plan:
        """Look at Azure and plan; nothing is changed."""
        return self._plan_release(definition, model, endpoint)[0]

    def plan_roll_back(self, endpoint: str, definition: OnlineDefinition | None = None) -> Plan:
        """Look at Azure and plan the way back; nothing is changed.

        Args:
            endpoint: The endpoint's name in Azure.
            definition: What a container group is made of; others go back without being made anew.
        """
        observed = self._endpoints.observe(endpoint)
        return _plan_back(self._as_begun(observed, definition.name) if definition else observed, definition)

    def plan_roll_back_to(self, definition: OnlineDefinition, record: ReleaseRecord, endpoint: str) -> Plan:
        """Look at Azure and plan the way back to a recorded version; nothing is changed.

        Raises:
            RecordNotGoodError: It never succeeded.
            RecordedModelChangedError: The model is not what the record says.
        """
        return self._plan_back_to(definition, record, endpoint)[0]

    def plan_confirm(self, endpoint: str) -> Plan:
        """Look at Azure and plan the end of a release; nothing is changed."""
        return self._plan_confirm(self._endpoints.observe(endpoint))

    def release(
        self,
        definition: OnlineDefinition,
        model: ModelChoice,
        endpoint: str,
        listen: Listener = ignore,
        promoted_from: PromotedFrom | None = None,
    ) -> Released:
        """Bring a model version into service.

        Args:
            definition: The folder, for this stack.
            model: Files, or a registered version.
            endpoint: The endpoint's name in Azure.
            listen: Is told before and after every step.
            promoted_from: Where the model version comes from, for the record.

        Raises:
            RolledBackError: The version failed; the traffic is as it was.
            RecordNotBegunError: No record of it can be written; nothing was done.
            WindlassError: Something else stopped the release; run it again to go on.
        """

        def prepare() -> tuple[Plan, Order]:
            plan, subject = self._plan_release(definition, model, endpoint)
            subject = replace(subject, promoted_from=promoted_from)
            return plan, Order(kind=Kind.RELEASE, name=definition.name, subject=subject)

        return self._run(definition.name, prepare, listen)

    def roll_back(
        self, name: str, endpoint: str, listen: Listener = ignore, definition: OnlineDefinition | None = None
    ) -> Released:
        """Give the traffic back to the version before, at once."""

        def prepare() -> tuple[Plan, Order]:
            observed = self._as_begun(self._endpoints.observe(endpoint), name)
            try:
                plan = _plan_back(observed, definition)
            except NothingToRollBackError:
                # A run that was killed after its one step has left nothing but the end of its record.
                done = self._begun(name)
                if done is None or not observed.traffic.share_of(done.deployment):
                    raise
                plan = _done(observed, done.deployment)
            return plan, back_order(name, plan, observed)

        return self._run(name, prepare, listen)

    def roll_back_to(
        self, definition: OnlineDefinition, record: ReleaseRecord, endpoint: str, listen: Listener = ignore
    ) -> Released:
        """Bring a recorded version back: at once where its deployment still stands, else by a release of its model.

        Raises:
            RecordNotGoodError: It never succeeded.
            RecordedModelChangedError: The model is not what the record says.
        """
        return self._run(definition.name, lambda: self._plan_back_to(definition, record, endpoint), listen)

    def confirm(self, name: str, endpoint: str, listen: Listener = ignore) -> Released:
        """End a release: remove the version that it kept."""

        def prepare() -> tuple[Plan, Order]:
            observed = self._endpoints.observe(endpoint)
            plan = self._plan_confirm(observed)
            return plan, confirm_order(name, plan, observed)

        return self._run(name, prepare, listen)

    def _run(self, name: str, prepare: Callable[[], tuple[Plan, Order]], listen: Listener) -> Released:
        begun = self._clock.elapsed()
        with self._journals.lock(name):
            plan, order = prepare()
            recording = None if self._records is None else self._records.open(order, plan)
            if plan.steps:
                plan = plan if recording is None else stamped(plan, tags_of(recording.record))
                with self._journals.open(name, plan.target) as journal:
                    journal.write("planned", plan=plan_as_json(plan))
                    self._execute(plan, _Books(journal, recording), listen)
            traffic = self._endpoints.observe(plan.endpoint).traffic
            if recording is not None:
                recording.finish(traffic.as_dict())
        return Released(
            plan=plan,
            traffic=traffic,
            seconds=self._clock.elapsed() - begun,
            record="" if recording is None else recording.record.id,
        )

    def _plan_release(self, definition: OnlineDefinition, model: ModelChoice, endpoint: str) -> tuple[Plan, Subject]:
        candidate = self._candidate(definition, model)
        make = plan_release if definition.deployment.image is None else plan_group_release
        observed, wanted = self._endpoints.observe(endpoint), definition.rollout.autoscale
        plan = make(definition, candidate, observed)
        plan = scale_plan(plan, wanted, observed, self._scaled(endpoint, needed=wanted is not None))
        if not plan.steps and self._records and self._records.lacks(definition.name, plan.target, candidate.release):
            plan = plan_proof(plan, definition, observed)
        content = content_of(definition, environment=candidate.environment_label, release=candidate.release)
        return plan, Subject(model=candidate.model, content=content)

    def _plan_back_to(self, definition: OnlineDefinition, record: ReleaseRecord, endpoint: str) -> tuple[Plan, Order]:
        require_good(record, "a version to go back to")
        observed = self._endpoints.observe(endpoint)
        plan = None if self._is_half_way(record) else plan_standing(observed, record)
        if plan is not None:
            return plan, back_order(definition.name, plan, observed)
        found = self._assets.get_model(record.model.name, record.model.version)
        require_same_model(record, "" if found is None else found.sha256)
        model = RegisteredModel(name=record.model.name, version=record.model.version)
        plan, subject = self._plan_release(definition, model, endpoint)
        plan = replace(plan, notes=(*plan.notes, *notes_of_differences(record, subject.content)))
        return plan, replace(back_order(definition.name, plan, observed), subject=subject)

    def _is_half_way(self, record: ReleaseRecord) -> bool:
        """Tell whether an earlier run was killed on this way back: what it has made was perhaps never tested."""
        begun = self._begun(record.name)
        return begun is not None and begun.content.release == record.content.release

    def _begun(self, name: str) -> ReleaseRecord | None:
        """The record of a roll back that an earlier run has begun and not finished."""
        return None if self._records is None else self._records.find_open(name, Kind.ROLL_BACK)

    def _as_begun(self, observed: Endpoint, name: str) -> Endpoint:
        """The endpoint as a roll back by recreate found it, when an earlier run has begun one.

        Its first step makes the version that was bad the previous one, so that Azure alone would have the next run go
        forth to it again.
        """
        begun = self._begun(name) if observed.style is Style.RECREATE else None
        return observed if begun is None else replace(observed, previous=deployment_of(begun))

    def _plan_confirm(self, observed: Endpoint) -> Plan:
        plan = plan_confirm(observed)
        return replace(plan, steps=self._unscaled(plan.steps, observed))

    def _execute(self, plan: Plan, books: _Books, listen: Listener) -> None:
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
            self._walk(plan.steps, performer, books, listen)
        except VersionFailedError as failure:
            if not plan.serves:
                self._undo(plan, failure, performer, books, listen)
            serving = self._serving(plan)
            of_record = books.failed(failure.cause, serving, rolled_back=not plan.serves)
            if plan.serves:
                raise ServingVersionFailedError(plan.endpoint, failure, of_record) from failure
            raise RolledBackError(plan.endpoint, failure, serving, of_record) from failure
        except WindlassError as error:
            books.stopped(str(error))
            raise
        books.write(FINISHED, verdict="released")

    def _walk(
        self,
        steps: tuple[Step, ...],
        performer: Performer,
        books: _Books,
        listen: Listener,
        *,
        rolling_back: bool = False,
    ) -> None:
        for index, step in enumerate(steps, start=1):
            tell = _Teller(listen, step, index, len(steps), rolling_back=rolling_back)
            begun = self._clock.elapsed()
            books.write("started", **step_as_json(step))
            tell(Phase.STARTED)
            try:
                changed = performer.perform(step)
            except WindlassError as error:
                books.write("failed", **step_as_json(step), error=str(error))
                if performer.checked.seconds:
                    books.stepped(step, performer.checked)
                tell(Phase.FAILED, seconds=self._clock.elapsed() - begun)
                raise
            books.write("done", **step_as_json(step), changed=changed)
            books.stepped(step, performer.checked)
            tell(Phase.DONE, seconds=self._clock.elapsed() - begun, changed=changed)

    def _undo(
        self,
        plan: Plan,
        failure: VersionFailedError,
        performer: Performer,
        books: _Books,
        listen: Listener,
    ) -> None:
        books.write("rolling back", cause=failure.cause)
        try:
            observed = self._endpoints.observe(plan.endpoint)
            steps = self._unscaled(plan_undo(plan, observed), observed)
            self._walk(steps, performer, books, listen, rolling_back=True)
        except WindlassError as error:
            books.stopped(f"{failure.cause}; rolling back stopped: {error}")
            raise RollBackIncompleteError(plan.endpoint, failure, error) from error
        books.write(FINISHED, verdict="rolled back", cause=failure.cause)

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

    def content(self, definition: OnlineDefinition) -> Content:
        """Name by digests what a definition of this checkout is made of, without any model."""
        return content_of(definition, environment=_label_of(definition), release="")

    def _candidate(self, definition: OnlineDefinition, choice: ModelChoice) -> Candidate:
        model, registered = self._model(definition.name, choice)
        deployment = definition.deployment
        environment, image = deployment.environment, deployment.image
        return Candidate(
            model=model,
            path=None if registered or isinstance(choice, RegisteredModel) else choice.path,
            environment=self._unregistered(environment) if image is None else None,
            environment_label=_label_of(definition),
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


def _label_of(definition: OnlineDefinition) -> str:
    """What a deployment of the definition will name: its environment, or the image that is built with it."""
    image = definition.deployment.image
    return _label(definition.deployment.environment) if image is None else image.label


def _label(environment: Environment) -> str:
    if isinstance(environment, RegisteredEnvironment):
        return environment.reference.removeprefix("azureml:")
    return f"{environment.name}:{environment.version}"


def _plan_back(observed: Endpoint, definition: OnlineDefinition | None) -> Plan:
    if definition is not None and definition.deployment.image is not None:
        return plan_group_roll_back(definition, observed)
    return plan_roll_back(observed)


def _done(observed: Endpoint, deployment: str) -> Plan:
    """The plan of what is done already."""
    serving = observed.find(deployment)
    model = serving.model if serving else ""
    return Plan(endpoint=observed.name, target=deployment, model=model, base=observed.traffic, steps=())


class _Books:
    """What is written of a release while it goes on: its journal on this machine, and its record."""

    def __init__(self, journal: Journal, recording: Recording | None) -> None:
        self.write = journal.write
        self._recording = recording

    def stepped(self, step: Step, checked: Checked) -> None:
        """A step is done, or has failed after it had shown something."""
        if self._recording is not None:
            self._recording.step(step, checked)

    def stopped(self, reason: str) -> None:
        """Something else than the version stopped it."""
        if self._recording is not None:
            self._recording.stop(reason)

    def failed(self, cause: str, serving: dict[str, int], *, rolled_back: bool) -> tuple[str, ...]:
        """The version failed. What is wrong with its record is told beside what was wrong with it."""
        try:
            if self._recording is not None:
                note = self._recording.roll_back if rolled_back else self._recording.fail
                note(cause, serving)
        except RecordNotFinishedError as error:
            return (str(error), *error.details)
        return ()


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
