"""Locks: kept by one part, enforced for every type on the way of a request."""

from __future__ import annotations

from typing import Any

import pytest
from azure.core.exceptions import HttpResponseError
from support.arm_clients import ArmClients, fresh


def _account_id(arm: ArmClients, group: str, account: str) -> str:
    return (
        f"/subscriptions/{arm.azure.subscription}/resourceGroups/{group}/providers/Microsoft.Storage/storageAccounts/"
        f"{account}"
    )


def _lock(arm: ArmClients, scope: str, level: str = "CanNotDelete", name: str = "keep") -> Any:
    return arm.locks.management_locks.create_or_update_by_scope(scope, name, {"properties": {"level": level}})


def _refused(error: pytest.ExceptionInfo[HttpResponseError]) -> tuple[int | None, str]:
    return error.value.status_code, error.value.error.code if error.value.error else ""


@pytest.mark.specified
def test_a_lock_is_created_changed_listed_and_deleted(arm: ArmClients) -> None:
    group, locks = arm.group(), arm.locks.management_locks

    made = locks.create_or_update_at_resource_group_level(
        group, "keep", {"level": "CanNotDelete", "notes": "It holds data."}
    )
    changed = locks.create_or_update_at_resource_group_level(group, "keep", {"level": "NotSpecified"})
    listed = [lock.name for lock in locks.list_at_resource_group_level(group)]
    locks.delete_at_resource_group_level(group, "keep")

    assert (made.level, made.notes, made.type) == ("CanNotDelete", "It holds data.", "Microsoft.Authorization/locks")
    assert made.id.endswith(f"/resourceGroups/{group}/providers/Microsoft.Authorization/locks/keep")
    assert changed.level == "NotSpecified"
    assert listed == ["keep"]
    assert list(locks.list_at_resource_group_level(group)) == []


@pytest.mark.specified
def test_a_locked_resource_is_not_deleted_and_says_which_scope_is_locked(arm: ArmClients) -> None:
    group = arm.group()
    account = arm.account(group)
    scope = _account_id(arm, group, account)
    # The client leaves a doubled slash where a resource has no parent.
    arm.locks.management_locks.create_or_update_at_resource_level(
        group, "Microsoft.Storage", "", "storageAccounts", account, "keep", {"level": "CanNotDelete"}
    )

    with pytest.raises(HttpResponseError) as refused:
        arm.storage.storage_accounts.delete(group, account)

    assert _refused(refused) == (409, "ScopeLocked")
    assert refused.value.error.message == (
        f"The scope '{scope}' cannot perform delete operation because following scope(s) are locked: '{scope}'. "
        "Please remove the lock and try again."
    )


@pytest.mark.specified
def test_a_lock_of_a_group_holds_everything_in_it_until_it_is_removed(arm: ArmClients) -> None:
    group = arm.group()
    account = arm.account(group)
    arm.locks.management_locks.create_or_update_at_resource_group_level(group, "keep", {"level": "CanNotDelete"})

    with pytest.raises(HttpResponseError) as refused:
        arm.storage.storage_accounts.delete(group, account)
    arm.locks.management_locks.delete_at_resource_group_level(group, "keep")
    arm.storage.storage_accounts.delete(group, account)

    assert _refused(refused) == (409, "ScopeLocked")
    assert arm.call("GET", _account_id(arm, group, account)).status_code == 404


@pytest.mark.specified
def test_a_group_with_a_locked_resource_is_not_deleted(arm: ArmClients) -> None:
    group = arm.group()
    account = arm.account(group)
    _lock(arm, _account_id(arm, group, account))

    with pytest.raises(HttpResponseError) as refused:
        arm.resources.resource_groups.begin_delete(group)

    assert _refused(refused) == (409, "ScopeLocked")
    assert f"following scope(s) are locked: '{_account_id(arm, group, account)}'" in refused.value.error.message


@pytest.mark.specified
def test_a_lock_that_forbids_deletion_allows_all_else(arm: ArmClients) -> None:
    group = arm.group()
    account = arm.account(group)
    _lock(arm, _account_id(arm, group, account))

    changed = arm.storage.storage_accounts.update(group, account, {"tags": {"owner": "team"}})
    keys = arm.storage.storage_accounts.list_keys(group, account)

    assert changed.tags == {"owner": "team"}
    assert keys.keys


@pytest.mark.specified
@pytest.mark.parametrize("what", ["change", "keys", "container"])
def test_a_read_only_lock_forbids_writes_and_actions(arm: ArmClients, what: str) -> None:
    group = arm.group()
    account = arm.account(group)
    scope = _account_id(arm, group, account)
    _lock(arm, scope, "ReadOnly")
    calls = {
        "change": lambda: arm.storage.storage_accounts.update(group, account, {"tags": {}}),
        "keys": lambda: arm.storage.storage_accounts.list_keys(group, account),
        "container": lambda: arm.storage.blob_containers.create(group, account, "data", {}),
    }

    with pytest.raises(HttpResponseError) as refused:
        calls[what]()

    assert _refused(refused) == (409, "ScopeLocked")
    assert "cannot perform write operation because following scope(s) are locked" in refused.value.error.message
    assert arm.call("GET", scope, api_version="2024-01-01").status_code == 200


@pytest.mark.inferred
@pytest.mark.parametrize(
    ("name", "level", "code"),
    [("ends.", "CanNotDelete", "InvalidLockName"), ("keep", "Forever", "LockLevelInvalid")],
)
def test_what_is_no_lock_is_refused(arm: ArmClients, name: str, level: str, code: str) -> None:
    scope = f"/subscriptions/{arm.azure.subscription}/resourceGroups/{arm.group()}"

    with pytest.raises(HttpResponseError) as refused:
        _lock(arm, scope, level, name)

    assert _refused(refused) == (400, code)


@pytest.mark.specified
def test_a_lock_needs_something_to_hold(arm: ArmClients) -> None:
    with pytest.raises(HttpResponseError) as refused:
        _lock(arm, _account_id(arm, arm.group(), fresh("none")))

    assert _refused(refused) == (404, "ResourceNotFound")
