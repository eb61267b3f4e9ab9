"""Writes the JSON schemas of what users write and scripts read, from the models that do.

`--check` changes nothing and says which are stale.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Final

from pydantic import BaseModel

from windlass.project.outputs import StackOutputs
from windlass.project.rollout import Rollout
from windlass.project.settings import Settings

ROOT: Final = Path(__file__).resolve().parents[1]
REFERENCE: Final = Path("docs/reference")
SCHEMAS: Final[dict[str, type[BaseModel]]] = {
    "rollout.schema.json": Rollout,
    "settings.schema.json": Settings,
    "stack-outputs.schema.json": StackOutputs,
}


def render(model: type[BaseModel]) -> str:
    """Return the JSON schema of a model as it stands in the repository."""
    schema = {"$schema": "https://json-schema.org/draft/2020-12/schema", **model.model_json_schema()}
    return json.dumps(schema, indent=2) + "\n"


def stale(root: Path = ROOT) -> list[Path]:
    """Return the schemas that no longer say what the models do."""
    paths = {root / REFERENCE / name: model for name, model in SCHEMAS.items()}
    return [path for path, model in paths.items() if not _holds(path, render(model))]


def write(root: Path = ROOT) -> list[Path]:
    """Write the schemas that are stale, and return which they were."""
    changed = stale(root)
    for path in changed:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(render(SCHEMAS[path.name]), encoding="utf-8")
    return changed


def main() -> int:
    """Write or check; returns 1 when a check found a stale schema."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="change nothing; fail when a schema is stale")
    check = parser.parse_args().check
    changed = stale() if check else write()
    for path in changed:
        print(f"{path.relative_to(ROOT)}: {'stale; run python tools/schemas.py' if check else 'written'}")
    return int(check and bool(changed))


def _holds(path: Path, text: str) -> bool:
    return path.is_file() and path.read_text(encoding="utf-8") == text


if __name__ == "__main__":
    sys.exit(main())
