"""What the engine writes into a lock, wherever the state lies. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from windlass.recovery.models import Holder, Lock

Judge = Callable[[Lock], Holder]
"""Tells what became of the engine that took a lock."""


def lock_folder(project: str, stack: str) -> str:
    """Name the folder of a stack's locks in its backend."""
    return f".pulumi/locks/organization/{project}/{stack}"


def parse_lock(name: str, document: Mapping[str, Any]) -> Lock:
    """Take what the engine writes into a lock for what it is."""
    return Lock(
        name=name,
        pid=document["pid"],
        user=document["username"],
        host=document["hostname"],
        taken_at=datetime.fromisoformat(_to_microseconds(document["timestamp"])),
    )


def judged(lock: Lock, judge: Judge) -> Lock:
    """A lock with what became of its holder."""
    return replace(lock, holder=judge(lock))


def _to_microseconds(timestamp: str) -> str:
    """Write Go's fractions of a second, which have up to nine digits, with the six that Python reads."""
    head, dot, tail = timestamp.partition(".")
    if not dot:
        return timestamp
    zone = tail.lstrip("0123456789")
    digits = tail[: len(tail) - len(zone)]
    return f"{head}.{digits[:6].ljust(6, '0')}{zone}"
