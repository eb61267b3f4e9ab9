"""The stacks of the repository as they are written, each on a local Azure of its own, with the real engine."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from support.checkout import Checkout

LIFE = ["preview", "up", "up_again", "refresh", "release", "tear_down", "up_on_freed_names", "tear_down"]


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Checkout]:
    """A checkout whose own local Azure does not run: a rehearsal brings one."""
    made = Checkout.make(tmp_path_factory.mktemp("stacks") / "checkout")
    yield made
    assert made.processes() == {}


def test_the_template_of_prod_is_complete_as_it_stands(checkout: Checkout) -> None:
    rehearsed = checkout.script("rehearse", "-s", "prod", "--output", "json").ok().json()

    assert [step["step"] for step in rehearsed["steps"]] == ["preview"]
    assert rehearsed["steps"][0]["resources"] > 20
    assert Path(checkout.root, rehearsed["folder"], "Pulumi.prod.yaml").is_file()


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("stack", ["dev", "staging", "prod"])
def test_a_stack_lives_its_whole_life(checkout: Checkout, stack: str) -> None:
    rehearsed = checkout.script("rehearse", "-s", stack, "--life", "--output", "json", timeout=900).ok().json()

    assert [step["step"] for step in rehearsed["steps"]] == LIFE
    made, unchanged, gone = (rehearsed["steps"][index]["resources"] for index in (1, 3, 5))
    assert made == unchanged > 20
    assert gone == 0


def test_a_rehearsal_that_fails_says_at_which_step_and_leaves_nothing_running(checkout: Checkout) -> None:
    with checkout.edited("Pulumi.dev.yaml", "owner: data-science", "owner: ''"):
        failed = checkout.script("rehearse", "-s", "dev", "--verbose")

    assert failed.code == 5
    assert "the rehearsal of stack dev failed at `preview`" in failed.err
    assert "windlass:settings.owner" in failed.err
    assert checkout.processes() == {}
