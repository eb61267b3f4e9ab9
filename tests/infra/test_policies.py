"""The stacks of the repository keep the rules that they are held to, by their own settings and without an engine."""

from __future__ import annotations

from typing import Any

import pytest
from resources.observe import Observed, observe, short
from support.pulumi_program import Registration

from windlass.policy.model import Facts, Resource
from windlass.policy.rules import RULES
from windlass.project.settings import parse_settings

KEEPS_ALL = ("local", "dev", "staging", "prod")
GROUP = "/subscriptions/s/resourceGroups/rg"


def as_azure_has_it(value: Any) -> Any:
    """Ids of a run without Azure name no resource group; those of Azure do."""
    if isinstance(value, str):
        return value.replace("/fake/", f"{GROUP}/fake/")
    if isinstance(value, dict):
        return {key: as_azure_has_it(each) for key, each in value.items()}
    return [as_azure_has_it(each) for each in value] if isinstance(value, list) else value


def comes_from(seen: Observed, value: Any) -> frozenset[str]:
    if isinstance(value, dict | list):
        parts = value.values() if isinstance(value, dict) else value
        return frozenset(urn for part in parts for urn in comes_from(seen, part))
    found = seen.by_id(value) if isinstance(value, str) else None
    return frozenset({found.urn} if found else ())


def as_resource(seen: Observed, each: Registration) -> Resource:
    return Resource(
        type=short(each.type),
        name=each.name,
        urn=each.urn,
        properties=as_azure_has_it(each.inputs),
        protect=each.protect,
        ignore_changes=each.ignore_changes,
        references={name: comes_from(seen, value) for name, value in each.inputs.items()},
    )


@pytest.mark.parametrize("stack", KEEPS_ALL)
def test_a_stack_keeps_the_rules_that_it_is_held_to(stack: str) -> None:
    seen = observe(stack)
    facts = Facts(settings=parse_settings(stack, seen.config))
    resources = [as_resource(seen, each) for each in seen.resources]

    found = [
        (rule.id, each.urn, each.what)
        for rule in RULES
        for each in (*(one for r in resources for one in rule.judge(r, facts)), *rule.judge_stack(resources, facts))
    ]

    assert found == []
