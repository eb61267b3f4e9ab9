"""All steps of setting up, in order: the engine and actionlint are built while the packages install."""

from __future__ import annotations

import shutil
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import actionlint
import azurite
import engine
import local_stack
import toolkit
from layout import Layout, layout
from steps_run import SetupError

_NEEDED_GB = 6


def main() -> int:
    """Run every step that is still to do; returns the exit code."""
    start = time.monotonic()
    place = layout()
    try:
        _check_space(place)
        place.local.mkdir(parents=True, exist_ok=True)
        place.cache.mkdir(parents=True, exist_ok=True)
        did = _steps(place)
    except SetupError as error:
        print(f"Set-up stopped: {error}", file=sys.stderr)
        return 1
    except OSError as error:
        print(f"Set-up stopped: {error.strerror} ({error.filename}).", file=sys.stderr)
        return 1
    seconds = time.monotonic() - start
    print(f"Ready in {seconds:.0f} s." if did else "Ready.", flush=True)
    return 0


def _steps(place: Layout) -> bool:
    first_time = not place.tools.exists()
    if first_time:
        print("Setting up: a few minutes the first time, most of them for the Pulumi engine.", flush=True)
    with ThreadPoolExecutor() as pool:
        building = [pool.submit(prepare, place) for prepare in (engine.prepare, actionlint.prepare)]
        did = toolkit.prepare(place)
        did = azurite.prepare(place) or did
        # The stack is created with the engine, which may take longer than everything else.
        for each in building:
            did = each.result() or did
        return local_stack.prepare(place) or did


def _check_space(place: Layout) -> None:
    if place.venv.exists():
        return
    nearest = next(path for path in (place.cache, *place.cache.parents) if path.exists())
    free = min(shutil.disk_usage(nearest).free, shutil.disk_usage(place.root).free) / 1e9
    if free < _NEEDED_GB:
        raise SetupError(f"{free:.1f} GB of disk are free; the first set-up needs {_NEEDED_GB} GB.")
