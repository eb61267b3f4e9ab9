"""Microsoft.Storage: the blob service of an account, and what it keeps of what is changed and deleted.

Azurite keeps no versions and deletes at once: these settings are kept and shown, and nothing can be had back here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from windlass_emulator.arm import common, storage
from windlass_emulator.errors import AzureError
from windlass_emulator.feature import Feature
from windlass_emulator.http import Answer, Handler, Request, Route

if TYPE_CHECKING:
    from windlass_emulator.store import Resource

_FACT = "blob service"
_LONGEST_DAYS = 365
_POLICIES = ("deleteRetentionPolicy", "containerDeleteRetentionPolicy")
_DEFAULTS: dict[str, Any] = {
    "cors": {"corsRules": []},
    "deleteRetentionPolicy": {"allowPermanentDelete": False, "enabled": False},
}


def feature() -> Feature:
    """Return the blob services of storage accounts."""
    many = f"{storage.KIND.template}/blobServices"
    return Feature(
        "blob services",
        routes=(
            _route("GET", many, _list),
            _route("GET", f"{many}/default", _get),
            _route("PUT", f"{many}/default", _put),
        ),
    )


def _route(method: str, template: str, handler: Handler) -> Route:
    return Route(method, template, handler, provenance="specified")


async def _list(request: Request) -> Answer:
    """List the blob services of an account: there is one."""
    return Answer(200, {"value": [_shown(request, common.existing(request, storage.KIND))]})


async def _get(request: Request) -> Answer:
    """Get the blob service of an account."""
    return Answer(200, _shown(request, common.existing(request, storage.KIND)))


async def _put(request: Request) -> Answer:
    """Set what the blob service of an account keeps; what is not mentioned stays."""
    common.writable_group(request)
    account = common.existing(request, storage.KIND)
    common.refuse_while_busy(request, account)
    sent = common.checked_body(request, "blob service").get("properties") or {}
    for name in _POLICIES:
        _check_policy(name, sent.get(name))
    kept = common.merged(request.azure.store.fact(account.id, _FACT, {}), sent)
    request.azure.store.set_fact(account.id, _FACT, kept)
    return Answer(200, _shown(request, account))


def _check_policy(name: str, policy: dict[str, Any] | None) -> None:
    if not policy or not policy.get("enabled"):
        return
    days = policy.get("days")
    if not isinstance(days, int) or not 1 <= days <= _LONGEST_DAYS:
        raise AzureError(
            400,
            "InvalidValuesForRequestParameters",
            f"Values for request parameters are invalid: {name}.days. It has to be between 1 and {_LONGEST_DAYS}.",
        )


def _shown(request: Request, account: Resource) -> dict[str, Any]:
    kept = request.azure.store.fact(account.id, _FACT, {})
    return {
        "sku": account.body["sku"],
        "id": f"{account.id}/blobServices/default",
        "name": "default",
        "type": "Microsoft.Storage/storageAccounts/blobServices",
        "properties": common.merged(_DEFAULTS, kept),
    }
