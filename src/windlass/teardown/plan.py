"""Plans the way from a stack to nothing. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from typing import Final

from windlass.project.outputs import StackOutputs
from windlass.project.settings import StackSettings
from windlass.teardown.models import (
    Attached,
    Blocker,
    Declared,
    DeleteAutoscale,
    DeleteContainerGroup,
    DeleteDiagnostics,
    DeletePublicName,
    DeleteRole,
    DestroyOnWorkspace,
    DestroyRest,
    Existing,
    GoesWith,
    KeepVault,
    LockedByHand,
    ProtectedBySettings,
    ProtectedInState,
    PurgeVault,
    PurgeWorkspace,
    RemoveLocks,
    Standing,
    Step,
    Teardown,
    UnknownResource,
)
from windlass.teardown.names import names_after

AUTOSCALE: Final = "microsoft.insights/autoscalesettings"
CONTAINER_GROUP: Final = "microsoft.containerinstance/containergroups"
_LOCK: Final = "azure-native:authorization:ManagementLock"
_VAULT: Final = "azure-native:keyvault:Vault"
_GROUP: Final = re.compile(r"/subscriptions/[^/]+/resourcegroups/[^/]+", re.IGNORECASE)
_BY_AZURE: Final = (
    # Application Insights makes these two in the group by itself.
    re.compile(r"microsoft\.alertsmanagement/smartdetectoralertrules:.*"),
    re.compile(r"microsoft\.insights/actiongroups:application insights smart detection"),
    # The network interface of a private endpoint.
    re.compile(r"microsoft\.network/networkinterfaces:.*\.nic\..*"),
)
"""What Azure makes beside a resource, as type and name."""


def plan_teardown(
    settings: StackSettings, outputs: StackOutputs, standing: Standing, *, with_unknown: bool = False
) -> Teardown:
    """Plan the way from a stack to nothing.

    Args:
        settings: What the stack is to be.
        outputs: Its names.
        standing: What there is of it.
        with_unknown: A person says that what the state does not know may go with its group.
    """
    return Teardown(
        stack=settings.stack,
        steps=(*_first(settings, standing), *_destroy(settings, outputs, standing)),
        goes_with=tuple(_going(standing)),
        names=names_after(settings, outputs, standing, vault_until=_kept_until(settings, standing)),
        blockers=tuple(_blockers(settings, standing, with_unknown=with_unknown)),
        unseen=standing.unseen,
    )


def _first(settings: StackSettings, standing: Standing) -> Iterator[Step]:
    """What goes before the engine destroys: what it does not know, and what would hinder it."""
    known = _known(standing)
    unknown = [each for each in standing.existing if each.id.lower() not in known]
    yield from (DeleteAutoscale(name=each.name, id=each.id) for each in unknown if each.type == AUTOSCALE)
    yield from (DeletePublicName(name=each.name, id=each.id) for each in standing.public_names)
    yield from (
        DeleteContainerGroup(name=each.name, id=each.id, endpoint=each.endpoint) for each in unknown if _serves(each)
    )
    if locks := tuple(_name(each.urn) for each in standing.declared if each.type.startswith(_LOCK)):
        yield RemoveLocks(stack=settings.stack, names=locks)
    yield from (
        DeleteDiagnostics(name=each.name, id=each.id) for each in standing.diagnostics if each.id.lower() not in known
    )
    yield from (DeleteRole(id=each.id, scope=each.scope) for each in _outliving(standing, known))


def _destroy(settings: StackSettings, outputs: StackOutputs, standing: Standing) -> Iterator[Step]:
    bring = settings.windlass.bring
    if bring.workspace is not None:
        # What was brought is no resource of the stack: nothing is left to be given back.
        yield DestroyRest(stack=settings.stack)
        return
    yield DestroyOnWorkspace(stack=settings.stack)
    yield PurgeWorkspace(name=outputs.workspace)
    yield DestroyRest(stack=settings.stack)
    if bring.key_vault is None:
        until = _kept_until(settings, standing)
        yield PurgeVault(name=outputs.key_vault) if until is None else KeepVault(name=outputs.key_vault, until=until)


def _kept_until(settings: StackSettings, standing: Standing) -> date | None:
    """The day until which Azure keeps the vault whatever is asked; None when it can be purged.

    What Azure has counts, then what the state has of it: purge protection that was on once stays on, whatever the
    settings say by now.
    """
    deleted, vault = standing.deleted_vault, settings.windlass.vault
    made = next((each for each in standing.declared if each.type == _VAULT), None)
    days = (made.retention_days if made else None) or vault.retention_days
    kept_until = standing.today + timedelta(days=days)
    if deleted is not None:
        return (deleted.until or kept_until) if deleted.purge_protection else None
    protected = made.purge_protection if made else vault.purge_protection
    return kept_until if protected else None


def _blockers(settings: StackSettings, standing: Standing, *, with_unknown: bool) -> Iterator[Blocker]:
    protection, known = settings.windlass.protection, _known(standing)
    for key in ("data", "endpoints", "locks"):
        if getattr(protection, key):
            yield ProtectedBySettings(key=f"protection.{key}")
    if not (protection.data or protection.endpoints):
        yield from (ProtectedInState(urn=each.urn) for each in standing.declared if each.protect)
    yield from (LockedByHand(id=each.id, scope=each.scope) for each in standing.locks if each.id.lower() not in known)
    if not with_unknown and _takes_group(standing):
        yield from (UnknownResource(id=each.id, type=each.type) for each in _unknown(standing))


def _takes_group(standing: Standing) -> bool:
    return any(each.type == "azure-native:resources:ResourceGroup" for each in standing.declared)


def _unknown(standing: Standing) -> Iterator[Existing]:
    known = _known(standing)
    for each in standing.existing:
        handled = each.id.lower() in known or each.type == AUTOSCALE or _serves(each)
        if not (handled or each.managed_by or _parent(each, known) or _is_by_azure(each)):
            yield each


def _going(standing: Standing) -> Iterator[GoesWith]:
    """What lies in something that goes: the deployments of an endpoint, and what else Azure shows of it."""
    known = _known(standing)
    for each in standing.existing:
        parent = _parent(each, known)
        if parent and each.id.lower() not in known:
            yield GoesWith(id=each.id, name=each.name, type=each.type, parent=parent)


def _parent(resource: Existing, known: frozenset[str]) -> str:
    """The name of the declared resource that one lies in; its group does not count."""
    parts = resource.id.split("/")
    for end in range(len(parts) - 2, 0, -2):
        parent = "/".join(parts[:end])
        if _GROUP.fullmatch(parent):
            return ""
        if parent.lower() in known:
            return parts[end - 1]
    return ""


def _outliving(standing: Standing, known: frozenset[str]) -> Iterator[Attached]:
    """Roles outside the group that nobody would hold any more."""
    going = {principal for each in standing.existing for principal in each.principals}
    groups = {match[0].lower() for each in standing.existing if (match := _GROUP.match(each.id))}
    for role in standing.roles:
        match = _GROUP.match(role.scope)
        inside = match is not None and match[0].lower() in groups
        if role.principal in going and not inside and role.id.lower() not in known:
            yield role


def _known(standing: Standing) -> frozenset[str]:
    return frozenset(each.id.lower() for each in standing.declared if each.id)


def _serves(resource: Existing) -> bool:
    return resource.type == CONTAINER_GROUP and bool(resource.endpoint)


def _is_by_azure(resource: Existing) -> bool:
    text = f"{resource.type}:{resource.name.lower()}"
    return any(pattern.fullmatch(text) for pattern in _BY_AZURE)


def _name(urn: str) -> str:
    return urn.rpartition("::")[2]


def declared_resources(rows: Iterable[dict[str, object]]) -> tuple[Declared, ...]:
    """Read the resources of an exported state."""
    return tuple(_declared(row) for row in rows if not row.get("delete"))


def _declared(row: dict[str, object]) -> Declared:
    outputs = row.get("outputs")
    properties = outputs.get("properties") if isinstance(outputs, dict) else None
    vault = properties if row["type"] == _VAULT and isinstance(properties, dict) else {}
    days = vault.get("softDeleteRetentionInDays")
    return Declared(
        urn=str(row["urn"]),
        type=str(row["type"]),
        id=str(row.get("id") or "") if str(row["type"]).startswith("azure-native:") else "",
        protect=bool(row.get("protect")),
        purge_protection=bool(vault.get("enablePurgeProtection")),
        retention_days=int(days) if isinstance(days, int | float) else None,
    )
