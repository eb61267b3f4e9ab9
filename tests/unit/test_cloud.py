from __future__ import annotations

import socket
from pathlib import Path
from typing import Any

import pytest

from windlass.cloud import LOCAL_ENVIRONMENT, answers, enter
from windlass.errors.azure import AzureStackOnLocalError, LocalAzureNotRunningError, LocalStackElsewhereError
from windlass.project.outputs import StackOutputs

TENANT = "10ca1000-0000-4000-8000-000000000001"
SUBSCRIPTION = "10ca1000-0000-4000-8000-000000000002"
CLIENT = "10ca1000-0000-4000-8000-000000000003"
PROXY = "http://127.0.0.1:3128"
LOCAL = {
    "HTTPS_PROXY": PROXY,
    "NO_PROXY": "127.0.0.1,localhost",
    "AZURE_TENANT_ID": TENANT,
    "AZURE_CLIENT_ID": CLIENT,
    "AZURE_CLIENT_SECRET": "a secret",
    "AZURE_SUBSCRIPTION_ID": SUBSCRIPTION,
}


def outputs(cloud: str, **changes: Any) -> StackOutputs:
    local = cloud == "local"
    names = ("project", "stack", "location", "resource_group", "workspace", "storage_account", "key_vault")
    document = {
        **dict.fromkeys(names, "x"),
        "container_registry": "x",
        "cloud": cloud,
        "tenant_id": TENANT if local else "11111111-1111-1111-1111-111111111111",
        "subscription_id": SUBSCRIPTION if local else "22222222-2222-2222-2222-222222222222",
        **changes,
    }
    return StackOutputs.model_validate(document)


def write_environment(root: Path, **changes: str) -> Path:
    file = root / LOCAL_ENVIRONMENT
    file.parent.mkdir(parents=True)
    lines = [f"{name}='{value}'" for name, value in (LOCAL | changes).items()]
    file.write_text("# written by the local Azure\n" + "\n".join(lines) + "\n")
    return root


def running(host: str, port: int) -> bool:
    return (host, port) == ("127.0.0.1", 3128)


def test_a_local_run_gets_the_local_azures_environment_and_nothing_that_leads_past_it(tmp_path: Path) -> None:
    environ = {"https_proxy": "http://proxy.corp:8080", "AZURE_AUTHORITY_HOST": "elsewhere", "PATH": "p"}

    enter(outputs("local"), write_environment(tmp_path), environ, connect=running)

    assert environ == LOCAL | {"PATH": "p"}


def test_a_local_run_keeps_a_principal_that_was_made_on_the_local_azure(tmp_path: Path) -> None:
    own = {"AZURE_TENANT_ID": TENANT, "AZURE_CLIENT_ID": "made", "AZURE_CLIENT_SECRET": "its own"}
    environ = dict(own)

    enter(outputs("local"), write_environment(tmp_path), environ, connect=running)

    assert environ == LOCAL | own


def test_a_local_run_takes_no_principal_of_another_tenant(tmp_path: Path) -> None:
    environ = {"AZURE_TENANT_ID": "elsewhere", "AZURE_CLIENT_ID": "real", "AZURE_CLIENT_SECRET": "real"}

    enter(outputs("local"), write_environment(tmp_path), environ, connect=running)

    assert environ == LOCAL


def test_a_local_run_without_the_local_azure_is_refused(tmp_path: Path) -> None:
    with pytest.raises(LocalAzureNotRunningError, match="make local-up"):
        enter(outputs("local"), tmp_path, {}, connect=running)


def test_a_local_run_while_the_local_azure_is_down_is_refused(tmp_path: Path) -> None:
    with pytest.raises(LocalAzureNotRunningError):
        enter(outputs("local"), write_environment(tmp_path), {}, connect=lambda *_: False)


@pytest.mark.parametrize(
    "changes",
    [
        {"AZURE_SUBSCRIPTION_ID": "22222222-2222-2222-2222-222222222222"},
        {"AZURE_TENANT_ID": "11111111-1111-1111-1111-111111111111"},
        {"HTTPS_PROXY": "http://proxy.corp:8080"},
        {"HTTPS_PROXY": ""},
    ],
)
def test_a_local_run_that_leads_elsewhere_is_refused_and_changes_nothing(
    tmp_path: Path, changes: dict[str, str]
) -> None:
    environ: dict[str, str] = {}

    with pytest.raises(LocalStackElsewhereError):
        enter(outputs("local"), write_environment(tmp_path, **changes), environ, connect=running)

    assert environ == {}


def test_a_local_stack_in_a_real_subscription_is_refused(tmp_path: Path) -> None:
    real = outputs("local", subscription_id="22222222-2222-2222-2222-222222222222")

    with pytest.raises(LocalStackElsewhereError, match="22222222"):
        enter(real, write_environment(tmp_path), {}, connect=running)


@pytest.mark.parametrize(
    "environ",
    [
        {"AZURE_TENANT_ID": TENANT},
        {"AZURE_CLIENT_ID": CLIENT},
        {"AZURE_SUBSCRIPTION_ID": SUBSCRIPTION},
        {"HTTPS_PROXY": PROXY},
        {"https_proxy": PROXY},
    ],
)
def test_a_run_on_azure_with_anything_of_the_local_azure_is_refused(tmp_path: Path, environ: dict[str, str]) -> None:
    with pytest.raises(AzureStackOnLocalError, match="Nothing was done"):
        enter(outputs("azure"), write_environment(tmp_path), environ, connect=running)


def test_an_azure_stack_in_the_local_subscription_is_refused(tmp_path: Path) -> None:
    with pytest.raises(AzureStackOnLocalError):
        enter(outputs("azure", subscription_id=SUBSCRIPTION), tmp_path, {}, connect=running)


def test_a_run_on_azure_behind_a_companys_proxy_is_left_as_it_is(tmp_path: Path) -> None:
    environ = {"HTTPS_PROXY": "http://proxy.corp:8080", "AZURE_TENANT_ID": "11111111-1111-1111-1111-111111111111"}
    before = dict(environ)

    enter(outputs("azure"), write_environment(tmp_path), environ, connect=running)

    assert environ == before


def test_a_port_that_nobody_listens_on_does_not_answer() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        listening = answers("127.0.0.1", port)

    assert (listening, answers("127.0.0.1", port)) == (True, False)
