from __future__ import annotations

from typing import Any

from support.recovery import lock, process

from windlass.recovery.models import Holder, Orphan, Process
from windlass.recovery.orphans import Run, find_orphans

RUN = Run(root="/shop", backend="file:///state", project="shop", stack="dev")
DEAD, LIVING = "127.0.0.1:4001", "127.0.0.1:4002"
HOST = f"/bin/pulumi-language-python {DEAD}"
PROVIDER = f"/plugins/pulumi-resource-azure-native {DEAD}"
LOG = {"PULUMI_LOG_OTLP_ENDPOINT": "localhost:9"}


def program(stack: str = "dev", engine: str = DEAD) -> str:
    return (
        f"python -u /bin/pulumi-language-python-exec --monitor 127.0.0.1:1 --engine {engine} --project shop "
        f"--stack {stack} --root_directory /shop /shop/infra"
    )


def found(*processes: Process, holder: Holder = Holder.DEAD, **changes: Any) -> dict[int, Orphan]:
    orphans = find_orphans(processes, (lock(holder, **changes),), RUN, lambda address: address == LIVING)
    return {each.pid: each for each in orphans}


def test_the_program_is_proven_by_its_command_line_and_its_helpers_by_their_engine() -> None:
    orphans = found(process(1, program()), process(2, HOST), process(3, PROVIDER))

    assert orphans[1].proof == "its command line names stack dev"
    assert orphans[3].proof == "it served the same engine as process 1"
    assert [each.role for each in orphans.values()] == ["program", "language host", "provider"]


def test_the_helpers_of_a_living_engine_are_no_orphans() -> None:
    assert found(process(1, program(engine=LIVING)), process(2, f"pulumi-resource-x {LIVING}")) == {}


def test_the_helpers_of_another_stack_are_left_alone_and_not_mentioned() -> None:
    assert found(process(1, program("prod")), process(2, PROVIDER), process(3, HOST)) == {}


def test_the_session_of_the_engine_that_took_the_lock_proves() -> None:
    orphans = found(process(2, PROVIDER, session=77))

    assert orphans[2].proof == "it is of the session of process 77, which took the lock"


def test_the_session_of_a_living_engine_proves_nothing() -> None:
    assert found(process(2, PROVIDER, session=77), holder=Holder.LIVING)[2].proof == ""


def test_the_variable_with_the_stack_proves_for_or_against() -> None:
    named = found(process(2, PROVIDER, environ={"PULUMI_STACK": "organization/shop/dev"}))

    assert named[2].proof == "its PULUMI_STACK is dev"
    assert found(process(2, PROVIDER, environ={"PULUMI_STACK": "prod"})) == {}


def test_two_addresses_of_one_engine_are_joined_by_where_it_receives_logs() -> None:
    host = process(2, "python /tools/language_host.py 127.0.0.1:4009", environ=LOG)

    orphans = found(process(1, program(), environ=LOG), host)

    assert orphans[2].proof == "it served the same engine as process 1"


def test_a_policy_pack_is_proven_by_the_host_that_started_it() -> None:
    pack = process(3, "python -u -m pulumi.policy 127.0.0.1:4003 /shop/infra/policy", parent=2)

    orphans = found(process(2, HOST, session=77), pack)

    assert (orphans[3].role, orphans[3].proof) == ("policy pack", "process 2 started it")


def test_what_nothing_ties_to_the_stack_has_no_proof() -> None:
    assert found(process(3, PROVIDER))[3].proof == ""


def test_processes_of_others_of_other_folders_and_of_other_states_are_never_named() -> None:
    assert (
        found(
            process(1, PROVIDER, is_own=False, session=77),
            process(2, PROVIDER, folder="/elsewhere", session=77),
            process(3, PROVIDER, folder="/shop-two", session=77),
            process(4, PROVIDER, environ={"PULUMI_BACKEND_URL": "file:///other"}, session=77),
            process(5, PROVIDER, environ={"PULUMI_PROJECT": "other"}, session=77),
        )
        == {}
    )


def test_a_process_that_only_mentions_an_address_is_no_helper() -> None:
    assert found(process(1, f"curl {DEAD}"), process(2, "pulumi-resource-azure-native")) == {}
