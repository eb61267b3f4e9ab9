"""The plugin as the engine starts it: a launcher in its folder, a port on the first line, a quiet end."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import grpc
import pytest
from google.protobuf.empty_pb2 import Empty
from pulumi.runtime.proto import provider_pb2_grpc
from windlass_provider.install import install, launcher

pytestmark = pytest.mark.specified


@contextmanager
def started(executable: Path) -> Iterator[subprocess.Popen[str]]:
    """The plugin, as the engine starts it, in an environment that knows nothing of this interpreter."""
    process = subprocess.Popen(
        [str(executable), "127.0.0.1:1"],
        env={"PATH": os.defpath},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def test_the_first_line_is_the_port_on_which_it_answers(tmp_path: Path) -> None:
    with started(install(tmp_path)) as process:
        assert process.stdout is not None
        port = int(process.stdout.readline())
        with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
            info = provider_pb2_grpc.ResourceProviderStub(channel).GetPluginInfo(Empty())

    assert info.version == "3.29.0"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_ends_at_once_and_silently_when_asked_to(tmp_path: Path, number: signal.Signals) -> None:
    with started(install(tmp_path)) as process:
        assert process.stdout is not None
        process.stdout.readline()
        asked = time.monotonic()

        process.send_signal(number)
        out, err = process.communicate(timeout=10)

    assert (process.returncode, out, err) == (0, "", "")
    assert time.monotonic() - asked < 3


def test_it_ends_by_itself_when_the_engine_was_gone_before_it_had_started(tmp_path: Path) -> None:
    file = tmp_path / "launcher"
    file.write_text(install(tmp_path).read_text().replace('"$PPID"', '"1"'))
    file.chmod(0o755)

    with started(file) as process:
        _, err = process.communicate(timeout=20)

    assert (process.returncode, err) == (0, "")


def test_it_is_installed_where_the_engine_looks(tmp_path: Path) -> None:
    executable = install(tmp_path)

    assert executable == tmp_path / "plugins" / "resource-azure-native-v3.29.0" / "pulumi-resource-azure-native"
    assert os.access(executable, os.X_OK)


def test_a_second_installation_changes_nothing(tmp_path: Path) -> None:
    executable = install(tmp_path)
    before = executable.stat()

    install(tmp_path)

    assert executable.stat() == before
    assert [path.name for path in executable.parent.iterdir()] == [executable.name]


def test_an_installation_of_another_interpreter_is_written_anew(tmp_path: Path) -> None:
    executable = install(tmp_path, interpreter="/old/python")

    install(tmp_path)

    assert sys.executable in executable.read_text()


def test_the_launcher_quotes_folders_with_spaces() -> None:
    text = launcher("/my tools/python", "/my packages")

    assert "exec '/my tools/python' -m windlass_provider" in text
    assert "PYTHONPATH='/my packages'" in text


def test_the_command_prints_where_it_put_the_plugin(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "windlass_provider", "install", "--home", str(tmp_path)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        check=True,
    )

    assert Path(done.stdout.strip()).is_file()
