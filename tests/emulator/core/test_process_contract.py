"""Start, stop, status, reset, and what survives a kill: the contract of the local Azure's process."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from azure.storage.blob import BlobServiceClient
from support.arm_clients import ArmClients
from support.local_azure import RunningAzure, read_env, run, start
from support.processes import alive, eventually, family, listening_addresses, resident

LOOPBACK = "0100007F"
"""127.0.0.1 as the kernel writes it."""

pytestmark = pytest.mark.inferred  # the contract is ours, not Azure's


@pytest.fixture
def data(tmp_path: Path) -> Iterator[Path]:
    """A data folder whose local Azure is stopped at the end, whatever the test did to it."""
    folder = tmp_path / "azure"
    yield folder
    run("stop", "--data", folder, check=False)


def _processes(azure: RunningAzure) -> list[int]:
    return family(azure.status()["supervisor"]["pid"])


def _kill(azure: RunningAzure) -> list[int]:
    """Kill the supervisor and return the processes that it had."""
    processes = _processes(azure)
    os.kill(processes[0], signal.SIGKILL)
    return processes


def test_an_unmodified_client_needs_nothing_but_azure_env(azure: RunningAzure) -> None:
    program = textwrap.dedent(
        """
        import os
        from azure.identity import DefaultAzureCredential
        from azure.mgmt.resource import ResourceManagementClient
        client = ResourceManagementClient(DefaultAzureCredential(), os.environ["AZURE_SUBSCRIPTION_ID"])
        print(client.resource_groups.create_or_update("rg-of-env", {"location": "westeurope"}).id)
        """
    )

    # As a shell does it: `set -a; . azure.env`.
    done = subprocess.run(
        ["/bin/sh", "-c", f'set -a; . {azure.data}/azure.env; exec "$0" -c "$1"', sys.executable, program],
        capture_output=True,
        text=True,
        check=True,
    )

    assert done.stdout.strip().endswith("/resourceGroups/rg-of-env")


def test_start_is_ready_when_it_returns_and_says_where_to_go_on(data: Path) -> None:
    said = run("start", "--data", data).stdout

    assert "is ready" in said
    assert f"{data}/azure.env" in said
    assert RunningAzure(data, read_env(data)).credential().get_token("https://management.azure.com/.default").token


def test_a_second_start_says_so_and_changes_nothing(azure: RunningAzure) -> None:
    before = (azure.status()["supervisor"], (azure.data / "azure.env").stat())

    said = run("start", "--data", azure.data, "--clock-rate", "5").stdout

    assert "already running" in said
    assert (azure.status()["supervisor"], (azure.data / "azure.env").stat()) == before


def test_two_starts_at_once_give_one_local_azure(data: Path) -> None:
    command = [sys.executable, "-m", "windlass_emulator", "start", "--data", str(data)]
    environment = RunningAzure(data, {}).full_environment()

    starts = [subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL) for _ in range(2)]

    assert [one.wait(60) for one in starts] == [0, 0]
    assert len(RunningAzure(data, read_env(data)).status()["children"]) == 1


def test_stop_leaves_no_process_and_takes_less_than_five_seconds(data: Path) -> None:
    azure = start(data)
    processes = _processes(azure)
    began = time.monotonic()

    run("stop", "--data", data)

    assert time.monotonic() - began < 5
    assert alive(processes) == []
    assert not (data / "azure.env").exists()


def test_nobody_else_may_look_into_the_folder(azure: RunningAzure) -> None:
    assert azure.data.stat().st_mode & 0o077 == 0
    assert (azure.data / "azure.env").stat().st_mode & 0o077 == 0


def test_stop_of_nothing_says_so(data: Path) -> None:
    assert "not running" in run("stop", "--data", data).stdout


def test_status_tells_by_its_exit_code_whether_it_runs(data: Path) -> None:
    before = run("status", "--data", data, "--output", "json", check=False)
    start(data)
    during = run("status", "--data", data, check=False)

    assert (before.returncode, during.returncode) == (3, 0)
    assert json.loads(before.stdout)["supervisor"] is None
    assert "listener" in during.stdout


def test_status_tells_every_listener_and_child(azure: RunningAzure) -> None:
    told = azure.status()

    assert {"supervisor", "listeners", "children", "instances", "nodes"} <= set(told)
    assert set(told["supervisor"]) == {"pid", "started"}
    assert {row["name"] for row in told["listeners"]} == {"proxy", "api", "admin", "blob"}
    assert "azurite" in [row["name"] for row in told["children"]]
    for row in told["listeners"]:
        host, _, port = row["address"].rpartition("//")[2].partition(":")
        assert host == "127.0.0.1"
        socket.create_connection((host, int(port)), timeout=2).close()


def test_nothing_listens_beyond_loopback(azure: RunningAzure) -> None:
    assert listening_addresses(_processes(azure)) == {LOOPBACK}


def test_reset_needs_it_stopped(data: Path) -> None:
    start(data)
    refused = run("reset", "--data", data, check=False)
    run("stop", "--data", data)
    run("reset", "--data", data)

    assert refused.returncode == 1
    assert "Stop it first" in refused.stderr
    assert not data.exists()


def test_reset_deletes_nothing_that_is_not_its_own(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("dear")

    refused = run("reset", "--data", tmp_path, check=False)

    assert refused.returncode == 1
    assert (tmp_path / "letter.txt").exists()


def test_what_a_shell_has_loaded_stays_valid_after_stop_and_start(data: Path) -> None:
    first = start(data)
    run("stop", "--data", data)

    again = start(data)

    assert again.environment == first.environment


def test_a_taken_port_is_replaced_by_another(data: Path) -> None:
    first = start(data)
    run("stop", "--data", data)
    port = int(first.proxy.rpartition(":")[2])
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        other.bind(("127.0.0.1", port))
        other.listen()

        again = start(data)

    assert again.proxy != first.proxy
    assert again.status()["listeners"]


def test_killing_the_supervisor_leaves_no_process(data: Path) -> None:
    processes = _kill(start(data))

    assert eventually(lambda: alive(processes) == [], 5)
    assert run("status", "--data", data, check=False).returncode == 3


def test_a_start_right_after_a_kill_waits_for_the_guard(data: Path) -> None:
    _kill(start(data))

    azure = start(data)

    assert len(azure.status()["children"]) == 1


def test_a_start_ends_what_a_killed_guard_has_left(data: Path) -> None:
    azure = start(data)
    processes = _processes(azure)
    (azurite,) = (row["pid"] for row in azure.status()["children"])
    for pid in processes:
        if pid != azurite:
            os.kill(pid, signal.SIGKILL)
    orphaned = alive([azurite])

    again = start(data)

    assert orphaned == [azurite]
    assert alive([azurite]) == []
    assert len(again.status()["children"]) == 1


def test_a_shell_that_has_loaded_azure_env_can_start_it_again(data: Path) -> None:
    azure = start(data)
    run("stop", "--data", data)

    run("start", "--data", data, environment=azure.environment)

    assert RunningAzure(data, read_env(data)).status()["children"]


def test_a_blob_whose_upload_was_answered_survives_a_kill(data: Path) -> None:
    azure = start(data)
    clients = ArmClients(azure)
    group = clients.group()
    account = clients.account(group)
    blobs = clients.blobs(group, account)
    blobs.create_container("data")
    for number in range(20):
        blobs.get_blob_client("data", f"{number}.txt").upload_blob(b"x" * 1000 * number)
    clients.close()

    _kill(azure)
    again = start(data)

    with BlobServiceClient(
        f"https://{account}.blob.core.windows.net", credential=again.credential(), **again.client_options()
    ) as client:
        container = client.get_container_client("data")
        sizes = {blob.name: len(container.download_blob(blob.name).readall()) for blob in container.list_blobs()}
    assert sizes == {f"{number}.txt": 1000 * number for number in range(20)}


def test_resources_and_keys_survive_a_kill(data: Path) -> None:
    azure = start(data)
    clients = ArmClients(azure)
    group = clients.group()
    account = clients.account(group)
    before = clients.storage.storage_accounts.list_keys(group, account).as_dict()
    clients.close()

    _kill(azure)
    again = ArmClients(start(data))

    assert again.storage.storage_accounts.list_keys(group, account).as_dict() == before
    again.close()


def test_an_operation_that_was_under_way_is_finished_after_a_kill(data: Path) -> None:
    azure = start(data, clock_rate=0.05)  # a create takes six seconds
    clients = ArmClients(azure)
    group = clients.group()
    body = {"location": "westeurope", "sku": {"name": "Basic"}}
    path = f"{{sub}}/resourceGroups/{group}/providers/Microsoft.ContainerRegistry/registries/underway1"
    accepted = clients.call("PUT", path, body)
    status = accepted.headers["Azure-AsyncOperation"]
    running = clients.http.get(status).json()["status"]
    clients.close()

    _kill(azure)
    again = ArmClients(start(data))

    assert running == "InProgress"
    assert eventually(lambda: again.http.get(status).json()["status"] == "Succeeded")
    assert again.registries.registries.get(group, "underway1").provisioning_state == "Succeeded"
    again.close()


def test_a_stale_announcement_with_a_reused_process_id_is_not_believed(data: Path) -> None:
    processes = _kill(start(data))
    eventually(lambda: alive(processes) == [], 5)
    told = json.loads((data / "running.json").read_text())
    (data / "running.json").write_text(json.dumps({**told, "pid": os.getpid()}))

    run("stop", "--data", data)

    # It was not us whom stop ended.
    assert run("status", "--data", data, check=False).returncode == 3


def test_an_azurite_that_ends_by_itself_is_started_again(data: Path) -> None:
    azure = start(data)
    (child,) = azure.status()["children"]

    os.kill(child["pid"], signal.SIGTERM)

    assert eventually(lambda: [row["pid"] for row in azure.status()["children"]] not in ([], [child["pid"]]), 20)


def test_no_retry_after_makes_operations_as_silent_as_azures(data: Path) -> None:
    clients = ArmClients(start(data, arguments=("--no-retry-after",)))
    group = clients.group()

    accepted = clients.call("DELETE", f"{{sub}}/resourcegroups/{group}")

    assert "retry-after-ms" not in accepted.headers
    clients.close()


def test_serve_runs_in_the_foreground_until_it_is_interrupted(data: Path) -> None:
    command = [sys.executable, "-m", "windlass_emulator", "serve", "--data", str(data)]
    with subprocess.Popen(
        command, env=RunningAzure(data, {}).full_environment(), stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        said = process.stdout.readline()
        process.send_signal(signal.SIGINT)

        assert "is ready" in said
        assert process.wait(10) == 0


def test_a_missing_azurite_is_one_clear_sentence(data: Path, tmp_path: Path) -> None:
    failed = run(
        "start", "--data", data, check=False, environment={"WINDLASS_AZURITE": "", "WINDLASS_CACHE": str(tmp_path)}
    )

    assert failed.returncode == 1
    assert failed.stderr.strip().endswith("Run `make setup`.")
    assert "Traceback" not in failed.stderr


def test_an_azurite_that_does_not_start_is_shown(data: Path, tmp_path: Path) -> None:
    broken = tmp_path / "dist" / "blob" / "main.js"
    broken.parent.mkdir(parents=True)
    shutil.copy(os.devnull, broken)

    failed = run("start", "--data", data, check=False, environment={"WINDLASS_AZURITE": str(broken)})

    assert failed.returncode == 1
    assert "Azurite ended with code" in failed.stderr
    assert run("status", "--data", data, check=False).returncode == 3


def test_logs_show_what_was_asked(azure: RunningAzure, arm: ArmClients) -> None:
    group = arm.group()

    shown = run("logs", "--data", azure.data).stdout

    assert "==> logs/azure.log <==" in shown
    assert f"/resourcegroups/{group}" in shown.lower()


def test_it_is_ready_soon_and_small(data: Path) -> None:
    began = time.monotonic()
    azure = start(data)
    taken = time.monotonic() - began

    assert resident(_processes(azure)) < 400_000_000
    assert taken < 10  # 4 seconds on an idle machine; benchmarks/ measures it
