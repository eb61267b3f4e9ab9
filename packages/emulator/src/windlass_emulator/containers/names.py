"""Host names of container groups, and names in public DNS zones that lead to them.

A name server's answer is kept for its time to live, as every resolver on the way keeps it: who moves a name sees
callers at the old address until then.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from windlass_emulator.containers.kind import FQDN_SUFFIX, KIND, host_of
from windlass_emulator.containers.live import running

if TYPE_CHECKING:
    from windlass_emulator.azure import LocalAzure

CNAME = "Microsoft.Network/dnszones/CNAME"
_LONGEST_CHAIN = 8


@dataclass(slots=True)
class Resolver:
    """Remembers answers of the zones for their time to live."""

    elapsed: Callable[[], float] = time.monotonic
    _kept: dict[str, tuple[str, float]] = field(default_factory=dict)

    def resolve(self, azure: LocalAzure, host: str) -> int | str | None:
        """Say where a name leads: a port, a sentence that refuses it, or None for a name of somebody else."""
        name = host.lower().rstrip(".")
        for _ in range(_LONGEST_CHAIN):
            if name.endswith(f".{FQDN_SUFFIX}"):
                return _port_of(azure, name)
            target = self._target(azure, name)
            if target is None:
                return None if name == host else f"{host} leads to {name}, for which the local Azure does not answer"
            name = target
        return f"{host} leads from one CNAME to the other without an end"

    def _target(self, azure: LocalAzure, name: str) -> str | None:
        kept = self._kept.get(name)
        if kept is not None and self.elapsed() < kept[1]:
            return kept[0]
        for record in azure.store.of_type(CNAME):
            # .../dnsZones/{zone}/CNAME/{relative name}
            parts = record.id.split("/")
            if f"{parts[-1]}.{parts[-3]}".lower() == name:
                properties = record.body["properties"]
                target = str((properties.get("CNAMERecord") or {}).get("cname", "")).lower().rstrip(".")
                seconds = float(properties.get("TTL") or 0)
                self._kept[name] = (target, self.elapsed() + seconds)
                return target
        self._kept.pop(name, None)
        return None


def _port_of(azure: LocalAzure, host: str) -> int | str:
    for group in azure.store.of_type(KIND.type):
        if host_of(group) == host:
            container = running(azure, group.id)
            if container is None or not container.port:
                return f"the container group {group.name} does not listen at the moment"
            return container.port
    return f"the local Azure has no container group with the name {host}"
