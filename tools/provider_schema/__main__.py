"""Writes the provider's table, or with `--check` says whether the checked-in one is fresh."""

import sys

from .generate import TABLE, render, sdk_root


def main(arguments: list[str]) -> int:
    """Writes or checks the table; exit code 1 when the check finds it stale."""
    fresh = render(sdk_root())
    if "--check" not in arguments:
        TABLE.write_text(fresh, encoding="utf-8")
        print(f"Wrote {TABLE.name}: {len(fresh) // 1024} KiB.")
        return 0
    if TABLE.exists() and TABLE.read_text(encoding="utf-8") == fresh:
        return 0
    print(f"{TABLE.name} is stale: run `PYTHONPATH=tools python -m provider_schema`.", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
