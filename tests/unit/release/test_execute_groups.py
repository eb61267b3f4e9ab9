"""Releases to container groups, killed at every border: the same command brings them to the same end."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace

import pytest
from support.definitions import GOOD, make_definition, make_model
from support.fake_azure import ENDPOINT, FakeJournals
from support.fake_groups import FakeGroups
from support.state_files import FakeStateFiles

from windlass.errors.release import RolledBackError
from windlass.project.definitions import OnlineDefinition
from windlass.project.image import ImageDefinition
from windlass.project.rollout import Previous
from windlass.project.serving import Serving
from windlass.release.execute import Releases
from windlass.release.models import Released, Style
from windlass.release.record import Kind, Origin, Verdict
from windlass.release.recording import Records

ZONE = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Network/dnsZones/models.example"
IMAGE = ImageDefinition(repository="windlass/churn", tag="0123456789abcdef", texts={}, files={})
BORDERS = range(1, 80)
STYLES = [Style.SWITCH, Style.RECREATE]


class KilledError(BaseException):
    """The process ends here, as SIGKILL ends it."""


def definition(style: Style, previous: Previous = Previous.REMOVE) -> OnlineDefinition:
    made = make_definition(previous=previous)
    name = {"name": {"zone": ZONE, "record": "churn"}} if style is Style.SWITCH else {}
    container = {"release": style.value, **name}
    serving = Serving.model_validate({"compute": "container-instance", "container": container})
    return replace(made, deployment=replace(made.deployment, serving=serving, image=IMAGE))


class World:
    """Groups, journals and a clock; each release is a new process on them."""

    def __init__(self, style: Style) -> None:
        self.style = style
        self.azure = FakeGroups(answers={"churn:1": GOOD, "churn:2": GOOD}, style=style)
        self.journals = FakeJournals()
        self.files = FakeStateFiles()
        self.borders = 0
        self.release(1)

    def process(self) -> Releases:
        azure = self.azure
        return Releases(
            assets=azure,
            endpoints=azure,
            scoring=azure,
            journals=self.journals,
            clock=azure.clock,
            images=azure,
            records=self.records,
        )

    @property
    def records(self) -> Records:
        return Records(self.files, "shop", "dev", self.azure.clock, lambda: Origin(by="ana"))

    @property
    def rolled_back(self) -> bool:
        return next(self.records.newest_first()).kind is Kind.ROLL_BACK

    def roll_back(self) -> Released:
        return self.process().roll_back("churn", ENDPOINT, definition=definition(self.style))

    def release(self, version: int, previous: Previous = Previous.REMOVE) -> Released:
        return self.process().release(definition(self.style, previous), make_model(version), ENDPOINT)

    def kill_at(self, number: int) -> None:
        self.borders = 0
        self.azure.guard = self.journals.guard = self.files.guard = self._guard(number)

    def _guard(self, number: int) -> Callable[[str], None]:
        def guard(where: str) -> None:
            self.borders += 1
            if self.borders == number:
                raise KilledError(where)

        return guard

    def state(self) -> tuple[dict[str, int], list[str]]:
        return self.azure.traffic.as_dict(), sorted(self.azure.deployments)


@pytest.mark.parametrize("number", BORDERS)
@pytest.mark.parametrize("style", STYLES)
def test_a_release_killed_anywhere_is_finished_by_the_same_command(style: Style, number: int) -> None:
    world = World(style)
    world.kill_at(number)
    try:
        world.release(2)
    except KilledError:
        assert world.azure.traffic or style is Style.RECREATE
    world.kill_at(-1)

    world.release(2)

    assert world.state() == ({"churn-2": 100}, ["churn-2"])
    assert world.release(2).plan.steps == ()


@pytest.mark.parametrize("number", BORDERS)
@pytest.mark.parametrize("style", STYLES)
def test_a_failing_release_killed_anywhere_ends_with_the_old_version_in_service(style: Style, number: int) -> None:
    world = World(style)
    world.azure.broken.add("churn:2")
    world.kill_at(number)
    try:
        world.release(2)
    except (KilledError, RolledBackError):
        assert world.azure.traffic or style is Style.RECREATE
    world.kill_at(-1)

    with pytest.raises(RolledBackError, match="The traffic is as before: churn-1 100 %"):
        world.release(2)

    assert world.state() == ({"churn-1": 100}, ["churn-1"])


@pytest.mark.parametrize("number", BORDERS)
@pytest.mark.parametrize("style", STYLES)
def test_a_version_that_answers_wrongly_never_serves_whatever_is_killed(style: Style, number: int) -> None:
    world = World(style)
    world.azure.answers["churn:2"] = {"probability": 0.1}
    world.kill_at(number)
    with suppress(KilledError, RolledBackError):
        world.release(2)
    world.kill_at(-1)

    with pytest.raises(RolledBackError):
        world.release(2)

    assert world.state() == ({"churn-1": 100}, ["churn-1"])
    assert all("churn-2" not in traffic.names for traffic in world.azure.history)


@pytest.mark.parametrize("style", STYLES)
def test_the_borders_that_are_tried_are_all_there_are(style: Style) -> None:
    world = World(style)
    world.kill_at(-1)

    world.release(2)

    assert world.borders < max(BORDERS)


@pytest.mark.parametrize("number", range(1, 25))
@pytest.mark.parametrize("style", STYLES)
def test_a_roll_back_killed_anywhere_goes_back_and_never_forth_again(style: Style, number: int) -> None:
    world = World(style)
    world.release(2, Previous.KEEP)
    world.kill_at(number)
    with suppress(KilledError):
        world.roll_back()
    world.kill_at(-1)

    if next(world.records.newest_first()).verdict is not Verdict.SUCCEEDED or not world.rolled_back:
        world.roll_back()

    assert world.azure.traffic.as_dict() == {"churn-1": 100}
    assert [each.verdict for each in world.records.newest_first()][:2] == [Verdict.SUCCEEDED, Verdict.ROLLED_BACK]


@pytest.mark.parametrize("style", STYLES)
def test_a_new_model_version_builds_no_image(style: Style) -> None:
    world = World(style)

    world.release(2)

    assert [act for act in world.azure.acts if act.startswith("build")] == [f"build {IMAGE.label}"]


def test_the_way_back_of_a_recreated_version_and_forth_again() -> None:
    world = World(Style.RECREATE)
    world.release(2)

    back = world.process().roll_back("churn", ENDPOINT, definition=definition(world.style))
    forth = world.process().roll_back("churn", ENDPOINT, definition=definition(world.style))

    assert back.traffic.as_dict() == {"churn-1": 100}
    assert forth.traffic.as_dict() == {"churn-2": 100}


def test_the_way_back_of_a_switch_while_the_old_group_stands() -> None:
    world = World(Style.SWITCH)
    world.release(2, Previous.KEEP)

    back = world.process().roll_back("churn", ENDPOINT, definition=definition(world.style, Previous.KEEP))

    assert back.traffic.as_dict() == {"churn-1": 100}
    assert sorted(world.azure.deployments) == ["churn-1", "churn-2"]
