"""What extension resources (role assignments, locks, budgets, diagnostic settings) stand on: any scope by its id."""

from __future__ import annotations

import re

from windlass_emulator.errors import AzureError
from windlass_emulator.http import Request

_GROUP = re.compile(r"/subscriptions/[^/]+/resourceGroups/([^/]+)", re.IGNORECASE)


def scope_of(request: Request) -> str:
    """Return the scope in a request's path; clients leave doubled slashes where a resource has no parent path."""
    return "/" + re.sub("/+", "/", request.params["scope"]).strip("/")


def existing_scope(request: Request) -> str:
    """Return the scope of a request in the case of what stands there.

    Raises:
        AzureError: 404 for the group or the resource.
    """
    scope = scope_of(request)
    if scope.lower() == f"/subscriptions/{request.azure.subscription}":
        return scope
    stored = request.azure.store.get(scope)
    if stored is not None:
        return stored.id
    raise scope_not_found(request, scope)


def scope_not_found(request: Request, scope: str) -> AzureError:
    """404 for what a scope names first: the group when that is missing, else the resource."""
    group = _GROUP.match(scope)
    if group and request.azure.store.get(group[0]) is None:
        return AzureError(404, "ResourceGroupNotFound", f"Resource group '{group[1]}' could not be found.")
    return AzureError(
        404,
        "ResourceNotFound",
        f"The Resource '{scope.partition('/providers/')[2] or scope}' was not "
        "found. For more details please go to https://aka.ms/ARMResourceNotFoundFix",
    )


def type_of_scope(scope: str) -> str:
    """Return the full resource type that an id spells, lower case: `microsoft.storage/storageaccounts/blobservices`."""
    namespace, *rest = scope.rsplit("/providers/", maxsplit=1)[-1].split("/")
    return "/".join((namespace, *rest[0::2])).lower()
