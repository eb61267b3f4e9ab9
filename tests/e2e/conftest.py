"""Checkouts for the end-to-end tests: one with a provisioned stack for all, bare ones for those that provision."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from support.checkout import Checkout
from support.live_stack import LiveStack


@pytest.fixture(scope="session")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveStack]:
    """The example in service: its stack is up on a local Azure of its own, both models are trained.

    All tests that only release, score and look share it, so none may rely on what another has put into service.
    """
    with running(tmp_path_factory.mktemp("live") / "checkout") as checkout:
        checkout.up().ok()
        stack = LiveStack(checkout)
        stack.train()
        stack.hurry()
        stack.serve(stack.model("1"))
        yield stack


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Checkout]:
    """A checkout whose local Azure runs and holds nothing."""
    with running(tmp_path_factory.mktemp("bare") / "checkout") as checkout:
        yield checkout


@contextmanager
def running(root: Path) -> Iterator[Checkout]:
    """A new checkout whose local Azure runs until the block ends."""
    checkout = Checkout.make(root)
    checkout.azure_up()
    try:
        yield checkout
    finally:
        checkout.azure_down()
