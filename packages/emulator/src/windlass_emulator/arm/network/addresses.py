"""Ranges of addresses: which a network and its subnets may have, and the next free address. Pure.

Codes and sentences are those that Azure was seen to answer with (public issues), where there is no other word.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from ipaddress import IPv4Address, IPv4Network

from windlass_emulator.errors import AzureError

RESERVED = 5
"""Azure keeps the first four addresses of a subnet and its last one for itself."""

_SMALLEST, _LARGEST = 29, 2


def parse(prefix: str, where: str) -> IPv4Network:
    """Read a range.

    Args:
        prefix: Such as 10.0.0.0/24.
        where: The id of the resource that has it.

    Raises:
        AzureError: 400 when it is none, or when bits behind its length are set.
    """
    try:
        return IPv4Network(prefix)
    except ValueError as error:
        meant = _network_of(prefix)
        advice = f" For the given prefix length, the address prefix should be {meant}." if meant else ""
        raise AzureError(
            400,
            "InvalidCIDRNotation",
            f"The address prefix {prefix} in resource {where} has an invalid CIDR notation.{advice}",
        ) from error


def _network_of(prefix: str) -> str | None:
    try:
        return str(IPv4Network(prefix, strict=False))
    except ValueError:
        return None


def refuse_spaces(spaces: Sequence[IPv4Network], network: str) -> None:
    """Refuse the address spaces of a network: none at all, or two that overlap.

    Raises:
        AzureError: 400.
    """
    if not spaces:
        raise AzureError(
            400,
            "NoAddressPrefixOrPoolProvided",
            f"Virtual network {network} has no address prefixes; properties.addressSpace.addressPrefixes needs one.",
        )
    for index, space in enumerate(spaces):
        if any(space.overlaps(other) for other in spaces[index + 1 :]):
            raise AzureError(
                400, "NetcfgAddressSpacesOverlap", f"The address spaces of virtual network '{network}' overlap."
            )


def refuse_subnet(
    name: str, ranges: Iterable[IPv4Network], others: Iterable[IPv4Network], spaces: Sequence[IPv4Network], network: str
) -> None:
    """Refuse a subnet that is too small, outside its network, or on top of another subnet.

    Raises:
        AzureError: 400.
    """
    beside = tuple(others)
    for own in ranges:
        if not _LARGEST <= own.prefixlen <= _SMALLEST:
            raise AzureError(
                400,
                "NetcfgInvalidSubnet",
                f"Subnet '{name}' is not valid in virtual network '{network}'. A subnet is a /{_LARGEST} to a "
                f"/{_SMALLEST}; this one is a /{own.prefixlen}.",
            )
        if not any(own.subnet_of(space) for space in spaces):
            raise AzureError(
                400,
                "NetcfgSubnetRangeOutsideVnet",
                f"Subnet '{name}' is not valid because its IP address range is outside the IP address range of "
                f"virtual network '{network}'.",
            )
        if any(own.overlaps(other) for other in beside):
            raise AzureError(
                400,
                "NetcfgSubnetRangesOverlap",
                f"Subnet '{name}' is not valid because its IP address range overlaps with that of an existing subnet "
                f"in virtual network '{network}'.",
            )


def free_addresses(subnet: IPv4Network, taken: Iterable[str]) -> Iterator[IPv4Address]:
    """Yield the addresses of a subnet that may still be given out, lowest first."""
    used = {IPv4Address(address) for address in taken}
    first = int(subnet.network_address) + RESERVED - 1
    last = int(subnet.broadcast_address)
    return (address for number in range(first, last) if (address := IPv4Address(number)) not in used)
