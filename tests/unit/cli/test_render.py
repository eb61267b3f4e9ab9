from __future__ import annotations

import io

from hypothesis import given
from hypothesis import strategies as st

from windlass.cli import render
from windlass.release.models import DeleteDeployment, Plan, Released, ShiftTraffic
from windlass.release.traffic import Traffic

ALL = Traffic.of({"churn-2": 100})
STEP = ShiftTraffic(traffic=ALL)
PLAN = Plan(
    endpoint="shop-churn",
    target="churn-2",
    model="churn:2",
    base=Traffic(),
    steps=(STEP, DeleteDeployment(name="churn-1", reason="churn-2 took over")),
)


def test_a_table_leaves_empty_columns_out_and_cuts_no_name() -> None:
    out = io.StringIO()

    render.show_table(("endpoint", "unused", "state"), [("e" * 200, "", "Succeeded")], stdout=out)

    assert "unused" not in out.getvalue()
    assert "e" * 200 in out.getvalue()


def test_a_table_in_a_pipe_has_no_colour() -> None:
    out = io.StringIO()

    render.show_table(("endpoint",), [("shop-churn",)], stdout=out)

    assert "\033[" not in out.getvalue()


def test_a_plan_is_numbered() -> None:
    out = io.StringIO()

    render.show_plan(PLAN, stdout=out)

    assert out.getvalue() == (
        "Plan for shop-churn, nothing was changed:\n"
        "  1. set traffic to churn-2 100 %\n"
        "  2. delete deployment churn-1: churn-2 took over\n"
    )


def test_an_empty_plan_says_that_all_is_as_wanted() -> None:
    out = io.StringIO()
    nothing = Plan(endpoint="shop-churn", target="churn-2", model="churn:2", base=Traffic(), steps=())

    render.show_released(Released(plan=nothing, traffic=ALL, seconds=0.1), stdout=out)

    assert out.getvalue() == "Nothing to do: churn-2 (churn:2) serves shop-churn as wanted.\n"


def test_the_end_of_a_release_says_who_serves() -> None:
    out = io.StringIO()

    render.show_released(Released(plan=PLAN, traffic=ALL, seconds=12.34), stdout=out)

    assert out.getvalue() == "shop-churn: churn-2 100 %. Took 12.3 s.\n"


@given(st.lists(st.lists(st.text("ab", max_size=12), min_size=3, max_size=3), max_size=4), st.integers(0, 60))
def test_the_columns_that_fit_are_as_many_as_can_be_shown_whole(rows: list[list[str]], width: int) -> None:
    columns = ("record", "what", "by")

    shown = render.fit_columns(columns, rows, width)
    out = io.StringIO()
    render.show_table(columns[:shown], [row[:shown] for row in rows], stdout=out)
    more = io.StringIO()
    render.show_table(columns[: shown + 1], [row[: shown + 1] for row in rows], stdout=more)

    assert 1 <= shown <= len(columns)
    assert shown == 1 or widest(out) <= width
    assert shown == len(columns) or widest(more) > width


def widest(out: io.StringIO) -> int:
    return max((len(line) for line in out.getvalue().splitlines()), default=0)
