"""Long-running operations as the Go SDK (azcore), which the real provider uses, follows them.

Pure: `begin` reads the first answer, `advance` each poll; both say where to ask next, that it is done, or
that it failed. The order of detection is Azure-AsyncOperation, Operation-Location, Location, then the body.
"""

from dataclasses import dataclass, replace
from enum import Enum
from typing import Final
from urllib.parse import urljoin, urlsplit

from windlass_provider.arm.answers import Answer, error_of
from windlass_provider.errors import PollingError

_SUCCEEDED: Final = "succeeded"
_FAILED: Final = frozenset({"failed", "canceled", "cancelled"})


class Kind(Enum):
    """Which part of the answers tells the state."""

    STATUS = "status"
    """A status resource with a `status` field."""
    LOCATION = "location"
    """A URL that answers 202 while the operation runs."""
    BODY = "body"
    """The resource itself, by its provisioningState."""


@dataclass(frozen=True, kw_only=True)
class Operation:
    """An operation under way, or done.

    Attributes:
        poll_url: Where to ask next.
        final_url: Where to read the result when it is done; None where the last answer is the result.
        done: Nothing is left to poll.
    """

    kind: Kind
    poll_url: str
    final_url: str | None = None
    done: bool = False


def begin(method: str, url: str, answer: Answer) -> Operation:
    """What an accepted request started.

    Raises:
        PollingError: The answer says that work goes on but not where to ask.
        ArmError: The answer says that it failed already.
    """
    status_url = answer.headers.get("azure-asyncoperation") or answer.headers.get("operation-location")
    location = answer.headers.get("location")
    updates = method in {"PUT", "PATCH"}
    state = answer.provisioning_state()
    if status_url:
        final = url if updates else None
        return _by_state(Operation(kind=Kind.STATUS, poll_url=_absolute(url, status_url), final_url=final), answer)
    if location:
        final = url if updates else None
        return _by_state(Operation(kind=Kind.LOCATION, poll_url=_absolute(url, location), final_url=final), answer)
    if updates:
        started = Operation(kind=Kind.BODY, poll_url=url)
        if state is None:
            # 201 without a state is still being made; 200 without one is finished.
            return replace(started, done=answer.status != _CREATED)
        return _by_state(started, answer)
    if answer.status == _ACCEPTED:
        raise PollingError("the response is missing polling URL")
    return Operation(kind=Kind.BODY, poll_url=url, done=True)


_CREATED: Final = 201
_ACCEPTED: Final = 202


def _by_state(operation: Operation, answer: Answer) -> Operation:
    """The operation as the first answer's provisioningState has it; without one it runs."""
    state = (answer.provisioning_state() or "").casefold()
    if state in _FAILED:
        raise error_of(answer)
    if state == _SUCCEEDED:
        return replace(operation, done=True, final_url=None)
    return operation


def advance(operation: Operation, answer: Answer) -> Operation:
    """The operation after one more poll.

    Raises:
        ArmError: It failed or was cancelled.
        PollingError: The answer does not tell a state.
    """
    if not 200 <= answer.status < 300:  # noqa: PLR2004 - the class of success
        raise error_of(answer)
    match operation.kind:
        case Kind.STATUS:
            return _by_status(operation, answer)
        case Kind.LOCATION:
            return _by_location(operation, answer)
        case Kind.BODY:
            state = answer.provisioning_state()
            return _settled(operation, answer, state or _SUCCEEDED)


def _by_status(operation: Operation, answer: Answer) -> Operation:
    status = answer.fields().get("status")
    if not isinstance(status, str):
        raise PollingError("the response did not contain a status")
    return _settled(operation, answer, status)


def _by_location(operation: Operation, answer: Answer) -> Operation:
    moved = answer.headers.get("location")
    if moved:
        operation = replace(operation, poll_url=_absolute(operation.poll_url, moved))
    state = answer.provisioning_state()
    if state is not None:
        return _settled(operation, answer, state)
    return operation if answer.status == _ACCEPTED else replace(operation, done=True)


def _settled(operation: Operation, answer: Answer, state: str) -> Operation:
    """Every word but the terminal ones means that the operation runs; services use many."""
    folded = state.casefold()
    if folded in _FAILED:
        raise error_of(answer)
    return replace(operation, done=folded == _SUCCEEDED)


def _absolute(request_url: str, target: str) -> str:
    """The polling URL; a relative one (user identities send such) is on the same host, same api-version."""
    url = urljoin(request_url, target)
    if "api-version=" in urlsplit(url).query.lower():
        return url
    version = next((part for part in urlsplit(request_url).query.split("&") if part.startswith("api-version=")), "")
    separator = "&" if urlsplit(url).query else "?"
    return f"{url}{separator}{version}" if version else url
