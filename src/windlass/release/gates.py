"""Decides whether a version is good. Pure: answers in, verdict out."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from windlass.project.definitions import Sample
from windlass.project.rollout import SmokeTest
from windlass.release.models import Answer

_OK = 200
_LONGEST_QUOTE = 200
_MISSING = object()
_CAUSE = "The above exception was the direct cause of the following exception:"
_ENDINGS = ("gunicorn.errors.HaltServer", "SystemExit")
"""How a server says that it ends; why stands further up."""


def judge(pairs: Iterable[tuple[Sample, Answer]], settings: SmokeTest, deployment: str) -> tuple[str, ...]:
    """Say what is wrong with the answers of a deployment; nothing means that all are right."""
    return tuple(failure for sample, answer in pairs for failure in _judge_answer(sample, answer, settings, deployment))


def differences(expected: Any, given: Any, *, absolute: float, relative: float, where: str = "$") -> Iterator[str]:
    """Compare an answer with what is expected of it.

    Every key and every item that is expected must be there; an object of the answer may have more keys, because a
    version that tells more than it used to breaks nobody. Numbers may differ within the tolerances.
    """
    match expected, given:
        case bool(), _:
            yield from _unequal(expected, given, where, same=expected is given)
        case ((int() | float()), (int() | float())) if not isinstance(given, bool):
            close = math.isclose(expected, given, rel_tol=relative, abs_tol=absolute)
            yield from _unequal(expected, given, where, same=close)
        case Mapping(), Mapping():
            for key, value in expected.items():
                inside = f"{where}.{key}"
                if key not in given:
                    yield f"{inside} is missing"
                else:
                    yield from differences(value, given[key], absolute=absolute, relative=relative, where=inside)
        case list(), list():
            if len(expected) != len(given):
                yield f"{where} has {len(given)} items, expected {len(expected)}"
                return
            for index, (value, item) in enumerate(zip(expected, given, strict=True)):
                yield from differences(value, item, absolute=absolute, relative=relative, where=f"{where}[{index}]")
        case _:
            yield from _unequal(expected, given, where, same=expected == given and not isinstance(given, bool))


def find_cause(log: str) -> str:
    """Find the line of a container's log that says why it failed: the last exception, else the last error."""
    lines = [line.strip() for line in log.splitlines() if line.strip()]
    return _last_exception(lines) or _last_error(lines)


def _judge_answer(sample: Sample, answer: Answer, settings: SmokeTest, deployment: str) -> Iterator[str]:
    name = f"sample {sample.name}"
    if answer.deployment and answer.deployment != deployment:
        yield f"{name} was answered by {answer.deployment}"
        return
    if answer.status != _OK:
        yield f"{name} was answered with {answer.said}: {_quote(answer.text)}"
        return
    given = _parse(answer.body)
    if given is _MISSING:
        yield f"{name} was not answered in JSON: {_quote(answer.text)}"
        return
    for difference in differences(
        sample.expected,
        given,
        absolute=settings.absolute_tolerance,
        relative=settings.relative_tolerance,
    ):
        yield f"{name}: {difference}"


def _parse(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        return _MISSING


def _unequal(expected: Any, given: Any, where: str, *, same: bool) -> Iterator[str]:
    if not same:
        yield f"{where} is {_quote(json.dumps(given))}, expected {_quote(json.dumps(expected))}"


def _quote(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST_QUOTE else f"{line[:_LONGEST_QUOTE]}..."


def _last_exception(lines: Sequence[str]) -> str:
    """The type and message of the last exception; of what caused it where it was raised from another one.

    The inference server wraps what the user's code raises, so that the wrapper alone would say nothing.
    """
    starts = [index for index, line in enumerate(lines) if line.endswith("Traceback (most recent call last):")]
    raised = [_exception_after(lines, start) for start in starts]
    told = [index for index, text in enumerate(raised) if text and not text.startswith(_ENDINGS)]
    if not told:
        return ""
    last = told[-1]
    while last > 0 and lines[starts[last] - 1] == _CAUSE and raised[last - 1]:
        last -= 1
    return _quote(raised[last])


def _exception_after(lines: Sequence[str], start: int) -> str:
    """The line under a traceback, where Python writes type and message."""
    for line in lines[start + 1 :]:
        kind, _, _ = line.partition(":")
        if kind.replace(".", "").replace("_", "").isalnum() and _names_exception(kind):
            return line
    return ""


def _names_exception(kind: str) -> bool:
    return kind.rpartition(".")[2].endswith(("Error", "Exception", "Exit", "HaltServer"))


def _last_error(lines: Sequence[str]) -> str:
    return next((_quote(line) for line in reversed(lines) if "error" in line.lower()), "")
