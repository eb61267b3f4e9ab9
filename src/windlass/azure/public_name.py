"""The record set of a public name: where it leads, and what a release has noted on it. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from windlass.errors.release import EndpointUnreadableError
from windlass.release.traffic import Traffic

ENDPOINT, TARGET, BASE, MOVED = "windlass_endpoint", "windlass_target", "windlass_base", "windlass_moved"


@dataclass(frozen=True, kw_only=True)
class Record:
    """A record set, or that there is none.

    Attributes:
        host: Where the name leads; empty when it does not exist.
        endpoint: Whose releases move it.
        target: The deployment that the latest release moved it to.
        base: What served before.
        moved_at: When that was, in seconds since the epoch.
        ttl: How many seconds its answers are kept.
    """

    host: str = ""
    endpoint: str = ""
    target: str = ""
    base: Traffic = field(default_factory=Traffic)
    moved_at: float = 0.0
    ttl: int = 0


def record_body(host: str, ttl: int, endpoint: str, *, target: str, base: Traffic, now: float) -> dict[str, Any]:
    """Make the request that has a public name lead to a host."""
    noted = {ENDPOINT: endpoint, MOVED: f"{now:.0f}"}
    if target:
        noted |= {TARGET: target, BASE: str(base) or "none"}
    return {"properties": {"TTL": ttl, "CNAMERecord": {"cname": host}, "metadata": noted}}


def read_record(resource: Mapping[str, Any] | None, *, default_ttl: int) -> Record:
    """Read a record set as Resource Manager shows it.

    Raises:
        EndpointUnreadableError: What a release notes on it is not what it must be.
    """
    if resource is None:
        return Record(ttl=default_ttl)
    properties = resource["properties"]
    noted = properties.get("metadata") or {}
    base = noted.get(BASE, "none")
    try:
        before = Traffic() if base == "none" else Traffic.parse(base)
        moved = float(noted.get(MOVED) or 0)
    except ValueError as error:
        raise EndpointUnreadableError(str(resource.get("name")), str(error)) from error
    return Record(
        host=str((properties.get("CNAMERecord") or {}).get("cname") or "").rstrip("."),
        endpoint=noted.get(ENDPOINT, ""),
        target=noted.get(TARGET, ""),
        base=before,
        moved_at=moved,
        ttl=int(properties.get("TTL") or default_ttl),
    )
