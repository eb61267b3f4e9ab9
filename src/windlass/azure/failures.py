"""Where foreign exceptions become ours. Azure's code, message and correlation id are kept as details."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from windlass.errors import AzureFailedError, WindlassError
from windlass.errors.azure import (
    AzureBusyError,
    AzureConflictError,
    AzureDeniedError,
    AzureNotFoundError,
    AzureRequestError,
    AzureUnreachableError,
    SignInError,
)

T = TypeVar("T")
Sleep = Callable[[float], None]

_UNAUTHORIZED, _FORBIDDEN, _NOT_FOUND, _CONFLICT = 401, 403, 404, 409
_FIRST_WAIT_SECONDS, _LONGEST_WAIT_SECONDS, _ATTEMPTS = 0.25, 10.0, 180
_IDS = ("x-ms-correlation-request-id", "x-ms-request-id", "x-ms-client-request-id")


@contextmanager
def translated(what: str) -> Iterator[None]:
    """Turn what azure-core and the SDKs on it raise into our errors.

    Args:
        what: What was tried, as it follows "Azure failed to".
    """
    from azure.core import exceptions as theirs

    try:
        yield
    except WindlassError:
        raise
    except theirs.ClientAuthenticationError as error:
        raise SignInError(details=(str(error),)) from error
    except theirs.HttpResponseError as error:
        raise from_response(what, error) from error
    except (theirs.ServiceRequestError, theirs.ServiceResponseError) as error:
        raise AzureUnreachableError(what, details=(str(error),)) from error
    except theirs.AzureError as error:
        raise AzureRequestError(what, str(error)) from error


def from_response(what: str, error: Any) -> WindlassError:
    """Choose our error for an answer of Azure; by status, because the code says `UserError` for nearly all."""
    message = innermost_message(getattr(error, "model", None) or getattr(error, "error", None), error.message)
    details = describe(error)
    match error.status_code:
        case 401:
            return SignInError(details=details)
        case 403:
            return AzureDeniedError(what, details=details)
        case 404:
            return AzureNotFoundError(what, details=details)
        case 409:
            return AzureConflictError(what, message, details=details)
        case _:
            return AzureRequestError(what, message, details=details)


def describe(error: Any) -> tuple[str, ...]:
    """Keep Azure's own code, message and ids, line by line."""
    response = getattr(error, "response", None)
    headers = getattr(response, "headers", None) or {}
    code = getattr(getattr(error, "error", None), "code", None)
    ids = tuple(f"{name}: {headers[name]}" for name in _IDS if name in headers)
    status = (f"status: {error.status_code}",) if error.status_code else ()
    return (*status, *((f"code: {code}",) if code else ()), f"message: {error.message}", *ids)


def innermost_message(error: Any, fallback: str) -> str:
    """Dig for the sentence that says something: the deepest detail, which may be JSON text in itself."""
    message = getattr(error, "message", None) or fallback
    for detail in getattr(error, "details", None) or ():
        message = innermost_message(detail, message)
    return _unpack(message)


def patiently(what: str, call: Callable[[], T], *, sleep: Sleep) -> T:
    """Call again while Azure says that another change of the same thing is still running (409).

    Azure locks an endpoint while one of its deployments is made, changed or removed.

    Raises:
        AzureBusyError: It did not end within about half an hour.
    """
    from tenacity import RetryError, Retrying, retry_if_exception_type, stop_after_attempt, wait_exponential

    waits = wait_exponential(multiplier=_FIRST_WAIT_SECONDS, max=_LONGEST_WAIT_SECONDS)
    retrying = Retrying(
        retry=retry_if_exception_type(AzureConflictError),
        wait=waits,
        stop=stop_after_attempt(_ATTEMPTS),
        sleep=sleep,
    )
    try:
        return retrying(call)
    except RetryError as error:
        last = error.last_attempt.exception()
        details = last.details if isinstance(last, AzureFailedError) else ()
        minutes = _ATTEMPTS * _LONGEST_WAIT_SECONDS / 60
        raise AzureBusyError(what, minutes, details=details) from error


def _unpack(message: str) -> str:
    """Take the sentences out of `{"errors": {"": ["..."]}, ...}`, which the inference service sends as a message."""
    try:
        document = json.loads(message)
    except ValueError:
        return message
    errors = document.get("errors") if isinstance(document, dict) else None
    if not isinstance(errors, dict):
        return message
    return " ".join(str(sentence) for sentences in errors.values() for sentence in sentences) or message
