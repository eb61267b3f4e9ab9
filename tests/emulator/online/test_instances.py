"""What is told of an instance that ends, and how long it rests before the next start."""

from __future__ import annotations

from pathlib import Path

import pytest
from windlass_emulator.errors import AzureError
from windlass_emulator.online.console import cause_of, trim
from windlass_emulator.online.durations import seconds
from windlass_emulator.online.instance import LONGEST_PAUSE, Probe, pause_before

INIT_FAILED = """\
2026-11-20 11:55:14,037 E [31853] azmlinfsrv - User's init function failed
2026-11-20 11:55:14,038 E [31853] azmlinfsrv - Encountered Exception Traceback (most recent call last):
  File "server/user_script.py", line 119, in invoke_init
    self._user_init()
  File "score.py", line 2, in init
    raise ValueError("model file is broken")
ValueError: model file is broken

The above exception was the direct cause of the following exception:

Traceback (most recent call last):
  File "server/user_script.py", line 121, in invoke_init
    raise UserScriptException(ex) from ex
azureml_inference_server_http.server.user_script.UserScriptException: Caught an unhandled exception from the user script

2026-11-20 11:55:14,151 E [31852] gunicorn.error - Reason: Worker failed to boot.
"""
NO_SERVER = """\
Traceback (most recent call last):
  File "server.py", line 66, in <module>
    main(Path(sys.argv[1]))
ModuleNotFoundError: No module named 'azureml_inference_server_http'
"""


@pytest.mark.inferred
@pytest.mark.parametrize(
    ("console", "cause"),
    [
        (INIT_FAILED, "ValueError: model file is broken"),
        (NO_SERVER, "ModuleNotFoundError: No module named 'azureml_inference_server_http'"),
        ("Killed\n\n", "Killed"),
        ("", "it ended without a word"),
    ],
)
def test_the_cause_is_what_the_scoring_script_raised(console: str, cause: str) -> None:
    assert cause_of(console) == cause


@pytest.mark.inferred
def test_pauses_between_starts_grow_up_to_a_limit() -> None:
    pauses = [pause_before(restarts) for restarts in range(40)]

    assert pauses == sorted(pauses)
    assert pauses[0] < 0.5
    assert pauses[-1] == LONGEST_PAUSE


@pytest.mark.recorded
def test_a_start_has_the_patience_of_its_probe() -> None:
    recorded = {
        "failureThreshold": 30,
        "successThreshold": 1,
        "timeout": "PT2S",
        "period": "PT10S",
        "initialDelay": "PT10S",
    }

    assert Probe.of(recorded).patience == 310


@pytest.mark.specified
@pytest.mark.parametrize(
    ("duration", "expected"), [("PT5S", 5), ("PT1M30S", 90), ("PT0.5S", 0.5), ("P1DT1H", 90000), ("PT0S", 0)]
)
def test_durations_are_read(duration: str, expected: float) -> None:
    assert seconds(duration, "x") == expected


@pytest.mark.specified
@pytest.mark.parametrize("duration", ["5", "P", "PT", "", "PT5", "5S"])
def test_what_is_no_duration_is_refused(duration: str) -> None:
    with pytest.raises(AzureError, match="ISO 8601"):
        seconds(duration, "requestTimeout")


@pytest.mark.inferred
def test_a_long_console_keeps_its_newer_half_and_can_still_be_appended_to(tmp_path: Path) -> None:
    console = tmp_path / "console.log"
    with console.open("ab", buffering=0) as writer:
        for number in range(100):
            writer.write(f"line {number}\n".encode())

        offset = trim(console, 400, most=500)
        writer.write(b"one more\n")

    lines = console.read_text().splitlines()
    assert offset == 0
    assert lines[0].startswith("line ")
    assert lines[-2:] == ["line 99", "one more"]
    assert console.stat().st_size <= 300


@pytest.mark.inferred
def test_a_short_console_is_left_alone(tmp_path: Path) -> None:
    console = tmp_path / "console.log"
    console.write_text("short")

    assert trim(console, 3) == 3
    assert trim(tmp_path / "nothing", 0) == 0
