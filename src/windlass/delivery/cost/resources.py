"""What a stack is made of, as far as it costs: from the engine's state, or from that and a preview."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from windlass.delivery.digest import UNKNOWN, PreviewDigest, PreviewStep
from windlass.delivery.losses import short_type
from windlass.delivery.saved import DeployedResource

_GOES: Final = frozenset({"delete", "delete-replaced"})
_READ: Final = frozenset({"read", "read-replacement"})
"""Somebody else's, or Azure's own: the stack does not pay for it."""
_MAKES: Final = frozenset({"create", "create-replacement", "replace", "import", "import-replacement"})
_NATIVE: Final = "azure-native"
_NAME_PARTS: Final = 4


class UnknownInputError(Exception):
    """An input that a price hangs on is known only once the change is made. It never leaves this package."""

    def __init__(self, path: str) -> None:
        super().__init__(f"{path} is known only once the change is made")


@dataclass(frozen=True, kw_only=True)
class Resource:
    """A resource of Azure.

    Attributes:
        type: Without provider and version: `storage:StorageAccount`.
        name: In the program.
        inputs: As the program gives them.
    """

    type: str
    name: str
    inputs: Mapping[str, Any] = field(default_factory=dict, repr=False)

    def get(self, path: str) -> Any:
        """Read an input, such as `sku.name`; None when it is absent.

        Raises:
            UnknownInputError: Nobody knows it yet: what is not known is never taken for 0.
        """
        value: Any = self.inputs
        for key in path.split("."):
            if value == UNKNOWN:
                break
            value = value.get(key) if isinstance(value, Mapping) else None
        if value == UNKNOWN:
            raise UnknownInputError(path)
        return value

    def text(self, path: str, default: str = "") -> str:
        """Read an input that is a text."""
        value = self.get(path)
        return value if isinstance(value, str) else default

    def number(self, path: str, default: float = 0.0) -> float:
        """Read an input that is a number."""
        value = self.get(path)
        return float(value) if isinstance(value, int | float) else default


def parse_deployed(deployed: Iterable[DeployedResource]) -> tuple[Resource, ...]:
    """Take the resources of Azure from a state."""
    return tuple(
        Resource(type=short_type(each.type), name=name_of(each.urn), inputs=each.inputs)
        for each in deployed
        if each.custom and each.type.startswith(_NATIVE)
    )


def after_preview(deployed: Iterable[DeployedResource], digest: PreviewDigest) -> tuple[Resource, ...]:
    """Work out what a stack is made of once a preview is applied.

    Args:
        deployed: What the state holds.
        digest: The preview, which lists what changes.
    """
    entries = {each.urn: each for each in deployed}
    made = {step.urn for step in digest.steps if step.op in _MAKES}
    for step in digest.steps:
        if step.op in _GOES:
            # A replacement lists what goes and what comes, in either order.
            if step.urn not in made:
                entries.pop(step.urn, None)
        elif step.new_state is not None and step.op not in _READ:
            entries[step.urn] = _planned(step)
    return parse_deployed(entries.values())


def _planned(step: PreviewStep) -> DeployedResource:
    assert step.new_state is not None
    return DeployedResource(urn=step.urn, type=step.type, custom=step.new_state.custom, inputs=step.new_state.inputs)


def stands_on_something(digest: PreviewDigest) -> bool:
    """Whether something is deployed that a preview is made for; what stays as it is, it counts and does not list."""
    return digest.change_summary.get("same", 0) > 0 or any(step.old_state is not None for step in digest.steps)


def name_of(urn: str) -> str:
    """The name in the program: `urn:pulumi:<stack>::<project>::<types>::<name>`."""
    return urn.split("::", _NAME_PARTS - 1)[-1]
