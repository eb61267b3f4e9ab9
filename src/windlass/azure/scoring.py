"""The scoring address, called directly.

`online_endpoints.invoke` of azure-ai-ml 1.35 is not used: it carries the deployment header of one call over into all
later ones of the process, and sends a request four times when a model answers 500.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from windlass.azure.workspace import Workspace
from windlass.errors.azure import AzureUnreachableError
from windlass.errors.release import NoScoringAddressError
from windlass.release.models import Answer, Endpoint

if TYPE_CHECKING:
    import httpx

DEPLOYMENT_HEADER = "azureml-model-deployment"
MODEL_STATUS_HEADER = "ms-azureml-model-error-statuscode"
AAD_SCOPE = "https://ml.azure.com/.default"
_NO_ANSWER = 408


class AzureScoring:
    """Satisfies `release.ports.Scoring`."""

    def __init__(self, workspace: Workspace, client: httpx.Client | None = None) -> None:
        self._workspace = workspace
        self._secrets: dict[str, str] = {}
        self._client = client

    def score(self, endpoint: Endpoint, body: bytes, *, deployment: str = "", timeout_seconds: float = 30) -> Answer:
        """Send one request, to one deployment when it is named, else to whom the traffic falls.

        A request that is not answered in time counts as answered with 408: that is a verdict on the model.

        Raises:
            NoScoringAddressError: The endpoint is not ready.
            AzureUnreachableError: Nobody was there to answer.
        """
        import httpx

        if not endpoint.scoring_uri:
            raise NoScoringAddressError(endpoint.name)
        begun = time.perf_counter()
        try:
            answer = self._http().post(
                endpoint.scoring_uri,
                content=body,
                headers=self._headers(endpoint, deployment),
                timeout=timeout_seconds,
            )
        except httpx.TimeoutException:
            text = f"no answer within {timeout_seconds:g} s".encode()
            return Answer(status=_NO_ANSWER, body=text, deployment=deployment, seconds=timeout_seconds)
        except httpx.HTTPError as error:
            raise AzureUnreachableError(f"score with {endpoint.name}", details=(str(error),)) from error
        return Answer(
            status=answer.status_code,
            body=answer.content,
            deployment=answer.headers.get(DEPLOYMENT_HEADER, ""),
            seconds=time.perf_counter() - begun,
            model_status=answer.headers.get(MODEL_STATUS_HEADER, ""),
        )

    def secret(self, endpoint: Endpoint) -> str:
        """Get the key or token that callers of the endpoint send; it is fetched once."""
        if endpoint.name not in self._secrets:
            self._secrets[endpoint.name] = self._fetch_secret(endpoint)
        return self._secrets[endpoint.name]

    def _headers(self, endpoint: Endpoint, deployment: str) -> dict[str, str]:
        headers = {"Authorization": f"Bearer {self.secret(endpoint)}", "Content-Type": "application/json"}
        return headers | ({DEPLOYMENT_HEADER: deployment} if deployment else {})

    def _fetch_secret(self, endpoint: Endpoint) -> str:
        arm, what = self._workspace.arm, f"get access to score with {endpoint.name}"
        path = f"onlineEndpoints/{endpoint.name}"
        if endpoint.auth_mode == "key":
            return str(arm.post(f"{path}/listKeys", None, what)["primaryKey"])
        if endpoint.auth_mode == "aml_token":
            return str(arm.post(f"{path}/token", None, what)["accessToken"])
        return str(self._workspace.credential.get_token(AAD_SCOPE).token)

    def _http(self) -> httpx.Client:
        import httpx

        if self._client is None:
            self._client = httpx.Client()
        return self._client
