"""Has the real engine preview the changes on a local Azure of its own, and keeps what it says in little space."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from ruamel.yaml import YAML
from support.checkout import Checkout

from golden.scenarios import NOT_DEPLOYED, PAGER, PROGRAM, SCENARIOS, STACKS, Scenario
from windlass.project.overlays import merge

_LOCAL: Final = "Pulumi.local.yaml"
_OWN: Final = ("project", "cloud", "owner")
_IDENTITY: Final = "azure-native:managedidentity:UserAssignedIdentity"
_OF_AN_IDENTITY: Final = ("principalId", "clientId")
# What is read of outputs: what a resource keeps for life.
_KEPT: Final = ("name", *_OF_AN_IDENTITY, "tenantId")
_STATE_KEYS: Final = (
    "custom", "id", "inputs", "dependencies", "propertyDependencies", "protect", "retainOnDelete",
)  # fmt: skip
_STEP_KEYS: Final = ("op", "urn", "diffReasons", "replaceReasons", "detailedDiff")
_SAME: Final = "same"
_GROUP: Final = "azure-native:resources:ResourceGroup"
# Of what is new everything is told; of the rest, what differs, and what a quota is counted from.
_WHOLE: Final = frozenset({"create"})
_OF_NODES: Final = frozenset(
    {"vmSize", "count", "maxCount", "enableAutoScaling", "scaleSetPriority", "agentPoolProfiles", "properties"}
)


def make_all(checkout: Checkout, scenarios: tuple[Scenario, ...] = SCENARIOS) -> Iterator[tuple[Scenario, Any]]:
    """Give each change with what is kept of its preview.

    Args:
        checkout: A copy of the repository whose local Azure runs and holds nothing.
        scenarios: The changes.
    """
    wanted = [each.stack for each in scenarios]
    for stack in (name for name in STACKS if name in wanted):
        with _program(checkout, stack):
            _write(checkout, stack, STACKS[stack])
            checkout.run(f"pulumi stack init {stack} --non-interactive").ok()
            if stack not in NOT_DEPLOYED:
                up = f"pulumi up -s {stack} --yes --skip-preview --non-interactive --color never"
                checkout.run(up, timeout=900).ok()
            stable = _stable_ids(checkout, stack)
            for scenario in scenarios:
                if scenario.stack == stack:
                    yield scenario, _preview(checkout, scenario, stable)


class _program:  # noqa: N801 - used like a function
    """The program of a stack for as long as the block lasts."""

    def __init__(self, checkout: Checkout, stack: str) -> None:
        self._file = checkout.root / PROGRAM
        self._append = PAGER if stack == "dev" else ""

    def __enter__(self) -> None:
        self._before = self._file.read_text(encoding="utf-8")
        self._file.write_text(self._before + self._append, encoding="utf-8")

    def __exit__(self, *_: object) -> None:
        self._file.write_text(self._before, encoding="utf-8")


def _write(checkout: Checkout, stack: str, settings: Mapping[str, Any], location: str = "westeurope") -> None:
    yaml = YAML()
    document = yaml.load((checkout.root / _LOCAL).read_text(encoding="utf-8"))
    own = {key: document["config"]["windlass:settings"][key] for key in _OWN}
    document["config"]["windlass:settings"] = {**own, **settings}
    document["config"]["azure-native:location"] = location
    with (checkout.root / f"Pulumi.{stack}.yaml").open("w", encoding="utf-8") as stream:
        yaml.dump(document, stream)


def _preview(checkout: Checkout, scenario: Scenario, stable: Mapping[str, str]) -> Any:
    settings = merge(STACKS[scenario.stack], scenario.change)
    _write(checkout, scenario.stack, settings, scenario.location)
    folder = checkout.root / ".windlass" / "previews"
    shutil.rmtree(folder, ignore_errors=True)
    changed = _change_files(checkout.root, scenario)
    try:
        ran = checkout.script("preview", "-s", scenario.stack, "--save", str(folder), "--commit", "0" * 40)
        assert (folder / scenario.stack / "report.json").is_file(), ran.said
        kept = folder / scenario.stack
        report = json.loads((kept / "report.json").read_text(encoding="utf-8"))
        saved = json.loads((kept / "preview.json").read_text(encoding="utf-8"))
    finally:
        _restore(checkout.root, changed)
        _write(checkout, scenario.stack, STACKS[scenario.stack])
    network = settings.get("network", {}).get("mode", "public")
    document = {"says": scenario.says, "network": network, "cost": report["cost"], "saved": _compact(saved)}
    return json.loads(_scrub(json.dumps(document), checkout.root, stable))


def _change_files(root: Path, scenario: Scenario) -> dict[Path, bytes | None]:
    """Change the files; what they held is returned, None for what was not there."""
    changed: dict[Path, bytes | None] = {}

    def write(file: Path, text: bytes) -> None:
        changed.setdefault(file, file.read_bytes() if file.is_file() else None)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(text)

    for name, old, new in scenario.edits:
        text = (root / name).read_text(encoding="utf-8")
        assert text.count(old) == 1, f"{name} holds {old!r} {text.count(old)} times"
        write(root / name, text.replace(old, new).encode())
    if scenario.append:
        write(root / PROGRAM, (root / PROGRAM).read_bytes() + scenario.append.encode())
    if scenario.copy:
        source, target = (root / name for name in scenario.copy)
        for file in sorted(each for each in source.rglob("*") if each.is_file()):
            write(target / file.relative_to(source), file.read_bytes())
    for name in scenario.remove:
        for file in sorted(each for each in (root / name).rglob("*") if each.is_file()):
            changed[file] = file.read_bytes()
        shutil.rmtree(root / name)
    return changed


def _restore(root: Path, changed: Mapping[Path, bytes | None]) -> None:
    for file, text in changed.items():
        if text is None:
            file.unlink()
        else:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(text)
    for folder in sorted(root.glob("endpoints/**/"), reverse=True):
        if not any(folder.iterdir()):
            folder.rmdir()


def _stable_ids(checkout: Checkout, stack: str) -> dict[str, str]:
    """Say by what to replace ids that are others each time: by ones that are made of names."""
    exported = checkout.run(f"pulumi stack export -s {stack}").ok().json()["deployment"]
    return {
        row["outputs"][key]: _made_of(stack, row["urn"].rpartition("::")[2], key)
        for row in exported.get("resources") or ()
        if row["type"] == _IDENTITY
        for key in _OF_AN_IDENTITY
    }


def _made_of(*names: str) -> str:
    return f"{hashlib.sha256('/'.join(names).encode()).hexdigest()[:8]}-0000-4000-8000-000000000000"


def _scrub(text: str, root: Path, stable: Mapping[str, str]) -> str:
    for shown, written in stable.items():
        text = text.replace(shown, written)
    return re.sub(re.escape(str(root)), ".", text)


def _compact(saved: Mapping[str, Any]) -> dict[str, Any]:
    """Keep of a saved preview what a report is made of; of what is deployed, only that it is."""
    digest = saved["digest"]
    steps = [_step(step) for step in digest.get("steps", ()) if step["op"] != _SAME or _is_unprotected(step)]
    return {
        **{key: saved[key] for key in ("stack", "policies", "notes") if key in saved},
        "digest": {**digest, "steps": steps},
        "deployed": [
            {"urn": row["urn"], "type": row["type"], "custom": True}
            for row in saved.get("deployed", ())
            if row["type"] == _GROUP
        ],
    }


def _is_unprotected(step: Mapping[str, Any]) -> bool:
    old, new = step.get("oldState") or {}, step.get("newState") or {}
    return bool(old.get("protect")) and not new.get("protect")


def _step(step: Mapping[str, Any]) -> dict[str, Any]:
    states = {key: _state(step, step[key]) for key in ("oldState", "newState") if step.get(key)}
    return {**{key: step[key] for key in _STEP_KEYS if step.get(key)}, **states}


def _state(step: Mapping[str, Any], state: Mapping[str, Any]) -> dict[str, Any]:
    kept = {key: state[key] for key in _STATE_KEYS if state.get(key)}
    if step["op"] not in _WHOLE:
        told = {re.split(r"[.\[]", path)[0] for path in (*step.get("detailedDiff", ()), *step.get("diffReasons", ()))}
        kept["inputs"] = {key: value for key, value in kept.get("inputs", {}).items() if key in told | _OF_NODES}
        kept.pop("propertyDependencies", None)
    if step["op"] != "replace":
        kept.pop("dependencies", None)
    outputs = {key: value for key, value in (state.get("outputs") or {}).items() if key in _KEPT}
    return {**kept, **({"outputs": outputs} if outputs else {})}
