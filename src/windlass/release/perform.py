"""Does one step. Each looks first: a step whose work is done already changes nothing, so that it can be run twice."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from itertools import chain
from typing import assert_never

from windlass.errors import WindlassError
from windlass.errors.azure import AzureBusyError
from windlass.errors.release import (
    DeadDeploymentError,
    DeploymentCarriesTrafficError,
    DeploymentFailedError,
    GateFailedError,
    ModelVersionTakenError,
    SmokeTestFailedError,
)
from windlass.project.definitions import Sample
from windlass.release.gates import find_cause, judge
from windlass.release.models import (
    Answer,
    BuildImage,
    Checked,
    Condition,
    CreateAutoscale,
    CreateDeployment,
    DeleteAutoscale,
    DeleteDeployment,
    Endpoint,
    RegisterEnvironment,
    RegisterModel,
    Scaled,
    Settle,
    ShiftTraffic,
    SmokeTest,
    Step,
    Watch,
)
from windlass.release.ports import Assets, Clock, Images, OnlineEndpoints, Scaling, Scoring

LOG_LINES = 200
_SETTLE_SECONDS = 2.0
_LONGEST_SETTLE_SECONDS = 3600.0
_PATIENCE = 3
_NOT_READY = frozenset({429, 502, 503, 504})


class Performer:
    """Acts on one endpoint."""

    def __init__(
        self,
        endpoint: str,
        *,
        assets: Assets,
        endpoints: OnlineEndpoints,
        scoring: Scoring,
        clock: Clock,
        scaling: Scaling | None = None,
        images: Images | None = None,
    ) -> None:
        self._endpoint = endpoint
        self._assets = assets
        self._endpoints = endpoints
        self._scoring = scoring
        self._clock = clock
        self._scaling = scaling
        self._images = images
        self.checked = Checked()
        """What the requests of the latest step came to."""

    def perform(self, step: Step) -> bool:
        """Do one step and tell whether anything had to be changed."""
        changed, self.checked = False, Checked()
        match step:
            case RegisterModel():
                changed = self._register_model(step)
            case RegisterEnvironment():
                changed = self._register_environment(step)
            case BuildImage():
                changed = self._build_image(step)
            case CreateDeployment():
                changed = self._create(step)
            case CreateAutoscale():
                changed = self._scale(step)
            case DeleteAutoscale():
                changed = self._unscale(step)
            case SmokeTest():
                self._smoke_test(step)
            case ShiftTraffic():
                changed = self._shift(step)
            case Watch():
                self._watch(step)
            case Settle():
                self._settle(step)
            case DeleteDeployment():
                changed = self._delete(step)
            case _:
                assert_never(step)
        return changed

    def _register_model(self, step: RegisterModel) -> bool:
        model = step.model
        found = self._assets.find_model(model.name, model.sha256)
        if found is None:
            self._assets.register_model(model, step.path)
            return True
        if found.version != model.version:
            raise ModelVersionTakenError(model.name, model.version)
        return False

    def _register_environment(self, step: RegisterEnvironment) -> bool:
        environment = step.environment
        if self._assets.has_environment(environment.name, environment.version):
            return False
        self._assets.register_environment(environment)
        return True

    def _build_image(self, step: BuildImage) -> bool:
        assert self._images is not None
        if self._images.has_image(step.image):
            return False
        self._images.build_image(step.image)
        return True

    def _settle(self, step: Settle) -> None:
        moved_at = self._endpoints.observe(self._endpoint).moved_at
        left = moved_at + step.seconds - self._clock.now()
        if left > 0:
            self._clock.sleep(min(left, step.seconds))

    def _create(self, step: CreateDeployment) -> bool:
        found = self._settled(step.name).find(step.name)
        with self._explained(step.name):
            if found is None or (step.in_place and found.condition is Condition.DEAD):
                self._endpoints.create_deployment(self._endpoint, step)
                return True
            if found.condition is Condition.DEAD:
                raise DeploymentFailedError(step.name, "Azure could not bring it up")
            return False

    def _scale(self, step: CreateAutoscale) -> bool:
        """Only after the deployment is there and still: Azure refuses a setting without its target."""
        self._settled(step.deployment)
        found = self._setting_of(step.deployment)
        if found is not None and found.enabled and found.digest == step.settings.digest:
            return False
        self._scalers().create(self._endpoint, step)
        return True

    def _unscale(self, step: DeleteAutoscale) -> bool:
        if self._setting_of(step.deployment) is None:
            return False
        self._scalers().delete(self._endpoint, step.deployment)
        return True

    def _setting_of(self, deployment: str) -> Scaled | None:
        found = self._scalers().observe(self._endpoint)
        return next((each for each in found if each.deployment == deployment), None)

    def _scalers(self) -> Scaling:
        assert self._scaling is not None, "a plan with autoscale was made without looking at it"
        return self._scaling

    def _smoke_test(self, step: SmokeTest) -> None:
        failures = self._probe(step)
        if failures:
            raise SmokeTestFailedError(step.deployment, failures, details=self._log_tail(step.deployment))

    def _shift(self, step: ShiftTraffic) -> bool:
        endpoint = self._endpoints.observe(self._endpoint)
        if endpoint.traffic == step.traffic and (endpoint.target, endpoint.base) == (step.target, step.base):
            return False
        for name in sorted(step.traffic.names - endpoint.alive):
            found = endpoint.find(name)
            raise DeadDeploymentError(name, found.state if found else "not there")
        self._endpoints.set_traffic(self._endpoint, step.traffic, target=step.target, base=step.base)
        return True

    def _watch(self, step: Watch) -> None:
        name = step.test.deployment
        end = self._clock.elapsed() + step.seconds
        while (left := end - self._clock.elapsed()) > 0:
            self._clock.sleep(min(step.every, left))
            failures = self._probe(step.test)
            if failures:
                raise GateFailedError(name, step.share, failures, details=self._log_tail(name))

    def _delete(self, step: DeleteDeployment) -> bool:
        endpoint = self._endpoints.observe(self._endpoint)
        if endpoint.find(step.name) is None:
            return False
        if share := endpoint.traffic.share_of(step.name):
            raise DeploymentCarriesTrafficError(step.name, share)
        self._endpoints.delete_deployment(self._endpoint, step.name)
        return True

    def _probe(self, step: SmokeTest) -> tuple[str, ...]:
        endpoint = self._endpoints.observe(self._endpoint)
        return tuple(chain.from_iterable(self._try(endpoint, sample, step) for sample in step.samples))

    def _try(self, endpoint: Endpoint, sample: Sample, step: SmokeTest) -> tuple[str, ...]:
        """Send one sample, judge its answer and count it."""
        answer = self._ask(endpoint, sample, step)
        failures = judge([(sample, answer)], step.settings, step.deployment)
        before = self.checked
        self.checked = replace(
            before, seconds=(*before.seconds, answer.seconds), failures=before.failures + bool(failures)
        )
        return failures

    def _ask(self, endpoint: Endpoint, sample: Sample, step: SmokeTest) -> Answer:
        """Send one sample; again where the front door, and not the model, says that it is not ready yet."""
        for _ in range(_PATIENCE):
            answer = self._scoring.score(
                endpoint,
                sample.request,
                deployment=step.deployment,
                timeout_seconds=step.settings.timeout_seconds,
            )
            if answer.status not in _NOT_READY:
                break
            self.checked = replace(self.checked, not_ready=self.checked.not_ready + 1)
            self._clock.sleep(_SETTLE_SECONDS)
        return answer

    def _settled(self, name: str) -> Endpoint:
        """Wait while Azure still makes or removes a deployment that an earlier run had begun with."""
        end = self._clock.elapsed() + _LONGEST_SETTLE_SECONDS
        while self._clock.elapsed() < end:
            endpoint = self._endpoints.observe(self._endpoint)
            found = endpoint.find(name)
            if found is None or found.condition is not Condition.MOVING:
                return endpoint
            self._clock.sleep(_SETTLE_SECONDS)
        raise AzureBusyError(f"create deployment {name}", _LONGEST_SETTLE_SECONDS / 60)

    @contextmanager
    def _explained(self, deployment: str) -> Iterator[None]:
        """Put the cause that stands in the container's log into the error, while there still is a container."""
        try:
            yield
        except DeploymentFailedError as error:
            tail = self._log_tail(deployment)
            cause = find_cause("\n".join(tail)) or error.cause
            raise DeploymentFailedError(deployment, cause, details=(*error.details, *tail)) from error

    def _log_tail(self, deployment: str) -> tuple[str, ...]:
        try:
            return tuple(self._endpoints.logs(self._endpoint, deployment, lines=LOG_LINES).splitlines())
        except WindlassError as error:
            # The version's failure is what counts; that its log cannot be read is said beside it.
            return (f"its log could not be read: {error}",)
