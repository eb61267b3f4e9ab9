"""The one subscription, its tenant, its regions, and the resource providers registered in it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from windlass_emulator import regions
from windlass_emulator.arm.common import SUBSCRIPTION
from windlass_emulator.errors import AzureError
from windlass_emulator.feature import Feature
from windlass_emulator.http import Answer, Handler, Request, Route
from windlass_emulator.settings import TENANT_ID

if TYPE_CHECKING:
    from windlass_emulator.azure import LocalAzure

_REGISTRATIONS = "provider registrations"
_WITHOUT_PARTS = ("Microsoft.AlertsManagement",)
"""Providers that a subscription for machine learning registers and of which nothing else is answered here."""

_PROVIDER = re.compile(r"/providers/(?P<namespace>Microsoft\.\w+)/(?P<rest>.+)\Z")


def feature() -> Feature:
    """Return the subscription."""
    return Feature(
        "subscription",
        routes=(
            _route("GET", "/subscriptions", _list),
            _route("GET", SUBSCRIPTION, _get),
            _route("GET", "/tenants", _tenants),
            _route("GET", f"{SUBSCRIPTION}/locations", _locations),
            _route("GET", f"{SUBSCRIPTION}/providers", _list_providers),
            _route("GET", f"{SUBSCRIPTION}/providers/{{namespace}}", _get_provider),
            _route("POST", f"{SUBSCRIPTION}/providers/{{namespace}}/register", _register),
            _route("POST", f"{SUBSCRIPTION}/providers/{{namespace}}/unregister", _unregister),
        ),
    )


def _route(method: str, template: str, handler: Handler, summary: str = "") -> Route:
    return Route(method, template, handler, provenance="specified", summary=summary)


def _subscription(request: Request) -> dict[str, Any]:
    return {
        "id": f"/subscriptions/{request.azure.subscription}",
        "authorizationSource": "RoleBased",
        "managedByTenants": [],
        "tags": {},
        "subscriptionId": request.azure.subscription,
        "tenantId": TENANT_ID,
        "displayName": "Windlass local",
        "state": "Enabled",
        "subscriptionPolicies": {
            "locationPlacementId": "Public_2014-09-01",
            "quotaId": "PayAsYouGo_2014-09-01",
            "spendingLimit": "Off",
        },
    }


async def _list(request: Request) -> Answer:
    """List subscriptions: there is one."""
    return Answer(200, {"value": [_subscription(request)], "count": {"type": "Total", "value": 1}})


async def _get(request: Request) -> Answer:
    """Get the subscription."""
    return Answer(200, _subscription(request))


async def _tenants(request: Request) -> Answer:
    """List tenants: there is one."""
    del request
    tenant = {
        "id": f"/tenants/{TENANT_ID}",
        "tenantId": TENANT_ID,
        "displayName": "Windlass",
        "countryCode": "DE",
        "defaultDomain": "windlass.onmicrosoft.com",
        "domains": ["windlass.onmicrosoft.com"],
        "tenantCategory": "Home",
        "tenantType": "AAD",
    }
    return Answer(200, {"value": [tenant]})


async def _locations(request: Request) -> Answer:
    """List the regions."""
    base = f"/subscriptions/{request.azure.subscription}/locations"
    return Answer(200, {"value": [_location(base, region) for region in regions.REGIONS]})


def _location(base: str, region: regions.Region) -> dict[str, Any]:
    paired = [{"name": region.paired, "id": f"{base}/{region.paired}"}] if region.paired else []
    return {
        "id": f"{base}/{region.name}",
        "name": region.name,
        "type": "Region",
        "displayName": region.display,
        "regionalDisplayName": f"({region.group}) {region.display}",
        "metadata": {
            "regionType": "Physical",
            "regionCategory": "Recommended",
            "geographyGroup": region.group,
            "pairedRegion": paired,
        },
    }


# Providers: their types are those that a route answers for


def _types(routes: Iterable[Route]) -> dict[str, set[str]]:
    """Return the resource types of each namespace that some route knows."""
    found: dict[str, set[str]] = {namespace: set() for namespace in _WITHOUT_PARTS}
    for route in routes:
        match = _PROVIDER.search(route.template)
        if match is None or route.site != "management":
            continue
        named = match["rest"].split("/")
        # Types and names take turns; in the templates names stand in braces, `default` is the name of a singleton.
        types = [part for index, part in enumerate(named) if index % 2 == 0 and not part.startswith("{")]
        if route.method in {"PUT", "GET"} and len(named) % 2 == 0:
            found.setdefault(match["namespace"], set()).add("/".join(types))
        else:
            found.setdefault(match["namespace"], set())
    return found


def _state(azure: LocalAzure, namespace: str) -> str:
    """A provider is registered from the start here, unless somebody has unregistered it."""
    told = azure.store.fact(_REGISTRATIONS, namespace.lower())
    if told is None or (told["state"] == "Registering" and told["until"] <= azure.clock.now()):
        return "Registered"
    return str(told["state"])


def require_registered(request: Request) -> None:
    """Refuse to make resources of a provider that the subscription does not know.

    Raises:
        AzureError: 409 until it is registered.
    """
    if request.method != "PUT":
        return
    match = _PROVIDER.search(request.path)
    if match and _state(request.azure, match["namespace"]) != "Registered":
        raise AzureError(
            409,
            "MissingSubscriptionRegistration",
            f"The subscription is not registered to use namespace '{match['namespace']}'. See "
            "https://aka.ms/rps-not-found for how to register subscriptions.",
        )


def _provider(request: Request, namespace: str, types: set[str]) -> dict[str, Any]:
    places = [region.display for region in regions.REGIONS]
    return {
        "id": f"/subscriptions/{request.azure.subscription}/providers/{namespace}",
        "namespace": namespace,
        "registrationPolicy": "RegistrationRequired",
        "registrationState": _state(request.azure, namespace),
        "resourceTypes": [{"resourceType": name, "locations": places, "apiVersions": []} for name in sorted(types)],
    }


async def _list_providers(request: Request) -> Answer:
    """List the resource providers that the local Azure has parts of."""
    known = _types(route for feature in request.azure.features for route in feature.routes)
    rows = [_provider(request, namespace, types) for namespace, types in sorted(known.items())]
    return Answer(200, {"value": rows})


async def _get_provider(request: Request) -> Answer:
    """Get a resource provider."""
    return Answer(200, _asked_provider(request))


async def _register(request: Request) -> Answer:
    """Register a provider, which takes a while when it is not yet."""
    namespace, azure = _asked_provider(request)["namespace"], request.azure
    if _state(azure, namespace) != "Registered":
        takes = azure.settings.durations["provider.register"] / azure.settings.clock_rate
        _set_state(azure, namespace, {"state": "Registering", "until": azure.clock.now() + takes})
    return Answer(200, _asked_provider(request))


async def _unregister(request: Request) -> Answer:
    """Unregister a provider."""
    namespace = _asked_provider(request)["namespace"]
    _set_state(request.azure, namespace, {"state": "NotRegistered"})
    return Answer(200, _asked_provider(request))


def _set_state(azure: LocalAzure, namespace: str, told: dict[str, Any]) -> None:
    azure.store.set_fact(_REGISTRATIONS, namespace.lower(), told)


def _asked_provider(request: Request) -> dict[str, Any]:
    known = _types(route for feature in request.azure.features for route in feature.routes)
    asked = request.params["namespace"].lower()
    for namespace, types in known.items():
        if namespace.lower() == asked:
            return _provider(request, namespace, types)
    raise AzureError(
        404, "InvalidResourceNamespace", f"The resource namespace '{request.params['namespace']}' is invalid."
    )
