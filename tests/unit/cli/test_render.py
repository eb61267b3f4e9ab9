from __future__ import annotations

import io

from windlass.cli import render
from windlass.release.models import DeleteDeployment, Phase, Plan, Progress, Released, ShiftTraffic
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


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


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


def progress(phase: Phase, *, rolling_back: bool = False) -> Progress:
    return Progress(phase=phase, step=STEP, index=1, count=2, seconds=1.26, rolling_back=rolling_back)


def test_in_a_pipe_each_step_is_one_line_when_it_is_done() -> None:
    err = io.StringIO()
    lines = render.ProgressLines(err)

    for phase in (Phase.STARTED, Phase.DONE):
        lines(progress(phase))
    lines(progress(Phase.FAILED, rolling_back=True))

    assert err.getvalue() == (
        "[1/2] set traffic to churn-2 100 %  1.3 s\n[1/2] roll back set traffic to churn-2 100 %  failed after 1.3 s\n"
    )


def test_on_a_terminal_the_line_is_rewritten_in_place() -> None:
    err = Terminal()
    lines = render.ProgressLines(err)

    lines(progress(Phase.STARTED))
    lines(progress(Phase.DONE))

    assert err.getvalue() == (
        "\r\033[K[1/2] set traffic to churn-2 100 % ...\r\033[K[1/2] set traffic to churn-2 100 %  1.3 s\n"
    )
