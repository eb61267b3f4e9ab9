"""Conditions of role assignments: what of a role somebody may use. Only the part of the language that is about access.

The language is Microsoft's ("Azure role assignment condition format and syntax"), version 2.0. Read here are AND, OR
and !, brackets, ActionMatches, and comparisons of the three attributes of a role assignment with a set of values; what
else a condition says is refused by name when it is written. Decides, and knows nothing of requests.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import cache

from windlass_emulator.access.permissions import compiled

Facts = Mapping[str, str]
"""What an operation is about, by attribute: `@Request[Microsoft.Authorization/roleAssignments:PrincipalType]`, .."""

Test = Callable[[str, Facts], bool]
"""Says of an action and its facts whether a condition allows it."""

ATTRIBUTES = ("RoleDefinitionId", "PrincipalId", "PrincipalType")
_TOKEN = re.compile(
    r"\s*(?:(?P<guid>[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})|(?P<mark>[()!{},])|'(?P<text>[^']*)'"
    r"|(?P<attribute>@(?:Request|Resource)\[[^\]]+\])|(?P<word>&&|\|\||ForAnyOf(?:AnyValues|AllValues):\w+|[A-Za-z]+))"
)
_KNOWN = re.compile(
    rf"@(?:Request|Resource)\[Microsoft\.Authorization/roleAssignments:(?:{'|'.join(ATTRIBUTES)})\]", re.IGNORECASE
)
_COMPARISONS = frozenset(
    {
        "foranyofanyvalues:guidequals",
        "foranyofanyvalues:stringequals",
        "foranyofanyvalues:stringequalsignorecase",
        "foranyofallvalues:guidnotequals",
        "foranyofallvalues:stringnotequalsignorecase",
    }
)


class UnknownConditionError(Exception):
    """A condition says something that is not read here."""


def allows(condition: str, action: str, facts: Facts) -> bool:
    """Say whether a condition allows an action.

    Raises:
        UnknownConditionError: It is not in the part of the language that is read here.
    """
    return read_condition(condition)(action, facts)


@cache
def read_condition(condition: str) -> Test:
    """Make a test of a condition.

    Raises:
        UnknownConditionError: It is not in the part of the language that is read here.
    """
    reader = _Reader(condition)
    test = reader.either()
    if reader.ahead:
        raise UnknownConditionError(reader.ahead)
    return test


class _Reader:
    """Reads one condition from left to right."""

    def __init__(self, condition: str) -> None:
        self._text = condition
        self._at = 0
        self.ahead = ""
        self.kind = ""
        self._next()

    def _next(self) -> str:
        taken = self.ahead
        match = _TOKEN.match(self._text, self._at)
        if match is None:
            rest = self._text[self._at :].strip()
            if rest:
                raise UnknownConditionError(rest[:40])
            self.ahead, self.kind = "", ""
        else:
            self._at = match.end()
            self.kind = str(match.lastgroup)
            self.ahead = match[self.kind]
        return taken

    def _take(self, expected: str) -> None:
        if self.ahead.lower() != expected.lower():
            raise UnknownConditionError(self.ahead or "the end")
        self._next()

    def either(self) -> Test:
        tests = [self._both()]
        while self.ahead.upper() in {"OR", "||"}:
            self._next()
            tests.append(self._both())
        return tests[0] if len(tests) == 1 else lambda action, facts: any(test(action, facts) for test in tests)

    def _both(self) -> Test:
        tests = [self._one()]
        while self.ahead.upper() in {"AND", "&&"}:
            self._next()
            tests.append(self._one())
        return tests[0] if len(tests) == 1 else lambda action, facts: all(test(action, facts) for test in tests)

    def _one(self) -> Test:
        if self.ahead == "!":
            self._next()
            inner = self._one()
            return lambda action, facts: not inner(action, facts)
        if self.ahead == "(":
            self._next()
            inner = self.either()
            self._take(")")
            return inner
        if self.ahead == "ActionMatches":
            self._next()
            (pattern,) = self._values()
            matched = compiled([pattern])
            return lambda action, _: bool(matched.fullmatch(action))
        return self._comparison()

    def _comparison(self) -> Test:
        if self.kind != "attribute" or not _KNOWN.fullmatch(self.ahead):
            raise UnknownConditionError(self.ahead or "the end")
        attribute = self._next().lower()
        operator = self._next().lower()
        if operator not in _COMPARISONS:
            raise UnknownConditionError(operator or "the end")
        exact = operator.endswith(":stringequals")
        values = {value if exact else value.lower() for value in self._values()}
        wanted = "notequals" not in operator

        def test(action: str, facts: Facts) -> bool:
            del action
            fact = {name.lower(): value for name, value in facts.items()}.get(attribute)
            # What an operation does not say is never equal to anything, and so never allowed.
            return fact is not None and ((fact if exact else fact.lower()) in values) is wanted

        return test

    def _values(self) -> list[str]:
        self._take("{")
        values = [self._value()]
        while self.ahead == ",":
            self._next()
            values.append(self._value())
        self._take("}")
        return values

    def _value(self) -> str:
        if self.kind not in {"text", "guid"}:
            raise UnknownConditionError(self.ahead or "the end")
        return self._next()
