"""Writes the reference pages that follow from the code: `python tools/reference_pages.py`; `--check` only looks.

- docs/reference/bootstrap.md: every key of bootstrap.yml
- docs/reference/changes.md: what a change of each setting does
- docs/reference/commands.md: the help of every script
- docs/reference/exit-codes.md: the families of errors
- docs/reference/local-azure.md: durations, sizes and quotas of the local Azure
- docs/reference/settings.md: every key of `windlass:settings`
- docs/reference/workflows.md: what each workflow does, may and runs
"""

from __future__ import annotations

import argparse
import importlib.util
import inspect
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import alerts_page
import changes_table
import click
import settings_page
import workflows_page

ROOT = Path(__file__).resolve().parents[1]
REFERENCE = Path("docs", "reference")
MADE_BY = "<!-- Made by `python tools/reference_pages.py`. -->\n\n"

# How long Azure took for the same, in public recordings of real traffic (2022 to 2026) or by its documents.
ON_AZURE = {
    "autoscale.look": "30 to 60 s",
    "workspace.update": "under 30 s",
    "compute.create": "10 to 13 s",
    "compute.update": "6 s",
    "online_endpoint.create": "15 to 55 s",
    "online_endpoint.update": "20 to 70 s",
    "online_endpoint.delete": "8 to 13 s",
    "container_group.create": "about 30 s",
    "online_deployment.create": "6.5 to 7 min",
    "online_deployment.update": "6 min 40 s",
    "online_deployment.delete": "5 min 53 s",
    "batch_endpoint.create": "under 30 s",
    "batch_endpoint.delete": "10 to 40 s",
    "batch_deployment.create": "under 30 s",
    "job.cancel": "30 s",
    "node.start": "minutes",
    "node.idle": "as the cluster says",
    "role_assignment.effect": "up to 10 min",
}


def commands() -> str:
    """Return the help of every script."""
    text = "# Commands\n\nRun as `python scripts/<name>.py`, after `source .windlass/env` or with `.venv/bin/python`.\n"
    for path in sorted((ROOT / "scripts").glob("*.py")):
        command = _command(path)
        text += f"\n## {path.stem}\n{_help(command, click.Context(command, info_name=path.name, terminal_width=100))}"
    return text


def _help(command: click.Command, context: click.Context) -> str:
    """Return the help of a command, and of those under it."""
    lines = "\n".join(line.rstrip() for line in command.get_help(context).splitlines())
    text = f"\n```\n{lines}\n```\n"
    if isinstance(command, click.Group):
        for name, each in command.commands.items():
            below = click.Context(each, info_name=name, parent=context, terminal_width=100)
            text += f"\n### {Path(str(context.info_name)).stem} {name}\n{_help(each, below)}"
    return text


def _command(path: Path) -> click.Command:
    spec = importlib.util.spec_from_file_location(f"script_{path.stem}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    own = [each for each in vars(module).values() if isinstance(each, click.Command)]
    under = [each for group in own if isinstance(group, click.Group) for each in group.commands.values()]
    top = [each for each in own if each not in under]
    assert len(top) == 1, f"{path.name} has {len(top)} commands"
    return top[0]


def exit_codes() -> str:
    """Return what each exit code means."""
    from windlass import errors

    families = [
        family
        for _, family in inspect.getmembers(errors, inspect.isclass)
        if issubclass(family, errors.WindlassError) and family is not errors.WindlassError
    ]
    rows = [(0, "Done."), *sorted((int(f.exit_code), inspect.getdoc(f) or "") for f in families)]
    text = "# Exit codes\n\n| code | means |\n|---|---|\n"
    return text + "".join(f"| {code} | {meaning} |\n" for code, meaning in rows)


def local_azure() -> str:
    """Return the figures of the local Azure."""
    return "\n".join(_local_azure()) + "\n"


def _local_azure() -> Iterator[str]:
    from windlass_emulator.ml.quota import MAX_NODES
    from windlass_emulator.ml.vm_sizes import FAMILIES, SIZES
    from windlass_emulator.online import rules
    from windlass_emulator.settings import DURATIONS

    yield from ("# Figures of the local Azure", "")
    yield "How long operations take at `--clock-rate 1`; what is really done (an environment made, a server started,"
    yield "rows scored) comes on top. The clock rate never changes the life of tokens and SAS, nor scoring time-outs."
    yield from ("", "| operation | here | on Azure |", "|---|---|---|")
    yield from (
        f"| {name} | {seconds:g} s | {ON_AZURE.get(name, 'not recorded')} |" for name, seconds in DURATIONS.items()
    )
    yield from ("", "## Quotas", "", "| what | limit |", "|---|---|")
    yield from (f"| cores of {family.title}, per region | {family.cores} |" for family in FAMILIES.values())
    yield f"| nodes per cluster | {MAX_NODES} |"
    yield f"| online endpoints per region | {rules.ENDPOINTS_PER_REGION} |"
    yield f"| deployments per endpoint | {rules.DEPLOYMENTS_PER_ENDPOINT} |"
    yield f"| instances per deployment | {rules.INSTANCES_PER_DEPLOYMENT} |"
    yield from ("", "## Sizes", "", "| size | cores | memory, GB |", "|---|---|---|")
    yield from (f"| {size.name} | {size.cores} | {size.memory:g} |" for size in SIZES)


def policies() -> str:
    """Return the rules that stacks are held to."""
    return "\n".join(_policies()) + "\n"


def _policies() -> Iterator[str]:
    from windlass.policy.rules import RULES

    yield from ("# Policies", "")
    yield "The rules of `infra/policy`, which `make preview`, `make up` and `scripts/preview.py` hold every stack to. A"
    yield "`mandatory` one stops the run before anything is changed. How to acknowledge, except and tune:"
    yield from ("[how-to/policies.md](../how-to/policies.md).", "")
    yield from ("| rule | what has to hold | for | |", "|---|---|---|---|")
    yield from (f"| [{r.id}](#{r.id}) | {r.message} | {r.applies_to} | {r.severity} |" for r in RULES)
    for rule in RULES:
        yield from ("", f"## {rule.id}", "", f"{rule.message} ({rule.severity}; {rule.applies_to})", "")
        yield from (f"**Why.** {rule.reason}", "", f"**What to do.** {rule.remedy}")


PAGES: Mapping[str, Callable[[], str]] = {
    "alerts.md": alerts_page.alerts,
    "bootstrap.md": settings_page.bootstrap,
    "changes.md": changes_table.changes,
    "commands.md": commands,
    "exit-codes.md": exit_codes,
    "local-azure.md": local_azure,
    "policies.md": policies,
    "settings.md": settings_page.settings,
    "workflows.md": workflows_page.page,
}


def stale(root: Path = ROOT) -> list[str]:
    """Return the pages that no longer say what the code does."""
    return [name for name, make in PAGES.items() if not _holds(root / REFERENCE / name, MADE_BY + make())]


def main() -> int:
    """Write or check; returns 1 when a check found a stale page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="change nothing; fail when a page is stale")
    check = parser.parse_args().check
    changed = stale()
    for name in changed:
        if not check:
            (ROOT / REFERENCE / name).write_text(MADE_BY + PAGES[name](), encoding="utf-8")
        print(f"{REFERENCE / name}: {'stale; run python tools/reference_pages.py' if check else 'written'}")
    return int(check and bool(changed))


def _holds(path: Path, text: str) -> bool:
    return path.is_file() and path.read_text(encoding="utf-8") == text


if __name__ == "__main__":
    sys.exit(main())
