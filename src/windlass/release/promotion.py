"""Takes a model version that was tried on one stack to another: exactly the recorded content, with the same gates.

What is promoted is named by a record of the first stack, never by "latest". Its files are fetched from that stack's
workspace and their SHA-256 is compared with the record before anything is loaded or registered. The environment and
the scoring code are those of the checkout, and have to be what the record says.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from windlass.project.definitions import ModelFiles, OnlineDefinition, RegisteredModel
from windlass.release.execute import ModelChoice, Releases, ignore
from windlass.release.models import Endpoint, ModelVersion, Plan, Released
from windlass.release.ports import Assets, Listener, ModelStore
from windlass.release.record import PromotedFrom, ReleaseRecord
from windlass.release.recorded import (
    differences,
    find_in_service,
    require_good,
    require_same_content,
    require_same_model,
)
from windlass.release.recording import Records


@dataclass(frozen=True, kw_only=True)
class Source:
    """The stack that a version comes from.

    Attributes:
        stack: Its name.
        records: Its records.
        assets: The models of its workspace.
        models: Their files.
        observe: Looks at the endpoint of the folder there.
    """

    stack: str
    records: Records
    assets: Assets
    models: ModelStore
    observe: Callable[[], Endpoint]


@dataclass(frozen=True, kw_only=True)
class Target:
    """The stack that it goes to.

    Attributes:
        definition: The folder, for this stack.
        endpoint: The endpoint's name in Azure.
        assets: The models of its workspace.
        releases: What brings it into service.
    """

    definition: OnlineDefinition
    endpoint: str
    assets: Assets
    releases: Releases


class Promotion:
    """Promotes versions of one folder from one stack to another."""

    def __init__(self, source: Source, target: Target, *, load: Callable[[Path], ModelFiles], scratch: Path) -> None:
        """Take two stacks.

        Args:
            source: Where versions come from.
            target: Where they go.
            load: Looks at model files on disk.
            scratch: A folder on this machine that files are fetched into for a while.
        """
        self._source = source
        self._target = target
        self._load = load
        self._scratch = scratch

    def plan(self, record: str, accepted: tuple[str, ...] = ()) -> Plan:
        """Say what `promote` would do. Nothing is changed, and no file of the model is fetched.

        Args:
            record: The record of the first stack; empty for the one in service there.
            accepted: What the checkout may differ in: `environment`, `code`.

        Raises:
            RecordNotGoodError: It did not succeed.
            ContentDiffersError: The checkout is not what the record was released with.
        """
        found = self._find(record, accepted)
        known = self._known(found)
        choice: ModelChoice = known or ModelFiles(path=Path(found.model.name), sha256=found.model.sha256)
        plan = self._target.releases.plan(self._target.definition, choice, self._target.endpoint)
        of = f"model {found.model.label} of stack {self._source.stack}, SHA-256 {found.model.sha256[:12]}"
        how = "is registered here already" if known else "is fetched and checked before anything is loaded"
        return replace(plan, notes=(f"{of}, {how}", *plan.notes))

    def promote(self, record: str, accepted: tuple[str, ...] = (), listen: Listener = ignore) -> Released:
        """Bring the version of a record into service here; see `plan` for the arguments.

        Raises:
            RecordNotGoodError: It did not succeed.
            RecordedModelChangedError: The files are not what the record says.
            ContentDiffersError: The checkout is not what the record was released with.
            RolledBackError: The version failed here; the traffic is as it was.
        """
        found = self._find(record, accepted)
        target = self._target
        with self._model(found) as choice:
            return target.releases.release(
                target.definition, choice, target.endpoint, listen, self._origin(found, accepted)
            )

    def _find(self, record: str, accepted: tuple[str, ...]) -> ReleaseRecord:
        source, name = self._source, self._target.definition.name
        if record:
            found = source.records.get(record, name)
            require_good(found, "what may be promoted")
        else:
            found = find_in_service(source.records.newest_first(name), source.observe(), name, source.stack)
        require_same_content(found, self._target.releases.content(self._target.definition), accepted)
        registered = source.assets.get_model(found.model.name, found.model.version)
        require_same_model(found, "" if registered is None else registered.sha256)
        return found

    def _known(self, record: ReleaseRecord) -> RegisteredModel | None:
        """The same content, where the second workspace has it already."""
        found = self._target.assets.find_model(self._target.definition.name, record.model.sha256)
        return None if found is None else RegisteredModel(name=found.name, version=found.version)

    @contextmanager
    def _model(self, record: ReleaseRecord) -> Iterator[ModelChoice]:
        known = self._known(record)
        if known is not None:
            yield known
            return
        self._scratch.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(prefix=f"{record.id}-", dir=self._scratch) as folder:
            model = ModelVersion(name=record.model.name, version=record.model.version, sha256=record.model.sha256)
            files = self._load(self._source.models.fetch(model, Path(folder)))
            require_same_model(record, files.sha256)
            yield files

    def _origin(self, record: ReleaseRecord, accepted: tuple[str, ...]) -> PromotedFrom:
        differing = [name for name, _ in differences(record, self._target.releases.content(self._target.definition))]
        return PromotedFrom(
            stack=self._source.stack,
            record=record.id,
            model=record.model.label,
            accepted=tuple(name for name in differing if name in accepted),
        )
