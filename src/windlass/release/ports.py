"""What a release needs from outside. `windlass.azure` satisfies these, and so do the fakes of the tests."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol

from windlass.project.definitions import EnvironmentDefinition
from windlass.project.image import ImageDefinition
from windlass.release.models import (
    Answer,
    CreateAutoscale,
    CreateDeployment,
    Endpoint,
    ModelVersion,
    Progress,
    Scaled,
)
from windlass.release.traffic import Traffic

Listener = Callable[[Progress], None]


class Clock(Protocol):
    """Time, so that tests need not wait for it."""

    def now(self) -> float:
        """Seconds of the wall clock."""
        ...

    def elapsed(self) -> float:
        """Seconds of a clock that nobody sets."""
        ...

    def sleep(self, seconds: float) -> None:
        """Wait."""
        ...


class Assets(Protocol):
    """The models and environments that a workspace has registered."""

    def find_model(self, name: str, sha256: str) -> ModelVersion | None:
        """Find the version with this content."""
        ...

    def get_model(self, name: str, version: str) -> ModelVersion | None:
        """Get a version by its number."""
        ...

    def next_model_version(self, name: str) -> str:
        """Tell which number the next version takes."""
        ...

    def register_model(self, model: ModelVersion, path: Path) -> None:
        """Upload the files and register them.

        Raises:
            ModelVersionTakenError: Another content has this version.
        """
        ...

    def has_environment(self, name: str, version: str) -> bool:
        """Tell whether this version is registered."""
        ...

    def register_environment(self, environment: EnvironmentDefinition) -> None:
        """Register it under its content hash."""
        ...


class ModelStore(Protocol):
    """The files of the models that a workspace has registered."""

    def fetch(self, model: ModelVersion, folder: Path) -> Path:
        """Copy the files of a model into a folder; tells the file or folder that was registered.

        Raises:
            ModelElsewhereError: They lie where they cannot be fetched from.
        """
        ...


class Images(Protocol):
    """The images that a registry has built for container groups."""

    def has_image(self, image: ImageDefinition) -> bool:
        """Tell whether it is built."""
        ...

    def build_image(self, image: ImageDefinition) -> None:
        """Build it and wait until it is there.

        Raises:
            ImageBuildError: It could not be built.
        """
        ...


class OnlineEndpoints(Protocol):
    """The online endpoints of a workspace and what stands behind them."""

    def observe(self, endpoint: str) -> Endpoint:
        """Look at an endpoint and all its deployments."""
        ...

    def create_deployment(self, endpoint: str, step: CreateDeployment) -> None:
        """Make a deployment and wait until it answers.

        Raises:
            DeploymentFailedError: Azure tried and failed; the deployment is there, dead.
        """
        ...

    def set_traffic(self, endpoint: str, traffic: Traffic, *, target: str, base: Traffic) -> None:
        """Set who serves how much, and what was before, in one request; wait until it holds."""
        ...

    def delete_deployment(self, endpoint: str, deployment: str) -> None:
        """Remove a deployment and wait until it is gone."""
        ...

    def logs(self, endpoint: str, deployment: str, *, lines: int, container: str = "inference") -> str:
        """Read the end of a container's log."""
        ...


class Scaling(Protocol):
    """What holds the instance counts of deployments. Its settings are no parts of them and outlive them."""

    def observe(self, endpoint: str) -> tuple[Scaled, ...]:
        """Look at the settings of an endpoint's deployments, also of those that are gone."""
        ...

    def create(self, endpoint: str, step: CreateAutoscale) -> None:
        """Make or change the setting of a deployment; it is on at once."""
        ...

    def delete(self, endpoint: str, deployment: str) -> None:
        """Remove the setting of a deployment; that it is gone already is no error."""
        ...


class Scoring(Protocol):
    """The scoring address of an endpoint."""

    def score(self, endpoint: Endpoint, body: bytes, *, deployment: str = "", timeout_seconds: float = 30) -> Answer:
        """Send one request, to one deployment when it is named, else to whom the traffic falls."""
        ...


class Journal(Protocol):
    """The record of one release, written before anything is done."""

    def write(self, event: str, **facts: object) -> None:
        """Append one line and have it on disk before returning."""
        ...


class Journals(Protocol):
    """Where records are kept, and who may write one."""

    def open(self, endpoint: str, target: str) -> AbstractContextManager[Journal]:
        """Continue the unfinished record of this release, or begin one."""
        ...

    def lock(self, endpoint: str) -> AbstractContextManager[None]:
        """Hold an endpoint for one process.

        Raises:
            EndpointLockedError: Another process holds it.
        """
        ...


class StateFiles(Protocol):
    """Files that are kept beside the state of the stacks, where the engine keeps it.

    Names are paths with `/`, such as `windlass/<project>/<stack>/releases/<endpoint>/<id>.json`.
    """

    def read(self, name: str) -> bytes | None:
        """Read a file; None when there is none."""
        ...

    def write(self, name: str, content: bytes) -> None:
        """Write a file, in place of what was there; whoever reads sees all of it or none."""
        ...

    def write_new(self, name: str, content: bytes) -> None:
        """Write a file that is not there yet.

        Raises:
            StateFileExistsError: It is there.
        """
        ...

    def list(self, prefix: str) -> tuple[str, ...]:
        """Name the files whose names begin so, sorted."""
        ...
