"""What a release sees and what it plans: frozen values, no behaviour beyond reading themselves."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from windlass.project.autoscale import Autoscale
from windlass.project.definitions import DeploymentDefinition, EnvironmentDefinition, Sample
from windlass.project.image import ImageDefinition
from windlass.project.rollout import SmokeTest as SmokeSettings
from windlass.release.traffic import Traffic

TAG_MODEL = "windlass.model"
TAG_SHA256 = "windlass.sha256"
TAG_RELEASE = "windlass.release"
TAG_TARGET = "windlass.target"
TAG_BASE = "windlass.base"
TAG_RECORD = "windlass.record"
TAG_ENVIRONMENT = "windlass.environment"
TAG_CODE = "windlass.code"
TAG_CONFIGURATION = "windlass.configuration"
"""Of the record (`release.record`): its name, and digests. A resource takes 50 tags, with values of up to 256
characters (Azure Resource Manager, "Use tags to organize your Azure resources"); these four and the three above leave
43 to the user."""

DIGEST_VARIABLE = "WINDLASS_MODEL_SHA256"
"""Tells the scoring script which content the model must have before it is loaded."""


class Style(StrEnum):
    """How a version takes over at an endpoint."""

    TRAFFIC = "traffic"
    """By shares of the traffic: endpoints of Azure ML."""
    SWITCH = "switch"
    """A public name moves from one container group to another."""
    RECREATE = "recreate"
    """The version is replaced in its one container group."""


class Condition(StrEnum):
    """What a deployment is good for. Azure's words are many; a word that is not known means it is still moving."""

    MOVING = "moving"
    """Azure is making, changing or removing it."""
    READY = "ready"
    """It answers."""
    DEAD = "dead"
    """It failed; Azure takes no change of it, it can only be deleted."""


@dataclass(frozen=True, kw_only=True)
class ModelVersion:
    """A registered model."""

    name: str
    version: str
    sha256: str

    @property
    def label(self) -> str:
        """How it is called in short, such as `churn:2`."""
        return f"{self.name}:{self.version}"


@dataclass(frozen=True, kw_only=True)
class Deployment:
    """A deployment as Azure shows it.

    Attributes:
        name: Its name.
        condition: What it is good for.
        state: Azure's own word for that.
        model: `name:version` of what it serves.
        release: The fingerprint of what it was made of; empty when this toolkit did not make it.
        environment: `name:version` of what it runs in.
        instance_type: Size of its instances.
        instances: How many there are.
        sha256: Content of the model, where the deployment itself tells.
        fixed: Whether it is in the one container group that releases by recreate replace it in.
    """

    name: str
    condition: Condition
    state: str = ""
    model: str = ""
    release: str = ""
    environment: str = ""
    instance_type: str = ""
    instances: int = 0
    sha256: str = ""
    fixed: bool = False


@dataclass(frozen=True, kw_only=True)
class Endpoint:
    """An online endpoint with all its deployments.

    Attributes:
        name: Its name in Azure.
        traffic: Who serves how much now.
        deployments: All of them.
        target: The deployment that the latest release moves, or moved, traffic to.
        base: The traffic before that release, which a roll back restores.
        scoring_uri: Where requests go.
        auth_mode: `key`, `aml_token` or `aad_token`.
        compute: The id of the attached Kubernetes cluster that serves it; empty for Azure ML's own instances.
        style: How a version takes over.
        previous: What a release by recreate has replaced; it is not there any more.
        settling: Seconds that callers go on reaching a version which the public name has left.
        certificate: PEM that callers have to trust, where the endpoint shows one that nobody else has signed.
        moved_at: When a switch has moved the public name, in seconds since the epoch; 0 when never.
    """

    name: str
    traffic: Traffic = field(default_factory=Traffic)
    deployments: tuple[Deployment, ...] = ()
    target: str = ""
    base: Traffic = field(default_factory=Traffic)
    scoring_uri: str = ""
    auth_mode: str = "key"
    compute: str = ""
    style: Style = Style.TRAFFIC
    previous: Deployment | None = None
    settling: float = 0.0
    moved_at: float = 0.0
    certificate: str = ""

    def find(self, name: str) -> Deployment | None:
        """The deployment of that name."""
        return next((each for each in self.deployments if each.name == name), None)

    @property
    def names(self) -> tuple[str, ...]:
        """The names of all deployments."""
        return tuple(each.name for each in self.deployments)

    @property
    def alive(self) -> frozenset[str]:
        """The names of those that answer. One that serves goes on answering while Azure changes it."""
        return frozenset(
            each.name
            for each in self.deployments
            if each.condition is Condition.READY
            or (each.condition is Condition.MOVING and self.traffic.share_of(each.name))
        )


@dataclass(frozen=True, kw_only=True)
class Scaled:
    """An autoscale setting as Azure shows it; its deployment may be gone.

    Attributes:
        deployment: What it scales.
        digest: What its content was when it was made; empty when this toolkit did not make it.
        enabled: Whether it scales anything.
        minimum: Fewest instances, outside hours of their own.
        maximum: Most instances.
    """

    deployment: str
    digest: str = ""
    enabled: bool = True
    minimum: int = 0
    maximum: int = 0


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """What shall go into service.

    Attributes:
        model: The model version: as registered, or as it will be.
        path: Where its files are when it has yet to be registered.
        environment: The environment that has yet to be registered, if that is so.
        environment_label: What the deployment will name: `name:version`, or a full reference.
        release: The fingerprint of all it is made of.
        image: The image that has yet to be built, if that is so.
    """

    model: ModelVersion
    path: Path | None
    environment: EnvironmentDefinition | None
    environment_label: str
    release: str
    image: ImageDefinition | None = None


@dataclass(frozen=True, kw_only=True)
class RegisterModel:
    """Upload the model and give it the next version number."""

    model: ModelVersion
    path: Path


@dataclass(frozen=True, kw_only=True)
class RegisterEnvironment:
    """Register the environment under the hash of its content."""

    environment: EnvironmentDefinition


@dataclass(frozen=True, kw_only=True)
class BuildImage:
    """Have the registry build the image that a container group runs."""

    image: ImageDefinition


@dataclass(frozen=True, kw_only=True)
class CreateDeployment:
    """Bring the version up beside the others, without traffic; or in place of another.

    Attributes:
        in_place: Whether it is put over what is there, a failed attempt of itself included.
        instances: With how many instances it starts, where that is not for its file to say.
        tags: What it carries of its record, by name.
    """

    name: str
    model: ModelVersion
    environment: str
    release: str
    definition: DeploymentDefinition = field(repr=False)
    in_place: bool = False
    instances: int | None = None
    tags: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, kw_only=True)
class CreateAutoscale:
    """Have Azure Monitor hold the instance count of a deployment."""

    deployment: str
    settings: Autoscale = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class DeleteAutoscale:
    """Remove the autoscale setting of a deployment, which would outlive it."""

    deployment: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class SmokeTest:
    """Send the samples to the deployment and compare its answers."""

    deployment: str
    samples: tuple[Sample, ...] = field(repr=False)
    settings: SmokeSettings = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class ShiftTraffic:
    """Set who serves how much, and note on the endpoint what was before."""

    traffic: Traffic
    target: str = ""
    base: Traffic = field(default_factory=Traffic)


@dataclass(frozen=True, kw_only=True)
class Watch:
    """Leave the traffic as it is for a while and keep asking the new version the samples."""

    test: SmokeTest
    share: int
    seconds: float
    every: float


@dataclass(frozen=True, kw_only=True)
class DeleteDeployment:
    """Remove a deployment that serves nothing."""

    name: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class Settle:
    """Wait until nobody reaches the old version any more: its address stays in caches for a while."""

    seconds: float


Step = (
    RegisterModel
    | RegisterEnvironment
    | BuildImage
    | CreateDeployment
    | CreateAutoscale
    | SmokeTest
    | ShiftTraffic
    | Watch
    | Settle
    | DeleteAutoscale
    | DeleteDeployment
)


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What will be done, in this order.

    Attributes:
        endpoint: The endpoint's name in Azure.
        target: The deployment that shall serve.
        model: `name:version` of what it serves.
        base: The traffic that a failure restores.
        steps: Empty when everything is as wanted.
        notes: What it means for requests, where that is not simply that none fails.
        fallback: Brings the old version back where it has to be made anew.
        settling: Seconds that callers go on reaching a version which the public name has left.
        serves: Whether the target has the traffic already, so that it is only tested and nothing is undone.
    """

    endpoint: str
    target: str
    model: str
    base: Traffic
    steps: tuple[Step, ...]
    notes: tuple[str, ...] = ()
    fallback: CreateDeployment | None = None
    settling: float = 0.0
    serves: bool = False


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What came back from scoring.

    Attributes:
        status: What the front door says; 424 stands for every refusal and failure of the model.
        body: The answer itself.
        deployment: Who answered.
        seconds: How long it took.
        model_status: What the model itself said where that was not 200; empty otherwise.
    """

    status: int
    body: bytes = field(repr=False)
    deployment: str = ""
    seconds: float = 0.0
    model_status: str = ""

    @property
    def said(self) -> str:
        """The status, for people: with the model's own behind it."""
        return f"{self.status} (the model said {self.model_status})" if self.model_status else str(self.status)

    @property
    def text(self) -> str:
        """The body, for people."""
        return self.body.decode("utf-8", errors="replace")


@dataclass(frozen=True, kw_only=True)
class Checked:
    """What the requests of a smoke test or a watch came to.

    Attributes:
        seconds: How long each answer took that was judged.
        failures: How many answers were otherwise than expected.
        not_ready: How many requests the front door turned away as not ready yet.
    """

    seconds: tuple[float, ...] = ()
    failures: int = 0
    not_ready: int = 0


class Phase(StrEnum):
    """Where a step is."""

    STARTED = "started"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True, kw_only=True)
class Progress:
    """Told to whoever listens, before and after every step.

    Attributes:
        phase: Where the step is.
        step: The step.
        index: Its place, counted from 1.
        count: How many there are.
        seconds: How long it took; 0 when it starts.
        rolling_back: Whether it undoes a failed release.
        changed: Whether it had to do anything; a step that finds its work done changes nothing.
    """

    phase: Phase
    step: Step
    index: int
    count: int
    seconds: float = 0.0
    rolling_back: bool = False
    changed: bool = True


@dataclass(frozen=True, kw_only=True)
class Released:
    """How a release ended.

    Attributes:
        plan: What was to be done.
        traffic: Who serves how much now.
        seconds: How long it took.
        record: The name of its record; empty when there was nothing to record, or none was wanted.
    """

    plan: Plan
    traffic: Traffic
    seconds: float
    record: str = ""
