"""Azure Monitor's control plane: action groups, alerts, diagnostic settings, autoscale settings.

Rules are kept and checked. No metric is measured and no log is collected for them here, so no alert ever fires;
autoscale settings hold the instance counts of online deployments (`autoscale.py` says how far).
"""

from __future__ import annotations

from windlass_emulator.arm.monitor import action_groups, autoscale, diagnostics, metric_alerts, query_rules
from windlass_emulator.feature import Feature


def features() -> tuple[Feature, ...]:
    """Return the parts of Azure Monitor."""
    return (
        action_groups.feature(),
        metric_alerts.feature(),
        query_rules.feature(),
        diagnostics.feature(),
        autoscale.feature(),
    )
