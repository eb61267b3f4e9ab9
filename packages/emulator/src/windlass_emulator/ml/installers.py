"""How pip and uv are found and what environment they run in."""

from __future__ import annotations

import ast
import asyncio
import shutil
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from windlass_emulator.settings import TENANT_ID

_DROPPED_PREFIXES = ("PYTHON", "VIRTUAL_ENV", "CONDA", "AZURE", "AZUREML", "PULUMI")
"""What belongs to the caller's own Python or is none of an installer's business."""

_PROXY = frozenset({"https_proxy", "http_proxy", "no_proxy", "all_proxy", "ssl_cert_file", "requests_ca_bundle"})

_PIP_TO_UV: Mapping[str, str] = MappingProxyType(
    {
        "index-url": "UV_DEFAULT_INDEX",
        "extra-index-url": "UV_INDEX",
        "find-links": "UV_FIND_LINKS",
        "cert": "SSL_CERT_FILE",
    }
)
"""uv reads none of pip's settings; who has set up pip for a mirror means every installer."""


def find_uv(python: Path, environ: Mapping[str, str]) -> Path | None:
    """Return uv when it is beside the interpreter or on PATH."""
    beside = python.parent / "uv"
    if beside.is_file():
        return beside
    found = shutil.which("uv", path=environ.get("PATH", ""))
    return Path(found) if found else None


def installer_environment(environ: Mapping[str, str], pip: Mapping[str, str]) -> dict[str, str]:
    """Return the environment of an installer.

    Args:
        environ: The caller's. When it has azure.env loaded, its proxy leads to the local Azure, which lets nobody
            through to a package index; the proxy is then left out.
        pip: pip's settings by their names in its configuration, for uv.
    """
    in_local_azure = environ.get("AZURE_TENANT_ID") == TENANT_ID
    kept = {
        name: value
        for name, value in environ.items()
        if not name.startswith(_DROPPED_PREFIXES) and not (in_local_azure and name.lower() in _PROXY)
    }
    return {**_for_uv(kept, pip), **kept}


def _for_uv(environ: Mapping[str, str], pip: Mapping[str, str]) -> dict[str, str]:
    given = {name: environ.get(f"PIP_{name.replace('-', '_').upper()}") or pip.get(name) for name in _PIP_TO_UV}
    if environ.get("UV_INDEX_URL"):  # the older name of UV_DEFAULT_INDEX
        given["index-url"] = None
    translated = {_PIP_TO_UV[name]: value for name, value in given.items() if value}
    if links := translated.get("UV_FIND_LINKS"):
        translated["UV_FIND_LINKS"] = ",".join(links.split())
    return translated


async def pip_settings(python: Path, environ: Mapping[str, str]) -> dict[str, str]:
    """Return what pip's configuration files set for all commands, by name; nothing where there is no pip."""
    process = await asyncio.create_subprocess_exec(
        str(python), "-m", "pip", "config", "list",
        env=dict(environ), stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    output, _ = await process.communicate()
    return read_pip_settings(output.decode(errors="replace")) if process.returncode == 0 else {}


def read_pip_settings(listed: str) -> dict[str, str]:
    """Read the lines of `pip config list`: `global.index-url='https://..'`."""
    settings = {}
    for line in listed.splitlines():
        name, found, value = line.partition("=")
        scope, _, option = name.partition(".")
        if found and scope in {"global", "install"}:
            settings[option] = str(ast.literal_eval(value))
    return settings
