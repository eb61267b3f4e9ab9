"""A stack in memory whose releases are recorded; each `process` is a new process on it."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from support.definitions import GOOD, make_definition, make_model
from support.fake_azure import ENDPOINT, FakeAzure, FakeClock, FakeJournals
from support.state_files import FakeStateFiles
from windlass.errors.release import ModelMissingError
from windlass.project.definitions import ModelFiles, OnlineDefinition
from windlass.release.execute import Releases
from windlass.release.models import ModelVersion, Released
from windlass.release.ports import StateFiles
from windlass.release.record import Origin, ReleaseRecord
from windlass.release.recording import Records


class KilledError(BaseException):
    """The process ends here, as SIGKILL ends it: nothing of ours may catch it."""


def good_azure() -> FakeAzure:
    """A workspace where every version answers as it should."""
    return FakeAzure(answers={f"churn:{number}": GOOD for number in range(1, 6)})


@dataclass
class RecordedWorld:
    """A workspace, its journals, the files beside its state, and a clock.

    Attributes:
        store: What keeps the files, where that is not `files`.
    """

    stack: str = "dev"
    azure: FakeAzure = field(default_factory=good_azure)
    files: FakeStateFiles = field(default_factory=FakeStateFiles)
    clock: FakeClock = field(default_factory=FakeClock)
    journals: FakeJournals = field(default_factory=FakeJournals)
    origin: Origin = field(default_factory=lambda: Origin(by="ana", commit="c0ffee", changed=False))
    borders: list[str] = field(default_factory=list)
    store: StateFiles | None = None

    @property
    def records(self) -> Records:
        """The records of the stack, as a new process sees them."""
        return Records(self.store or self.files, "shop", self.stack, self.clock, lambda: self.origin)

    def process(self) -> Releases:
        """What a new process releases with."""
        return Releases(
            assets=self.azure,
            endpoints=self.azure,
            scoring=self.azure,
            journals=self.journals,
            clock=self.clock,
            records=self.records,
        )

    def release(self, version: int, definition: OnlineDefinition | None = None) -> Released:
        """Release a version; a second later than what was before."""
        self.clock.sleep(1)
        return self.process().release(definition or make_definition(), make_model(version), ENDPOINT)

    def roll_back(self) -> Released:
        """Go back to the version before."""
        self.clock.sleep(1)
        return self.process().roll_back("churn", ENDPOINT)

    def confirm(self) -> Released:
        """End a release."""
        self.clock.sleep(1)
        return self.process().confirm("churn", ENDPOINT)

    @property
    def all(self) -> list[ReleaseRecord]:
        """All records, the oldest first."""
        return list(self.records.newest_first())[::-1]

    @property
    def last(self) -> ReleaseRecord:
        """The newest record."""
        return self.all[-1]

    def kill_at(self, number: int) -> None:
        """End the process at a border: before or after an act, a line of the journal, or a write of the record."""
        self.borders.clear()

        def guard(where: str) -> None:
            self.borders.append(where)
            if len(self.borders) == number:
                raise KilledError(where)

        self.azure.guard = self.journals.guard = self.files.guard = guard

    def stop_killing(self) -> None:
        """Let processes live."""
        self.kill_at(-1)


@dataclass
class FakeModelStore:
    """The files of models, by label; `altered` ones come with other content than was registered."""

    azure: FakeAzure
    altered: set[str] = field(default_factory=set)
    fetched: list[str] = field(default_factory=list)

    def fetch(self, model: ModelVersion, folder: Path) -> Path:
        """Write one file that holds the digest of the model."""
        known = self.azure.get_model(model.name, model.version)
        if known is None:
            raise ModelMissingError(model.name, model.version)
        self.fetched.append(model.label)
        file = folder / model.name
        file.write_text("0" * 64 if model.label in self.altered else known.sha256)
        return file

    @staticmethod
    def load(path: Path) -> ModelFiles:
        """Look at a file that `fetch` wrote."""
        return ModelFiles(path=path, sha256=path.read_text())
