"""All parts of the local Azure."""

from __future__ import annotations

from windlass_emulator import admin, login, lro
from windlass_emulator.feature import Feature


def features() -> tuple[Feature, ...]:
    """Return every part, in the order in which routes are tried."""
    return (Feature("operations", routes=lro.routes()), login.feature(), admin.feature())
