"""The table of changes, previewed by the real engine on a stack that is up."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from changes_model import BASE, DIAGNOSTICS, EVERYTHING, IN_WORKSPACE, LOCKS, ROLES, TAGGED, Row
from changes_table import ROWS
from ruamel.yaml import YAML
from support.checkout import Checkout, Ran

from windlass.project.overlays import merge

pytestmark = pytest.mark.slow

BARE = {"endpoints": False, "data": False}
PROVIDER = "azure-native:"
NEW = {ROLES, LOCKS, DIAGNOSTICS}
"""Words for things that are not there before the change, so that the state does not tell which they are."""
OPERATIONS = ("update", "replace", "create", "delete")


def is_previewed(row: Row) -> bool:
    """Whether a row starts from this stack, brings nothing and leaves the example the cluster that it names."""
    takes_cluster = "cpu-compute" in row.delete
    return not (row.before or "bring" in row.change or {*row.create} & NEW or takes_cluster)


@pytest.fixture(scope="module")
def stack(bare: Checkout) -> Iterator[Checkout]:
    """A checkout whose stack stands on the settings of the table, unprotected."""
    write(bare, "Pulumi.local.yaml", {**BASE, "protection": BARE})
    bare.up().ok()
    yield bare
    write(bare, "Pulumi.local.yaml", {**BASE, "protection": BARE})


@pytest.fixture(scope="module")
def state(stack: Checkout) -> dict[str, dict[str, Any]]:
    """The resources of Azure in the state, by logical name."""
    rows = stack.run("pulumi stack export -s local").ok().json()["deployment"]["resources"]
    return {row["urn"].rpartition("::")[2]: row for row in rows if row["type"].startswith(PROVIDER)}


def write(checkout: Checkout, name: str, settings: Mapping[str, Any], location: str = "westeurope") -> None:
    """Write a stack file with these settings beside project, cloud and owner."""
    yaml = YAML()
    document = yaml.load((checkout.root / "Pulumi.local.yaml").read_text(encoding="utf-8"))
    own = {key: document["config"]["windlass:settings"][key] for key in ("project", "cloud", "owner")}
    document["config"]["windlass:settings"] = {**own, **settings}
    document["config"]["azure-native:location"] = location
    with (checkout.root / name).open("w", encoding="utf-8") as stream:
        yaml.dump(document, stream)


def preview(checkout: Checkout, settings: Mapping[str, Any], location: str, *flags: str) -> Ran:
    """Preview the stack as if its file said something else."""
    write(checkout, "Pulumi.change.yaml", settings, location)
    return checkout.pulumi(" ".join(("preview --config-file Pulumi.change.yaml", *flags)))


def operations(ran: Ran) -> dict[str, set[str]]:
    """What a preview would do to resources of Azure, by operation."""
    found: dict[str, set[str]] = {operation: set() for operation in OPERATIONS}
    for step in ran.ok().json()["steps"]:
        if step["op"] in found and f"::{PROVIDER}" in step["urn"].replace("$", "::"):
            found[step["op"]].add(step["urn"].rpartition("::")[2])
    return found


def named(words: tuple[str, ...], state: Mapping[str, dict[str, Any]]) -> set[str]:
    """The logical names that stand for names and words of the table."""
    endpoints = ("OnlineEndpoint", "BatchEndpoint")
    members = {
        EVERYTHING: set(state),
        TAGGED: {
            name for name, row in state.items() if "tags" in row["inputs"] and not row["type"].endswith(endpoints)
        },
        ROLES: {name for name, row in state.items() if row["type"].endswith(":RoleAssignment")},
        IN_WORKSPACE: {name for name, row in state.items() if ":machinelearningservices:" in row["type"]},
    }
    return {name for word in words for name in members.get(word, {word})}


@pytest.mark.parametrize(
    "row",
    [row for row in ROWS if is_previewed(row)],
    ids=lambda row: f"{row.key}-{row.says}".replace(" ", "-"),
)
def test_the_engine_previews_what_the_table_says(row: Row, stack: Checkout, state: dict[str, dict[str, Any]]) -> None:
    settings = merge({**BASE, "protection": BARE}, row.change)

    found = operations(preview(stack, settings, row.location, "--json"))

    assert found == {
        "update": named(row.update, state),
        "replace": named(row.replace, state),
        "create": named(row.create, state),
        "delete": named(row.delete, state),
    }


def test_roles_that_a_preview_shows_as_replaced_stay_when_only_tags_change(stack: Checkout) -> None:
    write(stack, "Pulumi.local.yaml", {**BASE, "protection": BARE, "tags": {"team": "sales"}})

    up = stack.up().ok()

    assert "UserAssignedIdentity" in up.out
    assert "RoleAssignment" not in up.out


def test_the_engine_refuses_to_replace_what_is_protected_until_it_is_named(stack: Checkout) -> None:
    premium = {"tier": "Premium", "zone_redundant": True}
    guarded = {**BASE, "protection": {"endpoints": True, "data": True}}
    write(stack, "Pulumi.local.yaml", guarded)
    stack.up().ok()

    refused = preview(stack, {**guarded, "registry": premium}, "westeurope")
    named_first = {**guarded, "protection": {"may_replace": ["registry-registry"]}}
    write(stack, "Pulumi.local.yaml", named_first)
    stack.up().ok()
    allowed = preview(stack, {**named_first, "registry": premium}, "westeurope")

    assert refused.code != 0
    assert "registry-registry" in refused.said
    assert "protect" in refused.said
    assert allowed.code == 0, allowed.said
