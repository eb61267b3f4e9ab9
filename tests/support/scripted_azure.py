"""Azure as a list of answers: what `azure-core` sends in this process, and what it is told.

For the adapters of `windlass.azure` alone; everything above them has `fake_azure`, which keeps Azure's rules.
"""

from __future__ import annotations

import io
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import requests
from azure.core.credentials import AccessToken
from requests.adapters import BaseAdapter, HTTPAdapter
from urllib3 import HTTPResponse

from windlass.azure.workspace import Workspace, workspace_id
from windlass.project.outputs import StackOutputs

OUTPUTS = StackOutputs(
    project="shop",
    stack="test",
    cloud="azure",
    tenant_id="11111111-1111-1111-1111-111111111111",
    subscription_id="22222222-2222-2222-2222-222222222222",
    location="westeurope",
    resource_group="rg",
    workspace="ws",
    storage_account="st",
    key_vault="kv",
    container_registry="cr",
)


class Sent(NamedTuple):
    """One request: `path` is relative to the workspace, or the whole path where it lies elsewhere."""

    method: str
    path: str
    body: Any


class Reply(NamedTuple):
    """One answer."""

    status: int = 200
    body: Any = None
    headers: Mapping[str, str] = {}


class StaticCredential:
    """Signs in with a word."""

    def get_token(self, *scopes: str, **_: Any) -> AccessToken:
        return AccessToken(f"token for {scopes[0]}", int(time.time()) + 3600)


@dataclass
class ScriptedAzure(BaseAdapter):
    """Answers by method and path; several answers under one key are given one after the other, the last for ever.

    Attributes:
        replies: Answers, such as `{"GET models/churn": [Reply(404)]}`.
        sent: What was asked, in order.
        sleeps: How long somebody waited, each time.
    """

    replies: dict[str, list[Reply]] = field(default_factory=dict)
    sent: list[Sent] = field(default_factory=list)
    sleeps: list[float] = field(default_factory=list)

    def workspace(self) -> Workspace:
        """A workspace that reaches this and nothing else."""
        session = requests.Session()
        session.mount("https://", self)
        return Workspace(OUTPUTS, StaticCredential(), sleep=self.sleeps.append, session=session)

    def asked(self, method: str) -> list[Sent]:
        """The requests of one method."""
        return [each for each in self.sent if each.method == method]

    def send(self, request: requests.PreparedRequest, *_: Any, **__: Any) -> requests.Response:
        """Answer one request of a session."""
        path = urlsplit(str(request.url)).path.removeprefix(f"{workspace_id(OUTPUTS)}/")
        body = json.loads(request.body) if request.body else None
        self.sent.append(Sent(str(request.method), path, body))
        replies = self.replies[f"{request.method} {path}"]
        return _response(request, replies.pop(0) if len(replies) > 1 else replies[0])

    def close(self) -> None:
        """Hold nothing."""


def _response(request: requests.PreparedRequest, reply: Reply) -> requests.Response:
    content = b"" if reply.body is None else json.dumps(reply.body).encode()
    raw = HTTPResponse(
        io.BytesIO(content),
        status=reply.status,
        headers={"Content-Type": "application/json", **reply.headers},
        reason="scripted",
        preload_content=False,
    )
    response: requests.Response = HTTPAdapter().build_response(request, raw)
    return response
