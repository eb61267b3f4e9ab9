"""The page about the workflows, read from their files."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from workflow_files import Job, Step, Workflow, workflows

PREVIEW: Final = "-preview"
UPLOAD: Final = "actions/upload-artifact@"

INTRO: Final = """\
# Workflows

What `.github/workflows` does, read from the files. Every step is an action or one line that runs on a desk too, in a
checkout that `make setup` has made ready. How to switch them on: [how-to/github.md](../how-to/github.md).

**They have not run on GitHub yet.** What has been seen: actionlint and zizmor accept them; tests run the jobs' very
lines with the real engine, on the local Azure and an imitation of GitHub's API.

- No workflow has a secret. A job gets its identity by OpenID Connect, from the environment that it names:
  `<stack>-preview` may only read, `<stack>` may write and can ask for approval. A job without an environment reaches
  nothing on Azure, and no job that reaches Azure may write anything on GitHub.
- Every job's token may do what its row says; the workflow itself is given nothing (`permissions: {}`).
- A pull request of a fork is only met by *check*. The jobs of *preview* are skipped for it.
- All that changes a stack is in the group `stack-<stack>`: one after the other. What runs is not cancelled, and what
  waits is not dropped. GitHub promises no order; a plan that another run has overtaken is refused.
- What waits for approval keeps its place too, by what others report
  ([hypothesis/lms#4533](https://github.com/hypothesis/lms/pull/4533)): reject a deployment that shall not go, or what
  comes after it waits as well.
- GitHub records a deployment for each job of an environment `<stack>`; those of `<stack>-preview` ask for none.
- A deployment that is cancelled ends its engine and frees the lock, and the next one goes on. One whose machine died
  leaves its lock, which names that machine: *recover* settles it.
- A stack whose subscription is not filled in is left out: in a fresh copy of this repository nothing fails that could
  not work.
- A saved plan may hold inputs in the clear. *preview* keeps it only where the repository is private, and *deploy*
  refuses to work where it is not. Reports hold no secrets; they are kept longer.

## Variables of the environments

| variable | is |
|---|---|
| `AZURE_CLIENT_ID` | the managed identity to sign in as |
| `AZURE_TENANT_ID`, `AZURE_SUBSCRIPTION_ID` | where the stack lives |
| `PULUMI_BACKEND_URL` | the container with the stack's state |
| `WINDLASS_FROM_BACKEND_URL` | the container of the stack that is promoted from |

The provider, the state and its key sign in with what `azure/login` leaves behind: the stack files set
`azure-native:useDefaultAzureCredential`, before which the provider looks at no other setting (`ARM_*` would do
nothing). Azure's command line cannot renew the proof that it got from GitHub, which lasts minutes: what the engine
asked for early serves as long as it is valid ([Azure/login#372](https://github.com/Azure/login/issues/372)). Our own
commands ask GitHub for a new proof whenever they need a token.
"""

ON_EVENT: Final[Mapping[str, str]] = {
    "pull_request": "pull requests",
    "push": "pushes",
    "schedule": "a schedule",
    "workflow_dispatch": "hand",
    "workflow_call": "another workflow",
}


def page() -> str:
    """Return the page."""
    found = workflows()
    return "\n".join([INTRO, *_overview(found), *(line for each in found for line in _workflow(each))]) + "\n"


def _overview(found: Sequence[Workflow]) -> Iterator[str]:
    yield from ("## All of them", "", "| workflow | is started by | does |", "|---|---|---|")
    for each in found:
        started = "; ".join(_trigger(event, detail) for event, detail in each.triggers.items())
        yield f"| [{each.id}](#{each.id}) | {started} | {each.purpose.partition('. ')[0].rstrip('.')} |"


def _trigger(event: str, detail: Any) -> str:
    words = ON_EVENT[event]
    if event == "schedule":
        return f"a schedule (`{detail[0]['cron']}`, UTC)"
    if event in {"workflow_dispatch", "workflow_call"} and detail:
        return f"{words} ({', '.join(f'`{name}`' for name in detail['inputs'])})"
    if event == "push":
        return f"{words} to {', '.join(f'`{each}`' for each in detail['branches'])}"
    if detail and "types" in detail:
        return f"{words} ({', '.join(detail['types'])})"
    return words


def _workflow(workflow: Workflow) -> Iterator[str]:
    yield from ("", f"## {workflow.id}", "", workflow.purpose)
    if "concurrency" in workflow.raw:
        yield from ("", f"Runs of one group: {_group(workflow.raw['concurrency'])}.")
    for job in workflow.jobs:
        yield from ("", f"### {workflow.id}: {job.id}", "", *_facts(job))
        if job.steps:
            yield from ("", "| step | runs |", "|---|---|", *(_step(step) for step in job.steps))


def _facts(job: Job) -> Iterator[str]:
    yield f"- after: {', '.join(job.needs) or 'nothing'}"
    if "if" in job.raw:
        yield f"- if: `{_bare(job.raw['if'])}`"
    if "strategy" in job.raw:
        axes = job.raw["strategy"]["matrix"]
        yield f"- once per: {', '.join(f'{name} in `{_bare(value)}`' for name, value in axes.items())}"
    if "uses" in job.raw:
        given = ", ".join(f"{name} `{_bare(value)}`" for name, value in job.raw.get("with", {}).items())
        yield f"- calls `{job.raw['uses'].rpartition('/')[2]}` with {given}"
    else:
        yield f"- environment: {_environment(job.environment)}"
    if "concurrency" in job.raw:
        yield f"- group: {_group(job.raw['concurrency'])}"
    if "timeout-minutes" in job.raw:
        yield f"- ends after {job.raw['timeout-minutes']} min"
    for scope, access in job.permissions.items():
        yield f"- may `{scope}: {access}`: {job.reason(scope)}"


def _environment(name: str | None) -> str:
    if name is None:
        return "none; it reaches nothing on Azure"
    return f"`{name}`, whose identity can only read" if name.endswith(PREVIEW) else f"`{name}`, whose identity writes"


def _group(concurrency: Mapping[str, Any]) -> str:
    how = "a newer one ends an older one" if concurrency["cancel-in-progress"] else "what runs is never cancelled"
    queue = ", all that wait keep their place" if concurrency.get("queue") == "max" else ""
    return f"`{concurrency['group']}`; {how}{queue}"


def _step(step: Step) -> str:
    condition = f" (if `{_bare(step.raw['if'])}`)" if "if" in step.raw else ""
    return f"| {step.name}{condition} | {_runs(step)} |".replace("||", "\\|\\|")


def _runs(step: Step) -> str:
    if step.run:
        return f"`{step.run}`"
    given = step.raw.get("with", {})
    if str(step.uses).startswith(UPLOAD):
        return f"artefact `{given['name']}`: `{given['path']}`, kept {given['retention-days']} days"
    return f"`{str(step.uses).partition('@')[0]}`"


def _bare(value: object) -> str:
    return str(value).replace("${{ ", "").replace(" }}", "")
