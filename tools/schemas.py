"""Writes the JSON schemas of what users write and scripts read, from the models that do.

`--check` changes nothing and says which are stale.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from windlass.bootstrap.settings import BootstrapSettings
from windlass.project.outputs import StackOutputs
from windlass.project.rollout import Rollout
from windlass.project.serving import Serving
from windlass.project.settings import PROVIDER_KEYS, PROVIDER_NAMESPACE, SETTINGS_KEY, SETTINGS_NAMESPACE, Settings
from windlass.project.usage import UsageFile
from windlass.release.record import ReleaseRecord

ROOT: Final = Path(__file__).resolve().parents[1]
REFERENCE: Final = Path("docs/reference")
SETTINGS: Final = "settings.schema.json"
STACK_FILE: Final = "stack-file.schema.json"


def stack_file() -> dict[str, Any]:
    """Return the schema of a whole `Pulumi.<stack>.yaml`, for editors; keys of other packages are left alone."""
    texts = {"type": "string"}
    places = {
        f"{PROVIDER_NAMESPACE}:{key}": {**texts, "description": f"{meaning[0].upper()}{meaning[1:]}"}
        for key, meaning in PROVIDER_KEYS.items()
    }
    settings = f"{SETTINGS_NAMESPACE}:{SETTINGS_KEY}"
    config = {
        "type": "object",
        "properties": {**places, settings: {"$ref": SETTINGS}},
        "patternProperties": {f"^{SETTINGS_NAMESPACE}:(?!{SETTINGS_KEY}$)": False},
        "required": [*places, settings],
    }
    engine = dict.fromkeys(("secretsprovider", "encryptedkey", "encryptionsalt"), texts)
    return {
        "title": "Pulumi.<stack>.yaml",
        "type": "object",
        "properties": {**engine, "config": config},
        "required": ["config"],
    }


def bootstrap_file() -> dict[str, Any]:
    """Return the schema of `bootstrap.yml`, in which a stack may have nothing said of it."""
    schema = BootstrapSettings.model_json_schema()
    stacks = schema["properties"]["stacks"]
    stacks["patternProperties"] = {
        name: {"anyOf": [said, {"type": "null"}]} for name, said in stacks.pop("patternProperties", {}).items()
    } or {".*": {"anyOf": [stacks.pop("additionalProperties"), {"type": "null"}]}}
    return schema


SCHEMAS: Final[dict[str, Callable[[], dict[str, Any]]]] = {
    "bootstrap.schema.json": bootstrap_file,
    "release-record.schema.json": ReleaseRecord.model_json_schema,
    "rollout.schema.json": Rollout.model_json_schema,
    "serving.schema.json": Serving.model_json_schema,
    SETTINGS: Settings.model_json_schema,
    STACK_FILE: stack_file,
    "stack-outputs.schema.json": StackOutputs.model_json_schema,
    "usage.schema.json": UsageFile.model_json_schema,
}


def render(schema: Callable[[], dict[str, Any]]) -> str:
    """Return a JSON schema as it stands in the repository."""
    return json.dumps({"$schema": "https://json-schema.org/draft/2020-12/schema", **schema()}, indent=2) + "\n"


def stale(root: Path = ROOT) -> list[Path]:
    """Return the schemas that no longer say what the models do."""
    paths = {root / REFERENCE / name: schema for name, schema in SCHEMAS.items()}
    return [path for path, schema in paths.items() if not _holds(path, render(schema))]


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
