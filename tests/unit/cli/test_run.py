from __future__ import annotations

import io

import click
import pytest

from windlass.cli import options
from windlass.cli.run import call
from windlass.errors import ExitCode
from windlass.errors.azure import AzureRequestError


@click.command()
@options.common
@click.option("--end", default="well")
def command(*, stack: str, output: str, verbose: bool, end: str) -> int | None:
    """Do something."""
    assert (stack, output, isinstance(verbose, bool)) == ("local", "table", True)
    if end == "azure":
        raise AzureRequestError("do it", "no", details=("code: Bad", "x-ms-request-id: 7"))
    if end == "interrupt":
        raise KeyboardInterrupt
    return 6 if end == "six" else None


def run(*argv: str) -> tuple[int, str]:
    stderr = io.StringIO()
    return call(command, ("--stack", "local", *argv), stderr=stderr), stderr.getvalue()


def test_a_command_that_ends_well_has_code_0() -> None:
    assert run() == (ExitCode.OK, "")


def test_a_command_may_choose_its_code() -> None:
    assert run("--end", "six") == (ExitCode.AZURE_FAILED, "")


def test_an_error_becomes_one_sentence_and_the_code_of_its_family() -> None:
    code, said = run("--end", "azure")

    assert code == ExitCode.AZURE_FAILED
    assert said == "error: Azure failed to do it: no\nMore with --verbose.\n"


def test_verbose_tells_what_azure_said() -> None:
    _, said = run("--end", "azure", "--verbose")

    assert said == "error: Azure failed to do it: no\n  code: Bad\n  x-ms-request-id: 7\n"


def test_wrong_usage_has_code_2() -> None:
    code, said = run("--nonsense")

    assert code == ExitCode.USAGE
    assert "No such option" in said


def test_an_interrupted_command_says_how_to_go_on() -> None:
    code, said = run("--end", "interrupt")

    assert code == 130
    assert "run the same command again" in said


@pytest.mark.parametrize("argv", [("--help",)])
def test_help_ends_well(argv: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(*argv)[0] == ExitCode.OK
    assert "--stack" in capsys.readouterr().out
