"""The parts of an ARM id: what type it is of, where it is and what it is called. Pure."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class ArmName:
    """What an ARM id says.

    Attributes:
        subscription_id: In lower case.
        resource_group: As it is written.
        type: With its namespace, such as Microsoft.Network/virtualNetworks/subnets; as it is written.
        names: One for each part of the type, from the outermost.
    """

    subscription_id: str
    resource_group: str
    type: str
    names: tuple[str, ...]

    @property
    def name(self) -> str:
        """The name of the resource itself."""
        return self.names[-1]


def parse_arm_id(text: str) -> ArmName:
    """Take an ARM id of something in a resource group apart."""
    _, _, subscription, _, group, _, namespace, *rest = text.split("/")
    return ArmName(
        subscription_id=subscription.lower(),
        resource_group=group,
        type="/".join((namespace, *rest[::2])),
        names=tuple(rest[1::2]),
    )


def same_type(first: str, second: str) -> bool:
    """Compare types as Azure does, which leaves the case of letters aside."""
    return first.lower() == second.lower()
