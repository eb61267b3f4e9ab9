from __future__ import annotations

from datetime import UTC, datetime

from support.recovery import account_id, urn

from windlass.recovery.models import (
    AwaitAzure,
    DeletedName,
    DropResource,
    EndProcess,
    ForeignResource,
    Forget,
    Left,
    LetArrive,
    ReadAgain,
    Recovery,
    RemoveLock,
    Step,
    TakeOver,
    UnprovenProcess,
    UnseenResource,
)
from windlass.recovery.report import describe_left, describe_step, recovery_as_json

ONE, ONE_ID = urn("one"), account_id("one")
AGAIN = ", but Azure says that it failed; the next up sends it again"
MOMENT = datetime(2026, 11, 29, tzinfo=UTC)
STEPS: tuple[Step, ...] = (
    EndProcess(pid=9, role="provider", started_at=MOMENT, proof="its PULUMI_STACK is dev"),
    LetArrive(seconds=3.0),
    AwaitAzure(urn=ONE, id=ONE_ID, state="Creating"),
    RemoveLock(name="x.json", pid=7, host="here"),
    TakeOver(urn=ONE, id=ONE_ID, retry=False),
    ReadAgain(urn=ONE, id=ONE_ID, retry=True),
    Forget(urn=ONE, kind="creating"),
    DropResource(urn=ONE, id=ONE_ID),
)
LEFT: tuple[Left, ...] = (
    UnprovenProcess(pid=8, role="provider"),
    UnseenResource(urn=ONE),
    ForeignResource(urn=ONE, id=ONE_ID),
    DeletedName(kind="key vault", name="kv", until="2026-12-06", can_purge=False),
)


def test_every_step_has_a_line() -> None:
    assert [describe_step(step) for step in STEPS] == [
        "end process 9, the provider of the dead engine (its PULUMI_STACK is dev)",
        "wait 3 s for what it had sent to arrive in Azure",
        "wait until Azure is through with StorageAccount one (Creating), then settle it as it is",
        "remove the lock of process 7 on here, which is gone",
        "take StorageAccount one into the state: it was created",
        f"take StorageAccount one into the state as Azure has it now{AGAIN}",
        "forget the creating of StorageAccount one: it changed nothing in Azure",
        "take StorageAccount one out of the state: Azure does not have it any more",
    ]


def test_everything_that_is_left_says_what_to_do() -> None:
    said = [describe_left(each, "dev") for each in LEFT]

    assert "kill 8" in said[0]
    assert "pulumi refresh -s dev" in said[1]
    assert "left alone" in said[2]
    assert "until 2026-12-06" in said[3]
    assert "scripts/teardown.py -s dev" in said[3]


def test_json_names_kinds_and_holds_plain_values() -> None:
    document = recovery_as_json(Recovery(stack="dev", steps=STEPS[:2], left=LEFT[:1]))

    assert document == {
        "stack": "dev",
        "steps": [
            {
                "step": "EndProcess",
                "pid": 9,
                "role": "provider",
                "started_at": "2026-11-29T00:00:00+00:00",
                "proof": "its PULUMI_STACK is dev",
            },
            {"step": "LetArrive", "seconds": 3.0},
        ],
        "left": [{"left": "UnprovenProcess", "pid": 8, "role": "provider"}],
        "up_may_run": False,
    }
