"""Running the programs that set things up, and turning what goes wrong into one sentence."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from layout import Layout

_NETWORK = (
    "could not resolve", "name resolution", "temporary failure", "connection refused", "network is unreachable",
    "enotfound", "econnrefused", "eai_again", "dial tcp", "failed to fetch", "timed out", "connect error",
)  # fmt: skip
_SPACE = ("no space left", "enospc", "disk quota")


class SetupError(Exception):
    """Setting up cannot go on; the message is one sentence for the person."""


def run(argv: Sequence[object], *, what: str, log: Path, env: Mapping[str, str], cwd: Path | None = None) -> None:
    """Run a program (its words as `str` writes them) with its output in a log file.

    Raises:
        SetupError: One sentence that names the cause as far as the log tells it.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as output:
        output.write(f"\n$ {' '.join(map(str, argv))}\n".encode())
        output.flush()
        try:
            done = subprocess.run(
                [str(a) for a in argv], stdout=output, stderr=output, env=dict(env), cwd=cwd, check=False
            )
        except FileNotFoundError as error:
            raise SetupError(f"{what} needs the program '{argv[0]}', which is not on this machine.") from error
    if done.returncode:
        raise SetupError(_sentence(what, log))


def _sentence(what: str, log: Path) -> str:
    tail = log.read_text(errors="replace")[-6000:]
    low = tail.lower()
    if any(word in low for word in _SPACE):
        return f"{what} ran out of disk space; free some and run make setup again."
    if any(word in low for word in _NETWORK):
        return f"{what} could not reach the network; check the connection or the package index settings. Log: {log}"
    last = next((line.strip() for line in reversed(tail.splitlines()) if line.strip()), "no output")
    return f"{what} failed: {last} (log: {log})"


def environment(layout: Layout) -> dict[str, str]:
    """Return the caller's environment with every installer's own cache inside our cache folder."""
    caller = _without_local_azure(layout, os.environ)
    index = caller.get("UV_INDEX_URL") or caller.get("PIP_INDEX_URL") or _pip_setting("global.index-url")
    certificates = caller.get("SSL_CERT_FILE") or caller.get("PIP_CERT")
    return {
        **caller,
        "UV_CACHE_DIR": str(layout.cache / "uv"),
        "PIP_CACHE_DIR": str(layout.cache / "pip"),
        "npm_config_cache": str(layout.cache / "npm"),
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        **({"UV_INDEX_URL": index} if index else {}),
        **({"SSL_CERT_FILE": certificates} if certificates else {}),
    }


def _without_local_azure(layout: Layout, environ: Mapping[str, str]) -> dict[str, str]:
    """Leave out what `.windlass/env` has loaded for the local Azure: its proxy lets nobody through to a registry."""
    file = layout.local / "azure" / "azure.env"
    loaded = set(file.read_text(encoding="utf-8").splitlines()) if file.is_file() else set()
    return {name: value for name, value in environ.items() if f"{name}={value}" not in loaded}


def _pip_setting(name: str) -> str:
    """Return what pip is configured with; uv does not read pip's files."""
    import sys

    asked = subprocess.run(
        [sys.executable, "-m", "pip", "config", "get", name], capture_output=True, text=True, check=False
    )
    return asked.stdout.strip() if asked.returncode == 0 else ""


def key_of(*parts: Path | str) -> str:
    """Return a short content key of files and words."""
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part.read_bytes() if isinstance(part, Path) else part.encode())
        digest.update(b"\0")
    return digest.hexdigest()[:16]


def make_whole(target: Path, build: Callable[[Path], None]) -> Path:
    """Return `target`, built beside itself and moved into place, so that a half-made one never counts.

    Two set-ups that share a cache take turns: the second one finds what the first has made.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    with target.with_name(f"{target.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not target.exists():
            part = target.with_name(f"{target.name}.part")
            shutil.rmtree(part, ignore_errors=True)
            part.mkdir()
            build(part)
            part.rename(target)
    return target


class Step:
    """Prints what is done and, at the end, how long it took."""

    def __init__(self, title: str) -> None:
        self._title = title
        self._start = time.monotonic()

    def done(self, note: str = "") -> None:
        """Print the line of a finished step."""
        seconds = time.monotonic() - self._start
        print(f"  {self._title:<46} {seconds:6.1f} s  {note}".rstrip(), flush=True)
