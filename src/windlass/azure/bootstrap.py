"""Looks at and makes what a bootstrap needs in Azure, over Resource Manager.

Nothing here reads or writes data of an account or a vault: whoever runs it needs no role for data.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, assert_never
from urllib.parse import quote

from windlass.azure.arm import ADDRESS, Arm
from windlass.azure.failures import Sleep
from windlass.bootstrap.commands import key_body, prefix_of, subject_of
from windlass.bootstrap.models import (
    GiveRole,
    KeepVersions,
    MakeAccount,
    MakeContainer,
    MakeGroup,
    MakeIdentity,
    MakeKey,
    MakeVault,
    RegisterProvider,
    TrustGitHub,
)
from windlass.bootstrap.plan import AUDIENCE, ISSUER
from windlass.bootstrap.ports import AzureStep, Finding, KnownIdentity, State
from windlass.bootstrap.report import describe_step
from windlass.errors.azure import AzureDeniedError
from windlass.errors.bootstrap import (
    CannotChangeError,
    IdentityMissingError,
    MayNotGiveRolesError,
    MayNotSetUpError,
    SubjectNotKnownError,
)
from windlass.project.roles import IDENTITY_TYPE

_VERSIONS: Final = {
    "groups": "2021-04-01",
    "providers": "2021-04-01",
    "storage": "2024-01-01",
    "vaults": "2024-11-01",
    "identities": "2023-01-31",
    "roles": "2022-04-01",
    "workspaces": "2024-04-01",
}
_REGISTERING_SECONDS: Final = 120.0
"""How long a provider is waited for. Azure registers it region by region, and advises not to wait for the last one
("Azure resource providers and types"); a minute or two is what most take for all."""
_REGISTERED: Final = frozenset({"Registered", "Registering"})
_LOOK_SECONDS: Final = 2.0
_SAFE_TLS: Final = frozenset({"TLS1_2", "TLS1_3"})

_ACCOUNT: Final = {
    "allowSharedKeyAccess": False,
    "allowBlobPublicAccess": False,
    "minimumTlsVersion": "TLS1_2",
    "supportsHttpsTrafficOnly": True,
}
_VAULT: Final = {"enablePurgeProtection": True}

Json = dict[str, Any]
_WrittenStep = MakeGroup | MakeAccount | KeepVersions | MakeContainer | MakeVault | MakeKey | MakeIdentity | TrustGitHub

_THERE, _MISSING = Finding(state=State.THERE), Finding(state=State.MISSING)


class AzureBootstrap:
    """Satisfies `bootstrap.ports.Azure`.

    Args:
        arm: Resource Manager.
        sleep: Waits between looks at a provider that is being registered.
    """

    def __init__(self, arm: Arm, *, sleep: Sleep) -> None:
        self._arm = arm
        self._sleep = sleep

    def look(self, step: AzureStep) -> Finding:  # noqa: PLR0911 - one line for each kind of step
        """Tell how far it is what the step wants.

        Raises:
            CannotChangeError: It is of another kind, which cannot be changed.
        """
        try:
            match step:
                case RegisterProvider():
                    return self._look_provider(step)
                case MakeGroup(place=place):
                    return _present(self._find(place.group_id, "groups", step))
                case MakeAccount():
                    return _compared(self._find(step.id, "storage", step), _account_problems)
                case KeepVersions():
                    return self._look_versions(step)
                case MakeContainer():
                    return _present(self._find(step.id, "storage", step))
                case MakeVault():
                    return self._look_vault(step)
                case MakeKey():
                    return self._look_key(step)
                case MakeIdentity():
                    return _present(self._find(step.id, "identities", step))
                case TrustGitHub():
                    return self._look_trust(step)
                case GiveRole():
                    return self._look_role(step)
                case _:
                    assert_never(step)
        except AzureDeniedError as denied:
            raise MayNotSetUpError(f"look at {describe_step(step)}", details=denied.details) from denied

    def do(self, step: AzureStep) -> None:
        """Make it so.

        Raises:
            MayNotGiveRolesError: A role, and whoever runs this may not give it.
            MayNotSetUpError: Something else that whoever runs this may not make.
        """
        what = f"make {describe_step(step)}"
        try:
            match step:
                case RegisterProvider():
                    self._register(step)
                case GiveRole():
                    self._give(step, what)
                case _:
                    self._write(step, what)
        except AzureDeniedError as denied:
            refusal = MayNotGiveRolesError if isinstance(step, GiveRole) else MayNotSetUpError
            raise refusal(what, details=denied.details) from denied

    def _write(self, step: _WrittenStep, what: str) -> None:
        path, version, body = _request(step)
        # A PUT would also take away what others have set on a thing that exists.
        if isinstance(step, MakeAccount | MakeVault) and self._find(path, version, step) is not None:
            changed = _ACCOUNT if isinstance(step, MakeAccount) else _VAULT
            self._arm.patch(_address(path, version), {"properties": changed}, what)
        else:
            self._arm.put(_address(path, version), body, what)

    def known(self, identity: MakeIdentity) -> KnownIdentity | None:
        """Tell how Azure knows an identity; None when there is no such identity."""
        shown = self._find(identity.id, "identities", identity)
        if shown is None:
            return None
        properties = shown["properties"]
        return KnownIdentity(client_id=properties["clientId"], object_id=properties["principalId"])

    def _find(self, path: str, version: str, step: AzureStep) -> Json | None:
        return self._arm.find(_address(path, version), f"look at {describe_step(step)}")

    def _look_provider(self, step: RegisterProvider) -> Finding:
        state = self._registration(step)
        note = "" if state == "Registered" else f"it is {state}"
        return Finding(state=State.THERE if state in _REGISTERED else State.MISSING, note=note)

    def _registration(self, step: RegisterProvider) -> str:
        shown = self._arm.get(_address(_provider(step), "providers"), f"look at {describe_step(step)}")
        return str(shown["registrationState"])

    def _register(self, step: RegisterProvider) -> None:
        what = f"register {describe_step(step)}"
        self._arm.post(_address(f"{_provider(step)}/register", "providers"), None, what)
        waited = 0.0
        while waited < _REGISTERING_SECONDS and self._registration(step) != "Registered":
            self._sleep(_LOOK_SECONDS)
            waited += _LOOK_SECONDS

    def _look_versions(self, step: KeepVersions) -> Finding:
        shown = self._find(f"{step.account.id}/blobServices/default", "storage", step)
        properties = (shown or {}).get("properties") or {}
        kept = ("deleteRetentionPolicy", "containerDeleteRetentionPolicy")
        days = [_days(properties.get(name)) for name in kept]
        enough = properties.get("isVersioningEnabled") and min(days) >= step.days
        return _THERE if enough else _MISSING

    def _look_vault(self, step: MakeVault) -> Finding:
        shown = self._find(step.id, "vaults", step)
        if shown and not shown["properties"].get("enableRbacAuthorization"):
            raise CannotChangeError(step.name, "is opened by access policies and not by roles")
        return _compared(shown, _vault_problems)

    def _look_key(self, step: MakeKey) -> Finding:
        shown = self._find(step.id, "vaults", step)
        wanted = key_body()["properties"]["kty"]
        if shown and not str(shown["properties"]["kty"]).startswith(wanted):
            raise CannotChangeError(step.name, f"is of the kind {shown['properties']['kty']} and not {wanted}")
        return _present(shown)

    def _look_trust(self, step: TrustGitHub) -> Finding:
        """Compare with all that the identity trusts: what else may act as it is worth knowing."""
        subject = _subject(step)
        address = _address(f"{step.identity.id}/federatedIdentityCredentials", "identities")
        rows = list(self._arm.list(address, f"look at what {step.identity.name} trusts"))
        found = {row["name"]: str(row["properties"]["subject"]) for row in rows}
        ours = next((row["name"] for row in rows if _is_trusted(row["properties"], subject)), None)
        others = sorted(text for name, text in found.items() if name not in {ours, step.name})
        note = f"it also trusts {', '.join(others)}: remove what nobody needs" if others else ""
        if ours:
            return Finding(state=State.THERE, note=note)
        if step.name in found:
            return Finding(state=State.DIFFERENT, note=f"it trusts {found[step.name]}")
        return Finding(state=State.MISSING, note=note)

    def _look_role(self, step: GiveRole) -> Finding:
        if step.applied and self._find(step.scope, _version_of(step.scope), step) is None:
            return Finding(state=State.NOT_YET, note=f"stack {step.applied} has not been applied")
        known = self.known(step.identity)
        held = self._held(step, known.object_id) if known else None
        if held is None:
            return _MISSING
        if _words(held["properties"].get("condition")) != _words(step.condition):
            return Finding(state=State.DIFFERENT, note="under another condition")
        return _THERE

    def _held(self, step: GiveRole, principal: str) -> Json | None:
        """Find the assignment of a role at its very scope, under whatever name somebody has made it."""
        asked = f"{step.scope}/providers/Microsoft.Authorization/roleAssignments"
        whose = quote(f"principalId eq '{principal}'")
        address = f"{_address(asked, 'roles')}&$filter={whose}"
        for row in self._arm.list(address, f"look at {describe_step(step)}"):
            properties = row["properties"]
            same_scope = str(properties["scope"]).lower() == step.scope.lower()
            if same_scope and str(properties["roleDefinitionId"]).lower().endswith(step.role_id):
                return row
        return None

    def _give(self, step: GiveRole, what: str) -> None:
        known = self.known(step.identity)
        if known is None:
            raise IdentityMissingError(step.identity.name)
        held = self._held(step, known.object_id)
        address = _address(str(held["id"]) if held else step.id, "roles")
        orphan = None if held else self._arm.find(address, what)
        if orphan is not None:
            # An identity of this name existed before. Its assignment still has the name, and takes no other holder.
            self._arm.delete(address, what)
        properties = {
            "principalId": known.object_id,
            "principalType": IDENTITY_TYPE,
            "roleDefinitionId": _definition(step),
            "description": f"To {step.reason}."[:_LONGEST_DESCRIPTION],
            **({"condition": step.condition, "conditionVersion": "2.0"} if step.condition else {}),
        }
        self._arm.put(address, {"properties": properties}, what)


_LONGEST_DESCRIPTION: Final = 1024


def _request(  # noqa: PLR0911 - one line for each kind of step
    step: _WrittenStep,
) -> tuple[str, str, Json]:
    """Write the request that makes something: path, version and body."""
    match step:
        case MakeGroup(place=place):
            return place.group_id, "groups", {"location": place.location, "tags": dict(step.tags)}
        case MakeAccount():
            return step.id, "storage", _account_body(step)
        case KeepVersions():
            keep = {"enabled": True, "days": step.days}
            names = ("deleteRetentionPolicy", "containerDeleteRetentionPolicy")
            properties = {"isVersioningEnabled": True, **dict.fromkeys(names, keep)}
            return f"{step.account.id}/blobServices/default", "storage", {"properties": properties}
        case MakeContainer():
            return step.id, "storage", {"properties": {}}
        case MakeVault():
            return step.id, "vaults", _vault_body(step)
        case MakeKey():
            return step.id, "vaults", key_body()
        case MakeIdentity():
            return step.id, "identities", {"location": step.place.location, "tags": dict(step.tags)}
        case TrustGitHub():
            properties = {"issuer": ISSUER, "subject": _subject(step), "audiences": [AUDIENCE]}
            return step.id, "identities", {"properties": properties}
        case _:
            assert_never(step)


def _account_body(step: MakeAccount) -> Json:
    return {
        "kind": "StorageV2",
        "sku": {"name": step.redundancy},
        "location": step.place.location,
        "tags": dict(step.tags),
        "properties": dict(_ACCOUNT),
    }


def _account_problems(properties: Mapping[str, Any]) -> list[str]:
    return [
        *(["it takes shared keys"] if properties.get("allowSharedKeyAccess") is not False else []),
        *(["blobs can be made public"] if properties.get("allowBlobPublicAccess") else []),
        *(["it takes old versions of TLS"] if properties.get("minimumTlsVersion") not in _SAFE_TLS else []),
        *(["it answers without TLS"] if not properties.get("supportsHttpsTrafficOnly") else []),
    ]


def _vault_body(step: MakeVault) -> Json:
    return {
        "location": step.place.location,
        "tags": dict(step.tags),
        "properties": {
            "tenantId": step.tenant_id,
            "sku": {"family": "A", "name": "standard"},
            "enableRbacAuthorization": True,
            **_VAULT,
            "softDeleteRetentionInDays": step.retention_days,
        },
    }


def _vault_problems(properties: Mapping[str, Any]) -> list[str]:
    return [] if properties.get("enablePurgeProtection") else ["it can be purged"]


def _present(shown: Json | None) -> Finding:
    return _THERE if shown is not None else _MISSING


def _compared(shown: Json | None, problems: Any) -> Finding:
    if shown is None:
        return _MISSING
    found = problems(shown["properties"])
    return Finding(state=State.DIFFERENT, note=", ".join(found)) if found else _THERE


def _days(policy: Any) -> int:
    return int(policy.get("days") or 0) if policy and policy.get("enabled") else 0


def _subject(step: TrustGitHub) -> str:
    prefix = prefix_of(step.subject)
    if prefix is None:
        raise SubjectNotKnownError(step.subject.repository)
    return subject_of(prefix, step.environment)


def _is_trusted(properties: Mapping[str, Any], subject: str) -> bool:
    """Compare letter for letter, as Azure does since 2024."""
    told = (properties["issuer"], properties["subject"], list(properties["audiences"]))
    return told == (ISSUER, subject, [AUDIENCE])


def _words(condition: str | None) -> str:
    return " ".join((condition or "").split())


def _provider(step: RegisterProvider) -> str:
    return f"/subscriptions/{step.subscription_id}/providers/{step.namespace}"


def _definition(step: GiveRole) -> str:
    subscription = step.scope.split("/")[2]
    return f"/subscriptions/{subscription}/providers/Microsoft.Authorization/roleDefinitions/{step.role_id}"


def _version_of(scope: str) -> str:
    return "workspaces" if "/microsoft.machinelearningservices/" in scope.lower() else "storage"


def _address(path: str, version: str) -> str:
    return f"{ADDRESS}{path}?api-version={_VERSIONS[version]}"
