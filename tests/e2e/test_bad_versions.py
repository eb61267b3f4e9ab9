"""Versions that must never get traffic: the release fails with their own cause, and the old version does not notice."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from support.live_stack import LiveStack
from support.processes import eventually

SCORE, SCORING, CONDA = (
    "endpoints/churn/src/score.py",
    "endpoints/churn/src/churn_scoring.py",
    "environments/churn/conda.yml",
)


@dataclass(frozen=True)
class Fault:
    """A change of one file that makes a bad version, and what the person has to be told."""

    file: str
    old: str
    new: str
    cause: str


FAULTS = {
    "crashes in init": Fault(
        SCORE,
        "    started = time.perf_counter()\n",
        '    raise RuntimeError("the vocabulary is empty")\n',
        "RuntimeError: the vocabulary is empty",
    ),
    "answers otherwise": Fault(
        SCORING,
        "predict_proba(build_features(columns))[:, 1]",
        "predict_proba(build_features(columns))[:, 0]",
        "smoke test failed: sample lapsed: $.predictions[0].probability is 0.9",
    ),
    "answers with an error": Fault(
        SCORING,
        "return columns, _read_ids(",
        "return columns, _read_all_ids(",
        "smoke test failed: sample lapsed was answered with",
    ),
    "lacks a package": Fault(
        SCORE,
        "import logging\n",
        "import logging\nimport lightgbm\n",
        "ModuleNotFoundError: No module named 'lightgbm'",
    ),
    "has an environment that cannot be made": Fault(CONDA, "python>=3.11,<3.14", "python>=3.99", "python>=3.99"),
}


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS.keys())
def test_a_version_that_is_bad_never_gets_traffic(live: LiveStack, fault: Fault) -> None:
    old = live.serve(live.model("1"))
    before = live.online()

    with live.checkout.edited(fault.file, fault.old, fault.new), live.caller.load(rate=20) as load:
        released = live.deploy(live.model("2"))

    assert released.code == 7
    assert fault.cause in released.err
    assert f"The traffic is as before: {old} 100 %" in released.err
    assert live.online() == before
    assert load.deployments == {old}
    assert load.failures == []


def test_a_release_killed_while_it_rolls_back_ends_with_the_old_version_alone(live: LiveStack) -> None:
    live.serve(live.model("1"))
    before = live.online()
    fault = FAULTS["crashes in init"]

    with live.checkout.edited(fault.file, fault.old, fault.new):
        with live.checkout.running_script(*live.deploying(live.model("2"))):
            assert eventually(lambda: "rolling back" in {entry["event"] for entry in live.journal()}, 60)
        again = live.deploy(live.model("2"))

    assert again.code == 7
    assert fault.cause in again.err
    assert live.online() == before
