"""Shows values of a resource without showing what nobody may see, or what nobody knows yet. Pure.

The engine has blinded what the program or the provider marked as secret. What they did not mark is blinded here by
the name of its property, because a report is read by more people than a state file.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Sequence
from typing import Any, Final

from windlass.delivery.digest import BLINDED, SIGNATURE_KEY, UNKNOWN

Segment = str | int

HIDDEN: Final = "(secret)"
NOT_YET: Final = "(known after apply)"
MISSING: Final = object()
"""There is no value at the path. `None` is a value."""

_LONGEST: Final = 100
_MARK: Final = 6
_CUT: Final = "..."
_SEGMENT: Final = re.compile(r'\["((?:[^"\\]|\\.)*)"\]|\[(\d+)\]|\.?([^.\[\]]+)|(.)', re.DOTALL)
_IS_PLAIN: Final = re.compile(r"[^.\[\]\"\\]+")
_SENSITIVE: Final = re.compile(
    r"(password|passphrase|secret|credential|token|key|connection_?string|sas)(s|_?value)?$", re.IGNORECASE
)
_IN_TEXT: Final = re.compile(
    r"\b(sig|accountkey|sharedaccesskey|password|pwd|client_secret)=[^;&\s\"']+", re.IGNORECASE
)


def parse_path(path: str) -> tuple[Segment, ...]:
    """Take a property path of the engine apart: `tags["a.b"][0].c`."""
    found: list[Segment] = []
    for quoted, index, plain, other in _SEGMENT.findall(path):
        if index:
            found.append(int(index))
        else:
            found.append(re.sub(r"\\(.)", r"\1", quoted) or plain or other)
    return tuple(found)


def find_value(values: Any, path: Sequence[Segment]) -> Any:
    """Find what stands at a path; `MISSING` when nothing does.

    What is unknown or secret as a whole is so in each of its parts.
    """
    for segment in path:
        if values in (UNKNOWN, BLINDED) or _is_signed(values):
            return values
        is_index = isinstance(values, list) and isinstance(segment, int) and segment < len(values)
        is_key = isinstance(values, dict) and segment in values
        if not (is_index or is_key):
            return MISSING
        values = values[segment]
    return values


def show_value(value: Any, path: Sequence[Segment]) -> str | None:
    """Say a value in one short line; None when there is none."""
    if value is MISSING:
        return None
    if value == UNKNOWN:
        return NOT_YET
    if value == BLINDED or _is_signed(value) or _is_sensitive(path):
        return HIDDEN
    return _show_plain(value)


def show_text(text: str, longest: int = _LONGEST) -> str:
    """Say a text in one line, without the secrets that are known by their form.

    Of a longer one the middle is cut out: an id says most at its end. `#1a2b3c` tells two texts apart that look alike.
    """
    line = " ".join(hide_in_text("\n".join(text.splitlines())).split())
    if len(line) <= longest:
        return line
    mark = f" #{hashlib.sha256(line.encode()).hexdigest()[:_MARK]}"
    room = longest - len(mark) - len(_CUT)
    return f"{line[: room // 2]}{_CUT}{line[room // 2 - room :]}{mark}"


def hide_in_text(text: str) -> str:
    """Take unknown values, secrets and control characters out of a text of several lines."""
    # A value may hold what a terminal would obey or what turns the reading direction round.
    safe = "".join(each for each in text.replace("\t", " ") if each.isprintable() or each == "\n")
    plain = safe.replace(UNKNOWN, NOT_YET).replace(BLINDED, HIDDEN)
    return _IN_TEXT.sub(rf"\1={HIDDEN}", plain)


def _show_plain(value: Any) -> str:
    if isinstance(value, str):
        return show_text(value)
    # As the engine's own display writes it: without quotes where nothing is ambiguous.
    return show_text(_written(value))


def _written(value: Any, key: str = "") -> str:
    """Write a value with all that it holds, without what nobody may see."""
    if value == UNKNOWN:
        return NOT_YET
    if value == BLINDED or _is_signed(value) or _is_sensitive((key,)):
        return HIDDEN
    match value:
        case dict():
            return f"{{{', '.join(f'{each}: {_written(value[each], each)}' for each in sorted(value))}}}"
        case list():
            return f"[{', '.join(map(_written, value))}]"
        case str():
            return value
        case _:
            return json.dumps(value)


def _is_sensitive(path: Sequence[Segment]) -> bool:
    return any(isinstance(segment, str) and _SENSITIVE.search(segment) for segment in path)


def is_secret(value: Any) -> bool:
    """Tell whether a value as a whole is marked as secret."""
    return value == BLINDED or _is_signed(value)


def holds_secret(value: Any, path: Sequence[Segment]) -> bool:
    """Tell whether a value is secret, or holds one."""
    if value == BLINDED or _is_signed(value) or _is_sensitive(path):
        return value is not MISSING
    match value:
        case dict():
            return any(holds_secret(each, (key,)) for key, each in value.items())
        case list():
            return any(holds_secret(each, ()) for each in value)
        case _:
            return False


def write_path(path: Sequence[Segment]) -> str:
    """Write a property path as the engine does: `tags["a.b"][0].c`."""
    return "".join(map(_write_segment, path)).removeprefix(".")


def _write_segment(segment: Segment) -> str:
    if isinstance(segment, int):
        return f"[{segment}]"
    if _IS_PLAIN.fullmatch(segment):
        return f".{segment}"
    return '["{}"]'.format(segment.replace("\\", "\\\\").replace('"', '\\"'))


def _is_signed(value: Any) -> bool:
    return isinstance(value, dict) and SIGNATURE_KEY in value
