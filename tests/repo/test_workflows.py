"""What every workflow has to keep to: the checkers of `make check` see the rest."""

from __future__ import annotations

import importlib.util
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
import workflow_files
from workflow_files import Job, Workflow

ROOT = Path(__file__).resolve().parents[2]
WORKFLOWS = workflow_files.workflows()
STEPS = [*workflow_files.steps(WORKFLOWS), *((f"setup/{s.name}", s) for s in workflow_files.setup_steps())]
JOBS = [pytest.param(w, j, id=f"{w.id}-{j.id}") for w in WORKFLOWS for j in w.jobs]

# The commit that each tag stood at when somebody looked. An update changes both places, so that no comment lies.
ACTIONS = {
    "actions/cache": ("v6.1.0", "55cc8345863c7cc4c66a329aec7e433d2d1c52a9"),
    "actions/checkout": ("v7.0.1", "3d3c42e5aac5ba805825da76410c181273ba90b1"),
    "actions/download-artifact": ("v8.0.1", "3e5f45b2cfb9172054b4087a40e8e0b5a5461e7c"),
    "actions/setup-python": ("v7.0.0", "5fda3b95a4ea91299a34e894583c3862153e4b97"),
    "actions/upload-artifact": ("v7.0.0", "bbbca2ddaa5d8feaa63e36b76fdaad77386f024f"),
    "azure/login": ("v3.0.1", "f5d393ae46f8fde4be8b75f32e3fc50e654ad0ca"),
}
USES = re.compile(r"^\s*(?:- )?uses: (\S+)(?: # (\S+))?\s*$", re.MULTILINE)
PYTHON = ".venv/bin/python"
TO_FILE = re.compile(r' >> "\$GITHUB_OUTPUT"$| > [\w-]+\.txt$')
FROM_HERE = "github.event.pull_request.head.repo.full_name == github.repository"
MAY_WRITE = {"id-token", "pull-requests", "issues"}


def texts() -> Iterator[tuple[str, str]]:
    for path in sorted((ROOT / ".github").rglob("*.yml")):
        yield str(path.relative_to(ROOT)), path.read_text(encoding="utf-8")


def test_every_action_is_pinned_to_the_commit_of_its_tag() -> None:
    for where, text in texts():
        for uses, comment in USES.findall(text):
            if uses.startswith("./"):
                assert (ROOT / uses).exists(), f"{where}: {uses}"
                continue
            action, _, commit = uses.partition("@")
            assert (comment, commit) == ACTIONS[action], f"{where}: {uses} # {comment}"


def test_no_action_is_called_in_a_way_that_the_table_does_not_see() -> None:
    for where, text in texts():
        assert text.count("uses:") == len(USES.findall(text)), where


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda each: each.id)
def test_nothing_is_permitted_but_what_a_job_says_and_why(workflow: Workflow) -> None:
    assert workflow.raw["permissions"] == {}
    for job in workflow.jobs:
        assert "permissions" in job.raw, job.id
        for scope, access in job.permissions.items():
            assert job.reason(scope), f"{job.id}: {scope} without its reason"
            assert access == "read" or scope in MAY_WRITE, f"{job.id}: {scope}: {access}"


@pytest.mark.parametrize(("workflow", "job"), JOBS)
def test_a_job_ends(workflow: Workflow, job: Job) -> None:
    assert "uses" in job.raw or 0 < job.raw["timeout-minutes"] <= 360, workflow.id


@pytest.mark.parametrize(("where", "step"), STEPS, ids=[where for where, _ in STEPS])
def test_a_step_is_one_line_that_runs_on_a_desk_too(where: str, step: workflow_files.Step) -> None:
    assert step.name, where
    if step.run is None:
        return
    assert "\n" not in step.run.strip(), where
    assert "${{" not in step.run, f"{where}: values come by the environment"
    words = shlex.split(TO_FILE.sub("", step.run.removeprefix("exec ")))
    assert not {"|", "&&", ";", ">", "||", "&", ">>"} & set(words), where
    match words:
        case ["make", *targets]:
            assert set(targets) <= make_targets(), where
        case [python, script, *arguments] if python == PYTHON:
            assert_understood(ROOT / script, arguments)
        case _:
            pytest.fail(f"{where}: {step.run}")


def make_targets() -> set[str]:
    return set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))


def assert_understood(script: Path, arguments: list[str]) -> None:
    """The command has every option that is given, and is given all that it cannot do without."""
    command = command_of(script)
    if isinstance(command, click.Group):
        command = command.commands[arguments[0]]
        arguments = arguments[1:]
    context = click.Context(command, info_name=script.name)
    given, rest, _ = command.make_parser(context).parse_args(list(arguments))
    assert rest == [], f"{script.name}: {rest}"
    missing = [each.name for each in command.params if each.required and given.get(each.name or "") is None]
    assert missing == [], f"{script.name}: {missing}"


def command_of(script: Path) -> click.Command:
    spec = importlib.util.spec_from_file_location(f"workflow_script_{script.stem}", script)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    own = [each for each in vars(module).values() if isinstance(each, click.Command)]
    groups = [each for each in own if isinstance(each, click.Group)]
    return groups[0] if groups else own[0]


def test_no_checkout_leaves_a_token_behind() -> None:
    checkouts = [step for _, step in STEPS if (step.uses or "").startswith("actions/checkout@")]

    assert checkouts
    assert all(step.raw["with"]["persist-credentials"] is False for step in checkouts)


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda each: each.id)
def test_a_fork_meets_no_secret_and_no_identity(workflow: Workflow) -> None:
    assert "secrets." not in workflow.text
    assert not {"pull_request_target", "workflow_run", "issue_comment"} & set(workflow.triggers)
    if "pull_request" not in workflow.triggers:
        return
    jobs = {job.id: job for job in workflow.jobs}
    for job in jobs.values():
        if job.environment or "write" in job.permissions.values():
            assert any(FROM_HERE in str(jobs[each].raw.get("if", "")) for each in upstream(jobs, job.id)), job.id


def upstream(jobs: dict[str, Job], job: str) -> set[str]:
    """A job, and all that have to have gone well for it to run."""
    condition = str(jobs[job].raw.get("if", ""))
    alone = any(word in condition for word in ("always()", "cancelled()", "failure()"))
    named = [each for each in jobs[job].needs if not alone or f"needs.{each}.result == 'success'" in condition]
    return {job}.union(*(upstream(jobs, each) for each in named))


@pytest.mark.parametrize(("workflow", "job"), JOBS)
def test_what_a_job_leaves_behind_goes_soon(workflow: Workflow, job: Job) -> None:
    uploads = [step for step in job.steps if (step.uses or "").startswith("actions/upload-artifact@")]

    assert all(0 < step.raw["with"]["retention-days"] <= 14 for step in uploads), workflow.id


def stacks_on_azure() -> list[str]:
    from ruamel.yaml import YAML

    found = {path.suffixes[0][1:]: YAML(typ="safe").load(path.read_text()) for path in ROOT.glob("Pulumi.*.yaml")}
    return sorted(name for name, file in found.items() if file["config"]["windlass:settings"]["cloud"] == "azure")


def test_every_stack_on_azure_is_deployed_in_the_order_of_promotion() -> None:
    deploy = next(each for each in WORKFLOWS if each.id == "deploy")
    called = {job.id: job for job in deploy.jobs if job.raw.get("uses", "").endswith("deploy-stack.yml")}

    assert sorted(called) == stacks_on_azure()
    assert all(job.raw["with"] == {"stack": stack} for stack, job in called.items())
    assert [set(called[stack].needs) & set(called) for stack in ("dev", "staging", "prod")] == [
        set(),
        {"dev"},
        {"dev", "staging"},
    ]


@pytest.mark.parametrize(
    ("name", "field", "left_out"),
    [
        ("release", "stack", set()),
        ("recover", "stack", set()),
        ("teardown", "stack", set()),
        ("promote", "from", {"prod"}),
        ("promote", "to", {"dev"}),
    ],
)
def test_a_form_offers_every_stack(name: str, field: str, left_out: set[str]) -> None:
    form = next(each for each in WORKFLOWS if each.id == name).triggers["workflow_dispatch"]["inputs"]

    assert sorted(form[field]["options"]) == sorted(set(stacks_on_azure()) - left_out)


@pytest.mark.parametrize(("workflow", "job"), JOBS)
def test_whatever_changes_a_stack_waits_for_what_does(workflow: Workflow, job: Job) -> None:
    """One group per stack, named like its environment: nothing in it is cancelled, nothing that waits is dropped."""
    if job.environment is None or job.environment.endswith("-preview"):
        assert not str(job.raw.get("concurrency", {}).get("group", "")).startswith("stack-"), workflow.id
        return
    group = {"group": f"stack-{job.environment}", "cancel-in-progress": False, "queue": "max"}
    assert job.raw["concurrency"] == group


@pytest.mark.parametrize(("workflow", "job"), JOBS)
def test_a_job_signs_in_exactly_when_it_has_an_environment(workflow: Workflow, job: Job) -> None:
    """And then as the identity of that environment; nothing that writes on GitHub can also reach Azure."""
    if "uses" in job.raw:
        return
    setup = next(step for step in job.steps if step.uses == "./.github/actions/setup")
    signs_in = "client-id" in setup.raw.get("with", {})

    assert signs_in is (job.environment is not None) is (job.permissions.get("id-token") == "write"), workflow.id
    assert not signs_in or not {"pull-requests", "issues"} & {k for k, v in job.permissions.items() if v == "write"}
    if signs_in:
        assert job.raw["env"]["PULUMI_BACKEND_URL"] == "${{ vars.PULUMI_BACKEND_URL }}"


@pytest.mark.parametrize(("workflow", "job"), JOBS)
def test_a_plan_is_kept_only_where_the_repository_is_private(workflow: Workflow, job: Job) -> None:
    for number, step in enumerate(job.steps):
        if not (step.uses or "").startswith("actions/upload-artifact@"):
            continue
        if step.raw["with"]["path"].endswith(("report.json", "full.md")):
            continue
        before = [each.run for each in job.steps[:number]]
        refused = f"{PYTHON} scripts/github.py private" in before and "if" not in step.raw
        assert refused or "github.event.repository.private" in step.raw["if"], f"{workflow.id}/{job.id}/{step.name}"


def test_the_token_is_given_only_to_steps_that_talk_to_github() -> None:
    for workflow in WORKFLOWS:
        assert all("github.token" not in str(job.raw.get("env", {})) for job in workflow.jobs)
    for where, step in STEPS:
        given = step.raw.get("env", {}).get("GITHUB_TOKEN") == "${{ github.token }}"
        assert given is talks(step.run or ""), where


def talks(run: str) -> bool:
    return "scripts/github.py" in run and not any(f"github.py {verb}" in run for verb in ("summary", "private"))


def test_what_workflows_read_of_an_environment_is_what_bootstrap_sets() -> None:
    from support.bootstrap import planned

    from windlass.bootstrap.models import MakeEnvironment, SetVariable

    steps = planned().steps
    read = {name for workflow in WORKFLOWS for name in re.findall(r"vars\.(\w+)", workflow.text)}
    stacks = stacks_on_azure()

    assert read == {step.name for step in steps if isinstance(step, SetVariable)}
    environments = {step.name for step in steps if isinstance(step, MakeEnvironment)}
    assert environments == {*stacks, *(f"{stack}-preview" for stack in stacks)}
