"""What `pulumi preview --json` says, as far as a report needs it.

The format is the engine's (`PreviewDigest` in pulumi's pkg/display/json.go), so unknown keys are passed over and a
`null`, which Go writes for an empty collection, stands for the default.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any, ClassVar, Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic.alias_generators import to_camel

from windlass.errors.delivery import PreviewUnreadableError
from windlass.errors.validation import first_problem

UNKNOWN: Final = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
"""Stands in the engine's JSON for a value that is known only after the change."""

BLINDED: Final = "[secret]"
"""Stands in the engine's JSON for a value that is marked as secret."""

SIGNATURE_KEY: Final = "4dabf18193072939515e22adb298388d"
"""The key that marks an object as no plain value: a secret, an asset, a resource."""

_URN_PARTS: Final = 4


class _FromEngine(BaseModel):
    model_config: ClassVar[ConfigDict] = ConfigDict(
        frozen=True, extra="ignore", alias_generator=to_camel, populate_by_name=True
    )

    @model_validator(mode="before")
    @classmethod
    def _without_nulls(cls, data: Any) -> Any:
        return {key: value for key, value in data.items() if value is not None} if isinstance(data, dict) else data


class ResourceState(_FromEngine):
    """A resource before or after a step.

    Attributes:
        custom: Whether it exists in Azure; a component only groups others.
        property_dependencies: What each input on the first level comes from.
        retain_on_delete: Whether a deletion only makes Pulumi forget it.
    """

    custom: bool = False
    id: str = ""
    inputs: dict[str, Any] = Field(default_factory=dict)
    outputs: dict[str, Any] = Field(default_factory=dict)
    dependencies: tuple[str, ...] = ()
    property_dependencies: dict[str, tuple[str, ...] | None] = Field(default_factory=dict)
    protect: bool = False
    retain_on_delete: bool = False


class PropertyDiff(_FromEngine):
    """How one property differs. `kind` is add, delete or update, with `-replace` when it forces a replacement."""

    kind: str = "update"

    @property
    def replaces(self) -> bool:
        """Whether this difference is why the resource cannot be updated."""
        return self.kind.endswith("-replace")


class PreviewStep(_FromEngine):
    """One operation that the engine plans."""

    op: str
    urn: str
    old_state: ResourceState | None = None
    new_state: ResourceState | None = None
    diff_reasons: tuple[str, ...] = ()
    replace_reasons: tuple[str, ...] = ()
    detailed_diff: dict[str, PropertyDiff] = Field(default_factory=dict)

    @property
    def stack(self) -> str:
        """The stack that the resource belongs to: `urn:pulumi:<stack>::<project>::<types>::<name>`."""
        return self.urn.split("::", 1)[0].removeprefix("urn:pulumi:")

    @property
    def type(self) -> str:
        """The resource's own type, without those of its parents."""
        parts = self.urn.split("::", _URN_PARTS - 1)
        return parts[2].rsplit("$", 1)[-1] if len(parts) == _URN_PARTS else ""

    @property
    def name(self) -> str:
        """The resource's name in the program."""
        return self.urn.split("::", _URN_PARTS - 1)[-1]


class PreviewDiagnostic(_FromEngine):
    """Something that the engine, a provider or the program said."""

    message: str = ""
    severity: str = ""
    urn: str = ""


class PolicyEvent(_FromEngine):
    """A rule that the engine found broken, or could not judge yet.

    Attributes:
        resource_urn: The resource; the stack itself when it is none.
        message: What the pack says: a headline, then more lines.
        enforcement_level: `mandatory` stops a run; `advisory` does not.
    """

    resource_urn: str = ""
    message: str = ""
    policy_name: str = ""
    enforcement_level: str = ""


class PreviewDigest(_FromEngine):
    """A whole preview.

    Attributes:
        policies: Rules that are broken. The engine leaves them out of its JSON; they come from its log of events.
        change_summary: How often each operation is planned, by the engine's own count. `same` is counted here alone,
            because the engine lists no unchanged resource.
    """

    steps: tuple[PreviewStep, ...] = ()
    diagnostics: tuple[PreviewDiagnostic, ...] = ()
    policies: tuple[PolicyEvent, ...] = ()
    change_summary: dict[str, int] = Field(default_factory=dict)

    def said(self, *severities: str) -> tuple[str, ...]:
        """What was said with one of these severities (`info`, `info#err`, `warning`, `error`)."""
        return tuple(each.message.strip() for each in self.diagnostics if each.severity in severities)


def parse_events(lines: Iterable[str]) -> tuple[PolicyEvent, ...]:
    """Take from the engine's log of events, one JSON document a line, what it says about policies."""
    documents = (json.loads(line) for line in lines if '"policyEvent"' in line)
    return tuple(PolicyEvent.model_validate(each["policyEvent"]) for each in documents if "policyEvent" in each)


def parse_digest(text: str | bytes, source: str) -> PreviewDigest:
    """Take a text for a preview.

    Args:
        text: What `pulumi preview --json` wrote.
        source: Where it comes from, for the message.

    Raises:
        PreviewUnreadableError: It is something else.
    """
    try:
        digest = PreviewDigest.model_validate_json(text)
    except ValidationError as error:
        raise PreviewUnreadableError(source, first_problem(error)) from error
    if not digest.model_fields_set:
        raise PreviewUnreadableError(source, "it has neither steps nor diagnostics")
    return digest
