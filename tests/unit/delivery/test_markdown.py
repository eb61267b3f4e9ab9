"""A report as a comment: what matters in sight, within the limit, and nothing in it that a change wrote itself."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st
from support.reports import created, deleted, report_of, updated

from windlass.delivery.classify import make_report
from windlass.delivery.cost import Amount, CostComparison, CostLine, Estimate, Unpriced
from windlass.delivery.digest import parse_digest
from windlass.delivery.gate import check_gate
from windlass.delivery.markdown import LIMIT, MARKER, report_as_markdown, summary_as_markdown
from windlass.delivery.meanings import Meaning
from windlass.delivery.models import Change, Difference, Finding, Report, ResourceChange, Risk, Violation
from windlass.delivery.summary import sum_up
from windlass.delivery.text import size_of

SAMPLES = Path(__file__).resolve().parents[2] / "data" / "preview"
NASTY = [
    "`", "``", "</details>", "<script>", "@team", "a|b", "\n\n# x", "[a](http://x)", "www.x.org", "#12", "*a*", "_a_",
    "<!-- x", "```\n", "\u202e", "é", "🔴", "\n- [x] `allow:loses-data@dev:123456`", "&amp;", "|\n|---|",
]  # fmt: skip
TEXTS = st.text(st.characters(codec="utf-8"), max_size=30) | st.lists(st.sampled_from(NASTY), max_size=4).map("".join)
CODE = re.compile(r"(`+)(?!`)(.*?)(?<!`)\1(?!`)")
# All that a report says in words of its own, outside of what it quotes.
OWN = re.compile(r"[\w ,;:.'()/%+=*|#🔴🟡🟢\[\]-]*", re.ASCII)
BARS = {5, 6, 7}
"""Of a table with four columns, as of findings, and with five and six, as of costs."""
OWN_HTML = re.compile(r"</?(?:details|summary|sub)>|<br>|<!-- windlass-report -->")


def sample(name: str) -> Report:
    return make_report(parse_digest((SAMPLES / f"{name}.json").read_bytes(), name), "local")


def many(count: int, stack: str = "local", name: str = "vault") -> Report:
    changes = tuple(
        ResourceChange(
            change=Change.DELETED,
            risk=Risk.LOSES_DATA,
            type="keyvault:Vault",
            kind="key vault",
            name=f"{name}-{number}",
            urn=f"urn-{number}",
            differences=tuple(Difference(path=f"p{part}", before="a", after="b") for part in range(number % 7)),
            findings=(Finding(meaning=Meaning.LOSES_DATA, why=f"gone {number}"),),
        )
        for number in range(count)
    )
    return Report(stack=stack, changes=changes, totals=((Change.DELETED, count),))


@st.composite
def costs(draw: st.DrawFn) -> CostComparison:
    """Estimates in which every text is what somebody hostile would write."""

    def estimate() -> Estimate:
        text = TEXTS
        line = st.builds(
            CostLine,
            subject=text,
            item=text,
            quantity=text,
            price=text,
            amount=st.just(Amount(low=1, likely=draw(st.integers(1, 2)), high=3)),
            marks=st.lists(text, max_size=1).map(tuple),
        )
        return Estimate(
            region=draw(text),
            currency=draw(text),
            lines=tuple(draw(st.lists(line, max_size=2))),
            unpriced=tuple(draw(st.lists(st.builds(Unpriced, subject=text, why=text), max_size=1))),
            assumptions=tuple(draw(st.lists(text, max_size=1))),
        )

    return CostComparison(stack="dev", before=estimate() if draw(st.booleans()) else None, after=estimate(), budget=1)


@st.composite
def reports(draw: st.DrawFn) -> Report:
    """Reports in which every text is what somebody hostile would write."""
    text = TEXTS
    differences = st.builds(Difference, path=text, before=st.none() | text, after=st.none() | text)
    findings = st.builds(Finding, meaning=st.sampled_from(Meaning), why=text, paths=st.just(("p",)))
    changes = st.builds(
        ResourceChange,
        change=st.sampled_from(Change),
        risk=st.sampled_from(Risk),
        type=text,
        kind=text,
        name=text,
        urn=text,
        consequence=text,
        differences=st.lists(differences, max_size=2).map(tuple),
        follows=st.lists(text, max_size=2).map(tuple),
        findings=st.lists(findings, min_size=1, max_size=2).map(tuple),
    )
    violations = st.builds(
        Violation, rule=text, name=text, lines=st.lists(text, max_size=2).map(tuple), stops=st.booleans()
    )
    return Report(
        stack=draw(text),
        cost=draw(st.none() | costs()),
        changes=tuple(draw(st.lists(changes, max_size=3))),
        totals=((Change.DELETED, 1),),
        violations=tuple(draw(st.lists(violations, max_size=2))),
        warnings=tuple(draw(st.lists(text, max_size=2))),
        errors=tuple(draw(st.lists(text, max_size=1))),
        commit=draw(text),
    )


def test_what_matters_is_in_sight_and_the_rest_is_folded() -> None:
    text = report_as_markdown(sample("mixed"))

    sight, _, folded = text.partition("<details>")
    assert "## 🔴 `local` interrupts service, may widen a permission, needs quota, changes the cost\n" in sight
    assert (
        "| **interrupts service**, needs quota, changes the cost | `cpu-compute`<br>compute "
        "| replaced<br>`vmSize: Standard_DS3_v2 -> Standard_DS4_v2` | jobs that run on it end<br>"
    ) in sight
    assert "<summary>Every property of all 7 changes</summary>" in folded
    assert "  - `properties.properties.vmSize: Standard_DS3_v2 -> Standard_DS4_v2` (the reason)\n" in folded
    assert "  - `tags.owner: data-science -> ml-team`\n" in folded


def test_alike_changes_are_one_row() -> None:
    sight = report_as_markdown(sample("mixed")).partition("<details>")[0]

    assert sight.count("<br>2 x role assignment |") == 1
    assert sight.count("tags.owner") == 1


def test_what_has_to_be_acknowledged_is_told_with_its_label() -> None:
    report = sample("unprotected")
    (needed,) = check_gate([report], []).needed

    waiting = summary_as_markdown(sum_up([report]))
    given_ = summary_as_markdown(sum_up([report], given=[needed.label, "allow:unprotects@local:000000"]))

    assert (
        f"- **missing**: `{needed.label}` takes protection off: `churn-batch-endpoint`, `churn-online-endpoint`\n"
        in waiting
    )
    assert f"- given: `{needed.label}`" in given_
    assert "`allow:unprotects@local:000000`: it was for other findings: they have changed since\n" in given_


def test_drift_is_told_as_what_has_happened_and_asks_for_no_yes() -> None:
    gone = report_of(deleted("keyvault:Vault"), updated("keyvault:Vault", {"tags": {}}, {"tags": {"a": "b"}}, name="x"))

    text = report_as_markdown(replace(gone, is_drift=True))

    assert "## 🔴 `dev` changed in Azure behind Pulumi's back: 1 gone, 1 changed\n" in text
    assert "| **loses data** | `it`<br>key vault | gone | its keys and secrets go with it" in text
    assert "allow:" not in text
    assert "1 deleted" not in text


def test_a_rule_that_many_break_alike_is_told_once() -> None:
    broken = tuple(
        Violation(rule="tls-1-2", name=f"account-{number}", lines=("Head.", "It is old."), stops=True)
        for number in range(5)
    )

    text = report_as_markdown(Report(stack="dev", changes=(), totals=(), violations=broken))

    assert "## 🔴 `dev` is refused: 1 rule is broken\n" in text
    assert "- `tls-1-2` `account-0`, `account-1`, `account-2`, 2 more: Head. It is old.\n" in text


def test_where_nothing_changes_there_is_nothing_to_unfold() -> None:
    assert report_as_markdown(sample("unchanged")) == f"{MARKER}\n## 🟢 `local` does not change\n"


def test_no_stack_at_all_is_said_too() -> None:
    assert summary_as_markdown(sum_up([])) == f"{MARKER}\n## No stack is touched\n"


def test_a_failed_preview_shows_its_errors_as_they_were_said() -> None:
    text = report_as_markdown(sample("failed"))

    assert "The engine says:\n\n    Pulumi.local.yaml cannot be used. " in text
    assert "\n      windlass:settings.clusters.cpu.max_nodes: Input should be" in text


def test_several_stacks_are_told_the_worst_first_and_what_is_missing_before_all() -> None:
    calm = report_of(updated("storage:StorageAccount", {"tags": {"a": "1"}}, {"tags": {"a": "2"}}))
    text = summary_as_markdown(sum_up([calm, many(2)], expected=["dev", "prod", "local"]))

    overview = [line for line in text.splitlines() if line.startswith("| ")][1:4]
    assert text.splitlines()[1] == "## 🔴 2 of 3 stacks need a decision"
    assert overview == [
        "| 🔴 | `prod` | **has no report**, and one is expected | | |",
        "| 🔴 | `local` | **loses data** | 2 deleted |  |",
        "| 🟢 | `dev` | has cosmetic changes only | 1 updated |  |",
    ]
    assert text.index("### 🔴 `local`") < text.index("### 🟢 `dev`")


def test_of_many_rows_some_are_in_sight() -> None:
    sight = report_as_markdown(many(40)).partition("<details>")[0]

    assert sight.count("`vault-") == 20 + 3
    assert "| loses data, or less | 20 more resources | | |" in sight


def test_a_report_too_long_for_a_comment_loses_details_and_no_findings() -> None:
    text = summary_as_markdown(sum_up([many(3_000)]), full="it is in `full.md`")

    assert LIMIT * 0.95 < size_of(text) <= LIMIT
    assert text.count("| **loses data** |") == 20
    assert "- **missing**: `allow:loses-data@local:" in text
    assert re.search(r"\*\*Left out here: \d+ changes in full\.\*\* The full report: it is in `full\.md`\.\n", text)
    assert text.count("<details>") == text.count("</details>") == 1


def test_details_of_the_worst_stack_are_kept_longest() -> None:
    made = report_of(*(created("storage:BlobContainer", {"containerName": "c" * 50}, f"c{n}") for n in range(900)))
    gone = report_of(*(deleted("keyvault:Vault", f"v{n}") for n in range(3)))

    text = summary_as_markdown(sum_up([made, Report(stack="prod", changes=gone.changes, totals=gone.totals)]))

    assert size_of(text) <= LIMIT
    assert "- deleted `keyvault:Vault` `v2`\n" in text
    assert "- created `storage:BlobContainer` `c899`\n" not in text


def test_a_full_report_has_it_all() -> None:
    text = summary_as_markdown(sum_up([many(3_000)]), limit=None)

    assert text.count("- deleted `keyvault:Vault`") == 3_000
    assert "Left out" not in text


@settings(max_examples=30)
@given(st.lists(st.tuples(st.integers(0, 60), TEXTS), max_size=8), st.integers(500, 20_000))
def test_however_much_there_is_it_fits_and_every_fold_is_closed(sizes: list[tuple[int, str]], limit: int) -> None:
    summary = sum_up([many(count, f"{name}{index}", name) for index, (count, name) in enumerate(sizes)])

    text = summary_as_markdown(summary, limit)

    assert size_of(text) <= limit
    lines = text.splitlines()
    assert lines.count("<details>") == lines.count("</details>") == sum(line.startswith("<summary>") for line in lines)
    assert text.startswith(MARKER)


@settings(max_examples=60)
@given(st.lists(reports(), max_size=3), st.lists(TEXTS, max_size=2), st.none() | st.integers(2_000, 60_000))
def test_no_name_value_or_message_writes_markdown_of_its_own(
    found: list[Report], given_: list[str], limit: int | None
) -> None:
    labels = [f"allow:{text}" for text in given_]

    text = summary_as_markdown(sum_up(found, expected=given_, given=labels), limit)

    for line in text.splitlines():
        if not line.startswith("    "):
            own = OWN_HTML.sub("", CODE.sub("", line))
            assert OWN.fullmatch(own), own
            assert "](" not in own
            assert not re.search(r"www\.|://|@|(?<!\w)_", own)
    assert text.count(MARKER) == 1
    assert all(line.count("|") in BARS for line in text.splitlines() if line.startswith("|"))
