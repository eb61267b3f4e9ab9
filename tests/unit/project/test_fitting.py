"""Deployments that the compute of their endpoint cannot have are refused before anything is uploaded."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from support.definitions import make_definition
from support.scripted_azure import OUTPUTS

from windlass.errors.project import DefinitionError
from windlass.project.definitions import OnlineDefinition
from windlass.project.fitting import require_fitting
from windlass.project.outputs import KubernetesOutput, StackOutputs
from windlass.project.serving import Serving, ServingCompute

_OVERLAY = "endpoints/churn/online/stacks/test.yml"
_DEPLOYMENT = "endpoints/churn/online/deployment.yml"
_COMPUTE = "/subscriptions/s/resourceGroups/rg/providers/Microsoft.MachineLearningServices/workspaces/ws/computes/aks"
_ON_AKS = OUTPUTS.model_copy(
    update={
        "kubernetes": KubernetesOutput(
            cluster="aks-shop-test", compute="aks", namespace="azureml", instance_types=("small", "large")
        )
    }
)


def _made(
    compute: ServingCompute = "kubernetes", *, overlaid: frozenset[str] = frozenset(), **document: Any
) -> OnlineDefinition:
    made = make_definition()
    deployment = replace(made.deployment, document=document, serving=Serving(compute=compute), overlaid=overlaid)
    return replace(made, deployment=deployment)


def _problems(
    definition: OnlineDefinition, outputs: StackOutputs = _ON_AKS, compute: str = _COMPUTE
) -> list[tuple[str, str, str]]:
    with pytest.raises(DefinitionError) as refused:
        require_fitting(definition, outputs, compute)
    return [(problem.file, problem.where, problem.what) for problem in refused.value.problems]


@pytest.mark.parametrize(
    "document",
    [
        {},
        {"instance_type": "small"},
        {"instance_type": "large", "type": "kubernetes", "request_settings": {"request_timeout_ms": 300_000}},
    ],
)
def test_what_the_cluster_has_fits(document: dict[str, Any]) -> None:
    require_fitting(_made(**document), _ON_AKS, _COMPUTE)


def test_managed_endpoints_choose_any_size() -> None:
    require_fitting(_made("managed", instance_type="Standard_DS3_v2"), _ON_AKS, "")


@pytest.mark.parametrize(
    ("document", "where", "said"),
    [
        ({"instance_type": "Standard_DS3_v2"}, "instance_type", "(small, large)"),
        ({"type": "managed"}, "type", "served on kubernetes"),
        ({"egress_public_network_access": "disabled"}, "egress_public_network_access", "managed endpoints alone"),
        ({"request_settings": {"request_timeout_ms": 300_001}}, "request_settings.request_timeout_ms", "300000"),
    ],
)
@pytest.mark.parametrize("overlaid", [False, True])
def test_what_it_has_not_is_refused_where_it_was_said(
    document: dict[str, Any], where: str, said: str, *, overlaid: bool
) -> None:
    keys = frozenset(document) if overlaid else frozenset()

    ((file, key, what),) = _problems(_made(overlaid=keys, **document))

    assert (file, key) == ((_OVERLAY, f"deployment.{where}") if overlaid else (_DEPLOYMENT, where))
    assert said in what


@pytest.mark.parametrize(("chosen", "compute"), [("kubernetes", ""), ("managed", _COMPUTE)])
def test_an_endpoint_made_for_the_other_compute_is_refused(chosen: ServingCompute, compute: str) -> None:
    ((file, where, what),) = _problems(_made(chosen), compute=compute)

    assert (file, where) == (_OVERLAY, "serving.compute")
    assert "protection.released_endpoints" in what


def test_a_stack_without_a_cluster_is_named() -> None:
    ((file, where, what),) = _problems(_made(), OUTPUTS)

    assert (file, where) == (_OVERLAY, "serving.compute")
    assert "stack test has no AKS cluster" in what


def test_all_that_does_not_fit_is_told_at_once() -> None:
    found = _problems(_made(instance_type="huge", type="managed"), compute="")

    assert [where for _, where, _ in found] == ["instance_type", "type", "serving.compute"]
