"""Batch deployments of models: what scores, on which cluster, and how the work is cut and retried."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from windlass_emulator import lro
from windlass_emulator.batch import shapes
from windlass_emulator.batch.addresses import (
    DEPLOYMENT,
    DEPLOYMENT_TYPE,
    DEPLOYMENTS,
    NAME,
    NAME_RULE,
    require_deployment,
    require_endpoint,
)
from windlass_emulator.batch.endpoints import (
    deployments_of,
    merge_tags,
    refuse_while_busy,
    settle,
    start,
    three_fields,
)
from windlass_emulator.batch.spec import seconds
from windlass_emulator.errors import NotEmulatedError, ml_refusal
from windlass_emulator.http import Answer, Route
from windlass_emulator.ml.common import child_id, listing, not_found, region_of, require_name, require_workspace
from windlass_emulator.ml.references import find_asset
from windlass_emulator.shapes import check

if TYPE_CHECKING:
    from windlass_emulator.azure import LocalAzure
    from windlass_emulator.http import Request
    from windlass_emulator.operations import Operation
    from windlass_emulator.store import Resource

DEFAULTS: dict[str, Any] = {
    "errorThreshold": -1,
    "loggingLevel": "Info",
    "maxConcurrencyPerInstance": 1,
    "miniBatchSize": 10,
    "outputAction": "AppendRow",
    "outputFileName": "predictions.csv",
}
"""Azure's defaults (description of the type BatchDeployment in the API specification)."""

RETRY_DEFAULTS = {"maxRetries": 3, "timeout": "PT30S"}

_WORDS = {
    "loggingLevel": ("Info", "Warning", "Debug"),
    "outputAction": ("AppendRow", "SummaryOnly"),
}


def routes() -> tuple[Route, ...]:
    """Return the operations on batch deployments."""
    return (
        Route("PUT", DEPLOYMENT, _put, provenance="recorded"),
        Route("GET", DEPLOYMENT, _get, provenance="recorded"),
        Route("GET", DEPLOYMENTS, _list, provenance="recorded"),
        Route("PATCH", DEPLOYMENT, _patch, provenance="specified"),
        Route("DELETE", DEPLOYMENT, _delete, provenance="specified"),
    )


async def _put(request: Request) -> Answer:
    """Create or update a batch deployment of a model."""
    workspace, endpoint = require_workspace(request), require_endpoint(request)
    body = request.json()
    check(body, shapes.DEPLOYMENT)
    require_name(request.params["deployment"], NAME, "batch deployment", NAME_RULE)
    identity = child_id(endpoint, "deployments", request.params["deployment"])
    refuse_while_busy(request, endpoint.id, "endpoint", alone=True)
    refuse_while_busy(request, identity, "deployment")
    previous = request.azure.store.get(identity)
    properties = complete(body.get("properties") or {})
    _refuse_missing_parts(request.azure, workspace.id, properties)
    stored = request.azure.store.put(
        identity if previous is None else previous.id, DEPLOYMENT_TYPE,
        _body(request, workspace, body, properties, previous), parent=endpoint.id, now=request.azure.clock.now(),
    )  # fmt: skip
    operation = start(request, workspace, "batch_deployment", stored.id, "batch_deployment.put")
    return lro.accepted_put(request, operation, request.azure.render(stored, request.api_version))


def complete(sent: dict[str, Any]) -> dict[str, Any]:
    """Return the properties of a deployment with Azure's defaults and spelling.

    Raises:
        MlError: 400 for a value that cannot be.
        NotEmulatedError: It deploys something else than a model with a scoring script.
    """
    _refuse_other_kinds(sent)
    filled = {name: sent[name] if sent.get(name) is not None else default for name, default in DEFAULTS.items()}
    words = {name: spell_word(str(filled[name]), name) for name in _WORDS}
    retry = {**RETRY_DEFAULTS, **{k: v for k, v in (sent.get("retrySettings") or {}).items() if v is not None}}
    refuse_bad_figures({**filled, "retrySettings": retry})
    resources = {"instanceCount": 1, "instanceType": None, **(sent.get("resources") or {}), "properties": None}
    refuse_small(resources["instanceCount"], 1, "resources.instanceCount")
    return {
        "description": sent.get("description"),
        "properties": sent.get("properties") or {},
        **filled,
        **words,
        "retrySettings": retry,
        "resources": resources,
        "environmentVariables": sent.get("environmentVariables") or {},
        "deploymentConfiguration": None,
        **{name: sent.get(name) for name in ("compute", "model", "environmentId", "codeConfiguration")},
    }


def _refuse_other_kinds(sent: dict[str, Any]) -> None:
    if sent.get("deploymentConfiguration"):
        kind = sent["deploymentConfiguration"].get("deploymentConfigurationType", "PipelineComponent")
        raise NotEmulatedError(f"batch deployments of type {kind} (only model deployments)")
    model = sent.get("model")
    if not model:
        raise ml_refusal("The value for 'model' is missing: a model batch deployment needs a registered model.")
    if str(model.get("referenceType")).lower() != "id":
        raise NotEmulatedError(f"a batch deployment's model by {model['referenceType']} (only by Id)")
    if not sent.get("codeConfiguration") or not sent.get("environmentId"):
        raise NotEmulatedError("batch deployments without a scoring script and an environment (MLflow models)")


def spell_word(value: str, name: str) -> str:
    """Return one of Azure's words in Azure's case.

    Raises:
        MlError: 400 for another word.
    """
    for word in _WORDS[name]:
        if word.lower() == value.lower().replace("_", ""):
            return word
    raise ml_refusal(f"The value '{value}' of {name} is not one of {', '.join(_WORDS[name])}.")


def refuse_bad_figures(properties: dict[str, Any]) -> None:
    """Refuse sizes, counts and times that cannot be.

    Raises:
        MlError: 400 naming the property.
    """
    refuse_small(properties["errorThreshold"], -1, "errorThreshold")
    refuse_small(properties["maxConcurrencyPerInstance"], 1, "maxConcurrencyPerInstance")
    refuse_small(properties["miniBatchSize"], 1, "miniBatchSize")
    refuse_small(properties["retrySettings"]["maxRetries"], 0, "retrySettings.maxRetries")
    if seconds(properties["retrySettings"]["timeout"], "retrySettings.timeout") <= 0:
        raise ml_refusal("The value of retrySettings.timeout must be more than zero.")


def refuse_small(value: Any, least: int, where: str) -> None:
    """Refuse what is no whole number or below the least.

    Raises:
        MlError: 400 naming the property.
    """
    if not isinstance(value, int) or isinstance(value, bool) or value < least:
        raise ml_refusal(f"The value '{value}' of {where} must be a whole number of at least {least}.")


def _refuse_missing_parts(azure: LocalAzure, workspace: str, properties: dict[str, Any]) -> None:
    find_asset(azure, workspace, "models", properties["model"]["assetId"])
    find_asset(azure, workspace, "environments", properties["environmentId"])
    find_asset(azure, workspace, "codes", properties["codeConfiguration"]["codeId"])
    find_cluster(azure, workspace, str(properties["compute"] or ""))


def find_cluster(azure: LocalAzure, workspace: str, compute: str) -> Resource:
    """Return the cluster that a deployment names, by ARM id or by name.

    Raises:
        MlError: 404 when there is none.
        NotEmulatedError: It is compute of another type.
    """
    name = compute.removeprefix("azureml:").rsplit("/", 1)[-1]
    found = azure.store.get(child_id(workspace, "computes", name))
    if found is None:
        raise not_found("ComputeNotFound", f"Compute with name '{name}' not found in the workspace.")
    kind = found.body["properties"]["computeType"]
    if kind.lower() != "amlcompute":
        raise NotEmulatedError(f"batch deployments on compute of type {kind} (only AmlCompute)")
    return found


def _body(
    request: Request,
    workspace: Resource,
    body: dict[str, Any],
    properties: dict[str, Any],
    previous: Resource | None,
) -> dict[str, Any]:
    return {
        "tags": body.get("tags") or {},
        "location": region_of(workspace),
        "systemData": three_fields(request, previous),
        "properties": {**properties, "provisioningState": "Creating" if previous is None else "Updating"},
    }


async def put_deployment(azure: LocalAzure, operation: Operation) -> None:
    """Finish the creation or update of a deployment: nothing runs before a job does."""
    await azure.take("batch_deployment.create")
    if deployment := azure.store.get(operation.resource):
        settle(azure, deployment)


async def _get(request: Request) -> Answer:
    """Get a batch deployment."""
    return Answer(200, request.azure.render(require_deployment(request), request.api_version))


async def _list(request: Request) -> Answer:
    """List the deployments of a batch endpoint."""
    deployments = deployments_of(request.azure, require_endpoint(request))
    return Answer(200, listing([request.azure.render(item, request.api_version) for item in deployments]))


async def _patch(request: Request) -> Answer:
    """Change tags or description of a batch deployment."""
    deployment = require_deployment(request)
    body = request.json()
    check(body, shapes.DEPLOYMENT_PATCH)
    refuse_while_busy(request, deployment.id, "deployment")
    changed = merge_tags(request, deployment, body)
    operation = start(request, require_workspace(request), "batch_deployment", changed.id, "batch_deployment.put")
    return lro.accepted(request, operation)


async def _delete(request: Request) -> Answer:
    """Delete a batch deployment; jobs under way go on."""
    endpoint = require_endpoint(request)
    deployment = request.azure.store.get(child_id(endpoint, "deployments", request.params["deployment"]))
    if deployment is None:
        return Answer(204)
    refuse_while_busy(request, deployment.id, "deployment")
    default = endpoint.body["properties"]["defaults"]["deploymentName"]
    if default and default.lower() == deployment.name.lower():
        raise ml_refusal(
            f"The deployment '{deployment.name}' is the default deployment of the batch endpoint '{endpoint.name}'. "
            "Set another default, or none, before deleting it."
        )
    settle(request.azure, deployment, "Deleting")
    operation = start(request, require_workspace(request), "batch_deployment", deployment.id, "batch_deployment.delete")
    return lro.accepted(request, operation)


async def delete_deployment(azure: LocalAzure, operation: Operation) -> None:
    """Carry out a DELETE."""
    await azure.take("batch_deployment.delete")
    await azure.remove(operation.resource)
