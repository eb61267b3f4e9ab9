"""Keeps the records of a stack beside its state: `windlass/<project>/<stack>/releases/<name>/<id>.json`.

A record is written before the first step, so that a release which cannot be recorded is refused while nothing has
changed. From then on the release counts more than its record: an update that cannot be written is made up for by the
next one. Where the last one cannot be written, the command says so, and the same command again finishes the record.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

from windlass.errors import WindlassError
from windlass.errors.records import (
    RecordAmbiguousError,
    RecordMissingError,
    RecordNotBegunError,
    RecordNotFinishedError,
    RecordUnreadableError,
)
from windlass.errors.release import describe_traffic
from windlass.errors.state import StateFileExistsError
from windlass.release.models import Checked, Plan, Step
from windlass.release.ports import Clock, StateFiles
from windlass.release.record import (
    Kind,
    Origin,
    RecordedModel,
    ReleaseRecord,
    Run,
    Subject,
    TrafficAt,
    Verdict,
    after,
    completed,
    dump_record,
    ended,
    is_of,
    is_taken_up,
    judged_later,
    moment,
    parse_record,
    record_id,
    stopped,
    taken_up,
    with_traffic,
)

_SUFFIX = ".json"
_NEAR = 3


@dataclass(frozen=True, kw_only=True)
class Order:
    """What a command is about to do.

    Attributes:
        kind: What was asked for.
        name: The folder under `endpoints/`.
        subject: What is brought into service.
        about: The deployment, by name and fingerprint, that a roll back takes out or whose release is confirmed.
    """

    kind: Kind
    name: str
    subject: Subject
    about: tuple[str, str] = ("", "")


class Records:
    """All records of one stack. What a command has looked at once it does not look at again."""

    def __init__(self, files: StateFiles, project: str, stack: str, clock: Clock, origin: Callable[[], Origin]) -> None:
        self._files = files
        self._home = f"windlass/{project}/{stack}/releases/"
        self._project = project
        self._stack = stack
        self._clock = clock
        self._origin = origin
        self._names: dict[str, tuple[str, ...]] = {}
        self._known: dict[str, bytes] = {}
        self.unreadable: dict[str, str] = {}
        """What `newest_first` has left out, and why."""

    # --- looked at

    def ids(self, name: str = "") -> tuple[tuple[str, str], ...]:
        """Name all records, of one folder or of all: the folder and the record, the newest first."""
        if "/" in name:
            return ()
        place = f"{self._home}{name}/" if name else self._home
        if place not in self._names:
            self._names[place] = self._files.list(place)
        found = self._names[place]
        parts = (each.removeprefix(self._home).rpartition("/") for each in found if each.endswith(_SUFFIX))
        pairs = ((folder, file.removesuffix(_SUFFIX)) for folder, _, file in parts)
        return tuple(sorted(pairs, key=lambda pair: pair[1], reverse=True))

    def newest_first(self, name: str = "") -> Iterator[ReleaseRecord]:
        """Read records one by one; one that cannot be read stands in nobody's way and is left out."""
        for folder, record in self.ids(name):
            try:
                found = self._read(folder, record)
            except RecordUnreadableError as error:
                self.unreadable[record] = str(error)
                continue
            if found is not None:
                yield found

    def get(self, record: str, name: str = "") -> ReleaseRecord:
        """Read one record.

        Args:
            record: Its id, or enough of its beginning.
            name: The folder that it is of; any when empty.

        Raises:
            RecordMissingError: There is none.
            RecordAmbiguousError: There are several that begin so.
            RecordUnreadableError: It is not what this toolkit writes.
        """
        known = self.ids(name)
        matching = [pair for pair in known if pair[1] == record] or [
            pair for pair in known if pair[1].startswith(record)
        ]
        if len(matching) > 1:
            raise RecordAmbiguousError(record, [pair[1] for pair in matching])
        found = self._read(*matching[0]) if matching else None
        if found is None:
            raise RecordMissingError(record, self._stack, [pair[1] for pair in known[:_NEAR]])
        return found

    def find(self, name: str, deployment: str, release: str) -> ReleaseRecord | None:
        """Find the newest record of a deployment that has ended."""
        records = (each for each in self.newest_first(name) if each.verdict is not Verdict.UNDER_WAY)
        return next((each for each in records if is_of(each, deployment, release)), None)

    def lacks(self, name: str, deployment: str, release: str) -> bool:
        """Tell whether a deployment that serves has no good record, and none that is about to be finished."""
        for index, each in enumerate(self.newest_first(name)):
            if is_of(each, deployment, release):
                return not (each.verdict.is_good or (index == 0 and each.verdict is Verdict.UNDER_WAY))
        return True

    def find_open(self, name: str, kind: Kind) -> ReleaseRecord | None:
        """Find what was begun last, if it was this and is still under way."""
        last = next(self.newest_first(name), None)
        return last if last is not None and (last.kind, last.verdict) == (kind, Verdict.UNDER_WAY) else None

    # --- written

    def open(self, order: Order, plan: Plan) -> Recording | None:
        """Begin a record, or take up the unfinished one of the same release.

        Returns:
            What writes it; None when nothing is left to do and to record.

        Raises:
            RecordNotBegunError: It cannot be written.
        """
        try:
            return self._open(order, plan)
        except WindlassError as error:
            raise RecordNotBegunError(order.name, self._stack, error) from error

    def _open(self, order: Order, plan: Plan) -> Recording | None:
        # Looked at anew: from here on the endpoint is ours, and what was seen before may be another's doing.
        self._names.clear()
        self._known.clear()
        now, release = moment(self._clock.now()), order.subject.content.release
        last = next(self.newest_first(order.name), None)
        if last is not None and is_taken_up(last, order.kind, plan.target, release):
            record = taken_up(last, Run(at=now, origin=self._origin()))
            self.save(record)
        elif plan.steps:
            record = self._begin(order, plan, "" if last is None else last.id)
        else:
            return None
        self._leave_behind(record, now)
        return Recording(self, record, self._clock)

    def _leave_behind(self, record: ReleaseRecord, now: datetime) -> None:
        """End what was begun before this and is still under way: more than one, where the last was killed here."""
        for each in self.newest_first(record.name):
            if each.id == record.id:
                continue
            if each.verdict is not Verdict.UNDER_WAY:
                return
            self.save(ended(each, Verdict.ABANDONED, f"{record.id} began in its place. {each.reason}", now))

    def _begin(self, order: Order, plan: Plan, last: str) -> ReleaseRecord:
        now, subject, about = moment(self._clock.now()), order.subject, None
        if order.kind is not Kind.RELEASE:
            subject = completed(subject, self.find(order.name, plan.target, subject.content.release))
            about = self.find(order.name, *order.about)
        model = subject.model
        record = ReleaseRecord(
            id=record_id(now, plan.target, last),
            kind=order.kind,
            project=self._project,
            stack=self._stack,
            name=order.name,
            endpoint=plan.endpoint,
            deployment=plan.target,
            model=RecordedModel(name=model.name, version=model.version, sha256=model.sha256),
            content=subject.content,
            runs=(Run(at=now, origin=self._origin()),),
            traffic=(TrafficAt(at=now, shares=plan.base.as_dict()),),
            promoted_from=subject.promoted_from,
            about=about.id if about else "",
        )
        return self._write_new(record)

    def _write_new(self, record: ReleaseRecord) -> ReleaseRecord:
        """Two machines that begin in one second take different names."""
        number, name = 1, record.id
        while True:
            path, content = self._path(record.name, record.id), dump_record(record)
            try:
                self._files.write_new(path, content)
            except StateFileExistsError:
                number += 1
                record = record.model_copy(update={"id": f"{name}-{number}"})
            else:
                self._known[path] = content
                return record

    def save(self, record: ReleaseRecord) -> None:
        """Write a record in place of what it was."""
        path, content = self._path(record.name, record.id), dump_record(record)
        self._files.write(path, content)
        self._known[path] = content

    def _read(self, name: str, record: str) -> ReleaseRecord | None:
        path = self._path(name, record)
        content = self._known.get(path) or self._files.read(path)
        if content is None:
            return None
        self._known[path] = content
        found, place = parse_record(content, record), (self._project, self._stack, name, record)
        if (found.project, found.stack, found.name, found.id) != place:
            raise RecordUnreadableError(record, f"it says that it is {found.id} of {found.name} on stack {found.stack}")
        return found

    def _path(self, name: str, record: str) -> str:
        return f"{self._home}{name}/{record}{_SUFFIX}"


class Recording:
    """One record on its way."""

    def __init__(self, records: Records, record: ReleaseRecord, clock: Clock) -> None:
        self._records = records
        self._clock = clock
        self._unwritten: WindlassError | None = None
        self.record = record

    def step(self, step: Step, checked: Checked) -> None:
        """Note what a step showed, done or failed."""
        self._update(after(self.record, step, checked, self._now()))

    def stop(self, reason: str) -> None:
        """Note what stopped it; the same command goes on."""
        self._update(stopped(self.record, reason))

    def roll_back(self, reason: str, shares: dict[str, int]) -> None:
        """Note that the version failed and that the old traffic holds again.

        Raises:
            RecordNotFinishedError: It could not be written.
        """
        self._end(Verdict.ROLLED_BACK, reason, shares)

    def fail(self, reason: str, shares: dict[str, int]) -> None:
        """Note that a version which serves failed the test that was to prove it.

        Raises:
            RecordNotFinishedError: It could not be written.
        """
        self._end(Verdict.FAILED, reason, shares)

    def finish(self, shares: dict[str, int]) -> None:
        """Note that all is done, and what that makes of an earlier release.

        Raises:
            RecordNotFinishedError: It could not be written.
        """
        verdict = Verdict.CONFIRMED if self.record.kind is Kind.CONFIRM else Verdict.SUCCEEDED
        try:
            self._judge_earlier()
        except WindlassError as error:
            raise RecordNotFinishedError(
                self.record.id, self.record.endpoint, describe_traffic(shares), error
            ) from error
        self._end(verdict, "", shares)

    def _judge_earlier(self) -> None:
        """A roll back and a confirm say something of the release before."""
        if not self.record.about:
            return
        found = self._records.get(self.record.about, self.record.name)
        if found.verdict is Verdict.SUCCEEDED:
            verdict = Verdict.CONFIRMED if self.record.kind is Kind.CONFIRM else Verdict.ROLLED_BACK
            self._records.save(judged_later(found, verdict, self.record))

    def _end(self, verdict: Verdict, reason: str, shares: dict[str, int]) -> None:
        now = self._now()
        self._update(ended(with_traffic(self.record, shares, now), verdict, reason, now))
        if self._unwritten is not None:
            error = self._unwritten
            raise RecordNotFinishedError(
                self.record.id, self.record.endpoint, describe_traffic(shares), error
            ) from error

    def _update(self, record: ReleaseRecord) -> None:
        if record is self.record:
            return
        self.record = record
        try:
            self._records.save(record)
        except WindlassError as error:
            self._unwritten = error
        else:
            self._unwritten = None

    def _now(self) -> datetime:
        return moment(self._clock.now())
