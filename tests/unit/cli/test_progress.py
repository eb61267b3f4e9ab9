from __future__ import annotations

import io

from windlass.cli.progress import showing_progress
from windlass.release.models import Phase, Progress, ShiftTraffic
from windlass.release.traffic import Traffic

STEP = ShiftTraffic(traffic=Traffic.of({"churn-2": 100}))


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def progress(phase: Phase, *, rolling_back: bool = False) -> Progress:
    return Progress(phase=phase, step=STEP, index=1, count=2, seconds=1.26, rolling_back=rolling_back)


def test_in_a_pipe_each_step_is_one_line_when_it_is_over() -> None:
    err = io.StringIO()

    with showing_progress(err) as listen:
        listen(progress(Phase.STARTED))
        listen(progress(Phase.DONE))
        listen(progress(Phase.FAILED, rolling_back=True))

    assert err.getvalue() == (
        "[1/2] set traffic to churn-2 100 %  1.3 s\n[1/2] roll back: set traffic to churn-2 100 %  failed after 1.3 s\n"
    )


def test_on_a_terminal_there_is_a_bar_and_the_steps_that_are_over_stay() -> None:
    err = Terminal()

    with showing_progress(err) as listen:
        listen(progress(Phase.STARTED))
        listen(progress(Phase.DONE))
        listen(progress(Phase.STARTED, rolling_back=True))

    assert "[1/2] set traffic to churn-2 100 %  1.3 s" in err.getvalue()
    assert "1/2" in err.getvalue()
    assert "\033[" in err.getvalue()
