"""Says in words and in JSON how a plan was carried out. Pure. The JSON is stable."""

from __future__ import annotations

from typing import Any

from windlass.apply.models import Applied, Way


def describe_applied(applied: Applied) -> str:
    """Say in one line how it ended."""
    plan = f"plan {applied.plan_sha256[:12]} of commit {applied.commit[:12]}"
    if applied.way is Way.NOTHING:
        return f"Stack {applied.stack}: {plan} was carried out before, and the state is as it left it. Nothing to do."
    again = f", begun {applied.attempts} times" if applied.attempts > 1 else ""
    return f"Stack {applied.stack}: {plan} is carried out{again}. Took {applied.seconds:.1f} s."


def describe_unneeded(applied: Applied) -> str:
    """Say what the plan foresaw and nobody had to do; empty when there is nothing of that."""
    count = len(applied.unneeded)
    if not count:
        return ""
    what = "1 resource" if count == 1 else f"{count} resources"
    return f"The plan allowed to change {what} that turned out to be as it should; less was done than was shown."


def applied_as_json(applied: Applied) -> dict[str, Any]:
    """Give it as plain values."""
    return {
        "version": 1,
        "stack": applied.stack,
        "commit": applied.commit,
        "plan": applied.plan_sha256,
        "way": applied.way.name.lower(),
        "attempts": applied.attempts,
        "unneeded": list(applied.unneeded),
        "seconds": round(applied.seconds, 1),
    }
