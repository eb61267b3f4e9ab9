"""What a stack costs by its files, and what a saved preview does to that."""

from __future__ import annotations

import io
import json
import runpy
import shutil
from pathlib import Path
from typing import Any

import pytest

from windlass.cli.run import call
from windlass.delivery.cost import BudgetVerdict, CostComparison, parse_comparison
from windlass.delivery.digest import PreviewDigest
from windlass.delivery.saved import DeployedResource, SavedPreview
from windlass.errors.cost import PriceBookUnreadableError
from windlass.errors.project import DefinitionError
from windlass.factory.cost import BOOK, cost_of_change, cost_of_files, load_book
from windlass.factory.previews import judge
from windlass.project.stack_file import load_template

ROOT = Path(__file__).resolve().parents[4]
COST = runpy.run_path(str(ROOT / "scripts" / "cost.py"))["cost"]
ML = "azure-native:machinelearningservices"


def cost(*arguments: str) -> tuple[int, str]:
    stderr = io.StringIO()
    return call(COST, arguments, stderr=stderr), stderr.getvalue()


def held(type_: str, name: str, **inputs: Any) -> DeployedResource:
    urn = f"urn:pulumi:prod::windlass::windlass:infra:Group${type_}::{name}"
    return DeployedResource(urn=urn, type=type_, custom=True, inputs=inputs)


def cluster(nodes: int) -> dict[str, Any]:
    scale = {"minNodeCount": nodes, "maxNodeCount": 8, "nodeIdleTimeBeforeScaleDown": "PT120S"}
    return {
        "computeName": "cpu",
        "properties": {
            "computeType": "AmlCompute",
            "properties": {"vmSize": "Standard_DS3_v2", "vmPriority": "Dedicated", "scaleSettings": scale},
        },
    }


DEPLOYED = (
    held(f"{ML}:OnlineEndpoint", "churn-online-endpoint"),
    held(f"{ML}:BatchEndpoint", "churn-batch-endpoint"),
    held(f"{ML}:Compute", "cpu-compute", **cluster(0)),
)


def compared(change: SavedPreview, **roots: Path) -> CostComparison:
    made = cost_of_change(ROOT, change, load_template(ROOT, "prod"), **roots)
    assert made is not None
    return made


def saved(*steps: dict[str, Any], deployed: tuple[DeployedResource, ...] = DEPLOYED) -> SavedPreview:
    return SavedPreview(stack="prod", digest=PreviewDigest.model_validate({"steps": steps}), deployed=deployed)


def step(op: str, resource: DeployedResource, **inputs: Any) -> dict[str, Any]:
    return {"op": op, "urn": resource.urn, "newState": None if op == "delete" else {"custom": True, "inputs": inputs}}


def test_a_cluster_that_is_kept_on_costs_its_nodes_more() -> None:
    change = saved(step("update", DEPLOYED[2], **cluster(1)))

    made = compared(change)

    assert [(each.line.item, each.line.subject) for each in made.changes] == [
        ("nodes that are kept", "cpu-compute"),
        ("nodes for jobs", "cpu-compute"),
    ]
    assert made.changes[0].difference == pytest.approx(730 * 0.272)


def test_an_endpoint_that_goes_takes_the_cost_of_its_deployment_with_it() -> None:
    made = compared(saved(step("delete", DEPLOYED[0])))

    assert made.difference < -2 * 730 * 0.272
    assert {each.line.subject for each in made.changes} >= {"churn/online"}


def test_what_does_not_change_costs_the_same() -> None:
    made = compared(saved())

    assert (made.changes, made.difference) == ((), 0)


def test_a_stack_that_nothing_is_deployed_to_has_nothing_to_compare_with() -> None:
    made = compared(saved(step("create", DEPLOYED[0]), deployed=()))

    assert made.before is None
    assert {line.subject for line in made.after.lines} == {"churn/online"}


def test_nothing_is_said_of_a_stack_whose_state_is_not_at_hand() -> None:
    """The engine lists no unchanged resource: what is missing would look as if it were free."""
    some_stay = {"changeSummary": {"same": 3}}
    one_changes = {"steps": [{**step("update", DEPLOYED[2], **cluster(1)), "oldState": {"custom": True}}]}

    for document in (some_stay, one_changes):
        change = SavedPreview(stack="prod", digest=PreviewDigest.model_validate(document))
        assert cost_of_change(ROOT, change, load_template(ROOT, "prod")) is None


def test_another_size_in_the_files_of_the_base_is_a_change_and_another_usage_is_none(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "endpoints", tmp_path / "endpoints")
    shutil.copytree(ROOT / "environments", tmp_path / "environments")
    overlay = tmp_path / "endpoints" / "churn" / "online" / "stacks" / "prod.yml"
    overlay.write_text("deployment: {instance_count: 5}\n")
    (tmp_path / "endpoints" / "churn" / "usage.yml").write_text("storage_gb: 9000\n")

    made = compared(saved(), base_root=tmp_path)

    assert [(each.line.item, round(each.difference)) for each in made.changes] == [
        ("instances", round(-3 * 730 * 0.272)),
        ("two versions at releases", round(-3 * 48 * 0.272)),
    ]


def test_a_report_compares_with_the_files_of_the_base(tmp_path: Path) -> None:
    """A count in deployment.yml is no resource of Pulumi: without those files it would look as if nothing changed."""
    shutil.copytree(ROOT / "endpoints", tmp_path / "endpoints")
    shutil.copytree(ROOT / "environments", tmp_path / "environments")
    (tmp_path / "endpoints/churn/online/stacks/local.yml").write_text("deployment: {instance_count: 3}\n")
    change = saved().model_copy(update={"stack": "local"})

    alone, beside = judge(ROOT, change), judge(ROOT, change, base_root=tmp_path)

    assert alone.cost is not None
    assert alone.cost.difference == 0
    assert beside.cost is not None
    assert [each.line.item for each in beside.cost.changes] == ["instances", "two versions at releases"]
    assert beside.cost.changes[0].difference == pytest.approx(-2 * 730 * 0.272)


def test_a_template_is_estimated_although_its_subscription_is_not_filled_in() -> None:
    made = cost_of_files(ROOT, "dev")

    assert made.budget == 100
    assert made.verdict is not BudgetVerdict.NO_BUDGET
    assert made.after.total.likely > 50


@pytest.mark.parametrize("stack", ["dev", "staging", "prod"])
def test_the_stacks_of_the_repository_keep_within_their_budgets(stack: str) -> None:
    assert cost_of_files(ROOT, stack).verdict is not BudgetVerdict.EXCEEDED


def test_the_local_azure_is_said_to_cost_nothing() -> None:
    assert cost_of_files(ROOT, "local").after.assumptions[0].startswith("The local Azure costs nothing")


def test_the_book_that_is_named_comes_first_then_that_of_the_project(tmp_path: Path) -> None:
    empty = '{"version": 1, "sources": {}, "rows": []}'
    (tmp_path / BOOK).write_text(empty)
    named = tmp_path / "named.json"
    named.write_text(empty.replace("{}", '{"me": "by hand"}'))

    assert load_book(tmp_path, named).sources == {"me": "by hand"}
    assert load_book(tmp_path).sources == {}
    assert load_book(ROOT).rows
    with pytest.raises(PriceBookUnreadableError, match=r"nothing\.json"):
        load_book(ROOT, tmp_path / "nothing.json")


def test_a_usage_file_that_is_wrong_stops_it(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "endpoints", tmp_path / "endpoints")
    shutil.copytree(ROOT / "environments", tmp_path / "environments")
    (tmp_path / "endpoints" / "churn" / "usage.yml").write_text("jobs: 3\n")

    with pytest.raises(DefinitionError, match=r"usage\.yml: jobs: unknown key"):
        cost_of_change(tmp_path, saved(), load_template(ROOT, "prod"))


def test_the_table_says_prices_assumptions_and_the_budget(capsys: pytest.CaptureFixture[str]) -> None:
    code, said = cost("-s", "dev")

    out = capsys.readouterr().out
    assert (code, said) == (0, "")
    assert "1 x Standard_F2s_v2 x 730 h" in out
    assert "no price: vault-vault: operations on secrets and keys" in out
    assert "the budget of 100 USD" in out.splitlines()[-2]
    assert out.splitlines()[-1].startswith("List prices of westeurope, the oldest of 20")


def test_json_is_all_of_stdout_and_reads_back(capsys: pytest.CaptureFixture[str]) -> None:
    assert cost("-s", "prod", "-o", "json") == (0, "")

    document = json.loads(capsys.readouterr().out)
    assert document["source"] == "files"
    assert document["total"]["likely"] == pytest.approx(parse_comparison(document).after.total.likely)


def test_markdown_is_all_of_stdout(capsys: pytest.CaptureFixture[str]) -> None:
    assert cost("-s", "prod", "-o", "markdown") == (0, "")

    assert capsys.readouterr().out.startswith("## Cost of stack prod\n\n**")


def test_a_stack_without_settings_is_not_found(capsys: pytest.CaptureFixture[str]) -> None:
    code, said = cost("-s", "nowhere")

    assert code == 4
    assert "there is no Pulumi.nowhere.yaml" in said
    assert capsys.readouterr().out == ""
