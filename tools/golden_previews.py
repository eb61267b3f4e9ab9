"""Makes the golden reports: previews by the real engine (`--make [NAME...]`), and the Markdown of each.

Without `--make` only the Markdown in tests/data/reports is written again, from the previews that are kept in
tests/data/previews; `--check` changes nothing and says which are stale.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[1]
# A checkout of its own is made as for tests, and tests read what is made here.
sys.path.append(str(ROOT / "tests"))

from golden.make import make_all  # noqa: E402 - it stands on the line above
from golden.pictures import page, picture  # noqa: E402
from golden.scenarios import SCENARIOS  # noqa: E402
from support.checkout import Checkout  # noqa: E402
from support.golden import PREVIEWS, REPORTS, golden_names, golden_text  # noqa: E402


def main() -> int:
    """Make, write or check; returns 1 when a check found a stale file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--make", nargs="*", metavar="NAME", help="have the engine preview all changes, or these")
    parser.add_argument("--check", action="store_true", help="change nothing; fail when a report is stale")
    arguments = parser.parse_args()
    if arguments.make is not None:
        _make(arguments.make)
    return _render(check=arguments.check)


def _make(names: list[str]) -> None:
    wanted = tuple(each for each in SCENARIOS if not names or each.name in names)
    PREVIEWS.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="windlass-golden-") as folder:
        checkout = Checkout.make(Path(folder) / "checkout")
        checkout.azure_up()
        try:
            for scenario, document in make_all(checkout, wanted):
                text = json.dumps(document, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
                (PREVIEWS / f"{scenario.name}.json").write_text(f"{text}\n", encoding="utf-8")
                print(f"{scenario.name}: {len(text) // 1024} kB", flush=True)
        finally:
            checkout.azure_down()


def _render(*, check: bool) -> int:
    REPORTS.mkdir(parents=True, exist_ok=True)
    stale = [(file, text) for file, text in _files() if text != _read(file)]
    for file, text in stale:
        if not check:
            file.write_text(text, encoding="utf-8")
        print(f"{file.relative_to(ROOT)}: {'stale; run python tools/golden_previews.py' if check else 'written'}")
    return int(check and bool(stale))


def _files() -> Iterator[tuple[Path, str]]:
    for name in golden_names():
        yield REPORTS / f"{name}.md", golden_text(name)
    yield ROOT / "docs" / "how-to" / "report.svg", picture()
    yield ROOT / "docs" / "reference" / "report.md", page()


def _read(file: Path) -> str:
    return file.read_text(encoding="utf-8") if file.is_file() else ""


if __name__ == "__main__":
    sys.exit(main())
