"""What the local Azure does and does not answer, in words: for refusals and for the generated coverage page."""

from __future__ import annotations

import re

_PROVIDER = re.compile(r".*/providers/([^/]+)(/.*)?\Z", re.IGNORECASE)


def what_is_asked(method: str, host: str, path: str) -> str:
    """Name what a request is about: `Namespace/type`, an action of it, or the path on a host.

    In an ARM path types and names take turns, so an odd last segment of a POST is an action, of a GET a list.
    """
    match = _PROVIDER.match(path)
    if match is None:
        return f"{method} {path} on {host}"
    namespace, rest = match[1], (match[2] or "").strip("/")
    segments = rest.split("/") if rest else []
    types = "/".join(segments[0::2])
    if not segments:
        return f"{method} of the provider {namespace}"
    if method == "POST" and len(segments) % 2:
        return f"the action '{segments[-1]}' of {namespace}/{'/'.join(segments[0:-1:2])}".rstrip("/")
    return f"{method} of {namespace}/{types}"
