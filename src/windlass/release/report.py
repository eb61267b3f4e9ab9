"""Says in words and in JSON what a plan holds. Pure. The JSON is documented and stable."""

from __future__ import annotations

from typing import Any, assert_never

from windlass.errors.release import describe_traffic
from windlass.release.models import (
    BuildImage,
    CreateAutoscale,
    CreateDeployment,
    DeleteAutoscale,
    DeleteDeployment,
    Plan,
    RegisterEnvironment,
    RegisterModel,
    Released,
    Settle,
    ShiftTraffic,
    SmokeTest,
    Step,
    Watch,
)


def describe_step(step: Step) -> str:
    """Say what a step does, in one short line."""
    match step:
        case RegisterModel():
            text = f"register model {step.model.label} (sha256 {step.model.sha256[:12]})"
        case RegisterEnvironment():
            text = f"register environment {step.environment.name}:{step.environment.version}"
        case BuildImage():
            text = f"build image {step.image.label}"
        case Settle():
            text = f"wait until the old address is forgotten, {step.seconds:g} s after the switch"
        case CreateDeployment():
            text = f"create deployment {step.name} with model {step.model.label}"
        case CreateAutoscale():
            text = f"scale {step.deployment} between {step.settings.minimum} and {step.settings.maximum} instances"
        case DeleteAutoscale():
            text = f"remove the autoscale setting of {step.deployment}: {step.reason}"
        case SmokeTest():
            text = f"test {step.deployment} with {_count(len(step.samples), 'sample')}"
        case ShiftTraffic():
            text = f"set traffic to {describe_traffic(step.traffic.as_dict())}"
        case Watch():
            text = f"watch {step.test.deployment} at {step.share} % for {step.seconds:g} s"
        case DeleteDeployment():
            text = f"delete deployment {step.name}: {step.reason}"
        case _:
            assert_never(step)
    return text


def step_as_json(step: Step) -> dict[str, Any]:
    """Give a step as plain values; `step` names its kind."""
    match step:
        case RegisterModel():
            facts: dict[str, Any] = {"model": step.model.label, "sha256": step.model.sha256}
        case RegisterEnvironment():
            facts = {"environment": f"{step.environment.name}:{step.environment.version}"}
        case BuildImage():
            facts = {"image": step.image.label}
        case Settle():
            facts = {"seconds": step.seconds}
        case CreateDeployment():
            facts = {
                "deployment": step.name,
                "model": step.model.label,
                "environment": step.environment,
                "release": step.release,
                **({} if step.instances is None else {"instances": step.instances}),
            }
        case CreateAutoscale():
            facts = {
                "deployment": step.deployment,
                "minimum": step.settings.minimum,
                "maximum": step.settings.maximum,
                "autoscale": step.settings.digest,
            }
        case SmokeTest():
            facts = {"deployment": step.deployment, "samples": [sample.name for sample in step.samples]}
        case ShiftTraffic():
            facts = {"traffic": step.traffic.as_dict()}
        case Watch():
            facts = {"deployment": step.test.deployment, "share": step.share, "seconds": step.seconds}
        case DeleteAutoscale():
            facts = {"deployment": step.deployment, "reason": step.reason}
        case DeleteDeployment():
            facts = {"deployment": step.name, "reason": step.reason}
        case _:
            assert_never(step)
    return {"step": type(step).__name__, **facts}


def plan_as_json(plan: Plan) -> dict[str, Any]:
    """Give a plan as plain values."""
    return {
        "endpoint": plan.endpoint,
        "deployment": plan.target,
        "model": plan.model,
        "base": plan.base.as_dict(),
        "steps": [step_as_json(step) for step in plan.steps],
        **({"notes": list(plan.notes)} if plan.notes else {}),
    }


def released_as_json(released: Released) -> dict[str, Any]:
    """Give the end of a release as plain values."""
    return {
        **plan_as_json(released.plan),
        "traffic": released.traffic.as_dict(),
        "seconds": round(released.seconds, 3),
        **({"record": released.record} if released.record else {}),
    }


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
