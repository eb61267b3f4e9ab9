"""The invocation of a batch endpoint: from the request at its scoring address to a job."""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from windlass_emulator.access.actions import INVOKE_BATCH
from windlass_emulator.access.gate import authorization_failed
from windlass_emulator.batch import shapes
from windlass_emulator.batch.addresses import (
    ENDPOINT_TYPE,
    deployment_not_found,
    endpoint_not_found,
)
from windlass_emulator.batch.deployments import find_cluster, refuse_bad_figures, refuse_small, spell_word
from windlass_emulator.batch.live import live
from windlass_emulator.batch.records import create_job, job_resource
from windlass_emulator.batch.spec import JobSpec, Location, seconds
from windlass_emulator.errors import AzureError, MlError, NotEmulatedError, ml_refusal
from windlass_emulator.http import Answer, Route
from windlass_emulator.ml.common import child_id, workspace_of
from windlass_emulator.ml.references import blob_path, find_asset, parse_asset
from windlass_emulator.shapes import check

if TYPE_CHECKING:
    from windlass_emulator.azure import LocalAzure
    from windlass_emulator.http import Request
    from windlass_emulator.store import Resource

AUDIENCE = "https://ml.azure.com"
"""Whom a token for the scoring address must be made for (the SDK asks for `https://ml.azure.com/.default`)."""

DATASTORE = "workspaceblobstore"


def routes() -> tuple[Route, ...]:
    """Return the operation of the scoring address."""
    return (
        Route("POST", "/jobs", _invoke, site="inference", needs_api_version=False, provenance="recorded"),
    )  # fmt: skip


async def _invoke(request: Request) -> Answer:
    """Invoke a batch endpoint."""
    if request.principal is None or request.principal.audience.rstrip("/") != AUDIENCE:
        raise AzureError(401, "Unauthorized", f"A Microsoft Entra token for the audience '{AUDIENCE}' is needed.")
    endpoint = _endpoint_of_host(request)
    deployment = _deployment(request, endpoint)
    if not request.azure.access.may(request.principal.object_id, INVOKE_BATCH, deployment.id):
        raise authorization_failed(request.principal.object_id, INVOKE_BATCH, deployment.id)
    body = shapes.spelled(request.json(), shapes.INVOCATION)
    check(body, shapes.INVOCATION)
    spec = read_invocation(request, endpoint, deployment, body.get("properties") or {})
    job = create_job(request.azure, spec)
    live(request.azure).begin(job.id)
    return Answer(201, job_resource(request.azure, job), _headers(request, endpoint, deployment))


def _endpoint_of_host(request: Request) -> Resource:
    name, region = request.host.lower().split(".")[:2]
    for endpoint in request.azure.store.of_type(ENDPOINT_TYPE):
        if endpoint.name.lower() == name and endpoint.body["location"] == region:
            return endpoint
    raise endpoint_not_found(name, region)


def _deployment(request: Request, endpoint: Resource) -> Resource:
    name = request.headers.get("azureml-model-deployment") or endpoint.body["properties"]["defaults"]["deploymentName"]
    if not name:
        raise ml_refusal(
            f"The batch endpoint '{endpoint.name}' has no default deployment: set one, or name a deployment in the "
            "header azureml-model-deployment."
        )
    deployment = request.azure.store.get(child_id(endpoint, "deployments", name))
    if deployment is None:
        raise deployment_not_found(endpoint.name, name)
    state = deployment.body["properties"]["provisioningState"]
    if state not in {"Succeeded", "Updating"}:
        raise ml_refusal(f"The deployment '{deployment.name}' cannot be invoked: its state is {state}.")
    return deployment


def _headers(request: Request, endpoint: Resource, deployment: Resource) -> dict[str, str]:
    region = endpoint.body["location"]
    path = f"/mferp/managementfrontend{endpoint.id}/deployments/{deployment.name}"
    return {
        "azureml-model-deployment": deployment.name,
        "Location": f"https://{region}.api.azureml.ms{path}?api-version=2020-09-01-dataplanepreview",
        "Server": "azureml-frontdoor",
        "X-Request-ID": request.headers.get("x-request-id") or str(uuid.uuid4()),
    }


def read_invocation(request: Request, endpoint: Resource, deployment: Resource, sent: dict[str, Any]) -> JobSpec:
    """Return the job that an invocation asks for: the deployment's settings, with those of the request on top.

    Raises:
        MlError: 400 or 404 naming what cannot be.
        NotEmulatedError: Azure would take it and the local Azure does not.
    """
    azure, workspace = request.azure, workspace_of(endpoint.id)
    chosen = _settings(deployment.body["properties"], sent)
    name, child = f"batchjob-{uuid.uuid4()}", str(uuid.uuid4())
    source = read_input(azure, workspace, sent.get("inputData") or {})
    target = _read_output(azure, workspace, sent, default=f"azureml/{child}/score")
    extra = {str(key): _text(value) for key, value in (sent.get("properties") or {}).items()}
    return JobSpec(
        name=name,
        child=child,
        display_name=sent.get("name") or _display_name(name),
        workspace=workspace,
        endpoint=endpoint.name,
        deployment=deployment.name,
        experiment=extra.pop("experimentName", endpoint.name),
        compute=find_cluster(azure, workspace, str(chosen["compute"])).id,
        model=chosen["model"]["assetId"],
        environment=chosen["environmentId"],
        code=chosen["codeConfiguration"]["codeId"],
        script=chosen["codeConfiguration"]["scoringScript"],
        input=source.location,
        single_file=source.single,
        input_type=source.kind,
        output=target.location,
        output_type=target.kind,
        output_file=target.file or sent.get("outputFileName") or chosen["outputFileName"],
        output_action=chosen["outputAction"],
        instance_count=chosen["resources"]["instanceCount"],
        concurrency=chosen["maxConcurrencyPerInstance"],
        mini_batch_size=chosen["miniBatchSize"],
        error_threshold=chosen["errorThreshold"],
        max_retries=chosen["retrySettings"]["maxRetries"],
        timeout=seconds(chosen["retrySettings"]["timeout"], "retrySettings.timeout"),
        logging_level=chosen["loggingLevel"],
        created_by=request.principal.object_id if request.principal else "",
        created=azure.clock.now(),
        variables=chosen["environmentVariables"],
        extra=extra,
    )


def _settings(properties: dict[str, Any], sent: dict[str, Any]) -> dict[str, Any]:
    """Return the deployment's properties with what the request overrides for this one job."""
    simple = ("errorThreshold", "loggingLevel", "maxConcurrencyPerInstance", "miniBatchSize")
    retry = {key: value for key, value in (sent.get("retrySettings") or {}).items() if value is not None}
    compute = sent.get("compute") or {}
    chosen = {
        **properties,
        **{name: sent[name] for name in simple if sent.get(name) is not None},
        "retrySettings": {**properties["retrySettings"], **retry},
        "resources": {**properties["resources"]},
        "compute": compute.get("target") or properties["compute"],
    }
    if compute.get("instanceCount") is not None:
        chosen["resources"]["instanceCount"] = compute["instanceCount"]
    refuse_bad_figures(chosen)
    refuse_small(chosen["resources"]["instanceCount"], 1, "compute.instanceCount")
    chosen["loggingLevel"] = spell_word(str(chosen["loggingLevel"]), "loggingLevel")
    return chosen


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


_ADJECTIVES = ("amiable", "brave", "calm", "clever", "eager", "gentle", "honest", "jolly", "keen", "lucid", "nimble")
_NOUNS = ("anchor", "beacon", "cabin", "fjord", "harbor", "kettle", "lantern", "meadow", "orchard", "pulley", "wharf")


def _display_name(job: str) -> str:
    """Return a name as Azure gives: adjective_noun_hash."""
    seed = int(job.rsplit("-", 1)[1], 16)
    adjective, noun = _ADJECTIVES[seed % len(_ADJECTIVES)], _NOUNS[seed // 16 % len(_NOUNS)]
    return f"{adjective}_{noun}_{job[-8:]}"


@dataclass(frozen=True, slots=True)
class Source:
    """The one input of a model deployment."""

    location: Location
    single: bool
    kind: Literal["UriFolder", "UriFile"]


def read_input(azure: LocalAzure, workspace: str, inputs: dict[str, Any]) -> Source:
    """Return where the input is.

    Raises:
        MlError: There is not exactly one input of data, or its address cannot be understood.
    """
    if len(inputs) != 1:
        raise ml_refusal(
            f"A model deployment takes exactly one data input; the request has {len(inputs)}. "
            'Send inputData as {"<name>": {"jobInputType": "UriFolder", "uri": "..."}}.'
        )
    ((name, sent),) = inputs.items()
    kind = str(sent["jobInputType"]).lower()
    if kind == "literal":
        raise ml_refusal(f"The input '{name}' is a literal; a model deployment takes one data input.")
    uri = sent.get("uri")
    if not isinstance(uri, str) or not uri:
        raise ml_refusal(f"The value for 'inputData.{name}.uri' is missing.")
    return _source(azure, workspace, uri, single=kind == "urifile")


def _source(azure: LocalAzure, workspace: str, uri: str, *, single: bool) -> Source:
    if _is_data_asset(uri):
        properties = find_asset(azure, workspace, "data", uri).body["properties"]
        if properties["dataType"] == "mltable":
            raise NotEmulatedError("data assets of type mltable as input of a batch job")
        single = properties["dataType"] == "uri_file"
        uri = properties["dataUri"]
    place = blob_path(azure, workspace, uri)
    location = Location(place.account, place.container, place.path, uri)
    return Source(location, single, "UriFile" if single else "UriFolder")


def _is_data_asset(uri: str) -> bool:
    try:
        parse_asset("data", uri)
    except (MlError, NotEmulatedError):
        return False
    return True


@dataclass(frozen=True, slots=True)
class _Target:
    location: Location
    file: str | None

    @property
    def kind(self) -> Literal["UriFolder", "UriFile"]:
        return "UriFile" if self.file else "UriFolder"


def _read_output(azure: LocalAzure, workspace: str, sent: dict[str, Any], *, default: str) -> _Target:
    """Return where the results go: the request's one output, or a folder of the job's own in the default datastore."""
    outputs = sent.get("outputData") or {}
    dataset = sent.get("outputDataset") or {}
    if len(outputs) + bool(dataset) > 1:
        raise ml_refusal("A model deployment has exactly one output; send one of outputData and no outputDataset.")
    if dataset:
        store = str(dataset.get("datastoreId", "")).rsplit("/", 1)[-1] or DATASTORE
        return _folder(azure, workspace, f"azureml://datastores/{store}/paths/{dataset.get('path') or default}")
    if not outputs:
        return _folder(azure, workspace, f"azureml://datastores/{DATASTORE}/paths/{default}")
    ((name, output),) = outputs.items()
    uri = str(output.get("uri") or "")
    if not uri.startswith("azureml://"):
        raise ml_refusal(
            f"The output '{name}' must be a path in a registered datastore: azureml://datastores/<name>/paths/<path>."
        )
    if str(output["jobOutputType"]).lower() == "urifolder":
        return _folder(azure, workspace, uri)
    folder, _, file = uri.rpartition("/")
    return _folder(azure, workspace, folder, file)


def _folder(azure: LocalAzure, workspace: str, uri: str, file: str | None = None) -> _Target:
    place = blob_path(azure, workspace, uri)
    parts = workspace.split("/")
    datastore = uri.split("/datastores/", 1)[1].split("/", 1)[0]
    long = (
        f"azureml://subscriptions/{parts[2]}/resourcegroups/{parts[4]}/workspaces/{parts[8]}"
        f"/datastores/{datastore}/paths/{place.path}/{file or ''}"
    )
    return _Target(Location(place.account, place.container, place.path, long), file or None)
