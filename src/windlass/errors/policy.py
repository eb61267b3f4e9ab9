"""What can be wrong with policies themselves."""

from __future__ import annotations

from collections.abc import Sequence

from windlass.errors import RefusedError, UsageError


class UnknownRuleError(UsageError):
    """Settings except a rule that does not exist, so that nothing would be excepted."""

    def __init__(self, stack: str, unknown: Sequence[str], known: Sequence[str]) -> None:
        super().__init__(
            f"Pulumi.{stack}.yaml: windlass:settings.policy.exceptions names {', '.join(unknown)}, which is no rule. "
            f"Choose one of: {', '.join(known)}"
        )


class PolicyViolationError(RefusedError):
    """The program declares something that a mandatory rule forbids."""

    def __init__(self, stack: str, violations: Sequence[str]) -> None:
        listed = "\n".join(f"  {line}" for each in violations for line in each.splitlines())
        super().__init__(f"stack {stack} breaks rules that it is held to; nothing was changed:\n{listed}")
