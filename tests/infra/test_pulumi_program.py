"""The stand-in for the engine sees what a program does, and keeps runs apart."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from support.pulumi_program import Run, run_program

PROGRAM = """
import pulumi
from pulumi_azure_native import managedidentity, resources

group = resources.ResourceGroup(
    "group", resource_group_name=pulumi.Config("own").require("name"), opts=pulumi.ResourceOptions(protect=True)
)
identity = managedidentity.UserAssignedIdentity(
    "identity",
    resource_name_="id",
    resource_group_name=group.name,
    opts=pulumi.ResourceOptions(parent=group, ignore_changes=["tags"], replace_on_changes=["location"]),
)
pulumi.export("principal", identity.principal_id)
pulumi.export("where", pulumi.get_root_directory())
"""


def run(tmp_path: Path, text: str = PROGRAM, name: str = "rg", **situation: Any) -> Run:
    program = tmp_path / "program.py"
    program.write_text(text, encoding="utf-8")
    return run_program(program, stack="dev", config={"own:name": name}, root=tmp_path, **situation)


def test_options_of_a_resource_are_remembered(tmp_path: Path) -> None:
    group, identity = run(tmp_path).resources

    assert group.protect
    assert identity.parent == group.urn
    assert identity.ignore_changes == ("tags",)
    assert identity.replace_on_changes == ("location",)
    assert identity.depends_on == {group.urn}


def test_outputs_of_one_resource_reach_the_next(tmp_path: Path) -> None:
    _, identity = run(tmp_path).resources

    assert identity.inputs["resourceGroupName"] == "rg"


def test_exports_are_resolved(tmp_path: Path) -> None:
    assert run(tmp_path).outputs == {"principal": "principal of id", "where": str(tmp_path)}


def test_a_preview_knows_nothing_that_only_azure_knows(tmp_path: Path) -> None:
    assert run(tmp_path, preview=True).outputs == {"where": str(tmp_path)}


def test_a_run_sees_nothing_of_the_one_before(tmp_path: Path) -> None:
    run(tmp_path, name="first")
    second = run(tmp_path, name="second")

    assert [each.azure_name for each in second.resources] == ["second", "id"]


def test_an_error_of_the_program_ends_the_run(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError):
        run(tmp_path, "1 / 0")


LOOK_UP = """
import pulumi
from pulumi_azure_native import keyvault

pulumi.export("vault", keyvault.get_vault(vault_name="ours", resource_group_name="shared").location)
"""


def test_a_program_finds_what_exists_already(tmp_path: Path) -> None:
    existing = {"/subscriptions/s/resourceGroups/shared/providers/p/vaults/ours": {"location": "westeurope"}}

    assert run(tmp_path, LOOK_UP, existing=existing).outputs == {"vault": "westeurope"}


def test_a_program_that_looks_up_what_is_not_there_is_told_so(tmp_path: Path) -> None:
    with pytest.raises(Exception, match=r"getVault failed: .*'ours', 'shared'.* Status=404"):
        run(tmp_path, LOOK_UP)
