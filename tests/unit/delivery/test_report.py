from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from windlass.delivery.classify import make_report
from windlass.delivery.cost import Amount, CostComparison, CostLine, Estimate
from windlass.delivery.digest import parse_digest
from windlass.delivery.meanings import Meaning
from windlass.delivery.models import Change, Difference, Finding, Report, ResourceChange, Risk, Violation
from windlass.delivery.report import (
    COLUMNS,
    describe_report,
    describe_totals,
    describe_violation,
    report_as_json,
    report_rows,
)
from windlass.delivery.rows import describe_difference

SAMPLES = Path(__file__).resolve().parents[2] / "data" / "preview"


def sample(name: str) -> Report:
    return make_report(parse_digest((SAMPLES / f"{name}.json").read_bytes(), name), "local")


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("unchanged", "does not change"),
        ("created", "is new: makes 3 resources"),
        ("mixed", "interrupts service, may widen a permission, needs quota, changes the cost"),
        ("moved", "loses data, interrupts service"),
        ("unprotected", "takes protection off"),
        ("failed", "could not be previewed, so nobody knows what it would do"),
    ],
)
def test_a_report_is_summed_up_by_its_worst_change(name: str, said: str) -> None:
    assert describe_report(sample(name)) == said


def test_a_broken_rule_is_told_before_what_would_change() -> None:
    rule = Violation(rule="tls-1-2", name="account", lines=("What has to hold.", "It does not."), stops=True)
    report = Report(stack="local", changes=(), totals=(), violations=(rule,))

    assert describe_report(report) == "is refused: 1 rule is broken"
    assert describe_violation(rule) == "refused by tls-1-2: account: What has to hold. It does not."
    assert report_as_json(report)["violations"] == [
        {"rule": "tls-1-2", "name": "account", "stops": True, "lines": ["What has to hold.", "It does not."]}
    ]


def test_a_change_of_cost_that_no_resource_explains_is_told_too() -> None:
    line = CostLine(subject="churn/online", item="instances", quantity="1", price="1", amount=Amount(likely=1, high=1))
    dearer = replace(line, quantity="2", amount=Amount(likely=2, high=2))
    cost = CostComparison(
        stack="dev",
        before=Estimate(region="westeurope", lines=(line,)),
        after=Estimate(region="westeurope", lines=(dearer,)),
    )

    report = Report(stack="dev", changes=(), totals=(), cost=cost)

    assert report.meanings == (Meaning.CHANGES_COST,)
    assert describe_report(report) == "does not change itself; what its endpoints deploy changes the cost"


def test_what_may_not_come_is_not_promised() -> None:
    perhaps = ResourceChange(
        change=Change.REPLACED,
        risk=Risk.LOSES_DATA,
        type="keyvault:Vault",
        kind="key vault",
        name="vault",
        urn="urn",
        is_certain=False,
        findings=(Finding(meaning=Meaning.LOSES_DATA, why="its keys go", is_certain=False),),
    )

    report = Report(stack="local", changes=(perhaps,), totals=())

    assert describe_report(report) == "may lose data"
    assert report_rows(report) == (("may lose data", "vault\nkey vault", "perhaps replaced\nits keys go"),)


def test_totals_leave_out_what_is_rare_and_did_not_happen() -> None:
    assert describe_totals(sample("mixed")) == "2 deleted, 3 replaced, 3 updated, 0 created, 16 unchanged"


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("a", "b", "tags.x: a -> b"),
        (None, "b", "tags.x: b added"),
        ("a", None, "tags.x: a -> removed"),
        (None, None, "tags.x"),
    ],
)
def test_a_difference_is_said_in_one_line(before: str | None, after: str | None, said: str) -> None:
    assert describe_difference(Difference(path="tags.x", before=before, after=after)) == said


def test_a_table_lists_what_exists_in_azure_and_no_component() -> None:
    rows = report_rows(sample("mixed"))

    assert {len(row) for row in rows} == {len(COLUMNS)}
    assert [row[1] for row in rows][:2] == ["cpu-compute\ncompute", "churn-batch-endpoint\nbatch endpoint"]
    assert rows[0][2].startswith("replaced\nvmSize: Standard_DS3_v2 -> Standard_DS4_v2\njobs that run on it end\n")
    assert rows[-1] == (
        "cosmetic",
        "cluster-identity\ngroup-resources\nstorage-account\n3 x several kinds",
        "updated\ntags.owner: data-science -> ml-team",
    )


def test_the_json_holds_every_change_components_too() -> None:
    document = json.loads(json.dumps(report_as_json(sample("mixed"))))

    assert list(document) == [
        "version", "stack", "failed", "risk", "certain", "totals", "changes", "violations", "warnings", "errors",
        "commit", "new", "drift", "headline", "classes", "cost",
    ]  # fmt: skip
    assert (document["version"], document["risk"], document["failed"]) == (1, "interrupts_service", False)
    assert document["totals"] == {
        "deleted": 2, "replaced": 3, "updated": 3, "created": 0, "imported": 0, "read": 0, "unchanged": 16,
    }  # fmt: skip
    assert sum(each["component"] for each in document["changes"]) == 1


def test_a_change_in_json_says_why() -> None:
    (group,) = (each for each in report_as_json(sample("moved"))["changes"] if each["name"] == "group-resources")

    assert group["differences"] == [
        {
            "path": "location",
            "before": "westeurope",
            "after": "northeurope",
            "replaces": True,
            "known": True,
            "stays": False,
        }
    ]
    assert (group["change"], group["risk"], group["certain"]) == ("replaced", "loses_data", True)
    assert group["id"].endswith("/resourceGroups/rg-shop-local-2jfqm6t")


def test_the_json_of_a_failed_preview_has_its_errors() -> None:
    document = report_as_json(sample("protected"))

    assert document["failed"] is True
    assert "because it is protected" in document["errors"][0]
