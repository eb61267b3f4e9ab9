"""What a report on a preview is made of: frozen values."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from windlass.delivery.meanings import RANK, Meaning

if TYPE_CHECKING:
    # It stands on pydantic, which takes longer to import than most reports to write.
    from windlass.delivery.cost import CostComparison


class Change(StrEnum):
    """What becomes of a resource. The order is that of a report."""

    DELETED = "deleted"
    REPLACED = "replaced"
    """Deleted and made anew: an update is not possible."""
    UPDATED = "updated"
    """Changed in place."""
    CREATED = "created"
    IMPORTED = "imported"
    """It exists; Pulumi takes it over."""
    READ = "read"
    """Pulumi only looks at it."""
    PART = "part"
    """The engine's own step of a replacement that is reported already. Neither counted nor listed."""
    UNCHANGED = "unchanged"


class Risk(StrEnum):
    """What a change costs people, the worst first."""

    LOSES_DATA = "loses_data"
    INTERRUPTS_SERVICE = "interrupts_service"
    UNPROTECTS = "unprotects"
    """Pulumi would no longer refuse to delete or replace it."""
    NONE = "none"


@dataclass(frozen=True, kw_only=True)
class Difference:
    """One property that differs, in words that are fit to be shown.

    Attributes:
        path: Where it is in the resource.
        before: Its value; None when there was none, or none can be told.
        after: Its value afterwards, likewise.
        replaces: Whether this is why the resource is replaced.
        is_known: Whether `after` is known before the change is made.
        stays: Whether it is sure to come out as it is, though the engine cannot know it before the change: an id, or a
            principal, of something that is only updated.
    """

    path: str
    before: str | None = None
    after: str | None = None
    replaces: bool = False
    is_known: bool = True
    stays: bool = False


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One thing that a change means.

    Attributes:
        meaning: Its class.
        why: In plain words; empty where the class says it all.
        paths: The properties that it is about; none when it is about the whole resource.
        is_certain: False when it depends on a value that is not known before the change.
    """

    meaning: Meaning
    why: str = ""
    paths: tuple[str, ...] = ()
    is_certain: bool = True


@dataclass(frozen=True, kw_only=True)
class ResourceChange:
    """What becomes of one resource, and why.

    Attributes:
        type: Its type without provider and version, such as `storage:StorageAccount`.
        kind: What people call one, such as `storage account`; the type where no table has a word.
        id: Its id in Azure; empty when it does not exist yet.
        is_component: Whether it only groups others and does not exist in Azure.
        consequence: What `risk` means for this resource; empty when there is none.
        differences: What differs, the reasons of a replacement first.
        follows: Names of resources that it depends on and that go before it, when they are the only cause.
        is_certain: False when it is replaced only if a value that nobody knows yet turns out to differ. An update of
            a resource makes the engine forget what Azure answered, so that whatever is built on that looks changed.
        findings: What it means, the worst first; a listed change has at least one.
    """

    change: Change
    risk: Risk
    type: str
    name: str
    urn: str
    kind: str = ""
    id: str = ""
    is_component: bool = False
    consequence: str = ""
    differences: tuple[Difference, ...] = ()
    follows: tuple[str, ...] = ()
    is_certain: bool = True
    findings: tuple[Finding, ...] = ()

    @property
    def meaning(self) -> Meaning:
        """The worst of what it means."""
        return self.findings[0].meaning if self.findings else Meaning.UNKNOWN

    @property
    def stays(self) -> bool:
        """Whether the engine lists it only because it cannot know yet that it stays as it is."""
        return bool(self.differences) and all(each.stays for each in self.differences)


@dataclass(frozen=True, kw_only=True)
class Violation:
    """A rule that is broken, or that could not be judged yet.

    Attributes:
        rule: Its id; docs/reference/policies.md has it.
        name: The resource's name in the program, or the stack's.
        lines: What has to hold, what is wrong, why it matters, what to do.
        stops: Whether `up` is refused for it.
    """

    rule: str
    name: str
    lines: tuple[str, ...]
    stops: bool


@dataclass(frozen=True, kw_only=True)
class Report:
    """A preview for people.

    Attributes:
        changes: What is worth listing, by risk.
        totals: Pairs of a change and how many resources have it; every change that is counted is there.
        violations: Rules that are broken, those that stop a run first.
        warnings: What to know before it is applied.
        errors: Why the engine could not finish; the rest is then incomplete.
        output: What else the program and the engine said on the way to an error. Not part of the JSON.
        is_drift: Whether it tells what has changed in Azure behind Pulumi's back, and no change that is to come.
        commit: The commit of the files that were previewed; empty when they are of none.
        is_new: Whether nothing is deployed yet.
        cost: What it will cost, and what that changes; None when nobody estimated it.
    """

    stack: str
    changes: tuple[ResourceChange, ...]
    totals: tuple[tuple[Change, int], ...]
    violations: tuple[Violation, ...] = ()
    warnings: tuple[str, ...] = ()
    errors: tuple[str, ...] = ()
    output: tuple[str, ...] = ()
    is_drift: bool = False
    commit: str = ""
    is_new: bool = False
    cost: CostComparison | None = None

    @property
    def meanings(self) -> tuple[Meaning, ...]:
        """All that it means, the worst first."""
        found = {finding.meaning for each in self.changes for finding in each.findings}
        if self.cost is not None and self.cost.is_over_budget:
            found.add(Meaning.OVER_BUDGET)
        if self.cost is not None and self.cost.changes:
            # What endpoints deploy is no resource of Pulumi, and may change alone.
            found.add(Meaning.CHANGES_COST)
        return tuple(sorted(found, key=RANK.__getitem__))

    @property
    def is_certain(self) -> bool:
        """Whether the worst of all changes is sure to come."""
        return any(each.is_certain for each in self.with_risk(self.risk))

    @property
    def risk(self) -> Risk:
        """The worst of all changes."""
        return min((each.risk for each in self.changes), key=list(Risk).index, default=Risk.NONE)

    @property
    def stopped_by(self) -> tuple[Violation, ...]:
        """The broken rules for which `up` is refused."""
        return tuple(each for each in self.violations if each.stops)

    def with_risk(self, risk: Risk) -> tuple[ResourceChange, ...]:
        """The changes of one risk."""
        return tuple(each for each in self.changes if each.risk is risk)

    def count(self, change: Change) -> int:
        """How many resources have this change."""
        return dict(self.totals)[change]
