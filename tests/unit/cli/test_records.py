from __future__ import annotations

import io
import json

import pytest
from support.recorded_world import RecordedWorld

from windlass.cli.records import show_history, show_record


@pytest.fixture
def world() -> RecordedWorld:
    world = RecordedWorld()
    world.release(1)
    world.release(2)
    return world


def shown(world: RecordedWorld, *, name: str = "", limit: int = 20, output: str = "table") -> str:
    out = io.StringIO()
    show_history(world.records, name, "dev", limit, output, stdout=out)
    return out.getvalue()


def test_the_newest_comes_first(world: RecordedWorld) -> None:
    lines = shown(world).splitlines()

    assert [line.split()[0] for line in lines if "-churn-" in line] == [each.id for each in world.all[::-1]]


def test_no_more_are_shown_than_were_asked_for(world: RecordedWorld) -> None:
    assert [each["deployment"] for each in json.loads(shown(world, limit=1, output="json"))] == ["churn-2"]


def test_a_stack_without_records_says_so() -> None:
    assert shown(RecordedWorld()) == "Nothing was released to any endpoint of stack dev yet.\n"
    assert shown(RecordedWorld(), name="churn") == "Nothing was released to churn of stack dev yet.\n"
    assert json.loads(shown(RecordedWorld(), output="json")) == []


def test_what_cannot_be_read_is_named_and_the_others_are_shown(
    world: RecordedWorld, capsys: pytest.CaptureFixture[str]
) -> None:
    world.files.write("windlass/shop/dev/releases/churn/29990101-000000-odd.json", b"{")

    assert "churn-2" in shown(world)
    assert capsys.readouterr().err.startswith("left out: record 29990101-000000-odd cannot be read")


def test_one_record_is_shown_in_full_or_as_it_is_kept(world: RecordedWorld) -> None:
    lines, document = io.StringIO(), io.StringIO()

    show_record(world.last, "table", stdout=lines)
    show_record(world.last, "json", stdout=document)

    assert f"SHA-256 {world.last.model.sha256}" in lines.getvalue()
    assert json.loads(document.getvalue()) == json.loads(world.last.model_dump_json())
