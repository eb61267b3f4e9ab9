"""What can stop a release, and what it left in service."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

from windlass.errors import (
    AzureFailedError,
    ExitCode,
    NotFoundError,
    RefusedError,
    ReleaseFailedError,
    UsageError,
    WindlassError,
)


def describe_traffic(weights: Mapping[str, int]) -> str:
    """Say who serves how much, such as `v1 90 %, v2 10 %`."""
    return ", ".join(f"{name} {share} %" for name, share in weights.items()) or "no version"


class VersionFailedError(WindlassError):
    """The new version itself is bad: what a roll back answers to. Never shown alone.

    Attributes:
        deployment: The deployment that failed.
        cause: One line that says why, from the container's log where there is one.
    """

    exit_code: ClassVar[ExitCode] = ExitCode.RELEASE_FAILED

    def __init__(self, deployment: str, cause: str, *, details: tuple[str, ...] = ()) -> None:
        self.deployment = deployment
        self.cause = cause
        super().__init__(f"{deployment}: {cause}", details=details)


class DeploymentFailedError(VersionFailedError):
    """Azure could not bring the deployment up."""


class SmokeTestFailedError(VersionFailedError):
    """The deployment answers otherwise than its samples expect."""

    def __init__(self, deployment: str, failures: Sequence[str], *, details: tuple[str, ...] = ()) -> None:
        more = f" (and {len(failures) - 1} more)" if len(failures) > 1 else ""
        super().__init__(deployment, f"smoke test failed: {failures[0]}{more}", details=(*failures[1:], *details))


class GateFailedError(VersionFailedError):
    """The deployment went bad while it had traffic."""

    def __init__(self, deployment: str, share: int, failures: Sequence[str], *, details: tuple[str, ...] = ()) -> None:
        cause = f"went bad at {share} % of the traffic: {failures[0]}"
        super().__init__(deployment, cause, details=(*failures[1:], *details))


class RolledBackError(ReleaseFailedError):
    """The new version failed and the traffic is as it was before."""

    def __init__(
        self,
        endpoint: str,
        failure: VersionFailedError,
        serving: Mapping[str, int],
        of_record: tuple[str, ...] = (),
    ) -> None:
        kept = (
            f"The traffic is as before: {describe_traffic(serving)}"
            if serving
            else "No version was in service before, none is now"
        )
        super().__init__(
            f"release of {failure.deployment} to {endpoint} failed and was rolled back. Cause: {failure.cause}. {kept}",
            details=(*of_record, *failure.details),
        )
        self.failure = failure


class ServingVersionFailedError(RefusedError):
    """What serves was tested to have a record, and failed."""

    def __init__(self, endpoint: str, failure: VersionFailedError, of_record: tuple[str, ...] = ()) -> None:
        super().__init__(
            f"{failure.deployment} serves {endpoint} and failed its test: {failure.cause}. Nothing was changed. Roll "
            "back with --rollback, or release another version",
            details=(*of_record, *failure.details),
        )


class RollBackIncompleteError(AzureFailedError):
    """The new version failed, and Azure then failed to roll it back."""

    def __init__(self, endpoint: str, failure: VersionFailedError, reason: WindlassError) -> None:
        super().__init__(
            f"release of {failure.deployment} to {endpoint} failed ({failure.cause}), and rolling back stopped: "
            f"{reason}. Run the command again with --rollback",
            details=(*failure.details, *reason.details),
        )


class EndpointMissingError(NotFoundError):
    """The stack has no online endpoint for the folder."""

    def __init__(self, name: str, stack: str, kind: str) -> None:
        super().__init__(
            f"stack {stack} has no {kind} endpoint for endpoints/{name}. Create it with: make up STACK={stack}"
        )


class ServingChangedError(RefusedError):
    """The settings say another compute than the one that the infrastructure was made for."""

    def __init__(self, name: str, stack: str, wanted: str, made: str) -> None:
        super().__init__(
            f"endpoints/{name}/online/stacks/{stack}.yml says serving.compute {wanted}, and stack {stack} was last "
            f"applied with {made}. Apply it first: make up STACK={stack}"
        )


class ModelMissingError(NotFoundError):
    """The registered model version does not exist."""

    def __init__(self, name: str, version: str) -> None:
        super().__init__(f"no model azureml:{name}:{version} is registered in the workspace")


class NothingInServiceError(NotFoundError):
    """No version serves, so none can be released again."""

    def __init__(self, endpoint: str) -> None:
        super().__init__(f"no version is in service at {endpoint}. Release one first, with --model PATH")


class ServiceSharedError(RefusedError):
    """Several versions serve, so none is the one in service."""

    def __init__(self, endpoint: str, weights: Mapping[str, int]) -> None:
        super().__init__(
            f"not one version is in service at {endpoint}: {describe_traffic(weights)}. Finish that release or roll it "
            "back, or name the version with --model"
        )


class DeploymentMissingError(NotFoundError):
    """The endpoint has no deployment of that name."""

    def __init__(self, endpoint: str, deployment: str, known: Sequence[str]) -> None:
        names = ", ".join(known) or "none"
        super().__init__(f"endpoint {endpoint} has no deployment {deployment}. Deployments there: {names}")


class EndpointUnreadableError(RefusedError):
    """The endpoint holds something that neither Azure nor this toolkit writes."""

    def __init__(self, endpoint: str, what: str) -> None:
        super().__init__(
            f"endpoint {endpoint} cannot be read: {what}. Set it right in Azure ML Studio, then run the command again"
        )


class NoScoringAddressError(AzureFailedError):
    """The endpoint has no address yet."""

    def __init__(self, endpoint: str) -> None:
        super().__init__(
            f"endpoint {endpoint} has no scoring address: Azure is still making or changing it. Try again in a minute"
        )


class NothingToRollBackError(RefusedError):
    """There is no earlier version that could take the traffic at once."""

    def __init__(self, endpoint: str, why: str, model: str) -> None:
        reference = f"azureml:{model or '<name>'}:<version>"
        super().__init__(
            f"cannot roll {endpoint} back at once: {why}. Release the version you want with --model {reference}"
        )


class ReleaseNotThroughError(RefusedError):
    """A release is not confirmed before its version has all the traffic."""

    def __init__(self, endpoint: str, target: str, share: int) -> None:
        who = f"{target} has {share} % of the traffic" if target else "none has moved its traffic"
        super().__init__(
            f"no release to {endpoint} can be confirmed: {who}. Finish it with scripts/deploy.py --model ..."
        )


class EndpointLockedError(RefusedError):
    """Another process releases to the same endpoint."""

    def __init__(self, endpoint: str, stack: str, holder: str) -> None:
        super().__init__(f"endpoint {endpoint} of stack {stack} is being released by {holder}. Wait for it to end")


class ModelVersionTakenError(RefusedError):
    """Somebody registered another content under the version that was planned."""

    def __init__(self, name: str, version: str) -> None:
        super().__init__(
            f"model {name}:{version} was registered by somebody else in the meantime. "
            "Run the same command again: it takes the next version"
        )


class DeploymentCarriesTrafficError(RefusedError):
    """A deployment with traffic is not deleted."""

    def __init__(self, deployment: str, share: int) -> None:
        super().__init__(f"deployment {deployment} still has {share} % of the traffic and was not deleted")


class DeadDeploymentError(RefusedError):
    """Traffic is not sent to a deployment that does not run."""

    def __init__(self, deployment: str, state: str) -> None:
        super().__init__(f"no traffic was sent to deployment {deployment}: it is {state}")


class ImageBuildError(AzureFailedError):
    """The registry could not build the image."""

    def __init__(self, image: str, run: str, state: str, *, details: tuple[str, ...] = ()) -> None:
        super().__init__(
            f"the registry could not build image {image}: run {run} is {state}. Nothing has changed in service; see "
            "why with --verbose",
            details=details,
        )


class ModelWithoutDigestError(RefusedError):
    """A model that was registered by something else cannot be checked where it is loaded."""

    def __init__(self, model: str) -> None:
        super().__init__(
            f"model {model} was registered without its SHA-256, so a container group could not check it. Register it "
            "with scripts/deploy.py --model PATH"
        )


class ForeignRecordError(RefusedError):
    """The public name leads somewhere that no release has made."""

    def __init__(self, host: str, target: str) -> None:
        super().__init__(
            f"{host} is a CNAME to {target or 'nothing'} that no release has made. Remove that record set, or choose "
            "another serving.container.name.record"
        )


class CertificateUnusableError(RefusedError):
    """The secret with the certificate is missing or something else."""

    def __init__(self, vault: str, secret: str, what: str) -> None:
        super().__init__(
            f"secret {secret} of key vault {vault} {what}. It has to hold the private key and the certificate chain "
            "in PEM, as a certificate that was imported as PEM does"
        )


class JournalUnreadableError(UsageError):
    """A journal holds a line that this version cannot read."""

    def __init__(self, file: str, line: int) -> None:
        super().__init__(f"line {line} of the journal {file} cannot be read. Move the file away to start afresh")
