"""Names always fit Azure's limits and never meet, whatever people call their projects, stacks and folders."""

from __future__ import annotations

import re
import uuid
from dataclasses import astuple
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from windlass.project.names import (
    IDENTITY_PURPOSES,
    NameScope,
    endpoint_name,
    grant_name,
    identity_name,
    resource_names,
    shared_names,
    workflow_identity_name,
)

projects = st.from_regex(r"[a-z][a-z0-9]{1,11}", fullmatch=True)
stacks = st.from_regex(r"[A-Za-z0-9_.-]{1,100}", fullmatch=True)
folders = st.from_regex(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", fullmatch=True).filter(lambda name: 2 <= len(name) <= 32)
kinds = st.sampled_from(["online", "batch"])
subscriptions = st.uuids().map(str)
scopes = st.builds(NameScope, project=projects, stack=stacks, subscription_id=subscriptions)
endpoints = st.tuples(scopes, folders, kinds)

WORST = NameScope(project="abcdefghijkl", stack="S_." * 33, subscription_id=str(uuid.UUID(int=0)))
CLASHING = NameScope(project="online", stack="online", subscription_id=str(uuid.UUID(int=0)))

# Azure's rules (service documentation and the path patterns of its SDKs), written down apart from the product's.
RULES = {
    "resource_group": r"[-\w.()]{1,89}[-\w()]",
    "storage_account": r"[a-z0-9]{3,24}",
    "key_vault": r"(?!.*--)[a-zA-Z][a-zA-Z0-9-]{1,22}[a-zA-Z0-9]",
    "container_registry": r"[a-zA-Z0-9]{5,50}",
    "log_workspace": r"(?=.{4,63}$)[A-Za-z0-9][A-Za-z0-9-]+[A-Za-z0-9]",
    "application_insights": r"[^%&\\?/]{1,255}",
    "workspace": r"[a-zA-Z0-9][a-zA-Z0-9_-]{2,32}",
}
IDENTITY = r"[a-zA-Z0-9][a-zA-Z0-9_-]{2,127}"
ENDPOINT = r"(?=.{3,32}$)[a-zA-Z]([-a-zA-Z0-9]*[a-zA-Z0-9])?"


@pytest.mark.parametrize("kind_of_resource", RULES)
@given(scope=scopes)
def test_a_resource_name_fits_what_azure_takes(kind_of_resource: str, scope: NameScope) -> None:
    name = getattr(resource_names(scope), kind_of_resource)

    assert re.fullmatch(RULES[kind_of_resource], name)


@pytest.mark.parametrize("kind_of_resource", RULES)
@pytest.mark.parametrize("scope", [WORST, CLASHING], ids=["worst", "clashing"])
def test_the_longest_words_fit_too(kind_of_resource: str, scope: NameScope) -> None:
    name = getattr(resource_names(scope), kind_of_resource)

    assert re.fullmatch(RULES[kind_of_resource], name)


@given(scope=scopes, purpose=st.sampled_from(IDENTITY_PURPOSES))
def test_an_identity_name_fits_what_azure_takes(scope: NameScope, purpose: Any) -> None:
    assert re.fullmatch(IDENTITY, identity_name(scope, purpose))


@given(endpoint=endpoints)
def test_an_endpoint_name_fits_what_azure_takes(endpoint: tuple[NameScope, str, Any]) -> None:
    assert re.fullmatch(ENDPOINT, endpoint_name(*endpoint))


@pytest.mark.parametrize("scope", [WORST, CLASHING], ids=["worst", "clashing"])
@pytest.mark.parametrize("folder", ["online", "batch", "a-very-long-folder-name-of-its-own"[:32]])
def test_an_endpoint_name_fits_when_its_words_are_long_or_alike(scope: NameScope, folder: str) -> None:
    assert re.fullmatch(ENDPOINT, endpoint_name(scope, folder, "online"))


@given(endpoint=endpoints)
def test_an_endpoint_name_always_says_its_kind(endpoint: tuple[NameScope, str, Any]) -> None:
    _, _, kind = endpoint

    assert f"-{kind}-" in endpoint_name(*endpoint)


@given(first=endpoints, second=endpoints)
def test_two_endpoints_never_share_a_name(
    first: tuple[NameScope, str, Any], second: tuple[NameScope, str, Any]
) -> None:
    assume(first != second)

    assert endpoint_name(*first) != endpoint_name(*second)


@given(scope=scopes, stem=st.text("abc", min_size=25, max_size=30), endings=st.tuples(*[st.text("xy", max_size=2)] * 2))
def test_endpoints_that_differ_only_where_the_name_is_cut_never_share_it(
    scope: NameScope, stem: str, endings: tuple[str, str]
) -> None:
    assume(endings[0] != endings[1])
    first, second = (endpoint_name(scope, stem + ending, "online") for ending in endings)

    assert first != second


@given(first=scopes, second=scopes)
def test_two_stacks_never_share_a_resource_name(first: NameScope, second: NameScope) -> None:
    assume(first != second)

    assert not set(astuple(resource_names(first))) & set(astuple(resource_names(second)))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"stack": "Dev"}, {"stack": "dev"}),
        ({"stack": "a-b"}, {"stack": "a_b"}),
        ({"stack": "bc", "project": "pa"}, {"stack": "c", "project": "pab"}),
    ],
    ids=["case", "punctuation", "boundary between words"],
)
def test_stacks_that_look_alike_once_cleaned_never_share_a_name(one: dict[str, str], other: dict[str, str]) -> None:
    base = {"project": "shop", "stack": "dev", "subscription_id": "s"}

    assert not (
        set(astuple(resource_names(NameScope(**{**base, **one}))))
        & set(astuple(resource_names(NameScope(**{**base, **other}))))
    )


@given(scope=scopes)
def test_the_identities_of_a_stack_have_names_of_their_own(scope: NameScope) -> None:
    assert len({identity_name(scope, purpose) for purpose in IDENTITY_PURPOSES}) == len(IDENTITY_PURPOSES)


def test_names_stay_what_they_were() -> None:
    scope = NameScope(project="shop", stack="local", subscription_id="10ca1000-0000-4000-8000-000000000002")

    assert (resource_names(scope).workspace, endpoint_name(scope, "churn", "online")) == (
        "mlw-shop-local-2jfqm6t",
        "shop-churn-online-local-evfin6",
    )


def test_the_case_of_a_subscription_id_changes_no_name() -> None:
    lower = NameScope(project="shop", stack="dev", subscription_id="abcdef00-0000-4000-8000-000000000000")
    upper = NameScope(project="shop", stack="dev", subscription_id="ABCDEF00-0000-4000-8000-000000000000")

    assert resource_names(lower) == resource_names(upper)


def test_words_are_whole_where_there_is_room() -> None:
    scope = NameScope(project="shop", stack="staging", subscription_id="s")

    assert endpoint_name(scope, "churn", "online").startswith("shop-churn-online-staging-")


grants = st.fixed_dictionaries(
    {
        "scope": st.text(st.characters(codec="ascii", exclude_categories=["Lu"])),
        "principal": st.text(),
        "role_id": st.text(),
    }
)


@given(grant=grants)
def test_a_grant_is_named_by_a_guid(grant: dict[str, str]) -> None:
    assert str(uuid.UUID(grant_name(**grant))) == grant_name(**grant)


@given(first=grants, second=grants)
def test_two_grants_never_share_a_name(first: dict[str, str], second: dict[str, str]) -> None:
    assume(first != second)

    assert grant_name(**first) != grant_name(**second)


@pytest.mark.parametrize("kind_of_resource", ["resource_group", "storage_account", "key_vault"])
@given(project=projects, subscription=subscriptions)
def test_what_stacks_share_has_a_name_that_azure_takes(kind_of_resource: str, project: str, subscription: str) -> None:
    assert re.fullmatch(RULES[kind_of_resource], getattr(shared_names(project, subscription), kind_of_resource))


@given(scope=scopes)
def test_identities_of_workflows_have_names_of_their_own(scope: NameScope) -> None:
    ours = {workflow_identity_name(scope, "deploy"), workflow_identity_name(scope, "preview")}

    assert all(re.fullmatch(IDENTITY, name) for name in ours)
    assert not ours & {identity_name(scope, purpose) for purpose in IDENTITY_PURPOSES}
    assert len(ours) == 2
