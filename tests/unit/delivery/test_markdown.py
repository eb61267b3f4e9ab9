from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from windlass.delivery.classify import make_report
from windlass.delivery.digest import parse_digest
from windlass.delivery.markdown import LIMIT, code, fit, report_as_markdown
from windlass.delivery.models import Change, Report, ResourceChange, Risk

SAMPLES = Path(__file__).resolve().parents[2] / "data" / "preview"
TEXTS = st.text(st.characters(codec="utf-8"), max_size=80) | st.sampled_from(["`", "</details>", "@team", "a|b", "\n"])


def sample(name: str) -> Report:
    return make_report(parse_digest((SAMPLES / f"{name}.json").read_bytes(), name), "local")


def many(count: int, *, risk: Risk = Risk.LOSES_DATA) -> Report:
    changes = tuple(
        ResourceChange(
            change=Change.DELETED,
            risk=risk,
            type="keyvault:Vault",
            name=f"vault-{number}",
            urn="urn",
            consequence="gone",
        )
        for number in range(count)
    )
    return Report(stack="local", changes=changes, totals=((Change.DELETED, count),))


def test_what_is_at_risk_is_in_sight_and_the_rest_is_folded() -> None:
    text = report_as_markdown(sample("mixed"))

    sight, _, folded = text.partition("<details>")
    assert "### Preview of stack `local`: service is interrupted\n" in sight
    assert "- replaced `machinelearningservices:Compute` `cpu-compute`: jobs that run on it end. Why: " in sight
    assert "tags.owner" not in sight
    assert "<summary>All 7 changes</summary>" in folded
    assert "  - `properties.properties.vmSize: Standard_DS3_v2 -> Standard_DS4_v2` (the reason)\n" in folded
    assert "  - `tags.owner: data-science -> ml-team`\n" in folded


def test_what_may_be_replaced_is_one_line_for_all_of_a_type() -> None:
    sight = report_as_markdown(sample("mixed")).partition("<details>")[0]

    assert sight.count("authorization:RoleAssignment") == 1
    assert "- perhaps replaced, 2 of `authorization:RoleAssignment`: " in sight


def test_where_nothing_changes_there_is_nothing_to_unfold() -> None:
    assert report_as_markdown(sample("unchanged")) == (
        "<!-- windlass-preview local -->\n"
        "### Preview of stack `local`: nothing changes\n"
        "\n"
        "0 deleted, 0 replaced, 0 updated, 0 created, 41 unchanged.\n"
    )


def test_a_failed_preview_shows_its_errors_as_they_were_said() -> None:
    text = report_as_markdown(sample("failed"))

    assert "**Errors**\n\n    Pulumi.local.yaml cannot be used. " in text
    assert "\n      windlass:settings.clusters.cpu.max_nodes: Input should be" in text


def test_of_many_at_risk_some_are_in_sight() -> None:
    sight = report_as_markdown(many(13)).partition("<details>")[0]

    assert sight.count("`vault-") == 10
    assert "- and 3 more, listed below" in sight


def test_a_report_too_long_for_a_comment_is_cut_and_says_so() -> None:
    text = report_as_markdown(many(5_000))

    assert len(text) <= LIMIT
    assert len(text) > LIMIT * 0.99
    assert text.endswith("\n</details>\n\n**Cut here: a comment holds no more.** See all of it with "
                         "`python scripts/preview.py --stack local`.\n")  # fmt: skip


@given(st.integers(0, 40), st.integers(400, 5_000))
def test_however_it_is_cut_it_fits_and_every_fold_is_closed(count: int, limit: int) -> None:
    text = report_as_markdown(many(count), limit)

    assert len(text) <= limit
    assert text.count("<details>") == text.count("</details>") == text.count("<summary>")


@given(TEXTS)
def test_no_text_leaves_its_code_span(text: str) -> None:
    span = code(text)

    fence = span[: len(span) - len(span.lstrip("`"))]
    inner = span[len(fence) : -len(fence)]
    assert "\n" not in span
    assert span.endswith(fence)
    assert fence not in {run for run in inner.replace(" ", "\n").split() if set(run) == {"`"}}
    assert not inner.startswith("`")
    assert not inner.endswith("`")


@given(TEXTS, TEXTS)
def test_names_and_errors_cannot_write_markdown_of_their_own(name: str, error: str) -> None:
    (change,) = many(1).changes
    report = replace(many(1), changes=(replace(change, name=name),), errors=(error,))

    lines = report_as_markdown(report).splitlines()

    assert [line for line in lines if line.startswith("#")] == [lines[1]]
    assert lines.count("<details>") == lines.count("</details>") == 1


def test_the_marker_of_a_comment_cannot_be_closed_by_a_name() -> None:
    report = replace(many(0), stack="a--><b>")

    assert report_as_markdown(report).startswith("<!-- windlass-preview a----b- -->\n")


def test_what_fits_is_not_touched() -> None:
    assert fit(("a", "b"), 4, "cut") == "a\nb\n"
