"""Container groups: a server process each, behind a name of its own."""

from __future__ import annotations

from windlass_emulator.containers import groups, live, views
from windlass_emulator.containers.kind import KIND
from windlass_emulator.containers.names import Resolver
from windlass_emulator.feature import Feature


def feature() -> Feature:
    """Return container groups."""
    return Feature(
        "container groups",
        routes=groups.routes(),
        actions={groups.APPLY: groups.apply, groups.DELETE: groups.carry_out_delete},
        renderers={KIND.type.lower(): views.render},
        start=live.revive,
        stop=live.stop,
        status=live.status,
        deleted={KIND.type.lower(): live.forget},
        resolve=Resolver().resolve,
    )
