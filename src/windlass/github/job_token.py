"""The token by which a job on GitHub proves to others which job it is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from windlass.errors.github import NoJobTokenError

URL: Final = "ACTIONS_ID_TOKEN_REQUEST_URL"
KEY: Final = "ACTIONS_ID_TOKEN_REQUEST_TOKEN"
"""Both are set in a job that may `id-token: write`, as long as it runs."""

_SECONDS: Final = 30.0


def may_ask(environ: Mapping[str, str]) -> bool:
    """Tell whether this process belongs to a job that can prove who it is."""
    return bool(environ.get(URL) and environ.get(KEY))


def job_token(environ: Mapping[str, str], audience: str) -> str:
    """Ask for a new token, which others accept for some minutes.

    Args:
        environ: The environment of the job.
        audience: For whom it is.

    Raises:
        NoJobTokenError: GitHub gave none.
    """
    import httpx

    try:
        answer = httpx.get(
            environ[URL],
            params=httpx.QueryParams(httpx.URL(environ[URL]).params).set("audience", audience),
            headers={"Authorization": f"Bearer {environ[KEY]}"},
            timeout=_SECONDS,
        )
        value = answer.raise_for_status().json()["value"]
    except (httpx.HTTPError, ValueError, KeyError) as error:
        raise NoJobTokenError(details=(f"{type(error).__name__}: {error}",)) from error
    return str(value)
