"""What holds for all tests."""

from __future__ import annotations

from hypothesis import HealthCheck, settings

# Tests assert no time: examples that take long on a busy machine are no failure.
settings.register_profile("windlass", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("windlass")
