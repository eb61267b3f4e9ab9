"""What rules look at, what they are, and what they find: frozen values."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    # Importing it takes longer than the engine waits for the rules: they are there before the settings are read.
    from windlass.project.settings import StackSettings

UNKNOWN_TEXTS: Final = frozenset(
    {
        "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",
        "3eeb2bf0-c639-47a8-9e75-3b44932eb421",
        "04da6b54-80e4-46f7-96ec-b56ff0331ba9",
        "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",
        "030794c1-ac77-496b-92df-f27374a8bd58",
        "e48ece36-62e2-4504-bad9-02848725956a",
        "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",
    }
)
"""What stands in a preview for a value that only Azure can tell, one text for each kind of value (pulumi's
sdk/go/common/resource/plugin/rpc.go)."""


class _Missing:
    """The one value that says: there is no such property."""

    def __repr__(self) -> str:
        return "not set"


MISSING: Final = _Missing()


class Unknown(Exception):  # noqa: N818 - it is no error: the value comes with the change
    """A rule asked for a value that is known only after the change.

    Attributes:
        path: Where it stands in the resource.
    """

    def __init__(self, path: str) -> None:
        super().__init__(path)
        self.path = path


class Severity(StrEnum):
    """What a violation means for a run."""

    MANDATORY = "mandatory"
    """The engine stops: nothing is changed."""
    ADVISORY = "advisory"
    """It is said, and the run goes on."""


@dataclass(frozen=True, kw_only=True)
class Resource:
    """One resource as a program declares it.

    Attributes:
        type: Its type without provider and API version, such as `storage:StorageAccount`.
        name: Its name in the program.
        urn: Pulumi's name for it.
        properties: What Azure is asked for, by the names of azure-native.
        protect: Whether Pulumi refuses to delete or replace it.
        ignore_changes: Properties that Pulumi leaves alone after creation.
        references: Property -> URNs of what its value comes from. Known in a look at the whole stack only.
    """

    type: str
    name: str
    urn: str = ""
    properties: Mapping[str, Any] = field(default_factory=dict)
    protect: bool = False
    ignore_changes: tuple[str, ...] = ()
    references: Mapping[str, frozenset[str]] = field(default_factory=dict)

    def read(self, path: str) -> Any:
        """Return the value at a path such as `properties.publicNetworkAccess`, or `MISSING`.

        Raises:
            Unknown: It is known only after the change.
        """
        value: Any = self.properties
        for step in path.split("."):
            value = value.get(step, MISSING) if isinstance(value, Mapping) else MISSING
            if isinstance(value, str) and value in UNKNOWN_TEXTS:
                raise Unknown(path)
        return MISSING if value is None else value

    def text(self, path: str) -> str:
        """Return the value at a path in lower case, because Azure's words have no case; empty when there is none."""
        value = self.read(path)
        return "" if value is MISSING else str(value).lower()

    def refers_to(self, urn: str) -> bool:
        """Whether any of its values comes from another resource."""
        return any(urn in urns for urns in self.references.values())

    def items(self, path: str) -> Sequence[Resource]:
        """Return the objects in a list as resources of their own, so that they are read in the same way."""
        value = self.read(path)
        found = value if isinstance(value, Sequence) and not isinstance(value, str) else ()
        return [
            Resource(type=self.type, name=self.name, properties=each) for each in found if isinstance(each, Mapping)
        ]


class Stage(StrEnum):
    """How much depends on a stack."""

    PRODUCTION = "production"
    STAGING = "staging"
    DEVELOPMENT = "development"


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What a rule knows about the stack beside its resources."""

    settings: StackSettings

    @property
    def stage(self) -> Stage:
        """How much depends on the stack: as its settings say, else by its name."""
        said = self.settings.windlass.policy.stage
        if said is not None:
            return Stage(said)
        words = self.settings.stack.lower()
        if words.startswith("prod"):
            return Stage.PRODUCTION
        return Stage.STAGING if words.startswith("stag") else Stage.DEVELOPMENT

    @property
    def is_production(self) -> bool:
        """Whether customers depend on the stack."""
        return self.stage is Stage.PRODUCTION

    @property
    def is_guarded(self) -> bool:
        """Whether the stack is production, or what rehearses for it."""
        return self.stage is not Stage.DEVELOPMENT


@dataclass(frozen=True, kw_only=True)
class Finding:
    """Something that a rule found.

    Attributes:
        what: What is wrong and where, in a sentence without subject: `publicNetworkAccess is not set`.
        urn: The resource; empty when it is the stack as a whole.
        is_open: Whether the rule could not judge it, because a value is known only after the change.
    """

    what: str
    urn: str = ""
    is_open: bool = False


Check = Callable[[Resource, Facts], Iterator[str]]
"""Looks at one resource and says what is wrong with it. May raise `Unknown`."""

StackCheck = Callable[[Sequence[Resource], Facts], Iterator[Finding]]
"""Looks at all resources and says what is wrong with one of them, or what is missing."""


def always(facts: Facts) -> bool:
    """Hold every stack to a rule."""
    del facts
    return True


@dataclass(frozen=True, kw_only=True)
class Rule:
    """One rule, as people meet it.

    Attributes:
        id: How it is named in output, documents and settings.
        message: What has to hold, in one sentence.
        reason: Why, for somebody who wants to do otherwise.
        remedy: What to change.
        applies_to: Which stacks, in words; `holds_for` decides.
        check: Looks at one resource.
        stack_check: Looks at the stack as a whole; a rule has one of the two.
    """

    id: str
    message: str
    reason: str
    remedy: str
    applies_to: str = "every stack"
    severity: Severity = Severity.MANDATORY
    holds_for: Callable[[Facts], bool] = always
    check: Check | None = None
    stack_check: StackCheck | None = None

    def judge(self, resource: Resource, facts: Facts) -> tuple[Finding, ...]:
        """Judge one resource; what a rule cannot see yet is found as open."""
        if self.check is None or not self.holds_for(facts):
            return ()
        found: list[Finding] = []
        try:
            found.extend(Finding(what=what, urn=resource.urn) for what in self.check(resource, facts))
        except Unknown as unknown:
            found.append(Finding(what=unknown.path, urn=resource.urn, is_open=True))
        return tuple(found)

    def judge_stack(self, resources: Sequence[Resource], facts: Facts) -> tuple[Finding, ...]:
        """Judge a stack as a whole."""
        if self.stack_check is None or not self.holds_for(facts):
            return ()
        return tuple(self.stack_check(resources, facts))
