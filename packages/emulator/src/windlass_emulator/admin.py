"""The local Azure's own API, on a loopback listener of its own (its address stands in `status --output json`).

    GET    /status      the supervisor, listeners, children, and what each part adds (instances, nodes)
    GET    /faults      the failures to come
    POST   /faults      add one, see faults.Fault. Two kinds:
                          {"method": "PUT", "path": "endpoints/churn$", "skip": 1, "status": 409, "code": "Conflict"}
                          {"operation": "online_deployment", "code": "BadRequest", "message": "no such image"}
    DELETE /faults      forget all
    DELETE /faults/{n}  forget one

It is not part of Azure; nothing of it is reachable through the proxy.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import Literal

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
        ),
    )


def _route(method: Literal["GET", "POST", "DELETE"], template: str, handler: Handler) -> Route:
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
