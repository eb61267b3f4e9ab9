"""Wherever a secret stands in a preview, and whatever becomes of the resource, no report shows it in any form."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from support.reports import created, deleted, report_of, updated

from windlass.delivery.digest import SIGNATURE_KEY, PreviewStep
from windlass.delivery.gate import check_gate
from windlass.delivery.markdown import summary_as_markdown
from windlass.delivery.report import report_as_json, report_rows
from windlass.delivery.summary import sum_up

SECRET = "hunter2"
KEYS = ["password", "clientSecret", "accountKey", "primaryKey", "connectionString", "sasToken", "credential"]
SECRETS: st.SearchStrategy[Any] = st.sampled_from(
    [
        *({key: SECRET} for key in KEYS),
        *({key: [SECRET]} for key in KEYS),
        {SIGNATURE_KEY: "1b47061264138c4ac30d75fd1eb44270", "value": SECRET},
        f"https://a.example/b?sv=1&sig={SECRET}",
        f"Endpoint=sb://a;AccountKey={SECRET};Name=b",
        {"name": "a", "secrets": {"b": SECRET}},
    ]
)
VALUES: st.SearchStrategy[Any] = st.recursive(
    SECRETS | st.sampled_from([1, "plain", None]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=6,
)
INPUTS = st.dictionaries(st.sampled_from(["properties", "configurationSettings", "tags", "logs"]), VALUES, max_size=3)
TYPES = st.sampled_from(["kubernetesconfiguration:Extension", "keyvault:Vault", "monitor:DiagnosticSetting", "x:New"])


@st.composite
def steps(draw: st.DrawFn) -> PreviewStep:
    """What becomes of a resource that is full of secrets."""
    type_, before, after = draw(TYPES), draw(INPUTS), draw(INPUTS)
    kind = draw(st.sampled_from(["create", "update", "replace", "delete"]))
    if kind == "create":
        return created(type_, after)
    return deleted(type_) if kind == "delete" else updated(type_, before, after, replaces=kind == "replace")


@given(steps())
def test_no_secret_is_in_any_form_of_a_report(step: PreviewStep) -> None:
    report = report_of(step)

    shown = (
        json.dumps(report_as_json(report)),
        summary_as_markdown(sum_up([report])),
        str(report_rows(report)),
        str(check_gate([report], [])),
    )

    assert not [text for text in shown if SECRET in text]


@given(steps())
def test_a_change_is_always_in_some_class(step: PreviewStep) -> None:
    assert all(change.findings for change in report_of(step).changes)
