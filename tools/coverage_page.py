"""Writes docs/reference/coverage.md: every operation that the local Azure answers, and where its truth comes from.

`--check` changes nothing and says whether the page is stale.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from windlass_emulator.feature import Feature
from windlass_emulator.features import features
from windlass_emulator.http import Route

ROOT: Final = Path(__file__).resolve().parents[1]
PAGE: Final = Path("docs/reference/coverage.md")

HEAD: Final = """\
# What the local Azure answers

Written by `python tools/coverage_page.py` from the routes themselves; a test keeps it fresh. Whatever is not here is
answered 501 by name, and every host name but Azure's own is refused with 502.

Each operation says where its truth comes from:

- **recorded**: the form of its answer was read in a public recording of real Azure,
- **specified**: it follows a published API specification, the model of an official SDK, or Microsoft's documentation,
- **inferred**: it is our inference, or the local Azure's own.

Nothing here has yet been compared with an Azure account of ours; `tests/live` will do that.
"""
SITES: Final = {
    "management": "management.azure.com",
    "login": "login.microsoftonline.com",
    "api": "{region}.api.azureml.ms",
    "inference": "{endpoint}.{region}.inference.ml.azure.com",
    "cluster": "{cluster}",
    "builds": "acrtaskprod….blob.core.windows.net",
    "vault": "{vault}.vault.azure.net",
    "admin": "127.0.0.1",
}
GROUP: Final = "/subscriptions/{subscription}/resourceGroups/{group}"
SHORT: Final = (
    (f"{GROUP}/providers/Microsoft.MachineLearningServices/workspaces/{{workspace}}", "{workspace}"),
    (GROUP, "{group}"),
    ("/subscriptions/{subscription}", "{subscription}"),
)


def render(parts: Iterable[Feature]) -> str:
    """Return the page."""
    parts = [part for part in parts if part.routes]
    return "\n".join([HEAD, *_totals(parts), *(line for part in parts for line in _section(part))])


def _totals(parts: list[Feature]) -> list[str]:
    counted = Counter(route.provenance for part in parts for route in part.routes)
    rows = [f"| {provenance} | {counted[provenance]} |" for provenance in ("recorded", "specified", "inferred")]
    blob = "Blobs are served by Azurite, Microsoft's own emulator, and are not counted here."
    return ["| provenance | operations |", "|---|---|", *rows, "", blob, ""]


def _section(part: Feature) -> list[str]:
    rows = [f"| {_summary(route)} | `{route.method} {_path(route)}` | {route.provenance} |" for route in part.routes]
    return [f"## {part.name.capitalize()}", "", "| operation | request | provenance |", "|---|---|---|", *rows, ""]


def _summary(route: Route) -> str:
    text = route.summary or (route.handler.__doc__ or "").strip().split("\n")[0]
    return text.rstrip(".").replace("|", "\\|")


def _path(route: Route) -> str:
    for long, short in SHORT:
        if route.template.startswith(long):
            return short + route.template.removeprefix(long)
    return route.template if route.site == "management" else f"{SITES[route.site]}{route.template}"


def main() -> int:
    """Write or check; returns 1 when a check found the page stale."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="change nothing; fail when the page is stale")
    check = parser.parse_args().check
    path, text = ROOT / PAGE, render(features())
    if path.is_file() and path.read_text(encoding="utf-8") == text:
        return 0
    if check:
        print(f"{PAGE}: stale; run python tools/coverage_page.py")
        return 1
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    print(f"{PAGE}: written")
    return 0


if __name__ == "__main__":
    sys.exit(main())
