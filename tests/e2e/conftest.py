"""Checkouts for the end-to-end tests: one with a provisioned stack for all, one bare for those that provision."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from support.checkout import Checkout


@pytest.fixture(scope="session")
def models(stack: Checkout) -> dict[str, str]:
    """Paths of the two trained versions of the churn model."""
    for version in ("1", "2"):
        train = f"endpoints/churn/model/train.py --version {version} --output .windlass/models/churn/{version}"
        stack.run(f".venv/bin/python {train}").ok()
    return {version: f".windlass/models/churn/{version}" for version in ("1", "2")}


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Checkout]:
    """A checkout whose stack is up on its own local Azure."""
    yield from _running(tmp_path_factory.mktemp("stack"), up=True)


@pytest.fixture
def bare(tmp_path: Path) -> Iterator[Checkout]:
    """A checkout whose local Azure runs and holds nothing."""
    yield from _running(tmp_path / "bare", up=False)


def _running(root: Path, *, up: bool) -> Iterator[Checkout]:
    checkout = Checkout.make(root)
    checkout.azure_up()
    try:
        if up:
            checkout.pulumi("up --yes --skip-preview").ok()
        yield checkout
    finally:
        checkout.azure_down()
