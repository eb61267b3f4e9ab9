"""What deployments ask of a stack is read with the file that has the last word."""

from __future__ import annotations

from pathlib import Path

import pytest

from windlass.errors.infra import InvalidEndpointFilesError
from windlass.project.choices import Choice, DeploymentChoices, read_choices
from windlass.project.endpoints import EndpointFolder
from windlass.project.names import EndpointKind


def read(root: Path, kind: EndpointKind = "online", *, base: str = "", overlay: str = "") -> DeploymentChoices:
    folder = root / "endpoints" / "churn" / kind
    (folder / "stacks").mkdir(parents=True)
    (folder / "deployment.yml").write_text(base, encoding="utf-8")
    (folder / "stacks" / "prod.yml").write_text(overlay, encoding="utf-8")
    (found,) = read_choices(root, [EndpointFolder(model="churn", kind=kind, auth_mode="key")], "prod")
    return found


def test_the_base_file_is_named_when_the_overlay_is_silent(tmp_path: Path) -> None:
    found = read(tmp_path, base="instance_type: Standard_DS3_v2", overlay="deployment: {instance_count: 1}")

    assert found.instance_type == Choice(
        value="Standard_DS3_v2", file="endpoints/churn/online/deployment.yml", where="instance_type"
    )


def test_the_overlay_has_the_last_word(tmp_path: Path) -> None:
    base = "compute: azureml:cpu\nresources: {instance_count: 2}"
    found = read(tmp_path, "batch", base=base, overlay="deployment: {resources: {instance_count: 9}}")

    assert found.compute == Choice(value="azureml:cpu", file="endpoints/churn/batch/deployment.yml", where="compute")
    assert found.nodes == Choice(
        value="9", file="endpoints/churn/batch/stacks/prod.yml", where="deployment.resources.instance_count"
    )


def test_a_key_that_the_overlay_removes_asks_for_nothing(tmp_path: Path) -> None:
    found = read(tmp_path, base="instance_type: Standard_DS3_v2", overlay="deployment: {instance_type: null}")

    assert found.instance_type is None


@pytest.mark.parametrize("base", ["", "[1]", "instance_type: [1]\nresources: 3\ncompute: 4"])
def test_what_is_of_another_kind_is_left_to_a_release(tmp_path: Path, base: str) -> None:
    assert read(tmp_path, base=base) == DeploymentChoices(model="churn", kind="online")


def test_an_endpoint_without_a_deployment_asks_for_nothing(tmp_path: Path) -> None:
    endpoint = EndpointFolder(model="churn", kind="batch", auth_mode="aad_token")

    assert read_choices(tmp_path, [endpoint], "prod") == (DeploymentChoices(model="churn", kind="batch"),)


def test_a_file_that_is_not_yaml_is_named(tmp_path: Path) -> None:
    with pytest.raises(InvalidEndpointFilesError, match=r"endpoints/churn/online/deployment\.yml: is not YAML"):
        read(tmp_path, base="a: [")
