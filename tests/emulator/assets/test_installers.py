"""What the installers of environments are told."""

from __future__ import annotations

from pathlib import Path

import pytest
from windlass_emulator.ml.installers import find_uv, installer_environment, read_pip_settings
from windlass_emulator.settings import TENANT_ID

pytestmark = pytest.mark.inferred


def test_the_callers_settings_reach_the_installer() -> None:
    given = {"PATH": "/bin", "PIP_INDEX_URL": "https://mirror/simple", "UV_CACHE_DIR": "/c", "HTTPS_PROXY": "http://p"}

    assert installer_environment(given, {}).items() >= given.items()


def test_the_callers_python_does_not() -> None:
    given = {
        "PYTHONPATH": "src",
        "PYTHONHOME": "/x",
        "VIRTUAL_ENV": "/v",
        "CONDA_PREFIX": "/c",
        "AZURE_CLIENT_SECRET": "s",
    }

    assert installer_environment(given, {}) == {}


def test_uv_is_told_what_pip_is_told() -> None:
    given = {"PIP_INDEX_URL": "https://mirror/simple", "PIP_FIND_LINKS": "/a /b", "PIP_CERT": "/ca.pem"}

    told = installer_environment(given, {"extra-index-url": "https://more/simple"})

    assert told["UV_DEFAULT_INDEX"] == "https://mirror/simple"
    assert told["UV_INDEX"] == "https://more/simple"
    assert told["UV_FIND_LINKS"] == "/a,/b"
    assert told["SSL_CERT_FILE"] == "/ca.pem"


def test_what_uv_is_told_itself_comes_first() -> None:
    given = {"PIP_INDEX_URL": "https://pip/simple", "UV_DEFAULT_INDEX": "https://uv/simple"}

    assert installer_environment(given, {})["UV_DEFAULT_INDEX"] == "https://uv/simple"
    assert "UV_DEFAULT_INDEX" not in installer_environment({"UV_INDEX_URL": "https://uv/simple"}, {"index-url": "x"})


def test_the_proxy_of_the_local_azure_is_left_out() -> None:
    loaded = {"AZURE_TENANT_ID": TENANT_ID, "HTTPS_PROXY": "http://127.0.0.1:1", "SSL_CERT_FILE": "/ca", "PATH": "/bin"}

    assert installer_environment(loaded, {}) == {"PATH": "/bin"}


def test_pips_configuration_is_read() -> None:
    listed = (
        "global.index-url='https://mirror/simple'\ninstall.find-links='/a'\ndownload.index-url='x'\n:env:.cert='y'\n"
    )

    assert read_pip_settings(listed) == {"index-url": "https://mirror/simple", "find-links": "/a"}


def test_uv_is_found_beside_the_interpreter_first_and_then_on_the_path(tmp_path: Path) -> None:
    beside, elsewhere = tmp_path / "a", tmp_path / "b"
    for folder in (beside, elsewhere):
        folder.mkdir()
        (folder / "uv").touch(mode=0o755)
    path = {"PATH": str(elsewhere)}

    assert find_uv(beside / "python", path) == beside / "uv"
    assert find_uv(tmp_path / "none" / "python", path) == elsewhere / "uv"
    assert find_uv(tmp_path / "none" / "python", {"PATH": ""}) is None
