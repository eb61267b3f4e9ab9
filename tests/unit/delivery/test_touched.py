from __future__ import annotations

import pytest

from windlass.delivery.touched import gone_stacks, in_order, stack_of, touched_endpoints, touched_stacks

STACKS = ("dev", "local", "prod", "staging")
EVERY = ("local", "dev", "staging", "prod")


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("Pulumi.prod.yaml", ("prod",)),
        ("endpoints/churn/online/stacks/dev.yml", ("dev",)),
        ("endpoints/churn/batch/stacks/staging.yml", ("staging",)),
        ("endpoints/churn/online/deployment.yml", EVERY),
        ("endpoints/churn/src/score.py", EVERY),
        ("environments/churn/conda.yml", EVERY),
        ("infra/__main__.py", EVERY),
        ("infra/policy/PulumiPolicy.yaml", EVERY),
        ("src/windlass/infra/workspace.py", EVERY),
        ("requirements.lock", EVERY),
        ("Pulumi.yaml", EVERY),
        ("a-file/nobody-knows.txt", EVERY),
        ("docs/how-to/policies.md", ()),
        ("tests/unit/test_cloud.py", ()),
        ("README.md", ()),
        (".github/workflows/deploy.yml", ()),
        ("endpoints/churn/online/stacks/nobody.yml", ()),
        ("Pulumi.nobody.yaml", ()),
    ],
)
def test_a_path_touches_the_stacks_that_it_has_an_effect_on(path: str, expected: tuple[str, ...]) -> None:
    assert touched_stacks([path], STACKS) == expected


def test_what_several_paths_touch_is_named_once_and_in_the_order_of_deployments() -> None:
    paths = ["Pulumi.prod.yaml", "docs/a.md", "Pulumi.dev.yaml", "endpoints/churn/online/stacks/prod.yml"]

    assert touched_stacks(paths, STACKS) == ("dev", "prod")
    assert touched_stacks([], STACKS) == ()


def test_stacks_that_we_do_not_know_come_last_by_name() -> None:
    assert in_order({"prod", "zoo", "dev", "ant"}) == ("dev", "prod", "ant", "zoo")


def test_a_stack_whose_settings_go_is_named() -> None:
    paths = ["Pulumi.old.yaml", "Pulumi.dev.yaml", "Pulumi.yaml", "endpoints/churn/online/stacks/other.yml"]

    assert gone_stacks(paths, STACKS) == ("old",)


def test_only_a_file_of_one_stack_names_it() -> None:
    assert stack_of("Pulumi.dev.yaml") == "dev"
    assert stack_of("other/Pulumi.dev.yaml") is None
    assert stack_of("endpoints/churn/online/stacks/deeper/dev.yml") is None


def test_the_folders_of_models_that_a_change_touches_are_named() -> None:
    paths = ["endpoints/churn/src/score.py", "endpoints/churn/online/stacks/dev.yml", "endpoints/gone/x", "endpoints"]

    assert touched_endpoints(paths, ["churn", "other"]) == ("churn",)
