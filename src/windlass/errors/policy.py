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

    def __init__(self, stack: str, rules: Sequence[str]) -> None:
        named = ", ".join(dict.fromkeys(rules))
        super().__init__(
            f"`up` of stack {stack} is refused by {named}; nothing was changed. Do what is said above, or except "
            "a rule with its reason: docs/how-to/policies.md"
        )


class StacksRefusedError(RefusedError):
    """Rules are broken in one of several stacks."""

    def __init__(self, stacks: Sequence[str]) -> None:
        super().__init__(
            f"stack {', '.join(stacks)} is refused by rules of infra/policy, which the report names with what to do. "
            "Correct the settings, or write an exception down: docs/how-to/policies.md"
        )
