"""What a role grants: patterns of actions, matched as Azure matches them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache, cached_property


@dataclass(frozen=True)
class Permission:
    """One block of a role: what it grants, less what it takes back.

    `notActions` are no denial: another role may grant what this one leaves out.
    """

    actions: tuple[str, ...] = ()
    not_actions: tuple[str, ...] = ()
    data_actions: tuple[str, ...] = ()
    not_data_actions: tuple[str, ...] = ()

    def grants(self, action: str, *, data: bool = False) -> bool:
        """Say whether an action is granted; `data` asks for one of the data plane."""
        given, taken = self._data if data else self._control
        return bool(given.fullmatch(action)) and not taken.fullmatch(action)

    @cached_property
    def _control(self) -> tuple[re.Pattern[str], re.Pattern[str]]:
        return compiled(self.actions), compiled(self.not_actions)

    @cached_property
    def _data(self) -> tuple[re.Pattern[str], re.Pattern[str]]:
        return compiled(self.data_actions), compiled(self.not_data_actions)


def compiled(patterns: Iterable[str]) -> re.Pattern[str]:
    """Return one expression for several patterns; it matches nothing when there are none."""
    return re.compile("|".join(_written(pattern) for pattern in patterns) or r"(?!)", re.IGNORECASE)


@cache
def _written(pattern: str) -> str:
    """Write a pattern as an expression: `*` is any text.

    Between two slashes it is also none at all: AzureML Data Scientist grants `workspaces/*/read` and takes back
    `computes/*/write`, and is documented to read the workspace itself and to make no compute.
    """
    return re.escape(pattern).replace(r"/\*/", "/(?:.*/)?").replace(r"\*", ".*")
