"""The text of the pages: one for each stack, and one that compares them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import groupby

from support.pulumi_program import Registration

from resources.observe import Observed, azure_name, purposes, short
from resources.pictures import has_network, identities, network
from windlass.infra.endpoints import LEFT_TO_SCRIPTS


def stack_page(seen: Observed) -> str:
    """Write what one stack is made of."""
    return "\n".join(_stack_page(seen)) + "\n"


def overview(all_seen: Sequence[Observed]) -> str:
    """Write how many resources of each type each stack has."""
    return "\n".join(_overview(all_seen)) + "\n"


def _overview(all_seen: Sequence[Observed]) -> Iterator[str]:
    yield from ("# Resources per stack", "")
    yield "What `make up` makes for each stack with the settings in its file, from a run of the program itself without"
    yield "Azure. Each stack has a page with every resource, and pictures of its network and its identities:"
    yield from ("", "| stack | resources | components |", "|---|---|---|")
    for seen in all_seen:
        link = f"[{seen.stack}](resources-{seen.stack}.md)"
        yield f"| {link} | {len(seen.run.resources)} | {len(seen.run.components)} |"
    counts = [Counter(short(each.type) for each in seen.run.resources) for seen in all_seen]
    yield from ("", f"| type | {' | '.join(seen.stack for seen in all_seen)} |", f"|---|{'---|' * len(counts)}")
    for type_ in sorted({type_ for count in counts for type_ in count}):
        yield f"| `{type_}` | {' | '.join(str(count[type_] or '') for count in counts)} |"


def _stack_page(seen: Observed) -> Iterator[str]:
    yield from (f"# Resources of stack {seen.stack}", "")
    yield f"With the settings in `Pulumi.{seen.stack}.yaml`: {len(seen.run.resources)} resources of Azure in"
    yield f"{len(seen.run.components)} components. `<token>` is a hash of subscription, project and stack (an endpoint"
    yield "has its own). *Protected* resources are neither deleted nor replaced until"
    yield "[somebody says so](../how-to/policies.md#replace-what-holds-data-or-traffic)."
    if has_network(seen):
        yield from ("", "## Network", "", *network(seen))
    yield from ("", "## Identities and roles", "", *identities(seen))
    yield from ("", "## Components", "")
    about = purposes()
    for component, members in groupby(seen.resources, key=seen.component_of):
        name, type_ = (component.name, component.type) if component else (seen.stack, "")
        yield from (f"### {name} ({short(type_)})", "", about.get(type_, ""), "")
        yield from ("| logical name | type | name in Azure | |", "|---|---|---|---|")
        yield from (_row(seen, each) for each in members)
        yield ""


def _row(seen: Observed, each: Registration) -> str:
    marks = ["protected"] if each.protect else []
    if set(LEFT_TO_SCRIPTS) <= set(each.ignore_changes):
        marks.append("changed by releases")
    shown = seen.pattern(azure_name(each))
    name = shown if " " in shown or not shown else f"`{shown}`"
    return f"| {each.name} | `{short(each.type)}` | {name} | {', '.join(marks)} |"
