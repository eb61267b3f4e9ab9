from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from windlass.delivery.digest import BLINDED, SIGNATURE_KEY, UNKNOWN
from windlass.delivery.values import (
    HIDDEN,
    MISSING,
    NOT_YET,
    find_value,
    hide_in_text,
    parse_path,
    show_text,
    show_value,
)


@pytest.mark.parametrize(
    ("path", "segments"),
    [
        ("location", ("location",)),
        ("properties.properties.vmSize", ("properties", "properties", "vmSize")),
        ("containers[0].image", ("containers", 0, "image")),
        ('tags["cost.center"]', ("tags", "cost.center")),
        (r'tags["a \"b\""].c', ("tags", 'a "b"', "c")),
        ("", ()),
    ],
)
def test_a_path_is_taken_apart(path: str, segments: tuple[str | int, ...]) -> None:
    assert parse_path(path) == segments


@given(st.text())
def test_any_text_is_some_path(path: str) -> None:
    find_value({}, parse_path(path))


def test_a_value_is_found_by_its_path() -> None:
    values = {"containers": [{"image": "churn:1"}], "tags": {"cost.center": None}}

    assert find_value(values, ("containers", 0, "image")) == "churn:1"
    assert find_value(values, ("tags", "cost.center")) is None
    assert find_value(values, ("containers", 1)) is MISSING
    assert find_value(values, ("containers", "image")) is MISSING


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("westeurope", "westeurope"),
        (True, "true"),
        (4, "4"),
        (None, "null"),
        ([1], "[1]"),
        ({"b": "x", "a": {"password": 2}}, "{a: {password: (secret)}, b: x}"),
        (UNKNOWN, NOT_YET),
        (BLINDED, HIDDEN),
        ({SIGNATURE_KEY: "1b47061264138c4ac30d75fd1eb44270", "plaintext": '"hunter2"'}, HIDDEN),
        (f"/subscriptions/{UNKNOWN}/x", f"/subscriptions/{NOT_YET}/x"),
        ("two\n lines\t", "two lines"),
        ("\x1b[2Jgone\u202e", "[2Jgone"),
        ("a" * 200, "a" * 44 + "..." + "a" * 45 + " #c2a908"),
    ],
)
def test_a_value_is_one_short_line(value: object, shown: str) -> None:
    assert show_value(value, ("property",)) == shown


def test_where_there_is_no_value_none_is_shown() -> None:
    assert show_value(MISSING, ("property",)) is None


@pytest.mark.parametrize(
    "path",
    ["adminPassword", "properties.keys.primaryKey", "connectionString", "secrets[0].value", "sasToken", "clientSecret"],
)
def test_what_is_secret_by_its_name_is_hidden_though_nobody_marked_it(path: str) -> None:
    assert show_value("hunter2", parse_path(path)) == HIDDEN


@pytest.mark.parametrize("path", ["allowSharedKeyAccess", "keyVault", "disableLocalAuth", "tags.owner"])
def test_what_only_sounds_alike_is_shown(path: str) -> None:
    assert show_value("value", parse_path(path)) == "value"


@pytest.mark.parametrize(
    "text",
    [
        "https://st.blob.core.windows.net/c?sv=2024&sig=hunter2%3D&se=1",
        "DefaultEndpointsProtocol=https;AccountName=st;AccountKey=hunter2==;EndpointSuffix=core.windows.net",
    ],
)
def test_a_signature_or_key_within_a_text_is_hidden(text: str) -> None:
    assert "hunter2" not in show_text(text)
    assert HIDDEN in show_text(text)


def test_a_message_keeps_its_lines() -> None:
    assert hide_in_text(f"first\n  {BLINDED}\x07") == f"first\n  {HIDDEN}"


def test_all_below_a_secret_or_unknown_value_is_so_too() -> None:
    values = {"known": {"key": 1}, "secret": BLINDED, "unknown": UNKNOWN}

    assert find_value(values, ("secret", "a", 0)) == BLINDED
    assert find_value(values, ("unknown", "a", 0)) == UNKNOWN


@given(
    st.recursive(
        st.sampled_from([UNKNOWN, BLINDED, 1, "plain"]),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(max_size=3), inner),
    )
)
def test_no_placeholder_of_the_engine_is_ever_shown(value: object) -> None:
    for each in (value, json.dumps(value)):
        shown = show_value(each, ("property",)) or ""

        assert UNKNOWN not in shown
        assert BLINDED not in shown
