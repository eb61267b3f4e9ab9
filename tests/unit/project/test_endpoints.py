"""Which endpoints a project has follows from its folders."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from windlass.errors.infra import InvalidEndpointFilesError
from windlass.project.endpoints import EndpointFolder, find_endpoints, parse_endpoint


def tree(root: Path, files: Mapping[str, str]) -> Path:
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text, encoding="utf-8")
    return root


def problems(root: Path) -> tuple[str, ...]:
    with pytest.raises(InvalidEndpointFilesError) as raised:
        find_endpoints(root, "local")
    return raised.value.problems


def refusal(document: Any, kind: Any = "online") -> str:
    with pytest.raises(InvalidEndpointFilesError) as raised:
        parse_endpoint("churn", kind, document)
    (problem,) = raised.value.problems
    return problem


def test_a_project_without_endpoints_has_none(tmp_path: Path) -> None:
    assert find_endpoints(tmp_path, "local") == ()


def test_each_kind_of_a_folder_is_an_endpoint_of_its_own(tmp_path: Path) -> None:
    tree(tmp_path, {"endpoints/churn/online/endpoint.yml": "", "endpoints/churn/batch/endpoint.yml": ""})

    assert [endpoint.path for endpoint in find_endpoints(tmp_path, "local")] == ["churn/online", "churn/batch"]


def test_folders_are_read_in_the_order_of_their_names(tmp_path: Path) -> None:
    tree(tmp_path, {f"endpoints/{name}/online/endpoint.yml": "" for name in ("pear", "apple", "fig")})

    assert [endpoint.model for endpoint in find_endpoints(tmp_path, "local")] == ["apple", "fig", "pear"]


def test_what_azure_wants_to_know_at_creation_is_read(tmp_path: Path) -> None:
    text = "description: Who buys again\nauth_mode: aml_token\npublic_network_access: disabled\ntags: {team: crm}\n"
    tree(tmp_path, {"endpoints/churn/online/endpoint.yml": text})

    assert find_endpoints(tmp_path, "local") == (
        EndpointFolder(
            model="churn",
            kind="online",
            auth_mode="aml_token",
            public_network_access="disabled",
            description="Who buys again",
            tags={"team": "crm"},
        ),
    )


@pytest.mark.parametrize(("kind", "expected"), [("online", "key"), ("batch", "aad_token")])
def test_callers_prove_who_they_are_as_azure_has_it_by_default(kind: Any, expected: str) -> None:
    assert parse_endpoint("churn", kind, {}).auth_mode == expected


def test_hidden_folders_and_files_are_left_alone(tmp_path: Path) -> None:
    tree(tmp_path, {"endpoints/README.md": "", "endpoints/.cache/x": "", "endpoints/__pycache__/x.pyc": ""})

    assert find_endpoints(tmp_path, "local") == ()


def test_all_problems_of_all_files_are_told_together(tmp_path: Path) -> None:
    tree(
        tmp_path,
        {
            "endpoints/Churn/online/endpoint.yml": "",
            "endpoints/empty/README.md": "",
            "endpoints/broken/online/endpoint.yml": "a: [",
            "endpoints/wrong/online/endpoint.yml": "auth_mode: magic\ntraffic: {v1: 100}\n",
            "endpoints/wrong/batch/endpoint.yml": "auth_mode: key\n",
        },
    )

    assert [problem.split(":")[0] for problem in problems(tmp_path)] == [
        "endpoints/Churn",
        "endpoints/broken/online/endpoint.yml",
        "endpoints/empty",
        "endpoints/wrong/online/endpoint.yml",
        "endpoints/wrong/online/endpoint.yml",
        "endpoints/wrong/batch/endpoint.yml",
    ]


@pytest.mark.parametrize(
    "key", ["name", "traffic", "mirror_traffic", "defaults", "identity", "compute", "kind", "properties", "colour"]
)
def test_what_is_decided_elsewhere_is_refused_by_name(key: str) -> None:
    assert refusal({key: "x"}).startswith(f"endpoints/churn/online/endpoint.yml: {key}: ")


def test_a_batch_endpoint_takes_no_keys() -> None:
    assert "auth_mode" in refusal({"auth_mode": "key"}, "batch")


def test_a_file_that_holds_a_list_is_refused() -> None:
    assert "the file" in refusal([1])


def test_the_overlay_of_a_stack_says_what_an_online_endpoint_is_served_on(tmp_path: Path) -> None:
    overlay = {"endpoints/churn/online/stacks/dev.yml": "serving: {compute: kubernetes}\n"}
    tree(tmp_path, {"endpoints/churn/online/endpoint.yml": ""} | overlay)

    on = {stack: find_endpoints(tmp_path, stack)[0].serving.compute for stack in ("dev", "prod")}

    assert on == {"dev": "kubernetes", "prod": "managed"}


def test_a_serving_compute_that_does_not_exist_is_refused_with_file_and_key(tmp_path: Path) -> None:
    overlay = {"endpoints/churn/online/stacks/dev.yml": "serving: {compute: fargate}\n"}
    tree(tmp_path, {"endpoints/churn/online/endpoint.yml": ""} | overlay)

    with pytest.raises(InvalidEndpointFilesError) as refused:
        find_endpoints(tmp_path, "dev")

    assert refused.value.problems[0].startswith("endpoints/churn/online/stacks/dev.yml: serving: compute: ")
