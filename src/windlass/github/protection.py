"""What to do so that an environment is protected as wanted, given how it is. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace

from windlass.github.models import Environment


@dataclass(frozen=True, slots=True)
class Protect:
    """Make the environment, or set who approves and which branches may deploy at all."""

    wanted: Environment
    found: Environment | None


@dataclass(frozen=True, slots=True)
class AllowBranch:
    """Let branches of a name pattern deploy."""

    environment: str
    pattern: str


@dataclass(frozen=True, slots=True)
class ForbidBranch:
    """No longer let branches of a name pattern deploy."""

    environment: str
    pattern: str


EnvironmentStep = Protect | AllowBranch | ForbidBranch


def plan_environment(wanted: Environment, found: Environment | None) -> tuple[EnvironmentStep, ...]:
    """Decide what to change; nothing when all is as wanted.

    Patterns are allowed before others are forbidden. Reviewers are compared by id, whatever they are called.
    """
    held = found.branches if found else ()
    steps: list[EnvironmentStep] = []
    if found is None or _bare(wanted) != _bare(found):
        steps.append(Protect(wanted, found))
    steps.extend(AllowBranch(wanted.name, pattern) for pattern in wanted.branches if pattern not in held)
    if wanted.branches:
        # Without patterns GitHub forgets them all, as soon as the policy is set.
        steps.extend(ForbidBranch(wanted.name, pattern) for pattern in held if pattern not in wanted.branches)
    return tuple(steps)


def describe_step(step: EnvironmentStep) -> str:
    """Say on one line what a step does."""
    match step:
        case Protect(wanted, found):
            verb = "make" if found is None else "change"
            return f"{verb} environment {wanted.name}: {_describe(wanted)}"
        case AllowBranch(environment, pattern):
            return f"let branches {pattern} deploy to {environment}"
        case ForbidBranch(environment, pattern):
            return f"no longer let branches {pattern} deploy to {environment}"


def _describe(wanted: Environment) -> str:
    names = ", ".join(each.name or f"{each.kind} {each.id}" for each in wanted.reviewers)
    parts = [f"approved by {names}" if names else "no approval"]
    if wanted.prevent_self_review:
        parts.append("not by oneself")
    if wanted.wait_minutes:
        parts.append(f"after {wanted.wait_minutes} minutes")
    if wanted.protected_branches:
        parts.append("from protected branches")
    elif not wanted.branches:
        parts.append("from any branch")
    if not wanted.admins_bypass:
        parts.append("by administrators, too")
    return ", ".join(parts)


def _bare(environment: Environment) -> Environment:
    """Leave out what no protection rule is made of: names, order, and which patterns (not whether there are any)."""
    reviewers = sorted(
        (replace(each, name="") for each in environment.reviewers), key=lambda each: (each.kind, each.id)
    )
    patterns = ("*",) if environment.branches else ()
    return replace(environment, reviewers=tuple(reviewers), branches=patterns)
