"""What the engine is started with."""

from __future__ import annotations

from pathlib import Path

from windlass.engine.environment import engine_environment


def test_an_engine_on_path_comes_before_that_of_the_checkout() -> None:
    environ = engine_environment(Path("checkout"), {"PATH": "mine:yours", "HOME": "here"})

    assert environ == {"PATH": "mine:yours:checkout/.windlass/bin", "HOME": "here"}


def test_without_a_path_the_systems_own_folders_come_first() -> None:
    assert engine_environment(Path("checkout"), {})["PATH"].endswith(":checkout/.windlass/bin")
