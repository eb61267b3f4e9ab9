"""The Pulumi engine: the one on PATH, else the official release, else built from its published Go modules.

A built engine gets our Python language host (tools/engine/language_host.py); an installed one brings its own.
"""

from __future__ import annotations

import hashlib
import http.client
import io
import os
import platform
import re
import shutil
import subprocess
import sys
import tarfile
import urllib.error
import urllib.request
from pathlib import Path

import golang
from layout import Layout
from steps_run import SetupError, Step, key_of, make_whole

VERSION = "3.255.0"
"""As the pulumi package in requirements.in; 3.255.0 is the newest whose modules can be had."""

_SUPPORTED = re.compile(r"v3\.(2[5-9]\d|[3-9]\d\d)\.")
_FLAGS = (
    "-trimpath", "-tags", "osusergo,grpcnotrace",
    "-ldflags", f"-s -w -X github.com/pulumi/pulumi/sdk/v3/go/common/version.Version=v{VERSION}",
)  # fmt: skip


def prepare(layout: Layout) -> bool:
    """Make `.windlass/bin` hold an engine and its Python host; returns whether anything had to be done."""
    modules = layout.root / "tools" / "engine"
    stamp = layout.tools / f"engine-{key_of(modules / 'go.sum', modules / 'language_host.py', VERSION)}"
    if stamp.exists():
        return False
    step = Step("Pulumi engine")
    shutil.rmtree(layout.tools, ignore_errors=True)
    layout.tools.mkdir(parents=True)
    if found := _on_path():
        note = f"the one on PATH: {found}"
        for program in ("pulumi", "pulumi-language-python", "pulumi-language-python-exec"):
            if (found.parent / program).exists():
                (layout.tools / program).symlink_to(found.parent / program)
    else:
        folder, note = _cached(layout, modules)
        _use(layout, folder)
    stamp.touch()
    step.done(note)
    return True


def _on_path() -> Path | None:
    found = shutil.which("pulumi")
    if not found or not (Path(found).parent / "pulumi-language-python").exists():
        return None
    said = subprocess.run([found, "version"], capture_output=True, text=True, check=False)
    return Path(found) if _SUPPORTED.match(said.stdout.strip()) else None


def _cached(layout: Layout, modules: Path) -> tuple[Path, str]:
    target = layout.cache / "engine" / key_of(modules / "go.sum", VERSION, *_FLAGS, platform.machine(), sys.platform)
    if target.exists():
        return target, "from the cache"
    try:
        return make_whole(target, _download), f"official release {VERSION}"
    except (urllib.error.URLError, TimeoutError, http.client.HTTPException):
        # Only package registries are in reach: build it.
        return make_whole(target, lambda part: _build(layout, modules, part)), f"built {VERSION} from its Go modules"


def _download(part: Path) -> None:
    """Fetch the official release and hold it against the checksums published with it."""
    system = {"linux": "linux", "darwin": "darwin"}[sys.platform]
    machine = {"x86_64": "x64", "amd64": "x64", "arm64": "arm64", "aarch64": "arm64"}[platform.machine().lower()]
    name = f"pulumi-v{VERSION}-{system}-{machine}.tar.gz"
    base = f"https://github.com/pulumi/pulumi/releases/download/v{VERSION}"
    archive = _read(f"{base}/{name}")
    sums = _read(f"{base}/pulumi-{VERSION}-checksums.txt").decode()
    digest = hashlib.sha256(archive).hexdigest()
    if f"{digest}  {name}" not in sums:
        raise SetupError(f"The Pulumi release {name} does not match its published checksum; nothing was installed.")
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        tar.extractall(part, filter="data")
    for program in list((part / "pulumi").iterdir()):
        program.rename(part / program.name)


def _read(url: str) -> bytes:
    with urllib.request.urlopen(url, timeout=10) as answer:  # noqa: S310 - a fixed https address
        content: bytes = answer.read()
    return content


def _build(layout: Layout, modules: Path, part: Path) -> None:
    package = "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi"
    program = golang.Program("Building the Pulumi engine", package, modules, _FLAGS, "setup-engine.log")
    scratch = layout.cache / "go"
    golang.build(layout, program, part / "pulumi", scratch=scratch)
    executor = f"pulumi/sdk/v3@v{VERSION}/python/cmd/pulumi-language-python-exec"
    shutil.copy(scratch / "mod" / "github.com" / "pulumi" / executor, part / "pulumi-language-python-exec")
    (part / "pulumi-language-python-exec").chmod(0o755)
    shutil.rmtree(scratch, ignore_errors=True)  # sources and objects that nothing needs again


def _use(layout: Layout, folder: Path) -> None:
    """Bring the engine into the checkout: it looks for language hosts beside itself."""
    for program in folder.iterdir():
        if program.is_file():
            _link(program, layout.tools / program.name)
    if (folder / "pulumi-language-python").exists():
        return
    host = layout.root / "tools" / "engine" / "language_host.py"
    launcher = layout.tools / "pulumi-language-python"
    launcher.write_text(
        "#!/bin/sh\n"
        f'export WINDLASS_LANGUAGE_EXECUTOR="{layout.tools / "pulumi-language-python-exec"}"\n'
        # Read here and not by the host: an engine that dies while the host starts would look like process 1 to it.
        'export WINDLASS_LANGUAGE_STARTED_BY="$PPID"\n'
        f'exec "{layout.python}" -u "{host}" "$@"\n'
    )
    launcher.chmod(0o755)


def _link(source: Path, target: Path) -> None:
    try:
        os.link(source, target)
    except OSError:  # another file system
        shutil.copy2(source, target)
