"""`online/stacks/<stack>.yml`: what one stack has otherwise than the base files."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

SECTIONS = ("deployment", "rollout", "serving")
"""An overlay has a section for each file it may change, and `serving`, which chooses what the stack serves on."""


def merge(base: Mapping[str, Any], overlay: Mapping[str, Any]) -> dict[str, Any]:
    """Lay `overlay` over `base`.

    Mappings are merged key by key; any other value of the overlay, a list too, replaces that of the base; null
    removes the key.
    """
    merged = dict(base)
    for key, value in overlay.items():
        below = merged.get(key)
        if value is None:
            merged.pop(key, None)
        elif isinstance(value, Mapping) and isinstance(below, Mapping):
            merged[key] = merge(below, value)
        else:
            merged[key] = value
    return merged
