"""ARM ids: what one says, and which one a resource has that the program declares, by its type and inputs. Pure.

The engine knows the id of a resource only when it has been made. Of one whose creation was interrupted it knows the
type and the inputs, and the generated table of paths tells the rest.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from windlass.project.arm_paths import PATHS

_TOKEN: Final = re.compile(r"azure-native:(?P<module>\w+)(?:/v\d{8}\w*)?:(?P<name>\w+)")
_PARAMETER: Final = re.compile(r"\{(\w+)\}")


def path_of(resource_type: str) -> str | None:
    """Give the path of a type, with its parameters in braces; None when it is not known."""
    token = _TOKEN.fullmatch(resource_type)
    return PATHS.get(f"{token['module']}:{token['name']}") if token else None


def parameters_of(resource_type: str) -> tuple[str, ...]:
    """Name the inputs that the id of a type is made of, in order; the subscription is not among them."""
    names = _PARAMETER.findall(path_of(resource_type) or "")
    return tuple(name for name in names if name != "subscriptionId")


def find_id(resource_type: str, inputs: Mapping[str, Any], subscription: str) -> str | None:
    """Tell the id that a resource has, or is going to have; None when its type or one of its names is not known.

    Args:
        resource_type: Pulumi's token, such as `azure-native:keyvault:Vault`, with or without an API version.
        inputs: The inputs that the program gives it, by the provider's names.
        subscription: The stack's subscription, for inputs that name none.
    """
    path = path_of(resource_type)
    if path is None:
        return None
    names = {"subscriptionId": subscription, **inputs}
    values = {name: names.get(name) for name in _PARAMETER.findall(path)}
    if not all(isinstance(value, str) and value for value in values.values()):
        return None
    return _PARAMETER.sub(lambda match: str(values[match[1]]).strip("/"), path)


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
