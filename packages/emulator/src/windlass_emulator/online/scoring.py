"""The router: the front door of online endpoints, from a request at the scoring address to an answer.

Order: which endpoint -> who calls -> how large -> which deployment -> a copy for the mirror -> an instance -> the
answer in Azure's form. Everything here is on the way of every scored row, so nothing here reads the store.
Times are real: the clock rate never touches scoring.
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Mapping
from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from windlass_emulator.arm.kubernetes.front_ends import front_ends
from windlass_emulator.http import Answer, Request, Route, Site
from windlass_emulator.login import ML_AUDIENCES
from windlass_emulator.online.client import BrokenError, Call, Reply, UnsendableError
from windlass_emulator.online.fleet import ClosedError, Fleet, TooManyRequestsError
from windlass_emulator.online.keys import is_key
from windlass_emulator.online.live import Doorway, cluster_way, live, signer
from windlass_emulator.tokens import TokenRefusedError

if TYPE_CHECKING:
    from windlass_emulator.azure import LocalAzure

MAX_PAYLOAD = 3 * 512 * 1024
"""Bytes of a request or an answer: 1.5 MB, as documented."""

_ON_CLUSTER = "/api/v1/endpoint/{endpoint}"
_DEPLOYMENT = "azureml-model-deployment"
_NOT_FORWARDED = frozenset(
    {
        "authorization",
        "connection",
        "content-length",
        "expect",
        "host",
        "keep-alive",
        "proxy-authorization",
        "proxy-connection",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
        _DEPLOYMENT,
    }
)
_NOT_RETURNED = frozenset(
    {"connection", "content-length", "date", "keep-alive", "server", "transfer-encoding", "x-request-id"}
)


def routes() -> tuple[Route, ...]:
    """The addresses at which online endpoints are scored."""
    return (
        _route("POST", "/score", "recorded"),
        _route("GET", "/score", "specified"),
        _route("OPTIONS", "/score", "specified"),
        _route("GET", "/swagger.json", "specified"),
        _route("GET", "/", "inferred"),
        _route("POST", f"{_ON_CLUSTER}/score", "inferred", site="cluster"),
        _route("GET", f"{_ON_CLUSTER}/score", "inferred", site="cluster"),
        _route("OPTIONS", f"{_ON_CLUSTER}/score", "inferred", site="cluster"),
        _route("GET", f"{_ON_CLUSTER}/swagger.json", "inferred", site="cluster"),
    )


def _route(method: str, path: str, provenance: str, *, site: Site = "inference") -> Route:
    return Route(
        method,
        path,
        score,
        site=site,
        needs_token=False,
        needs_api_version=False,
        provenance=provenance,  # type: ignore[arg-type] # one of the three words above
        summary=f"Score an online endpoint: {method} {path}",
    )


async def score(request: Request) -> Answer:
    """Have a deployment answer."""
    doorway = live(request.azure).doorways.get(_way_in(request))
    if doorway is None:
        return refusal(404, f"There is no online endpoint at {request.host}{request.path}.")
    if word := _why_not(request, doorway):
        return refusal(401, word)
    if len(request.content) > MAX_PAYLOAD:
        return refusal(413, f"The request payload is larger than 1.5 megabytes: {len(request.content)} bytes.")
    asked = request.headers.get(_DEPLOYMENT)
    name = asked or doorway.turns.choose()
    if name is None:
        return refusal(404, "The endpoint doesn't have any valid deployment with positive weight.")
    fleet = live(request.azure).fleet_of(doorway.endpoint, name)
    if fleet is None or fleet.closed:
        return refusal(404, f"Specified deployment [{name}] of endpoint [{doorway.name}] could not be found.")
    call = _call(request)
    if not asked:
        _mirror(request.azure, doorway, call)
    return await _answer(fleet, call)


def _way_in(request: Request) -> str:
    endpoint = request.params.get("endpoint")
    if endpoint is None:
        return request.host
    return cluster_way(front_ends(request.azure)[request.host].cluster, endpoint)


def _why_not(request: Request, doorway: Doorway) -> str | None:
    """Return the service's word for a caller who may not score, or None."""
    scheme, _, presented = request.headers.get("authorization", "").partition(" ")
    kind = "key" if doorway.auth_mode == "Key" else "token"
    if scheme.lower() != "bearer" or not presented:
        return f"{kind}_auth_bad_header_forbidden"
    return None if _may_score(request, doorway, presented.strip()) else f"{kind}_auth_access_denied"


def _may_score(request: Request, doorway: Doorway, presented: str) -> bool:
    if doorway.auth_mode == "Key":
        return is_key(doorway.keys, presented)
    if doorway.auth_mode == "AMLToken":
        return signer(request.azure).accepts(presented, doorway.name, request.azure.clock.now())
    try:
        request.azure.tokens.verify(presented, ML_AUDIENCES)
    except TokenRefusedError:
        return False
    return True


def _call(request: Request) -> Call:
    headers = {name: value for name, value in request.headers.items() if name.lower() not in _NOT_FORWARDED}
    headers.setdefault("x-request-id", str(uuid.uuid4()))
    # An instance does not know at which address it is reached: to it, scoring is always `/score`.
    path = f"/{request.path.rsplit('/', 1)[1]}"
    target = f"{path}?{urlencode(request.query)}" if request.query else path
    return Call(request.method, target, headers, request.content)


def _mirror(azure: LocalAzure, doorway: Doorway, call: Call) -> None:
    """Send a copy to the mirrored deployment, if this request is one of its share; nobody waits for the answer."""
    if doorway.mirror is None or not doorway.mirror[1].next():
        return
    if fleet := live(azure).fleet_of(doorway.endpoint, doorway.mirror[0]):
        copy = asyncio.create_task(_discard(fleet, call))
        live(azure).tasks.add(copy)
        copy.add_done_callback(live(azure).tasks.discard)


async def _discard(fleet: Fleet, call: Call) -> None:
    await _answer(fleet, call)


async def _answer(fleet: Fleet, call: Call) -> Answer:
    answer = await _ask(fleet, call)
    fleet.answers[f"{answer.status // 100}xx"] += 1
    named = {"azureml-model-deployment": fleet.deployment, "azureml-model-session": fleet.deployment}
    return Answer(answer.status, answer.body, {**answer.headers, **named, "X-Request-ID": call.headers["x-request-id"]})


async def _ask(fleet: Fleet, call: Call) -> Answer:
    try:
        reply = await fleet.call(call)
    except UnsendableError as error:
        return refusal(400, f"The request cannot be passed on: {error}.")
    except TooManyRequestsError:
        return refusal(429, "Too many pending requests: the deployment has more than it may work on and keep waiting.")
    except ClosedError:
        return refusal(404, f"Specified deployment [{fleet.deployment}] could not be found.")
    except TimeoutError:
        return refusal(408, f"upstream request timeout: no answer within {fleet.timeout:g} seconds.")
    except BrokenError:
        return refusal(424, "The model container ended while it worked on the request.", _model_error("502"))
    return translate(reply)


def translate(reply: Reply) -> Answer:
    """Return what the front door makes of an instance's answer: anything but 200 is 424, with the model's own status.

    The body passes as it is, so that a caller reads what the scoring script said.
    """
    headers = {name: value for name, value in reply.headers.items() if name.lower() not in _NOT_RETURNED}
    headers["Server"] = "azureml-frontdoor"
    if len(reply.body) > MAX_PAYLOAD:
        return refusal(424, "The response payload is larger than 1.5 megabytes.", _model_error(str(reply.status)))
    if reply.status == HTTPStatus.OK:
        return Answer(200, reply.body, headers)
    return Answer(HTTPStatus.FAILED_DEPENDENCY, reply.body, {**headers, **_model_error(str(reply.status))})


def _model_error(status: str) -> dict[str, str]:
    return {"ms-azureml-model-error-reason": "model_error", "ms-azureml-model-error-statuscode": status}


def refusal(status: int, text: str, headers: Mapping[str, str] | None = None) -> Answer:
    """Return an answer of the front door itself: plain text, as recorded for refused keys."""
    return Answer(
        status, text.encode(), {"Content-Type": "text/plain", "Server": "azureml-frontdoor", **(headers or {})}
    )
