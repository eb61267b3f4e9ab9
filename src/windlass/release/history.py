"""Says in words, in a table and in JSON what records tell. Pure. The JSON is documented and stable."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any

from windlass.errors.release import describe_traffic
from windlass.release.record import Check, Kind, Origin, ReleaseRecord

COLUMNS = ("record", "endpoint", "what", "verdict", "checks", "model", "commit", "by")
"""What matters most comes first: a narrow terminal shows as many as it can show whole."""
_COMMIT, _DIGEST, _LONGEST_NAME = 8, 12, 24


def record_rows(records: Sequence[ReleaseRecord]) -> list[tuple[str, ...]]:
    """Give records as rows of a table. When a record was begun stands in its name; the folder only where it differs."""
    several = len({each.name for each in records}) > 1
    return [
        (
            each.id,
            each.name if several else "",
            describe_kind(each),
            each.verdict.value,
            describe_checks(each.checks),
            each.model.label,
            describe_commit(each.runs[0].origin),
            _short(each.runs[0].origin.by),
        )
        for each in records
    ]


def record_lines(record: ReleaseRecord) -> Iterator[tuple[str, str]]:
    """Give one record in full: label and text, line by line; an empty label goes on with the one before."""
    yield "record", record.id
    yield "what", describe_kind(record)
    yield "verdict", f"{record.verdict.value}{f': {record.reason}' if record.reason else ''}"
    yield "endpoint", f"{record.endpoint} (endpoints/{record.name}, stack {record.stack})"
    yield "deployment", record.deployment
    yield "model", f"{record.model.label}, SHA-256 {record.model.sha256 or 'not known'}"
    yield from _content_lines(record)
    if record.promoted_from is not None:
        origin = record.promoted_from
        but = f", with another {' and '.join(origin.accepted)} by choice" if origin.accepted else ""
        yield "promoted from", f"{origin.model} of stack {origin.stack}, record {origin.record}{but}"
    if record.about:
        yield "about", record.about
    for label, run in zip(_labels("run"), record.runs, strict=False):
        yield label, f"{_time(run.at)}  {' '.join(_origin_parts(run.origin))}"
    for label, check in zip(_labels("checks"), record.checks, strict=False):
        yield label, f"{_time(check.at)}  {_describe_check(check)}"
    for label, traffic in zip(_labels("traffic"), record.traffic, strict=False):
        yield label, f"{_time(traffic.at)}  {describe_traffic(traffic.shares)}"
    if record.finished_at is not None:
        yield "finished", f"{_time(record.finished_at)}  after {record.seconds:.1f} s"


def record_as_json(record: ReleaseRecord) -> dict[str, Any]:
    """Give a record as plain values: the document that is kept."""
    document: dict[str, Any] = record.model_dump(mode="json")
    return document


def describe_kind(record: ReleaseRecord) -> str:
    """Say what was asked for."""
    if record.promoted_from is not None:
        return f"promote from {record.promoted_from.stack}"
    return {Kind.RELEASE: "release", Kind.ROLL_BACK: "roll back", Kind.CONFIRM: "confirm"}[record.kind]


def describe_checks(checks: Iterable[Check]) -> str:
    """Say in short what the evidence is: how many answers were right, and the slowest."""
    found = tuple(checks)
    requests, failures = sum(each.requests for each in found), sum(each.failures for each in found)
    if not requests:
        return ""
    slowest = max(each.slowest_seconds or 0 for each in found)
    return f"{requests - failures}/{requests} right, {slowest * 1000:.0f} ms"


def describe_commit(origin: Origin) -> str:
    """Name a commit in short; a plus says that files differed from it."""
    return f"{origin.commit[:_COMMIT]}{'+' if origin.changed else ''}" if origin.commit else ""


def _short(name: str) -> str:
    return name if len(name) <= _LONGEST_NAME else f"{name[: _LONGEST_NAME - 3]}..."


def _content_lines(record: ReleaseRecord) -> Iterator[tuple[str, str]]:
    content = record.content
    named = {
        "environment": content.environment,
        "code": content.code_digest[:_DIGEST],
        "configuration": content.configuration_digest[:_DIGEST],
        "fingerprint": content.release,
    }
    yield from ((label, text) for label, text in named.items() if text)


def _origin_parts(origin: Origin) -> Iterator[str]:
    yield origin.by
    if origin.identity and origin.identity != origin.by:
        yield f"as {origin.identity}"
    if origin.commit:
        yield f"at commit {origin.commit[:_DIGEST]}{' with changed files' if origin.changed else ''}"
    if origin.workflow_run:
        yield f"in {origin.workflow_run}"


def _describe_check(check: Check) -> str:
    name = "smoke test" if check.kind == "smoke-test" else "watch"
    times = ""
    if check.median_seconds is not None and check.slowest_seconds is not None:
        times = f", median {check.median_seconds * 1000:.0f} ms, slowest {check.slowest_seconds * 1000:.0f} ms"
    waited = f", {check.not_ready} not ready yet" if check.not_ready else ""
    return f"{name} at {check.share} %: {check.requests - check.failures} of {check.requests} right{times}{waited}"


def _labels(first: str) -> Iterator[str]:
    yield first
    while True:
        yield ""


def _time(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S}"
