"""Runs the jobs of our workflow files on this machine: the very `run:` lines, in their order and on their conditions.

What is GitHub's is done in small: events, expressions, matrices, job results, outputs, artefacts (folders that are
carried between jobs), tokens with the permissions of the job, variables of environments. `azure/login` stands for
loading what the local Azure has written for clients, so a job that does not sign in has nothing of it. What is not
known here is refused.

Jobs run one after the other in one checkout, which every job finds as a fresh clone of the commit: what is untracked
goes, but for `.venv` and `.windlass`, in which the local Azure and the state of its stacks live.
"""

from __future__ import annotations

import itertools
import json
import subprocess
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import workflow_files
from workflow_files import Job, Step, Workflow

from support.checkout import Checkout, Ran, kill
from support.workflow_artifacts import Artifacts
from support.workflow_expressions import Status, as_text, fill, holds

SETUP = "./.github/actions/setup"
Tokens = Callable[[Mapping[str, str]], str]
Before = Callable[[str, str], None]
During = Callable[[str, str, "subprocess.Popen[bytes]"], None]


_SHOWN = 4_000
"""Characters of a failed step that an assertion shows."""


class UnknownStepError(Exception):
    """A workflow calls something that this runner does not know."""


@dataclass(frozen=True)
class Event:
    """What starts a run.

    Attributes:
        name: `pull_request`, `push`, `workflow_dispatch`, `schedule`.
        sha: The commit that is checked out.
        payload: What GitHub sends with it.
        inputs: Of a run that somebody starts by hand.
    """

    name: str
    sha: str
    payload: Mapping[str, Any] = field(default_factory=dict)
    inputs: Mapping[str, str] = field(default_factory=dict)


@dataclass
class StepRun:
    """What a step did; `ran` is None for an action, and for a step that was skipped."""

    name: str
    outcome: str
    ran: Ran | None = None
    outputs: dict[str, str] = field(default_factory=dict)


@dataclass
class JobRun:
    """What a job did.

    Attributes:
        name: Its key, with the values of its matrix.
        result: `success`, `failure` or `skipped`.
        group: Its concurrency group.
        summary: What it wrote into the job summary.
    """

    name: str
    result: str
    steps: list[StepRun] = field(default_factory=list)
    outputs: dict[str, str] = field(default_factory=dict)
    group: str = ""
    summary: str = ""

    def step(self, name: str) -> StepRun:
        """Its step of that name."""
        return next(each for each in self.steps if each.name == name)

    @property
    def said(self) -> str:
        """Everything that its commands printed."""
        return "".join(each.ran.said for each in self.steps if each.ran)


@dataclass
class Run:
    """What a run of a workflow did, by the names of its jobs."""

    jobs: dict[str, JobRun] = field(default_factory=dict)

    @property
    def said(self) -> str:
        """Everything that was printed or summed up in it: what a reader of its log sees."""
        return "".join(each.said + each.summary for each in self.jobs.values())

    def results(self) -> dict[str, str]:
        """How each job ended."""
        return {name: each.result for name, each in self.jobs.items()}

    def ok(self) -> Run:
        """Itself, or an assertion that shows what was said."""
        failed = [
            f"{name} / {step.name}:\n{step.ran.said[-_SHOWN:] if step.ran else ''}"
            for name, job in self.jobs.items()
            if job.result == "failure"
            for step in job.steps
            if step.outcome == "failure"
        ]
        assert not failed, "\n".join(failed)
        return self


@dataclass
class Runner:
    """GitHub for one repository.

    Attributes:
        checkout: Where jobs run; its files are under git.
        artifacts: What runs have kept, by run.
        api: Variables that lead to GitHub's API.
        token: Makes a job's token from its permissions.
        variables: Of each environment.
        private: Whether only members see the repository.
        skip: Steps, by name, that are taken to have gone well.
        sign_in: Does what a job that signs in to Azure needs, in its checkout.
        before: Is told of each step before it runs: the job's name and the step's.
        during: Is told of each command while it runs, and may wait for something, look, or end it.
    """

    checkout: Checkout
    artifacts: Artifacts
    api: Mapping[str, str]
    token: Tokens
    variables: Mapping[str, Mapping[str, str]]
    private: bool = True
    skip: set[str] = field(default_factory=set)
    sign_in: Callable[[], None] = lambda: None
    before: Before = lambda _job, _step: None
    during: During = lambda _job, _step, _process: None
    _runs: itertools.count[int] = field(default_factory=lambda: itertools.count(1))

    def run(self, workflow: str, event: Event) -> Run:
        """Run a workflow from its first job to its last."""
        number = str(next(self._runs))
        run = Run()
        context = {"github": self._github(event, number), "inputs": dict(event.inputs)}
        self._workflow(self._read(workflow), context, event, run, "")
        return run

    def _read(self, name: str) -> Workflow:
        return workflow_files.read(self.checkout.root, workflow_files.FOLDER / f"{name}.yml")

    def _github(self, event: Event, number: str) -> dict[str, Any]:
        return {
            "event_name": event.name,
            "event": {**event.payload, "repository": {"private": self.private}},
            "sha": event.sha,
            "repository": self.api["GITHUB_REPOSITORY"],
            "run_id": number,
            "token": "",
        }

    def _workflow(self, workflow: Workflow, context: dict[str, Any], event: Event, run: Run, prefix: str) -> str:
        needs: dict[str, Any] = {}
        for job in workflow.jobs:
            own = {each: needs[each] for each in job.needs}
            here = {**context, "needs": own}
            results = [each["result"] for each in own.values()]
            status = Status(failed="failure" in results, skipped="skipped" in results)
            if not holds(job.raw.get("if"), here, status):
                needs[job.id] = {"result": "skipped", "outputs": dict.fromkeys(job.raw.get("outputs", {}), "")}
                run.jobs[prefix + job.id] = JobRun(prefix + job.id, "skipped")
                continue
            done = [self._job(job, {**here, "matrix": each}, event, run, prefix) for each in _matrix(job, here)]
            result = next((each for each in ("failure", "success") if each in [d.result for d in done]), "skipped")
            outputs = {key: value for each in done for key, value in each.outputs.items()}
            needs[job.id] = {"result": result, "outputs": outputs}
        return _overall([each["result"] for each in needs.values()])

    def _job(self, job: Job, context: dict[str, Any], event: Event, run: Run, prefix: str) -> JobRun:
        values = context["matrix"].values()
        name = prefix + job.id + (f" ({', '.join(values)})" if values else "")
        if "uses" in job.raw:
            called = self._read(Path(job.raw["uses"]).stem)
            inputs = _inputs(called, fill(job.raw.get("with", {}), context))
            inner = {"github": context["github"], "inputs": inputs}
            return JobRun(name, self._workflow(called, inner, event, run, f"{name} / "))
        done = run.jobs[name] = JobRun(name, "success")
        done.group = as_text(fill(job.raw.get("concurrency", {}).get("group", ""), context))
        _OneJob(self, job, context, event, done).run()
        return done


class _OneJob:
    """One job on its way: a working folder, an environment, the steps so far."""

    def __init__(self, runner: Runner, job: Job, context: dict[str, Any], event: Event, done: JobRun) -> None:
        self._runner = runner
        self._root = runner.checkout.root
        self._job = job
        self._event = event
        self._done = done
        self._signed_in = False
        self._files = runner.artifacts.folder / "files"
        environment = fill(job.environment, context)
        self._context = {
            **context,
            "github": {**context["github"], "token": runner.token(job.permissions)},
            "vars": runner.variables[environment] if environment else {},
            "runner": {},
            "steps": {},
        }
        self._context["env"] = fill(job.raw.get("env", {}), self._context)

    def run(self) -> None:
        _git(self._root, "clean", "-fdxq", "-e", ".venv", "-e", ".windlass")
        for step in self._job.steps:
            failed = self._done.result == "failure"
            if not holds(step.raw.get("if"), self._context, Status(failed=failed)):
                ran = StepRun(step.name, "skipped")
            elif step.name in self._runner.skip:
                ran = StepRun(step.name, "success")
            else:
                self._runner.before(self._done.name, step.name)
                ran = self._run(step) if step.run else self._use(step)
            self._done.steps.append(ran)
            if identifier := step.raw.get("id"):
                self._context["steps"][identifier] = {"outcome": ran.outcome, "outputs": _Outputs(ran.outputs)}
            if ran.outcome == "failure" and not step.raw.get("continue-on-error"):
                self._done.result = "failure"
        outputs = fill(self._job.raw.get("outputs", {}), self._context)
        self._done.outputs = {key: as_text(value) for key, value in outputs.items()}

    def _run(self, step: Step) -> StepRun:
        self._files.mkdir(parents=True, exist_ok=True)
        output, summary, event = (self._files / name for name in ("output", "summary", "event.json"))
        output.write_text("")
        summary.write_text("")
        event.write_text(json.dumps(self._context["github"]["event"]))
        given = {**self._context["env"], **fill(step.raw.get("env", {}), self._context)}
        environment = {
            **{key: value for key, value in self._runner.checkout.environment().items() if not _is_github(key)},
            **{key: value for key, value in self._runner.api.items() if key != "GITHUB_TOKEN"},
            "GITHUB_ACTIONS": "true",
            "GITHUB_ACTOR": "mona",
            "GITHUB_EVENT_NAME": self._event.name,
            "GITHUB_EVENT_PATH": str(event),
            "GITHUB_OUTPUT": str(output),
            "GITHUB_REF": "refs/heads/main",
            "GITHUB_RUN_ID": self._context["github"]["run_id"],
            "GITHUB_SHA": self._event.sha,
            "GITHUB_STEP_SUMMARY": str(summary),
            **{key: as_text(value) for key, value in given.items()},
        }
        loaded = ". .windlass/env; " if self._signed_in else ""
        with _started(f"{loaded}{step.run}", self._root, environment, self._files) as process:
            self._runner.during(self._done.name, step.name, process)
            process.wait(timeout=600)
        said = [(self._files / name).read_text(encoding="utf-8", errors="replace") for name in ("stdout", "stderr")]
        ran = Ran(process.returncode, *said)
        self._done.summary += summary.read_text()
        outcome = "failure" if ran.code else "success"
        return StepRun(step.name, outcome, ran, _written(output.read_text()))

    def _use(self, step: Step) -> StepRun:
        given = fill(step.raw.get("with", {}), self._context)
        action = str(step.uses).partition("@")[0]
        kept = self._runner.artifacts
        run = self._context["github"]["run_id"]
        match action:
            case "actions/checkout":
                _git(self._root, "checkout", "--quiet", "--force", "--detach", self._event.sha)
                ok = True
            case "./.github/actions/setup":
                ok = self._set_up(str(given.get("client-id", "")))
            case "actions/upload-artifact":
                ok = kept.upload(run, self._root, given)
            case "actions/download-artifact":
                ok = kept.download(run, self._root, given)
            case _:
                raise UnknownStepError(f"{self._done.name}: {step.uses}")
        return StepRun(step.name, "success" if ok else "failure")

    def _set_up(self, identity: str) -> bool:
        self._signed_in = bool(identity)
        if identity:
            self._runner.sign_in()
        return True


def _is_github(name: str) -> bool:
    """Tell whether a variable belongs to a run of workflows that this test itself may be part of."""
    return name.startswith(("GITHUB_", "ACTIONS_", "RUNNER_"))


class _Outputs(dict[str, str]):
    """Outputs of a step: one that was not written is empty, as on GitHub."""

    def __contains__(self, key: object) -> bool:
        return True

    def __missing__(self, key: str) -> str:
        return ""


def _matrix(job: Job, context: Mapping[str, Any]) -> Iterator[dict[str, str]]:
    axes = fill(job.raw.get("strategy", {}).get("matrix", {}), context)
    for values in itertools.product(*axes.values()):
        yield dict(zip(axes, values, strict=True))


def _inputs(called: Workflow, given: Mapping[str, Any]) -> dict[str, Any]:
    known = called.triggers["workflow_call"]["inputs"]
    if unknown := set(given) - set(known):
        raise UnknownStepError(f"{called.id} has no input {unknown}")
    return {key: given.get(key, each.get("default", "")) for key, each in known.items()}


def _overall(results: list[str]) -> str:
    if "failure" in results:
        return "failure"
    return "success" if "success" in results else "skipped"


def _written(text: str) -> dict[str, str]:
    lines = [line.partition("=") for line in text.splitlines()]
    if any(not equals or "<<" in key for key, equals, _ in lines):
        raise UnknownStepError(f"outputs in another form: {text!r}")
    return {key: value for key, _, value in lines}


@contextmanager
def _started(line: str, root: Path, environment: Mapping[str, str], files: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Run a line as GitHub runs it; what is left of it at the end of the block is killed."""
    with (files / "stdout").open("wb") as out, (files / "stderr").open("wb") as err:
        process = subprocess.Popen(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", line],
            cwd=root,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=err,
            start_new_session=True,
        )
        try:
            yield process
        finally:
            kill(process)


def _git(root: Path, *words: str) -> None:
    subprocess.run(["git", *words], cwd=root, check=True, capture_output=True)
