"""Holds one run of the engine to the rules: what is told of each resource, and of the stack at its end.

A preview does not know what only Azure can tell: the id of a resource that is not there yet, say. A rule that needs
such a value neither passes nor fails; it is noted, and said once at the end of the preview. `up` judges it with the
value, before the resource is made.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from windlass.errors.policy import UnknownRuleError
from windlass.policy.model import Facts, Finding, Resource, Rule, Severity
from windlass.policy.rules import RULES

if TYPE_CHECKING:
    from windlass.project.settings import StackSettings

_NAMED: Final = 3
"""Resources that are named in a sentence on many."""


@dataclass(frozen=True, kw_only=True)
class Told:
    """Something to tell the person who runs the engine."""

    rule: Rule
    text: str
    severity: Severity
    urn: str = ""


@dataclass(frozen=True, kw_only=True)
class StackConfiguration:
    """The stack as the engine describes it to the pack: values are texts, structured ones in JSON."""

    stack: str
    config: Mapping[str, str]

    @cached_property
    def settings(self) -> StackSettings:
        """The settings of the stack.

        Raises:
            InvalidSettingsError: They do not hold together; the program says the same.
            UnknownRuleError: They except a rule that there is not.
        """
        from windlass.project.settings import PROVIDER_KEYS, PROVIDER_NAMESPACE, SETTINGS_KEY, parse_settings
        from windlass.project.settings import SETTINGS_NAMESPACE as OURS

        own = {key: _parsed(value) for key, value in self.config.items() if key.startswith(f"{OURS}:{SETTINGS_KEY}")}
        keys = [f"{PROVIDER_NAMESPACE}:{name}" for name in PROVIDER_KEYS]
        settings = parse_settings(self.stack, own | {key: self.config.get(key) for key in keys})
        unknown = sorted(set(settings.windlass.policy.exceptions) - {rule.id for rule in RULES})
        if unknown:
            raise UnknownRuleError(self.stack, unknown, [rule.id for rule in RULES])
        return settings


@dataclass
class Pack:
    """The rules at work in one run.

    Attributes:
        configuration: The stack; what the engine says first.
        levels: Severities that the caller of the engine chose (`--policy-pack-config`), by rule.
    """

    configuration: StackConfiguration
    levels: Mapping[str, Severity] = field(default_factory=dict)
    _open: list[tuple[Rule, Resource]] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def judge(self, resource: Resource) -> tuple[Told, ...]:
        """Judge one resource before it is made or changed."""
        facts = self._facts()
        told = []
        for rule in RULES:
            for finding in rule.judge(resource, facts):
                if finding.is_open:
                    self._note(rule, resource)
                else:
                    told.append(self._tell(rule, finding))
        return tuple(told)

    def judge_stack(self, resources: Sequence[Resource]) -> tuple[Told, ...]:
        """Judge the stack at the end of a run, and say what a preview could not judge."""
        facts = self._facts()
        found = [self._tell(rule, finding) for rule in RULES for finding in rule.judge_stack(resources, facts)]
        return (*found, *self._still_open())

    def _facts(self) -> Facts:
        return Facts(settings=self.configuration.settings)

    def _note(self, rule: Rule, resource: Resource) -> None:
        with self._lock:
            self._open.append((rule, resource))

    def _still_open(self) -> Iterator[Told]:
        with self._lock:
            noted = tuple(self._open)
        for rule in RULES:
            names = sorted(resource.name for its, resource in noted if its is rule)
            if names:
                yield Told(rule=rule, text=_open_text(names), severity=Severity.ADVISORY)

    def _tell(self, rule: Rule, finding: Finding) -> Told:
        excepted = self.configuration.settings.windlass.policy.exceptions.get(rule.id)
        lines = [f"{finding.what}.", f"Why: {rule.reason}", f"Do: {rule.remedy}"]
        if excepted is not None:
            lines = [f"{finding.what}.", f"Accepted in policy.exceptions: {excepted}"]
        chosen = self.levels.get(rule.id, rule.severity)
        severity = chosen if excepted is None else Severity.ADVISORY
        return Told(rule=rule, text="\n".join(lines), severity=severity, urn=finding.urn)


def _open_text(names: Sequence[str]) -> str:
    shown = ", ".join(names[:_NAMED])
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return f"not judged yet, because Azure tells a value only when it is made: {shown}{more}. `up` judges it then."


def _parsed(value: str) -> Any:
    try:
        return json.loads(value)
    except ValueError:
        return value
