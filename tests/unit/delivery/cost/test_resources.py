from __future__ import annotations

from typing import Any

from windlass.delivery.cost.resources import after_preview, parse_deployed
from windlass.delivery.digest import PreviewDigest
from windlass.delivery.saved import DeployedResource

ACCOUNT = "azure-native:storage:StorageAccount"


def urn(name: str, type_: str = ACCOUNT) -> str:
    return f"urn:pulumi:dev::windlass::windlass:infra:Storage${type_}::{name}"


def held(name: str, type_: str = ACCOUNT, **inputs: Any) -> DeployedResource:
    return DeployedResource(urn=urn(name, type_), type=type_, custom=True, inputs=inputs)


def step(op: str, name: str, **inputs: Any) -> dict[str, Any]:
    new = None if op.startswith("delete") else {"custom": True, "inputs": inputs}
    return {"op": op, "urn": urn(name), "newState": new}


def after(*steps: dict[str, Any]) -> dict[str, Any]:
    deployed = [held("kept", size=1), held("other", size=1)]
    digest = PreviewDigest.model_validate({"steps": steps})
    return {each.name: each.inputs.get("size") for each in after_preview(deployed, digest)}


def test_only_resources_of_azure_are_taken_whatever_the_version_of_their_interface() -> None:
    taken = parse_deployed(
        [
            held("one"),
            held("two", "azure-native:storage/v20230101:StorageAccount"),
            DeployedResource(urn=urn("group", "windlass:infra:Storage"), type="windlass:infra:Storage"),
            held("provider", "pulumi:providers:azure-native"),
        ]
    )

    assert [(each.type, each.name) for each in taken] == [
        ("storage:StorageAccount", "one"),
        ("storage:StorageAccount", "two"),
    ]


def test_what_the_preview_does_not_list_stays_as_it_is() -> None:
    assert after() == {"kept": 1, "other": 1}


def test_what_is_made_changed_and_deleted_is_followed() -> None:
    assert after(step("create", "new", size=3), step("update", "kept", size=2), step("delete", "other")) == {
        "kept": 2,
        "new": 3,
    }


def test_a_replacement_stays_in_whichever_order_it_is_listed() -> None:
    made, gone = step("create-replacement", "kept", size=2), step("delete-replaced", "kept")

    assert after(made, gone) == after(gone, made) == {"kept": 2, "other": 1}


def test_what_is_only_read_is_somebody_elses() -> None:
    assert after(step("read", "theirs", size=9)) == {"kept": 1, "other": 1}
