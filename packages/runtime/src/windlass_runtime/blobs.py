"""Blobs, read with a token: listed and written to a folder, nothing more."""

from __future__ import annotations

import shutil
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath
from typing import IO
from urllib.parse import quote, urlencode
from xml.etree import ElementTree as ET

from windlass_runtime.errors import ModelRefusedError, ModelUnreachableError
from windlass_runtime.settings import Content

_VERSION = "2023-11-03"
_TRIES = 5
_TIMEOUT_SECONDS = 60
_PASSING = frozenset({403, 404, 408, 429, 500, 502, 503, 504})
"""403 too: a role that was just given is not known everywhere at once."""

Sleep = Callable[[float], None]


class BlobContainer:
    """One container of a storage account."""

    def __init__(self, content: Content, token: str, *, sleep: Sleep = time.sleep) -> None:
        self._address = f"https://{content.account}.blob.core.windows.net/{content.container}"
        self._token = token
        self._sleep = sleep

    def names(self, path: str) -> tuple[str, ...]:
        """Name the blob at a path, or all below it.

        Raises:
            ModelUnreachableError: The container cannot be read.
        """
        return tuple(name for name in self._all(path) if name == path or name.startswith(f"{path}/"))

    def download(self, name: str, to: Path) -> None:
        """Write one blob to a file.

        Raises:
            ModelUnreachableError: It cannot be read.
        """
        to.parent.mkdir(parents=True, exist_ok=True)
        with self._open(f"{self._address}/{quote(name)}") as answer, to.open("wb") as file:
            shutil.copyfileobj(answer, file, 1024 * 1024)

    def _all(self, path: str) -> Iterator[str]:
        marker = ""
        while True:
            query = urlencode({"restype": "container", "comp": "list", "prefix": path, "marker": marker})
            with self._open(f"{self._address}?{query}") as answer:
                page = ET.fromstring(answer.read())  # noqa: S314 - from Azure, over TLS, with our token
            yield from (name.text or "" for name in page.iterfind("./Blobs/Blob/Name"))
            marker = page.findtext("NextMarker") or ""
            if not marker:
                return

    def _open(self, address: str) -> IO[bytes]:
        headers = {"Authorization": f"Bearer {self._token}", "x-ms-version": _VERSION}
        request = urllib.request.Request(address, headers=headers)  # noqa: S310 - always https
        last = ""
        for attempt in range(_TRIES):
            if attempt:
                self._sleep(2.0**attempt)
            try:
                answer: IO[bytes] = urllib.request.urlopen(request, timeout=_TIMEOUT_SECONDS)  # noqa: S310 - as above
            except urllib.error.HTTPError as error:
                last = f"{error.code} {error.headers.get('x-ms-error-code', error.reason)}"
                if error.code not in _PASSING:
                    break
            except OSError as error:
                last = str(error)
            else:
                return answer
        raise ModelUnreachableError(f"Storage did not give '{address.partition('?')[0]}': {last}.")


def lay_out(names: tuple[str, ...], path: str, folder: Path) -> dict[str, Path]:
    """Say where each blob goes: a single blob into the folder, those of a folder below its name.

    Raises:
        ModelRefusedError: A blob's name leads out of the folder.
    """
    kept = PurePosixPath(path).name
    places = {}
    for name in names:
        inside = PurePosixPath(kept) / PurePosixPath(name).relative_to(path)
        if ".." in inside.parts or inside.is_absolute():
            raise ModelRefusedError(f"The blob '{name}' has a name that leads out of the model's folder.")
        places[name] = folder / inside
    return places
