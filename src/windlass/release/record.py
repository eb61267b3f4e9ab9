"""The record of a release: who brought which content into service, when, on what evidence, and how it ended.

One JSON document per release, roll back and confirm, kept beside the state of the stack (`recording`), where every
machine finds it. It is versioned, its schema is generated into docs/reference, and nothing in it is secret.
Pure: these functions make one record out of another.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from statistics import median
from typing import Literal, assert_never

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from windlass.errors.records import RecordUnreadableError
from windlass.errors.validation import first_problem
from windlass.project.content import digest_of_document
from windlass.project.definitions import FILLED_IN, EnvironmentDefinition, OnlineDefinition
from windlass.release.models import (
    TAG_CODE,
    TAG_CONFIGURATION,
    TAG_ENVIRONMENT,
    TAG_RECORD,
    BuildImage,
    Checked,
    Condition,
    CreateAutoscale,
    CreateDeployment,
    DeleteAutoscale,
    DeleteDeployment,
    Deployment,
    ModelVersion,
    RegisterEnvironment,
    RegisterModel,
    Settle,
    ShiftTraffic,
    SmokeTest,
    Step,
    Watch,
)

_STAMP, _STAMP_LENGTH, _SECOND = "%Y%m%d-%H%M%S", 15, timedelta(seconds=1)
_LONGEST_REASON = 600
_HIDDEN = "[hidden]"
_SECRETS = (
    re.compile(r"\beyJ[\w-]+\.[\w-]+\.[\w-]*"),  # a token
    re.compile(r"(?i)\b(Bearer )\S+"),
    re.compile(r"(?i)([?&]sig=)[^&\s\"']+"),  # a signature of storage
    re.compile(r"""(?i)(?<![\w-])([\w-]*(?:key|password|passwd|pwd|secret|token)["']?\s*[=:]\s*["']?)[^\s"';,&]{8,}"""),
)


class Kind(StrEnum):
    """What was asked for."""

    RELEASE = "release"
    ROLL_BACK = "roll-back"
    CONFIRM = "confirm"


class Verdict(StrEnum):
    """How it ended, or what became of it later."""

    UNDER_WAY = "under-way"
    """It goes on, or its process was stopped: the same command takes it up."""
    SUCCEEDED = "succeeded"
    ROLLED_BACK = "rolled-back"
    """By itself, because the version failed; or later, by a person."""
    CONFIRMED = "confirmed"
    """What it replaced is gone."""
    FAILED = "failed"
    """It serves, was tested to have a record, and answered otherwise than expected. Nothing was changed."""
    ABANDONED = "abandoned"
    """It was stopped, and another one began in its place."""

    @property
    def is_good(self) -> bool:
        """Whether the version may be relied on: promoted, or gone back to."""
        return self in {Verdict.SUCCEEDED, Verdict.CONFIRMED}


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Origin(_Part):
    """Who ran the command, and of what checkout."""

    by: str = Field(description="The GitHub actor, else the signed-in identity, else the user of the machine")
    identity: str = Field(default="", description="The identity that Azure saw")
    commit: str = Field(default="", description="The commit of the checkout; empty where git knows none")
    changed: bool | None = Field(
        default=None, description="Whether files differed from the commit; null where git knows none"
    )
    workflow_run: str = Field(default="", description="Address of the workflow run, when it was one")


class Run(_Part):
    """One process that worked on it; a killed one is followed by the one that took it up."""

    at: datetime = Field(description="When it began or took up")
    origin: Origin = Field(description="Who ran it, and of what checkout")


class RecordedModel(_Part):
    """The model version."""

    name: str = Field(description="Its name in the workspace")
    version: str = Field(description="Its version in the workspace of this stack")
    sha256: str = Field(description="Digest of its content; empty when something else registered it without one")

    @property
    def label(self) -> str:
        """How it is called in short, such as `churn:2`."""
        return f"{self.name}:{self.version}"


class Content(_Part):
    """What the deployment was made of, as digests. Empty where it was made before there were records."""

    release: str = Field(default="", description="Fingerprint of all of it: equal ones answer alike")
    environment: str = Field(default="", description="Label of the environment, or of the image of a container group")
    environment_digest: str = Field(
        default="", description="Digest of the environment's content; empty when its label is all that is known of it"
    )
    code_digest: str = Field(default="", description="Digest of the folder with the scoring code")
    configuration_digest: str = Field(
        default="", description="Digest of the deployment, rollout, serving settings and samples for this stack"
    )


class Check(_Part):
    """What a smoke test or a watch has seen."""

    at: datetime = Field(description="When it ended")
    kind: Literal["smoke-test", "watch"] = Field(description="Before any traffic, or while it had some")
    share: int = Field(description="Percent of the traffic that the version had")
    samples: tuple[str, ...] = Field(description="The requests that were sent, by name")
    requests: int = Field(description="How many requests were judged")
    failures: int = Field(description="How many of them were answered otherwise than expected")
    not_ready: int = Field(default=0, description="Requests that the front door turned away as not ready yet")
    median_seconds: float | None = Field(default=None, description="Half of the answers took no longer")
    slowest_seconds: float | None = Field(default=None, description="The longest that an answer took")


class TrafficAt(_Part):
    """Who served how much from a moment on."""

    at: datetime = Field(description="When it held")
    shares: Mapping[str, int] = Field(description="Percent by deployment")


class PromotedFrom(_Part):
    """The record of another stack that this model version was taken from."""

    stack: str = Field(description="The stack")
    record: str = Field(description="Its record")
    model: str = Field(description="The model version there, such as churn:2")
    accepted: tuple[str, ...] = Field(
        default=(), description="What was named on the command line as allowed to differ: environment, code"
    )


class ReleaseRecord(_Part):
    """One release, roll back or confirm of one endpoint."""

    version: Literal[1] = Field(default=1, description="Version of this form")
    id: str = Field(description="Its name: when, and which deployment; they sort by time")
    kind: Kind = Field(description="What was asked for")
    project: str = Field(description="The Pulumi project")
    stack: str = Field(description="The stack")
    name: str = Field(description="The folder under endpoints/")
    endpoint: str = Field(description="The endpoint's name in Azure")
    deployment: str = Field(description="The deployment that shall serve, or serves")
    model: RecordedModel = Field(description="The model version that it serves")
    content: Content = Field(description="What the deployment is made of")
    runs: tuple[Run, ...] = Field(description="Who worked on it, the first first")
    checks: tuple[Check, ...] = Field(default=(), description="The evidence, in order")
    traffic: tuple[TrafficAt, ...] = Field(description="The traffic over time; the first is what was before")
    verdict: Verdict = Field(default=Verdict.UNDER_WAY, description="How it ended, or what became of it later")
    reason: str = Field(default="", description="Why, where that is not plain")
    finished_at: datetime | None = Field(default=None, description="When it ended; null while it is under way")
    promoted_from: PromotedFrom | None = Field(default=None, description="Where the model version came from")
    about: str = Field(default="", description="The record that a roll back takes back, or that a confirm confirms")

    @property
    def begun_at(self) -> datetime:
        """When it began."""
        return self.runs[0].at

    @property
    def seconds(self) -> float | None:
        """How long it took, pauses between its runs included; None while it is under way."""
        return None if self.finished_at is None else (self.finished_at - self.begun_at).total_seconds()


@dataclass(frozen=True, kw_only=True)
class Subject:
    """What is brought into service, for its record.

    Attributes:
        model: The model version.
        content: What its deployment is made of.
        promoted_from: Where it comes from, if from another stack.
    """

    model: ModelVersion
    content: Content = field(default_factory=Content)
    promoted_from: PromotedFrom | None = None


def content_of(definition: OnlineDefinition, *, environment: str, release: str) -> Content:
    """Name by digests what a deployment of this definition is made of.

    Args:
        definition: The effective definition: the files with the overlay of the stack.
        environment: The label that the deployment names.
        release: The fingerprint of the deployment.
    """
    deployment = definition.deployment
    document = {key: value for key, value in deployment.document.items() if key not in FILLED_IN}
    samples = {each.name: [each.request.decode("utf-8", "replace"), each.expected] for each in definition.samples}
    made = deployment.environment
    return Content(
        release=release,
        environment=environment,
        environment_digest=made.version if isinstance(made, EnvironmentDefinition) else "",
        code_digest=deployment.code_digest,
        configuration_digest=digest_of_document(
            {
                "deployment": document,
                "rollout": definition.rollout.model_dump(mode="json"),
                "serving": deployment.serving.model_dump(mode="json"),
                "samples": samples,
            }
        ),
    )


def subject_of(deployment: Deployment) -> Subject:
    """Say of a deployment what it shows itself; an earlier record of it may know more (`completed`)."""
    name, _, version = deployment.model.partition(":")
    return Subject(
        model=ModelVersion(name=name, version=version, sha256=deployment.sha256),
        content=Content(release=deployment.release, environment=deployment.environment),
    )


def deployment_of(record: ReleaseRecord) -> Deployment:
    """Say of what a record is about as much as it takes to make it anew."""
    return Deployment(
        name=record.deployment,
        condition=Condition.MOVING,
        model=record.model.label,
        release=record.content.release,
        environment=record.content.environment,
        sha256=record.model.sha256,
    )


def completed(subject: Subject, earlier: ReleaseRecord | None) -> Subject:
    """Add what an earlier record of the same deployment knows."""
    if earlier is None:
        return subject
    model = replace(subject.model, sha256=subject.model.sha256 or earlier.model.sha256)
    return replace(subject, model=model, content=earlier.content)


def tags_of(record: ReleaseRecord) -> tuple[tuple[str, str], ...]:
    """What a deployment carries of the record that it is made for; its model and fingerprint it carries anyway."""
    content = record.content
    named = {
        TAG_RECORD: record.id,
        TAG_ENVIRONMENT: content.environment_digest,
        TAG_CODE: content.code_digest,
        TAG_CONFIGURATION: content.configuration_digest,
    }
    return tuple((name, value) for name, value in named.items() if value)


def record_id(now: datetime, deployment: str, last: str = "") -> str:
    """Name a record, so that names sort by time: a second after the last one, where the clock does not say later.

    Args:
        now: When it begins.
        deployment: What it is about.
        last: The name of the newest record there is.
    """
    stamp = now.strftime(_STAMP)
    if last[:_STAMP_LENGTH] >= stamp:
        stamp = (datetime.strptime(last[:_STAMP_LENGTH], _STAMP).replace(tzinfo=UTC) + _SECOND).strftime(_STAMP)
    return f"{stamp}-{deployment}"


def is_of(record: ReleaseRecord, deployment: str, release: str) -> bool:
    """Tell whether a record is of this deployment: the name, and what it is made of."""
    return (record.deployment, record.content.release) == (deployment, release)


def is_taken_up(record: ReleaseRecord, kind: Kind, deployment: str, release: str) -> bool:
    """Tell whether a command goes on with the release that this record was begun for."""
    return record.verdict is Verdict.UNDER_WAY and record.kind is kind and is_of(record, deployment, release)


def taken_up(record: ReleaseRecord, run: Run) -> ReleaseRecord:
    """The record with one more process at work."""
    return record.model_copy(update={"runs": (*record.runs, run), "reason": ""})


def after(record: ReleaseRecord, step: Step, checked: Checked, now: datetime) -> ReleaseRecord:
    """The record after a step, done or failed; the same one where the step is no evidence of anything."""
    match step:
        case SmokeTest():
            return _with_check(record, "smoke-test", step, _share(record), checked, now)
        case Watch():
            return _with_check(record, "watch", step.test, step.share, checked, now)
        case ShiftTraffic():
            return with_traffic(record, step.traffic.as_dict(), now)
        case (
            RegisterModel()
            | RegisterEnvironment()
            | BuildImage()
            | CreateDeployment()
            | CreateAutoscale()
            | Settle()
            | DeleteAutoscale()
            | DeleteDeployment()
        ):
            return record
        case _:
            assert_never(step)


def with_traffic(record: ReleaseRecord, shares: Mapping[str, int], now: datetime) -> ReleaseRecord:
    """The record with the traffic as it is now, where that is news."""
    if record.traffic and dict(record.traffic[-1].shares) == dict(shares):
        return record
    return record.model_copy(update={"traffic": (*record.traffic, TrafficAt(at=now, shares=dict(shares)))})


def ended(record: ReleaseRecord, verdict: Verdict, reason: str, now: datetime) -> ReleaseRecord:
    """The record with how it ended."""
    return record.model_copy(update={"verdict": verdict, "reason": shown(reason), "finished_at": now})


def stopped(record: ReleaseRecord, reason: str) -> ReleaseRecord:
    """The record of a release that something else than its version stopped: it is still under way."""
    return record.model_copy(update={"reason": shown(reason)})


def judged_later(record: ReleaseRecord, verdict: Verdict, by: ReleaseRecord) -> ReleaseRecord:
    """The record of a release with what a later one made of it."""
    who, what = by.runs[-1].origin.by, by.kind.value.replace("-", " ")
    return record.model_copy(update={"verdict": verdict, "reason": f"by {who} with {what} {by.id}"})


def shown(text: str) -> str:
    """Fit a reason for a record: on one line, not endless, without what looks like a secret."""
    line = " ".join(text.split())
    for pattern in _SECRETS:
        line = pattern.sub(lambda found: f"{found[1] if found.re.groups else ''}{_HIDDEN}", line)
    return line if len(line) <= _LONGEST_REASON else f"{line[:_LONGEST_REASON]}..."


def moment(seconds: float) -> datetime:
    """A time of the wall clock, to the millisecond.

    Args:
        seconds: Since the epoch.
    """
    return datetime.fromtimestamp(round(seconds, 3), tz=UTC)


def parse_record(content: bytes, name: str) -> ReleaseRecord:
    """Read a record.

    Args:
        content: The file.
        name: Its name, for messages.

    Raises:
        RecordUnreadableError: It is none, or one of another version of this toolkit.
    """
    try:
        return ReleaseRecord.model_validate_json(content)
    except ValidationError as error:
        raise RecordUnreadableError(name, first_problem(error)) from error


def dump_record(record: ReleaseRecord) -> bytes:
    """Write a record."""
    return f"{record.model_dump_json(indent=2)}\n".encode()


def _with_check(
    record: ReleaseRecord,
    kind: Literal["smoke-test", "watch"],
    test: SmokeTest,
    share: int,
    checked: Checked,
    now: datetime,
) -> ReleaseRecord:
    seconds = checked.seconds
    check = Check(
        at=now,
        kind=kind,
        share=share,
        samples=tuple(each.name for each in test.samples),
        requests=len(seconds),
        failures=checked.failures,
        not_ready=checked.not_ready,
        median_seconds=round(median(seconds), 4) if seconds else None,
        slowest_seconds=round(max(seconds), 4) if seconds else None,
    )
    return record.model_copy(update={"checks": (*record.checks, check)})


def _share(record: ReleaseRecord) -> int:
    return record.traffic[-1].shares.get(record.deployment, 0) if record.traffic else 0
