"""What setting up prepares for the program."""

from __future__ import annotations

from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(autouse=True)
def _tools(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "tools" / "setup"))


def test_bytecode_is_written_of_what_the_program_imports(tmp_path: Path) -> None:
    import toolkit

    infra = tmp_path / "src" / "windlass" / "infra"
    infra.mkdir(parents=True)
    (infra / "one.py").write_text("from pulumi_azure_native import machinelearningservices as ml\n")
    (infra / "two.py").write_text("from pulumi_azure_native import (\n    network,\n    storage,\n)\nimport pulumi\n")

    assert toolkit.sdk_modules(tmp_path) == ("machinelearningservices", "network", "storage")


def test_bytecode_of_the_sdk_is_there() -> None:
    import toolkit
    from layout import layout

    packages = next(layout().venv.glob("lib/python3*/site-packages"))
    modules = toolkit.sdk_modules(ROOT)

    assert "storage" in modules
    for name in modules:
        assert list((packages / "pulumi_azure_native" / name / "__pycache__").glob("outputs.*.pyc"))


def test_installers_are_not_led_to_the_local_azure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import steps_run
    from layout import Layout

    loaded = tmp_path / ".windlass" / "azure" / "azure.env"
    loaded.parent.mkdir(parents=True)
    loaded.write_text("HTTPS_PROXY=http://127.0.0.1:1\nSSL_CERT_FILE=/local.pem\n")
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("SSL_CERT_FILE", "/mine.pem")

    environment = steps_run.environment(Layout(root=tmp_path, cache=tmp_path))

    assert "HTTPS_PROXY" not in environment
    assert environment["SSL_CERT_FILE"] == "/mine.pem"
