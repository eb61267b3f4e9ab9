"""The variables of a container, as one frozen value. What is secret in it never leaves it in a log or a child."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from windlass_runtime.errors import SettingsError

SECRETS = frozenset({"WINDLASS_KEY", "WINDLASS_SECOND_KEY", "WINDLASS_TLS_CERTIFICATE", "WINDLASS_TLS_PRIVATE_KEY"})
"""Taken away from the environment of the scoring script, which has no business with them."""

_SHA256 = re.compile(r"[0-9a-f]{64}")
_CONTENT = re.compile(
    r"https://(?P<account>[a-z0-9]{3,24})\.blob\.core\.windows\.net/(?P<container>[a-z0-9$-]+)/(?P<path>.+)"
)
_MODEL = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*:[A-Za-z0-9._-]+")

_T = TypeVar("_T")


@dataclass(frozen=True, kw_only=True)
class Content:
    """Where the files of a model are.

    Attributes:
        path: Of one blob, or the folder that holds several.
    """

    account: str
    container: str
    path: str


@dataclass(frozen=True, kw_only=True)
class Settings:
    """How one container serves.

    Attributes:
        model: `name:version`, as it is registered.
        content: Where its files are.
        sha256: What they must be.
        keys: What callers may send; one or two, so that one can be replaced while the other goes on.
        certificate: PEM, the chain behind it included.
        private_key: PEM.
        client_id: Of the identity that reads the model; empty for the only one that there is.
        deployment: What answers carry in `azureml-model-deployment`.
        host: Address to listen on.
        port: Port to listen on; 0 lets the system choose.
        port_file: Where to tell the port that was taken; empty tells nobody.
        folder: Where the model goes.
        concurrency: Requests that are worked on at a time; as many again wait, more are answered with 429.
        timeout: Seconds that a request may take, waiting included.
        queue: Seconds of it that a request may wait before it is worked on.
        connection: Seconds that a client may keep one connection for further requests. Then it has to make another,
            and so learns where the public name leads by now.
        largest_body: Bytes.
        grace: Seconds that requests under way have to end after SIGTERM.
    """

    model: str
    content: Content
    sha256: str
    keys: tuple[str, ...] = field(repr=False)
    certificate: str = field(repr=False)
    private_key: str = field(repr=False)
    client_id: str = ""
    deployment: str = ""
    host: str = "0.0.0.0"  # noqa: S104 - a container has its network to itself
    port: int = 443
    port_file: str = ""
    folder: str = "/var/windlass"
    concurrency: int = 1
    timeout: float = 5.0
    queue: float = 5.0
    connection: float = 60.0
    largest_body: int = 10_000_000
    grace: float = 25.0


def read_settings(environ: Mapping[str, str]) -> Settings:
    """Read the variables of a container.

    Raises:
        SettingsError: With every variable that is wrong, and none of their values.
    """
    reading = _Reading(environ)
    settings = Settings(
        model=reading.fitting("WINDLASS_MODEL", _MODEL, "name:version"),
        content=reading.content("WINDLASS_MODEL_URI"),
        sha256=reading.fitting("WINDLASS_MODEL_SHA256", _SHA256, "64 hexadecimal digits"),
        keys=tuple(key for key in (reading.required("WINDLASS_KEY"), environ.get("WINDLASS_SECOND_KEY", "")) if key),
        certificate=reading.required("WINDLASS_TLS_CERTIFICATE"),
        private_key=reading.required("WINDLASS_TLS_PRIVATE_KEY"),
        client_id=environ.get("WINDLASS_CLIENT_ID", ""),
        deployment=environ.get("WINDLASS_DEPLOYMENT", ""),
        host=environ.get("WINDLASS_HOST", Settings.host),
        port=reading.number("WINDLASS_PORT", Settings.port, int, least=0),
        port_file=environ.get("WINDLASS_PORT_FILE", ""),
        folder=environ.get("WINDLASS_FOLDER", Settings.folder),
        concurrency=reading.number("WINDLASS_CONCURRENCY", Settings.concurrency, int, least=1),
        timeout=reading.number("WINDLASS_TIMEOUT_SECONDS", Settings.timeout, float, least=0.001),
        queue=reading.number("WINDLASS_QUEUE_SECONDS", Settings.queue, float, least=0.001),
        connection=reading.number("WINDLASS_CONNECTION_SECONDS", Settings.connection, float, least=0.001),
        largest_body=reading.number("WINDLASS_LARGEST_BODY_BYTES", Settings.largest_body, int, least=1),
        grace=reading.number("WINDLASS_GRACE_SECONDS", Settings.grace, float, least=0),
    )
    reading.finish()
    return settings


def environment_of_script(environ: Mapping[str, str]) -> dict[str, str]:
    """Return the variables that the scoring script sees."""
    return {name: value for name, value in environ.items() if name not in SECRETS}


class _Reading:
    """Goes on after a problem, so that one start tells all of them."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ
        self._problems: list[str] = []

    def required(self, name: str) -> str:
        value = self._environ.get(name, "")
        if not value:
            self._problems.append(f"{name} is not set")
        return value

    def fitting(self, name: str, pattern: re.Pattern[str], what: str) -> str:
        value = self.required(name)
        if value and not pattern.fullmatch(value):
            self._problems.append(f"{name} is not {what}")
        return value

    def content(self, name: str) -> Content:
        match = _CONTENT.fullmatch(self.required(name))
        if match is None:
            self._problems.append(f"{name} is not https://<account>.blob.core.windows.net/<container>/<path>")
            return Content(account="", container="", path="")
        return Content(account=match["account"], container=match["container"], path=match["path"].strip("/"))

    def number(self, name: str, default: _T, kind: Callable[[str], _T], *, least: float) -> _T:
        text = self._environ.get(name)
        if text is None:
            return default
        try:
            value = kind(text)
        except ValueError:
            value = None
        if value is None or not value >= least:  # type: ignore[operator]
            self._problems.append(f"{name} is not a number of at least {least:g}")
            return default
        return value

    def finish(self) -> None:
        if self._problems:
            problems = list(dict.fromkeys(self._problems))
            raise SettingsError(f"The container's variables are wrong: {'; '.join(problems)}.")
