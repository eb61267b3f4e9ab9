"""Virtual environments, made for real from packages in a folder, without a network."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from click.testing import CliRunner
from support.wheels import make_wheel
from windlass_emulator.errors import OperationFailedError
from windlass_emulator.ml.environments_cli import EnvironmentFileError, conda_text, environments
from windlass_emulator.ml.venvs import VirtualEnvironments
from windlass_emulator.processes import Child, Processes

pytestmark = pytest.mark.inferred

CONDA = "dependencies: [python>=3.11, pip, {pip: [windlasstoy==1.0]}]"


@pytest.fixture
def offline(tmp_path: Path) -> Mapping[str, str]:
    """An environment whose package index is a folder with one package."""
    make_wheel(tmp_path / "wheels", "windlasstoy", "1.0")
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
        "UV_CACHE_DIR": str(tmp_path / "uv"),
        "UV_OFFLINE": "1",
        "UV_NO_INDEX": "1",
        "PIP_NO_INDEX": "1",
        "PIP_FIND_LINKS": str(tmp_path / "wheels"),
    }


def maker(tmp_path: Path, environ: Mapping[str, str], python: Path = Path(sys.executable)) -> VirtualEnvironments:
    return VirtualEnvironments(tmp_path / "cache", Processes(), environ, python)


@dataclass(slots=True)
class AnnouncedProcesses(Processes):
    """Processes that say when the first one runs."""

    begun: asyncio.Event = field(default_factory=asyncio.Event)

    async def spawn(self, name: str, argv: Sequence[str], *, env: Mapping[str, str], cwd: Path, log: Path) -> Child:
        child = await Processes.spawn(self, name, argv, env=env, cwd=cwd, log=log)
        self.begun.set()
        return child


def run(*argv: str | Path) -> str:
    return subprocess.run([*map(str, argv)], capture_output=True, text=True, check=True).stdout.strip()


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


async def test_an_environment_has_what_its_conda_file_names_and_nothing_of_ours(
    tmp_path: Path, offline: Mapping[str, str]
) -> None:
    python = await maker(tmp_path, offline).ensure(CONDA)

    assert run(python, "-c", "import windlasstoy; print(windlasstoy.VERSION)") == "1.0"
    assert run(python, "-c", "import importlib.util as u; print(u.find_spec('starlette'))") == "None"


async def test_its_commands_run_at_their_final_place(tmp_path: Path, offline: Mapping[str, str]) -> None:
    python = await maker(tmp_path, offline).ensure(CONDA)

    assert run(python.parent / "windlasstoy") == "1.0"


async def test_its_bytecode_is_compiled(tmp_path: Path, offline: Mapping[str, str]) -> None:
    python = await maker(tmp_path, offline).ensure(CONDA)

    assert list(python.parents[1].rglob("windlasstoy.*.pyc"))


async def test_pip_does_the_same_where_there_is_no_uv(tmp_path: Path, offline: Mapping[str, str]) -> None:
    base = Path(sys.base_prefix) / "bin" / f"python{sys.version_info.major}.{sys.version_info.minor}"
    without_uv = {**offline, "PATH": "/usr/bin:/bin"}

    python = await maker(tmp_path, without_uv, base).ensure(CONDA)

    assert run(python.parent / "windlasstoy") == "1.0"
    assert list(python.parents[1].rglob("windlasstoy.*.pyc"))


async def test_the_same_content_is_made_once(tmp_path: Path, offline: Mapping[str, str]) -> None:
    first = await maker(tmp_path, offline).ensure(CONDA)
    made = first.parents[1].stat().st_mtime_ns

    second = await maker(tmp_path, offline).ensure('{"dependencies": [{"pip": ["windlasstoy==1.0"]}]}')

    assert (second, second.parents[1].stat().st_mtime_ns) == (first, made)


async def test_two_makers_at_once_make_one(tmp_path: Path, offline: Mapping[str, str]) -> None:
    made = await asyncio.gather(*(maker(tmp_path, offline).ensure(CONDA) for _ in range(3)))

    assert len(set(made)) == 1
    log = made[0].parents[1].with_suffix(".log").read_text()
    assert log.lower().count("creating virtual environment") == 1


async def test_a_half_made_one_does_not_count_and_is_cleared_away(tmp_path: Path, offline: Mapping[str, str]) -> None:
    python = await maker(tmp_path, offline).ensure(CONDA)
    place = python.parents[1]
    place.rename(place.parent / f".{place.name}.dead")

    again = await maker(tmp_path, offline).ensure(CONDA)

    assert again == python
    assert names(place.parent) == [place.name, f"{place.name}.lock", f"{place.name}.log"]


async def test_one_whose_interpreter_is_gone_is_made_anew(tmp_path: Path, offline: Mapping[str, str]) -> None:
    python = await maker(tmp_path, offline).ensure(CONDA)
    python.unlink()
    python.symlink_to(tmp_path / "gone")

    again = await maker(tmp_path, offline).ensure(CONDA)

    assert run(again, "-c", "import windlasstoy; print(1)") == "1"


async def test_a_failed_installation_names_the_requirement_and_leaves_nothing(
    tmp_path: Path, offline: Mapping[str, str]
) -> None:
    conda = "dependencies: [{pip: [windlasstoy==1.0, windlass-none==9]}]"

    with pytest.raises(OperationFailedError) as failed:
        await maker(tmp_path, offline).ensure(conda)

    assert failed.value.code == "ImageBuildFailure"
    assert "failed at: windlass-none==9." in failed.value.message
    assert "unsatisfiable" in failed.value.message
    assert {path.suffix for path in (tmp_path / "cache" / "environments").iterdir()} == {".lock", ".log"}


async def test_who_gives_up_waiting_leaves_nothing_running(tmp_path: Path, offline: Mapping[str, str]) -> None:
    processes = AnnouncedProcesses()
    making = asyncio.create_task(VirtualEnvironments(tmp_path / "cache", processes, offline).ensure(CONDA))
    await processes.begun.wait()

    making.cancel()
    await asyncio.gather(making, return_exceptions=True)

    assert processes.running() == []
    assert {path.suffix for path in (tmp_path / "cache" / "environments").iterdir()} <= {".lock", ".log"}


# The command


def test_an_environment_file_with_its_conda_file_is_understood(tmp_path: Path) -> None:
    (tmp_path / "conda.yml").write_text(CONDA)
    (tmp_path / "environment.yml").write_text("name: churn\nimage: x:1\nconda_file: conda.yml\n")

    assert conda_text(tmp_path) == CONDA
    assert conda_text(tmp_path / "environment.yml") == CONDA
    assert conda_text(tmp_path / "conda.yml") == CONDA


def test_a_conda_file_that_stands_in_the_environment_file_is_understood(tmp_path: Path) -> None:
    (tmp_path / "environment.yml").write_text("image: x:1\nconda_file: {dependencies: [python=3.11]}\n")

    assert conda_text(tmp_path) == '{"dependencies": ["python=3.11"]}'


@pytest.mark.parametrize(("text", "named"), [("build: {path: .}", "Dockerfile"), ("- a", "mapping"), ("a: [", "YAML")])
def test_a_file_that_describes_no_environment_is_refused(tmp_path: Path, text: str, named: str) -> None:
    (tmp_path / "environment.yml").write_text(text)

    with pytest.raises(EnvironmentFileError, match=named):
        conda_text(tmp_path)


def test_the_command_prints_the_interpreter(tmp_path: Path, offline: Mapping[str, str]) -> None:
    (tmp_path / "conda.yml").write_text(CONDA)
    cache = tmp_path / "cache"

    done = CliRunner(env=dict(offline)).invoke(environments, ["prepare", str(tmp_path), "--cache", str(cache)])

    assert done.exit_code == 0, done.output
    assert Path(done.output.strip()).is_relative_to(cache / "environments")


def test_the_command_tells_why_it_failed(tmp_path: Path, offline: Mapping[str, str]) -> None:
    (tmp_path / "conda.yml").write_text("dependencies: [python=3.8]")

    done = CliRunner(env=dict(offline)).invoke(environments, ["prepare", str(tmp_path), "--cache", str(tmp_path)])

    assert done.exit_code == 1
    assert "asks for python=3.8" in done.output
