"""Looks at what stands of a stack in Azure, and deletes parts of it by id."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime
from typing import Any, Final

from windlass.azure.arm import ADDRESS, Arm
from windlass.errors.azure import AzureDeniedError, AzureRequestError
from windlass.project.outputs import StackOutputs
from windlass.project.serving import PublicName
from windlass.teardown.models import Attached, Declared, DeletedVault, Existing, Standing

_VERSIONS: Final = {
    "resources": "2021-04-01",
    "microsoft.authorization/locks": "2020-05-01",
    "microsoft.authorization/roleassignments": "2022-04-01",
    "microsoft.containerinstance/containergroups": "2023-05-01",
    "microsoft.insights/autoscalesettings": "2022-10-01",
    "microsoft.insights/diagnosticsettings": "2021-05-01-preview",
    "microsoft.keyvault/deletedvaults": "2023-07-01",
    "microsoft.managedidentity/userassignedidentities": "2023-01-31",
    "microsoft.network/dnszones": "2018-05-01",
}
_DIAGNOSED: Final = {
    "microsoft.containerregistry/registries": ("",),
    "microsoft.keyvault/vaults": ("",),
    "microsoft.machinelearningservices/workspaces": ("",),
    "microsoft.machinelearningservices/workspaces/onlineendpoints": ("",),
    "microsoft.operationalinsights/workspaces": ("",),
    "microsoft.storage/storageaccounts": (
        "",
        *(f"/{kind}Services/default" for kind in ("blob", "file", "queue", "table")),
    ),
}
"""Where diagnostic settings are looked for: those of a deleted resource come back with the next one of its id."""
_TAG_ENDPOINT, _NOTED_ENDPOINT = "windlass.endpoint", "windlass_endpoint"

Json = dict[str, Any]


class AzureStanding:
    """Satisfies `teardown.ports.Look` together with the state's resources.

    Args:
        arm: Resource Manager.
        outputs: The names of the stack.
        public_names: The public names that releases move, with the endpoint of each.
        declared: Reads the resources in the state.
        today: Tells the day.
    """

    def __init__(
        self,
        arm: Arm,
        outputs: StackOutputs,
        public_names: Mapping[str, PublicName],
        *,
        declared: Callable[[], tuple[Declared, ...]],
        today: Callable[[], date],
    ) -> None:
        self._arm = arm
        self._outputs = outputs
        self._public_names = public_names
        self._declared = declared
        self._today = today

    def __call__(self) -> Standing:
        """Look; nothing is changed."""
        existing, (roles, unseen) = tuple(self._existing()), self._roles()
        return Standing(
            today=self._today(),
            declared=self._declared(),
            existing=existing,
            locks=tuple(_attached(each) for each in self._list(self._group, "Microsoft.Authorization/locks")),
            public_names=tuple(self._records()),
            diagnostics=tuple(self._diagnostics(existing)),
            roles=roles,
            deleted_vault=self._deleted_vault(),
            unseen=unseen,
        )

    @property
    def _subscription(self) -> str:
        return f"/subscriptions/{self._outputs.subscription_id}"

    @property
    def _group(self) -> str:
        return f"{self._subscription}/resourceGroups/{self._outputs.resource_group}"

    def _existing(self) -> Iterator[Existing]:
        principals = {
            each["id"].lower(): each["properties"].get("principalId", "")
            for each in self._list(self._group, "Microsoft.ManagedIdentity/userAssignedIdentities")
        }
        address = f"{ADDRESS}{self._group}/resources?api-version={_VERSIONS['resources']}"
        for shown in self._arm.list(address, f"list the resources of {self._outputs.resource_group}"):
            own = (shown.get("identity") or {}).get("principalId") or principals.get(shown["id"].lower())
            yield Existing(
                id=shown["id"],
                name=shown["name"].rpartition("/")[2],
                type=shown["type"].lower(),
                principals=(own,) if own else (),
                endpoint=(shown.get("tags") or {}).get(_TAG_ENDPOINT, ""),
                managed_by=shown.get("managedBy") or "",
            )

    def _diagnostics(self, existing: tuple[Existing, ...]) -> Iterator[Attached]:
        for resource in existing:
            for below in _DIAGNOSED.get(resource.type, ()):
                for each in self._list(f"{resource.id}{below}", "Microsoft.Insights/diagnosticSettings"):
                    yield _attached(each)

    def _records(self) -> Iterator[Attached]:
        """The record sets of public names, where a release of this stack's endpoint owns them."""
        for endpoint, public in self._public_names.items():
            address = f"{public.zone}/CNAME/{public.record}"
            version = _VERSIONS["microsoft.network/dnszones"]
            shown = self._arm.find(f"{ADDRESS}{address}?api-version={version}", f"look at {public.host}")
            noted = ((shown or {}).get("properties") or {}).get("metadata") or {}
            if noted.get(_NOTED_ENDPOINT) == endpoint:
                yield Attached(id=address, name=public.host, scope=public.zone)

    def _roles(self) -> tuple[tuple[Attached, ...], tuple[str, ...]]:
        """Read who holds which role in the subscription, where this identity may see that."""
        kind = "Microsoft.Authorization/roleAssignments"
        try:
            return tuple(_attached(each) for each in self._list(self._subscription, kind)), ()
        except AzureDeniedError:
            return (), (
                "roles outside the group that its identities hold: this identity may not read the subscription's",
            )

    def _deleted_vault(self) -> DeletedVault | None:
        name, location = self._outputs.key_vault, self._outputs.location
        path = f"{self._subscription}/providers/Microsoft.KeyVault/locations/{location}/deletedVaults/{name}"
        version = _VERSIONS["microsoft.keyvault/deletedvaults"]
        shown = self._arm.find(f"{ADDRESS}{path}?api-version={version}", f"look for deleted key vault {name}")
        if shown is None:
            return None
        until = shown["properties"].get("scheduledPurgeDate")
        return DeletedVault(
            until=datetime.fromisoformat(until).date() if until else None,
            purge_protection=bool(shown["properties"].get("purgeProtectionEnabled")),
        )

    def _list(self, scope: str, kind: str) -> Iterator[Json]:
        """List what is attached to a scope; nothing when the scope is gone."""
        address = f"{ADDRESS}{scope}/providers/{kind}?api-version={_VERSIONS[kind.lower()]}"
        return self._arm.list(address, f"list {kind.rpartition('/')[2]} of {scope}")


def delete_by_id(arm: Arm, resource_id: str, what: str) -> None:
    """Delete one resource of a type that is known here; that it is gone already is no error.

    Raises:
        AzureRequestError: The type is not known.
    """
    provider = resource_id.lower().rpartition("/providers/")[2].split("/")
    version = _VERSIONS.get("/".join(provider[:2]))
    if version is None:
        raise AzureRequestError(what, f"no API version is known for {resource_id}")
    arm.delete(f"{ADDRESS}{resource_id}?api-version={version}", what)


def _attached(shown: Json) -> Attached:
    properties = shown.get("properties") or {}
    scope = properties.get("scope") or shown["id"][: shown["id"].lower().rfind("/providers/")]
    return Attached(id=shown["id"], name=shown["name"], scope=scope, principal=str(properties.get("principalId") or ""))
