"""What the engine makes of a plan, and where it is stricter than it means to be. Pure.

A plan lists for every resource the operations that were foreseen, in their order. The engine allows less than that: a
resource that was to be replaced may turn out to be as it should. But it counts (pulumi's pkg/resource/deploy,
`validateSteps` and the end of `Execute`): where three operations of a replacement were foreseen and one `same` came,
it ends with "expected resource operations ... but none were seen", after everything was done. A changed tag of a
resource group is enough, because every id that comes from the group is unknown in the preview. So that sentence is no
failure here, when it is the only one.

A run that goes on meets the same from the other side: what the first run had begun is further than the plan expects.
`going_on` writes the plan as it is then, and never allows more than the plan did.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

_UNSEEN: Final = re.compile(r"expected resource operations for (\S+) but none were seen")
_EXCEEDED: Final = re.compile(r"violates plan|is not allowed by the plan|no plan for resource|unexpectedly not deleted")
_VALUES: Final = re.compile(r"(violates plan: properties changed: ).*", re.DOTALL)
_KEYS: Final = re.compile(r"[+~=-]{2}(\w[\w.-]*)")
_REPLACEMENT: Final = frozenset({"create-replacement", "replace", "delete-replaced"})


def unseen(errors: Iterable[str]) -> tuple[str, ...]:
    """Name the resources for which the engine misses an operation that was foreseen."""
    return tuple(sorted({urn for error in errors for urn in _UNSEEN.findall(error)}))


def others(errors: Iterable[str]) -> tuple[str, ...]:
    """What was said beside that."""
    return tuple(each for each in errors if not _UNSEEN.search(each))


def exceeds(errors: Iterable[str]) -> tuple[str, ...]:
    """What the engine refused because the plan does not hold it, without the values, which may be secret."""
    return tuple(without_values(each) for each in errors if _EXCEEDED.search(each))


def without_values(text: str) -> str:
    """Take the values out of what the engine says about a plan that is exceeded; the names of the properties stay."""
    found = _VALUES.search(text)
    if found is None or "[" not in found.group(0):
        return text  # there are none, or no longer
    keys = sorted(set(_KEYS.findall(found.group(0).partition("properties changed: ")[2])))
    return f"{text[: found.start()]}{found.group(1)}{', '.join(keys)}"


def missing(plan: bytes, urns: Iterable[str], deployment: Mapping[str, Any]) -> tuple[str, ...]:
    """Of resources without their operation, name those that are not as they should: not made, or not gone.

    Args:
        plan: The plan.
        urns: The resources.
        deployment: The state after the run.
    """
    live = {row["urn"] for row in deployment.get("resources") or () if not row.get("delete")}
    foreseen = json.loads(plan)["resourcePlans"]
    steps = {urn: (foreseen.get(urn) or {}).get("steps") or [] for urn in urns}
    return tuple(sorted(urn for urn, each in steps.items() if (urn in live) == (each == ["delete"])))


def creations(plan: bytes) -> frozenset[str]:
    """Name what a plan makes that was not there."""
    return frozenset(
        urn for urn, each in json.loads(plan)["resourcePlans"].items() if (each.get("steps") or [])[:1] == ["create"]
    )


def going_on(plan: bytes, deployment: Mapping[str, Any]) -> bytes:
    """Write a plan as it is for a run that goes on.

    Args:
        plan: The plan that was begun.
        deployment: The state as it is now.
    """
    document = json.loads(plan)
    rows: dict[str, list[Mapping[str, Any]]] = {}
    for row in deployment.get("resources") or ():
        rows.setdefault(row["urn"], []).append(row)
    for urn, each in document["resourcePlans"].items():
        if urn in rows:
            each["steps"] = _left(each.get("steps") or [], rows[urn])
    return json.dumps(document).encode()


def _left(steps: list[str], rows: list[Mapping[str, Any]]) -> list[str]:
    """What of the operations on a resource is left to do."""
    live = [row for row in rows if not row.get("delete")]
    if steps == ["create"] and live:
        # It was made. If Azure says that it failed, the engine updates it, which is less than to make it.
        return ["update"]
    if not _REPLACEMENT.issuperset(steps) or not steps:
        return steps
    if any(row.get("pendingReplacement") for row in live):
        return ["replace", "create-replacement"]  # the old one is gone
    if live and len(rows) > len(live):
        return ["update", "delete-replaced"]  # the new one is there, and the old one too
    return steps
