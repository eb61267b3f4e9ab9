"""GitHub's expressions, as far as our workflows use them; everything else is refused."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

TOKEN = re.compile(
    r"\s*(?:(?P<text>'(?:[^']|'')*')|(?P<number>-?\d+(?:\.\d+)?)|(?P<operator>&&|\|\||==|!=|[!().,\[\]])"
    r"|(?P<word>[A-Za-z_][\w-]*))"
)
WHOLE = re.compile(r"\$\{\{((?:[^}']|'(?:[^']|'')*')*)\}\}")
CONSTANTS: Mapping[str, Any] = {"true": True, "false": False, "null": None}
STATUS = {"always", "success", "failure", "cancelled"}
OPEN = "event"
"""What GitHub sends differs by event: below `github.event` a key that is not there is null, as on GitHub."""


class UnknownExpressionError(Exception):
    """An expression says something that this evaluator does not know."""


@dataclass(frozen=True)
class Status:
    """How the run stands, for the status functions.

    Attributes:
        failed: Something before has failed.
        skipped: Something that was needed has not run.
        cancelled: Somebody cancelled the run.
    """

    failed: bool = False
    skipped: bool = False
    cancelled: bool = False


def fill(value: Any, contexts: Mapping[str, Any], status: Status | None = None) -> Any:
    """Return a value of a workflow file with its expressions put in, in mappings and lists too."""
    if isinstance(value, Mapping):
        return {key: fill(each, contexts, status) for key, each in value.items()}
    if isinstance(value, list):
        return [fill(each, contexts, status) for each in value]
    if not isinstance(value, str):
        return value
    if alone := WHOLE.fullmatch(value.strip()):
        return evaluate(alone[1], contexts, status)
    return WHOLE.sub(lambda found: as_text(evaluate(found[1], contexts, status)), value)


def holds(condition: str | None, contexts: Mapping[str, Any], status: Status) -> bool:
    """Tell whether an `if:` holds; one that names no status function asks for success as well."""
    if condition is None:
        return not (status.failed or status.skipped or status.cancelled)
    found = WHOLE.fullmatch(condition.strip())
    text = found[1] if found else condition
    if not any(re.search(rf"\b{name}\(", text) for name in STATUS):
        text = f"success() && ({text})"
    return truth(evaluate(text, contexts, status))


def evaluate(text: str, contexts: Mapping[str, Any], status: Status | None = None) -> Any:
    """Return what an expression (without its braces) comes to."""
    tokens = _tokens(text)
    parser = _Parser(tokens, contexts, status or Status())
    value = parser.either()
    if parser.rest():
        raise UnknownExpressionError(f"{text!r} goes on after what is understood: {parser.rest()}")
    return value


def truth(value: Any) -> bool:
    """Tell what GitHub takes for true."""
    return value not in (None, False, 0, "")


def as_text(value: Any) -> str:
    """Return a value as GitHub writes it into a string."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str | int):
        return str(value)
    raise UnknownExpressionError(f"{value!r} within a text")


def _tokens(text: str) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    at = 0
    text = text.strip()
    while at < len(text):
        token = TOKEN.match(text, at)
        if token is None or token.lastgroup is None:
            raise UnknownExpressionError(f"{text!r} at {text[at : at + 10]!r}")
        found.append((token.lastgroup, token[token.lastgroup]))
        at = token.end()
    return found


class _Parser:
    def __init__(self, tokens: Sequence[tuple[str, str]], contexts: Mapping[str, Any], status: Status) -> None:
        self._tokens = list(tokens)
        self._contexts = contexts
        self._functions: Mapping[str, Callable[..., Any]] = {
            "always": lambda: True,
            "success": lambda: not (status.failed or status.skipped or status.cancelled),
            "failure": lambda: status.failed,
            "cancelled": lambda: status.cancelled,
            "contains": _contains,
            "fromJSON": json.loads,
            "startsWith": lambda text, start: as_text(text).lower().startswith(as_text(start).lower()),
        }

    def rest(self) -> list[str]:
        return [text for _, text in self._tokens]

    def either(self) -> Any:
        value = self._both()
        while self._take("||"):
            other = self._both()
            value = value if truth(value) else other
        return value

    def _both(self) -> Any:
        value = self._compared()
        while self._take("&&"):
            other = self._compared()
            value = other if truth(value) else value
        return value

    def _compared(self) -> Any:
        value = self._single()
        for operator in ("==", "!="):
            if self._take(operator):
                return _equal(value, self._single()) is (operator == "==")
        return value

    def _single(self) -> Any:
        if self._take("!"):
            return not truth(self._single())
        if self._take("("):
            value = self.either()
            self._must(")")
            return value
        kind, text = self._next()
        match kind:
            case "text":
                return text[1:-1].replace("''", "'")
            case "number":
                return float(text) if "." in text else int(text)
            case "word" if text in CONSTANTS:
                return CONSTANTS[text]
            case "word":
                return self._call(text) if self._take("(") else self._looked_up(text)
        raise UnknownExpressionError(f"{text!r} at this place")

    def _call(self, name: str) -> Any:
        if name not in self._functions:
            raise UnknownExpressionError(f"the function {name}")
        arguments: list[Any] = []
        while not self._take(")"):
            if arguments:
                self._must(",")
            arguments.append(self.either())
        return self._functions[name](*arguments)

    def _looked_up(self, name: str) -> Any:
        if name not in self._contexts:
            raise UnknownExpressionError(f"the context {name}")
        value, path = self._contexts[name], [name]
        while self._take("."):
            _, key = self._next()
            path.append(key)
            if path[:2] == ["github", OPEN] and len(path) > 2:
                value = value.get(key) if isinstance(value, Mapping) else None
                continue
            if not isinstance(value, Mapping) or key not in value:
                raise UnknownExpressionError(f"{'.'.join(path)}, which is not there")
            value = value[key]
        return value

    def _next(self) -> tuple[str, str]:
        if not self._tokens:
            raise UnknownExpressionError("an end at this place")
        return self._tokens.pop(0)

    def _take(self, text: str) -> bool:
        if self._tokens and self._tokens[0] == ("operator", text):
            self._tokens.pop(0)
            return True
        return False

    def _must(self, text: str) -> None:
        if not self._take(text):
            raise UnknownExpressionError(f"no {text!r} before {self.rest()}")


def _contains(where: Any, what: Any) -> bool:
    """GitHub's `contains`: an element of a list. Within a text it finds parts of words, which nobody means: refused."""
    if not isinstance(where, list):
        raise UnknownExpressionError("contains() in a text")
    return any(_equal(each, what) for each in where)


def _equal(one: Any, other: Any) -> bool:
    """Compare as GitHub does: texts without regard to case. Different kinds would be cast to numbers: refused."""
    if isinstance(one, str) and isinstance(other, str):
        return one.lower() == other.lower()
    if one is not None and other is not None and type(one) is not type(other):
        raise UnknownExpressionError(f"{one!r} compared with {other!r}")
    return bool(one == other)
