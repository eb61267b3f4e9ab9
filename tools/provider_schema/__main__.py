"""Writes the provider's table and the toolkit's paths, or with `--check` says whether the checked-in ones are fresh."""

import sys

from .generate import PATHS, TABLE, render, render_paths, sdk_root


def main(arguments: list[str]) -> int:
    """Writes or checks both files; exit code 1 when the check finds one stale."""
    root = sdk_root()
    fresh = {TABLE: render(root), PATHS: render_paths(root)}
    if "--check" not in arguments:
        for file, text in fresh.items():
            file.write_text(text, encoding="utf-8")
            print(f"Wrote {file.name}: {len(text) // 1024} KiB.")
        return 0
    stale = [file.name for file, text in fresh.items() if not file.exists() or file.read_text(encoding="utf-8") != text]
    for name in stale:
        print(f"{name} is stale: run `PYTHONPATH=tools python -m provider_schema`.", file=sys.stderr)
    return bool(stale)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
