"""Answers requests in real time: Azure ML calls `init` once per process and `run` for every request."""

from __future__ import annotations

import logging
import os
import time

from azureml_inference_server_http.api.aml_request import AMLRequest, rawhttp
from azureml_inference_server_http.api.aml_response import AMLResponse
from churn_model import Model, load_model
from churn_scoring import MAX_BODY_BYTES, BadInputError, score_body, too_large

logger = logging.getLogger("churn")
_loaded: list[Model] = []


def init() -> None:
    """Load the model before the first request; a model that cannot be trusted or read stops the container."""
    started = time.perf_counter()
    _loaded[:] = [load_model(os.environ)]
    logger.info("model loaded in %.2f s", time.perf_counter() - started)


@rawhttp
def run(request: AMLRequest) -> AMLResponse:
    """Score one request; a caller's mistake is answered with 4xx and leaves the process as it was."""
    if request.method != "POST":
        error = BadInputError("send the customers to score with POST", field="method", status=405)
        return AMLResponse(error.body(), error.status, {"Allow": "POST"}, json_str=True)
    try:
        answer = score_body(_loaded[0], _read_body(request))
    except BadInputError as error:
        return AMLResponse(error.body(), error.status, json_str=True)
    return AMLResponse(answer, 200, json_str=True)


def _read_body(request: AMLRequest) -> bytes:
    """The body as it came, whatever its content type; one that announces itself as too large is not kept."""
    announced = request.content_length or 0
    if announced > MAX_BODY_BYTES:
        # Read and dropped in pieces: closing the connection on a sender makes it see a reset and not the
        # answer.
        while request.stream.read(64 * 1024):
            pass
        raise too_large(announced)
    body: bytes = request.get_data(cache=False, parse_form_data=False)
    return body
