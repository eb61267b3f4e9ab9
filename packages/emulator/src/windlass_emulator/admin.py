"""The local Azure's own API, on a loopback listener of its own (its address stands in `status --output json`).

    GET    /status      the supervisor, listeners, children, and what each part adds (instances, nodes)
    GET    /faults      the failures to come
    POST   /faults      add one, see faults.Fault. Two kinds:
                          {"method": "PUT", "path": "endpoints/churn$", "skip": 1, "status": 409, "code": "Conflict"}
                          {"operation": "online_deployment", "code": "BadRequest", "message": "no such image"}
    DELETE /faults      forget all
    DELETE /faults/{n}  forget one
    GET    /metrics     what was said of metrics
    PUT    /metrics     say what a metric is: {"resource": "/subscriptions/..", "metric": "..", "value": 90}
    GET    /principals  the principals that were made
    POST   /principals  make one without any role: {"name": "deployer", "kind": "ServicePrincipal", "groups": []}; the
                        answer has object_id, client_id and client_secret, which is told once and kept as a digest
    DELETE /principals/{object_id}  delete one
    PUT    /issuers     trust an issuer of tokens, whose keys Azure would fetch: {"issuer": "https://..", "keys": [..]}
    PUT    /durations   change rows of the table of durations until the next start: {"role_assignment.effect": 5}

It is not part of Azure; nothing of it is reachable through the proxy.
"""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import Literal

from windlass_emulator.access import directory, federation
from windlass_emulator.errors import invalid_content
from windlass_emulator.feature import Feature
from windlass_emulator.http import Answer, Handler, Request, Route


def feature() -> Feature:
    """Return the admin API."""
    return Feature(
        "admin",
        routes=(
            _route("GET", "/status", _status),
            _route("GET", "/faults", _list_faults),
            _route("POST", "/faults", _add_fault),
            _route("DELETE", "/faults", _clear_faults),
            _route("DELETE", "/faults/{number}", _clear_faults),
            _route("GET", "/principals", _list_principals),
            _route("POST", "/principals", _make_principal),
            _route("DELETE", "/principals/{object_id}", _delete_principal),
            _route("PUT", "/issuers", _trust_issuer),
            _route("PUT", "/durations", _change_durations),
        ),
    )


def _route(method: Literal["GET", "POST", "PUT", "DELETE"], template: str, handler: Handler) -> Route:
    return Route(method, template, handler, site="admin", needs_token=False, needs_api_version=False)


async def _status(request: Request) -> Answer:
    """Tell what runs."""
    return Answer(200, request.azure.status())


async def _list_faults(request: Request) -> Answer:
    """List the failures to come."""
    return Answer(200, {"value": [asdict(fault) for fault in request.azure.faults.faults]})


async def _add_fault(request: Request) -> Answer:
    """Ask for a failure."""
    return Answer(201, asdict(request.azure.faults.add(**request.json())))


async def _clear_faults(request: Request) -> Answer:
    """Forget one failure or all."""
    number = request.params.get("number")
    request.azure.faults.clear(int(number) if number else None)
    return Answer(204)


async def _list_principals(request: Request) -> Answer:
    """List the principals that were made."""
    return Answer(200, {"value": directory.principals(request.azure.store)})


async def _make_principal(request: Request) -> Answer:
    """Make a principal."""
    sent = request.json()
    made = directory.make_principal(
        request.azure.store,
        name=str(sent.get("name", "")),
        kind=str(sent.get("kind", "ServicePrincipal")),
        groups=tuple(sent.get("groups", ())),
    )
    return Answer(
        201, {"object_id": made.object_id, "client_id": made.client_id, "client_secret": made.secret}
    )  # fmt: skip


async def _delete_principal(request: Request) -> Answer:
    """Delete a principal."""
    directory.delete_principal(request.azure.store, request.params["object_id"])
    return Answer(204)


async def _trust_issuer(request: Request) -> Answer:
    """Take the public keys of an issuer of tokens."""
    sent = request.json()
    federation.trust_issuer(request.azure.store, str(sent.get("issuer", "")), sent.get("keys"))
    return Answer(204)


async def _change_durations(request: Request) -> Answer:
    """Change durations."""
    azure, sent = request.azure, request.json()
    if unknown := sorted(set(sent) - set(azure.settings.durations)):
        raise invalid_content(f"There is no duration '{unknown[0]}'.")
    azure.settings = replace(azure.settings, durations={**azure.settings.durations, **sent})
    return Answer(200, {name: azure.settings.durations[name] for name in sent})
