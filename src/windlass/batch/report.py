"""Says in words and in JSON what a batch run plans, does and has done. Pure. The JSON is documented and stable."""

from __future__ import annotations

from typing import Any, assert_never

from windlass.batch.follow import count_nodes
from windlass.batch.models import (
    Collected,
    CollectResults,
    CreateBatchDeployment,
    DeleteBatchDeployment,
    FollowJob,
    Plan,
    Progress,
    SetDefault,
    StartJob,
    Step,
)
from windlass.release import report
from windlass.release.models import RegisterEnvironment, RegisterModel


def describe_step(step: Step) -> str:  # noqa: PLR0911 - one sentence per kind of step
    """Say what a step does, in one short line."""
    match step:
        case RegisterModel() | RegisterEnvironment():
            return report.describe_step(step)
        case CreateBatchDeployment():
            return f"create batch deployment {step.name} with model {step.model.label}"
        case DeleteBatchDeployment():
            return f"delete batch deployment {step.name}: it failed before, and Azure cannot repair a deployment"
        case SetDefault():
            return f"make {step.name} the default of the endpoint"
        case StartJob():
            return _describe_start(step)
        case FollowJob():
            return "follow the job"
        case CollectResults():
            where = f"{step.folder} and {step.database}" if step.database else step.folder
            return f"collect each row once into {where}"
        case _:
            assert_never(step)


def describe_progress(progress: Progress) -> str:
    """Say how far a job is, in one short line."""
    parts = [progress.job.state or progress.job.status.value]
    if progress.total:
        parts.append(f"{progress.done or 0}/{progress.total} mini-batches")
    if progress.rows:
        parts.append(f"{progress.rows:,} rows")
    if progress.failed:
        parts.append(f"{progress.failed} failed")
    if progress.nodes is not None:
        parts.append(_describe_nodes(progress.nodes))
    return ", ".join(parts)


def step_as_json(step: Step) -> dict[str, Any]:
    """Give a step as plain values; `step` names its kind."""
    match step:
        case RegisterModel() | RegisterEnvironment():
            return report.step_as_json(step)
        case CreateBatchDeployment():
            facts: dict[str, Any] = {
                "deployment": step.name,
                "model": step.model.label,
                "environment": step.environment,
                "release": step.release,
            }
        case DeleteBatchDeployment() | SetDefault():
            facts = {"deployment": step.name}
        case StartJob():
            facts = {
                "deployment": step.deployment,
                "input": step.source,
                "rows": step.rows,
                "files": step.files,
                "nodes": step.nodes,
            }
        case FollowJob():
            facts = {}
        case CollectResults():
            facts = {"folder": step.folder, "database": step.database or None}
        case _:
            assert_never(step)
    return {"step": type(step).__name__, **facts}


def plan_as_json(plan: Plan) -> dict[str, Any]:
    """Give a plan as plain values."""
    return {
        "endpoint": plan.endpoint,
        "deployment": plan.deployment,
        "model": plan.model,
        "steps": [step_as_json(step) for step in plan.steps],
    }


def collected_as_json(collected: Collected) -> dict[str, Any]:
    """Give the end of a run as plain values."""
    return {
        "job": collected.job,
        "deployment": collected.deployment,
        "model": collected.model,
        "rows": collected.rows,
        "expected": collected.expected,
        "repeated": collected.repeated,
        "differing": collected.differing,
        "unreadable": collected.unreadable,
        "results": str(collected.files[0].parent),
        "files": [str(path) for path in collected.files],
        "database": collected.database or None,
        "table": collected.table or None,
        "nodes_over_time": list(collected.nodes_over_time),
        "seconds": round(collected.seconds, 3),
    }


def collected_as_lines(collected: Collected) -> tuple[tuple[str, str], ...]:
    """Give the end of a run as pairs of a label and a text."""
    expected = "" if collected.expected is None else f" of {collected.expected:,}"
    pairs = [
        ("job", collected.job),
        ("deployment", f"{collected.deployment} ({collected.model})"),
        ("rows", f"{collected.rows:,}{expected}, each once{_describe_oddities(collected)}"),
        *(("file", str(path)) for path in collected.files),
    ]
    if collected.database:
        pairs.append(("table", f"{collected.table} in {collected.database}"))
    if collected.nodes_over_time:
        pairs.append(("nodes", " -> ".join(str(count) for count in collected.nodes_over_time)))
    return (*pairs, ("time", f"{collected.seconds:.1f} s"))


def _describe_start(step: StartJob) -> str:
    size = [f"{step.rows:,} rows"] if step.rows is not None else []
    size += [f"{step.files} files"] if step.files else []
    what = f" ({', '.join(size)})" if size else ""
    nodes = f" with up to {step.nodes} nodes" if step.nodes else ""
    return f"start a job on {step.deployment}{nodes}: {step.source}{what}"


def _describe_nodes(nodes: dict[str, int]) -> str:
    states = ", ".join(f"{count} {state}" for state, count in nodes.items() if count)
    count = count_nodes(nodes)
    noun = "node" if count == 1 else "nodes"
    return f"{count} {noun} ({states})" if states else "0 nodes"


def _describe_oddities(collected: Collected) -> str:
    found = [
        f"{count:,} {what}"
        for count, what in (
            (collected.repeated, "written again by a retry and left out"),
            (collected.differing, "of them said otherwise"),
            (collected.unreadable, "lines that were no row"),
        )
        if count
    ]
    return f"; {'; '.join(found)}" if found else ""
