"""All rules, in the order in which they are documented."""

from __future__ import annotations

from typing import Final

from windlass.policy.access import ACCESS_RULES
from windlass.policy.guards import GUARD_RULES
from windlass.policy.model import Rule
from windlass.policy.releases import RELEASE_RULES
from windlass.policy.upkeep import UPKEEP_RULES

RULES: Final[tuple[Rule, ...]] = (*ACCESS_RULES, *RELEASE_RULES, *GUARD_RULES, *UPKEEP_RULES)
