from __future__ import annotations

from datetime import timedelta
from typing import Any

from support.teardown import DECLARED, OUTPUTS, TODAY, VAULT, declared, plan

from windlass.teardown.models import Name


def names(**standing: Any) -> dict[str, Name]:
    return {name.kind: name for name in plan(**standing).names}


def test_every_name_of_the_stack_is_judged() -> None:
    found = names()

    assert {kind: name.name for kind, name in found.items() if kind != "Application Insights"} == {
        "resource group": OUTPUTS.resource_group,
        "workspace": OUTPUTS.workspace,
        "key vault": OUTPUTS.key_vault,
        "storage account": OUTPUTS.storage_account,
        "container registry": OUTPUTS.container_registry,
        "Log Analytics workspace": OUTPUTS.workspace.replace("mlw-", "log-"),
        "online endpoint": "shop",
    }


def test_what_is_purged_is_free_at_once_and_cannot_be_had_back() -> None:
    for kind in ("workspace", "key vault"):
        assert (names()[kind].usable_from, names()[kind].recoverable_until) == (None, None)


def test_a_vault_with_purge_protection_holds_its_name_for_as_long_as_it_can_be_recovered() -> None:
    vault = declared("vault", "keyvault:Vault", VAULT, purge_protection=True, retention_days=90)
    until = TODAY + timedelta(days=90)

    found = names(declared=(*DECLARED[:3], vault))["key vault"]

    assert (found.usable_from, found.recoverable_until) == (until, until)
    assert f"az keyvault recover --name {OUTPUTS.key_vault}" in found.note


def test_logs_can_be_had_back_for_two_weeks_under_a_name_that_is_free() -> None:
    logs = names()["Log Analytics workspace"]

    assert (logs.usable_from, logs.recoverable_until) == (None, TODAY + timedelta(days=14))
