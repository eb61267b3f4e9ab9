"""The only wiring: a stack's name in, ready use cases out. Scripts, the demo and tests call these.

Everything is made when it is first used, so that a command pays for what it does and no more. One module per
subject; what several commands call is named here.
"""

from windlass.factory.adoption import adopt, plan_adoption
from windlass.factory.recoveries import held_names, recovery
from windlass.factory.takedown import Takedown
from windlass.factory.toolkit import RELEASES, RESULTS, Toolkit, choose_model, container_groups, release

__all__ = [
    "RELEASES",
    "RESULTS",
    "Takedown",
    "Toolkit",
    "adopt",
    "choose_model",
    "container_groups",
    "held_names",
    "plan_adoption",
    "recovery",
    "release",
]
