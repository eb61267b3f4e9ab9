"""What belongs to a saved plan: which stack, which commit, which state it was made for. Pure.

A plan says what may happen and nothing of where it comes from, so this stands beside it. Digests tell a plan that was
altered or mixed up from the one that was shown; they are no signature, and whoever may write the folder may write both.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar, Final, Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from windlass.errors.plans import PlanUnreadableError
from windlass.errors.validation import first_problem

MANIFEST: Final = "manifest.json"
PLAN: Final = "plan.json"
"""Their names in the folder of a stack."""

_OF_THE_CLOCK: Final = frozenset({"created", "modified"})
"""What the engine writes of the time; a run that changes nothing may write it anew."""


class Manifest(BaseModel):
    """What a saved plan belongs to.

    Attributes:
        version: Of this format.
        stack: The stack's name.
        commit: The commit of the files that were previewed.
        plan_sha256: Of the plan's bytes; empty when the preview failed and left none.
        state_sha256: Of the state that it was made for (`state_digest`).
        failed: The preview failed, or a policy forbids what it shows.
        made_at: When.
    """

    model_config: ClassVar[ConfigDict] = ConfigDict(frozen=True, extra="ignore")

    version: Literal[1] = 1
    stack: str
    commit: str
    plan_sha256: str = ""
    state_sha256: str
    failed: bool
    made_at: datetime

    def as_text(self) -> str:
        """Write it as JSON, which `parse_manifest` reads."""
        return self.model_dump_json(indent=1) + "\n"


def parse_manifest(text: str | bytes, source: str) -> Manifest:
    """Take a text for a manifest.

    Args:
        text: What `Manifest.as_text` wrote.
        source: Where it comes from, for the message.

    Raises:
        PlanUnreadableError: It is something else.
    """
    try:
        return Manifest.model_validate_json(text)
    except ValidationError as error:
        raise PlanUnreadableError(source, first_problem(error)) from error


def content_digest(content: bytes) -> str:
    """SHA-256 of a file, in hexadecimal digits."""
    return hashlib.sha256(content).hexdigest()


def state_digest(deployment: Mapping[str, Any] | None) -> str:
    """SHA-256 of what matters of a state: what it holds and what is under way, not when it was written.

    Args:
        deployment: The state as the engine exports it; None of a stack that was never applied.
    """
    deployment = deployment or {}
    rows = [_timeless(row) for row in deployment.get("resources") or ()]
    pending = [{**each, "resource": _timeless(each["resource"])} for each in deployment.get("pending_operations") or ()]
    whole = {"resources": sorted(map(_canonical, rows)), "pending": sorted(map(_canonical, pending))}
    return content_digest(_canonical(whole).encode())


def _timeless(row: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in row.items() if key not in _OF_THE_CLOCK}


def _canonical(document: Any) -> str:
    return json.dumps(document, sort_keys=True, separators=(",", ":"))
