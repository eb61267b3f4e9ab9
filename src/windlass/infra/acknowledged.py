"""Takes protection off what the settings say may be replaced, wherever in the program it is made."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pulumi

from windlass.project.settings import ProtectionSettings


def release_acknowledged(protection: ProtectionSettings) -> None:
    """Have every resource that `protection.may_replace` names made without protection; called before the first.

    The engine refuses to replace or delete what is protected. Named here, a resource loses its protection in the next
    run, and the run after it may replace or delete it.
    """
    if protection.may_replace:
        pulumi.runtime.register_stack_transformation(_unprotect(frozenset(protection.may_replace)))


def _unprotect(names: frozenset[str]) -> Callable[[Any], Any]:
    def transform(args: Any) -> Any:
        if args.name not in names:
            return None
        options = pulumi.ResourceOptions.merge(args.opts, pulumi.ResourceOptions(protect=False))
        return pulumi.ResourceTransformationResult(args.props, options)

    return transform
