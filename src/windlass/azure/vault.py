"""Secrets of the stack's key vault: read and set, never shown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from windlass.errors.azure import AzureDeniedError, AzureRequestError, AzureUnreachableError

if TYPE_CHECKING:
    import httpx

SCOPE = "https://vault.azure.net/.default"
_API_VERSION = "7.4"
_DENIED = frozenset({401, 403})
_NOT_FOUND = 404
_SECONDS = 30.0


class VaultSecrets:
    """The secrets of one vault."""

    def __init__(self, vault: str, credential: Any, client: httpx.Client | None = None) -> None:
        self.vault = vault
        self._credential = credential
        self._client = client

    def get(self, name: str) -> str | None:
        """Read the newest version of a secret, or None.

        Raises:
            AzureDeniedError: The caller has no right on the vault's secrets.
        """
        answer = self._send("GET", name, None, f"read secret {name} of key vault {self.vault}")
        return None if answer is None else str(answer["value"])

    def set(self, name: str, value: str) -> None:
        """Give a secret a new version.

        Raises:
            AzureDeniedError: The caller has no right on the vault's secrets.
        """
        self._send("PUT", name, {"value": value}, f"set secret {name} of key vault {self.vault}")

    def _send(self, method: str, name: str, body: Any, what: str) -> dict[str, Any] | None:
        import httpx

        url = f"https://{self.vault}.vault.azure.net/secrets/{name}"
        headers = {"Authorization": f"Bearer {self._credential.get_token(SCOPE).token}"}
        try:
            answer = self._http().request(method, url, params={"api-version": _API_VERSION}, json=body, headers=headers)
        except httpx.HTTPError as error:
            raise AzureUnreachableError(what, details=(type(error).__name__,)) from error
        if answer.status_code == _NOT_FOUND and method == "GET":
            return None
        told = answer.json() if "json" in answer.headers.get("content-type", "") else {}
        if answer.is_success:
            return dict(told)
        message = str((told.get("error") or {}).get("message", answer.reason_phrase))
        details = (f"status: {answer.status_code}", f"message: {message}")
        if answer.status_code in _DENIED:
            raise AzureDeniedError(what, details=details)
        raise AzureRequestError(what, message, details=details)

    def _http(self) -> httpx.Client:
        import httpx

        if self._client is None:
            self._client = httpx.Client(timeout=_SECONDS)
        return self._client
