"""A small stateful Azure Resource Manager for the provider's tests.

It keeps resources as they were PUT, adds what Azure adds, and runs PUT and DELETE as long-running operations of the
kind that a test asks for. It shares no code with the local Azure, so that both can be held against each other.
"""

import json
import re
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import parse_qs, unquote, urlsplit

Style = Literal["sync", "status", "location", "body"]
HOST = "https://management.azure.com"
_DELETED_AT_ONCE = {
    "microsoft.authorization/roleassignments",
    "microsoft.keyvault/vaults",
    "microsoft.managedidentity/userassignedidentities",
    "microsoft.storage/storageaccounts",
    "microsoft.storage/storageaccounts/blobservices/containers",
}
"""Types whose DELETE is never long-running."""
_OPERATIONS = "/subscriptions/s/providers/Fake.Operations/operations/"


@dataclass(frozen=True)
class Reply:
    """One HTTP answer."""

    status: int
    document: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    raw: str | None = None
    """Body text where it is to be something else than the document's JSON."""

    @property
    def text(self) -> str:
        """The body."""
        if self.raw is not None:
            return self.raw
        return "" if self.document is None else json.dumps(self.document)


@dataclass(frozen=True)
class Seen:
    """One request that arrived."""

    method: str
    path: str
    query: Mapping[str, str]
    body: Any


@dataclass
class _Operation:
    polls_left: int
    error: Mapping[str, str] | None
    style: Style
    path: str
    deletes: bool


def failure(code: str, message: str, status: int = 409) -> Reply:
    """An error in ARM's envelope."""
    return Reply(status, {"error": {"code": code, "message": message}})


class FakeArm:
    """Resources by id, compared without case as ARM does."""

    def __init__(self) -> None:
        self.resources: dict[str, dict[str, Any]] = {}
        self.seen: list[Seen] = []
        self.style: Style = "sync"
        self.polls = 2
        """How often an operation says that it runs before it ends."""
        self.operation_error: Mapping[str, str] | None = None
        """What the next operations fail with, in place of success."""
        self._faults: list[tuple[str, str, Reply]] = []
        self._operations: dict[str, _Operation] = {}

    # -- what a test arranges and asks ---------------------------------------------------------------------------

    def fail_next(self, method: str, path_part: str, reply: Reply, times: int = 1) -> None:
        """Answers the next requests of this method whose path holds the part with `reply`."""
        self._faults.extend([(method, path_part.lower(), reply)] * times)

    def put(self, path: str, **body: Any) -> dict[str, Any]:
        """Places a resource as if somebody had made it before."""
        return self._store(path, body)

    def at(self, path: str) -> dict[str, Any]:
        """The resource at an id."""
        return self.resources[path.lower()]

    def requests(self, method: str, path_part: str = "") -> list[Seen]:
        """What arrived, in order."""
        return [seen for seen in self.seen if seen.method == method and path_part.lower() in seen.path.lower()]

    # -- the service ---------------------------------------------------------------------------------------------

    def handle(self, method: str, url: str, body: str) -> Reply:
        """Answers one request to the management host."""
        parts = urlsplit(url)
        path = "/" + unquote(parts.path).lstrip("/")
        query = {name: values[-1] for name, values in parse_qs(parts.query).items()}
        document = json.loads(body) if body else None
        self.seen.append(Seen(method, path, query, document))
        fault = next((row for row in self._faults if row[0] == method and row[1] in path.lower()), None)
        if fault is not None:
            self._faults.remove(fault)
            return fault[2]
        return self._serve(method, path, query, document)

    def _serve(self, method: str, path: str, query: Mapping[str, str], document: Any) -> Reply:
        if "api-version" not in query:
            return failure("MissingApiVersionParameter", "The api-version query parameter is required.", 400)
        if path.startswith(_OPERATIONS):
            return self._poll(path.removeprefix(_OPERATIONS))
        verbs: dict[str, Callable[[], Reply]] = {
            "GET": lambda: self._get(path),
            "PUT": lambda: self._put(path, document or {}),
            "DELETE": lambda: self._delete(path),
            "POST": lambda: self._post(path),
        }
        return verbs[method]() if method in verbs else failure("MethodNotAllowed", method, 405)

    def _get(self, path: str) -> Reply:
        found = self.resources.get(path.lower())
        if found is None:
            return failure("ResourceNotFound", f"The Resource '{path}' was not found.", 404)
        state = found.get("properties", {}).get("provisioningState")
        if self.style == "body" and state == "Creating":
            return self._advance_body(path, found)
        return Reply(200, found)

    def _advance_body(self, path: str, found: dict[str, Any]) -> Reply:
        left = found.pop("_polls_left", self.polls) - 1
        if left > 0:
            found["_polls_left"] = left
            return Reply(200, found)
        found["properties"]["provisioningState"] = "Succeeded"
        return self._get(path)

    def _put(self, path: str, body: dict[str, Any]) -> Reply:
        group = re.match(r"(/subscriptions/[^/]+/resourcegroups/[^/]+)/providers/", path.lower())
        if group is not None and group.group(1) not in self.resources:
            name = group.group(1).rpartition("/")[2]
            return failure("ResourceGroupNotFound", f"Resource group '{name}' could not be found.", 404)
        existed = path.lower() in self.resources
        stored = self._store(path, body)
        if self.style == "sync":
            return Reply(200 if existed else 201, stored)
        stored.setdefault("properties", {})["provisioningState"] = "Creating"
        if self.style == "body":
            return Reply(201, stored)
        return self._begin(path, deletes=False, answer=stored)

    def _delete(self, path: str) -> Reply:
        if path.lower() not in self.resources:
            return Reply(204)
        if self.style in {"sync", "body"} or type_of(path).lower() in _DELETED_AT_ONCE:
            self._remove(path)
            return Reply(200)
        return self._begin(path, deletes=True, answer=None)

    def _begin(self, path: str, *, deletes: bool, answer: Any) -> Reply:
        name = str(uuid.uuid4())
        self._operations[name] = _Operation(self.polls, self.operation_error, self.style, path, deletes)
        url = f"{HOST}{_OPERATIONS}{name}?api-version=2020-01-01"
        if self.style == "status":
            headers = {"Azure-AsyncOperation": url, "retry-after-ms": "1"}
            return Reply(202 if deletes else 201, answer, headers)
        return Reply(202, None, {"Location": url, "Retry-After": "0"})

    def _poll(self, name: str) -> Reply:
        operation = self._operations[name]
        pace = {"retry-after-ms": "1"}
        if operation.polls_left > 0:
            operation.polls_left -= 1
            running = Reply(200, {"status": "InProgress"}, pace)
            return running if operation.style == "status" else Reply(202, None, pace)
        if operation.error is not None:
            self._set_state(operation.path, "Failed")
            if operation.style == "status":
                return Reply(200, {"status": "Failed", "error": dict(operation.error)})
            return Reply(409, {"error": dict(operation.error)})
        if operation.deletes:
            self._remove(operation.path)
        self._set_state(operation.path, "Succeeded")
        return Reply(200, {"status": "Succeeded"} if operation.style == "status" else None)

    def _post(self, path: str) -> Reply:
        owner, _, action = path.rpartition("/")
        if owner.lower() not in self.resources:
            return failure("ResourceNotFound", f"The Resource '{owner}' was not found.", 404)
        if action == "listKeys" and "/storageaccounts/" in owner.lower():
            return Reply(200, {"keys": [{"keyName": "key1", "value": "a2V5", "permissions": "FULL"}]})
        if action.lower() == "listkeys":
            return Reply(200, {"primaryKey": "first", "secondaryKey": "second"})
        return failure("InvalidResourceType", action, 404)

    def _store(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        kept = json.loads(json.dumps(body))
        before = self.resources.get(path.lower(), {})
        stored = {**kept, "id": path, "name": path.rpartition("/")[2], "type": type_of(path)}
        _decorate(stored, before)
        self.resources[path.lower()] = stored
        return stored

    def _set_state(self, path: str, state: str) -> None:
        if path.lower() in self.resources:
            self.resources[path.lower()].setdefault("properties", {})["provisioningState"] = state

    def _remove(self, path: str) -> None:
        prefix = path.lower()
        for key in [key for key in self.resources if key == prefix or key.startswith(prefix + "/")]:
            del self.resources[key]


def type_of(path: str) -> str:
    """The resource type in an id."""
    _, separator, rest = path.rpartition("/providers/")
    if not separator:
        return "Microsoft.Resources/resourceGroups"
    parts = rest.split("/")
    return "/".join([parts[0], *parts[1::2]])


def _decorate(stored: dict[str, Any], before: Mapping[str, Any]) -> None:
    """Adds what Azure adds, the same again on an update."""
    properties = stored.setdefault("properties", {})
    properties["provisioningState"] = "Succeeded"
    old = before.get("properties", {})
    name = stored["name"]
    match stored["type"].lower():
        case "microsoft.storage/storageaccounts":
            properties.setdefault("minimumTlsVersion", "TLS1_0")
            properties["primaryEndpoints"] = {"blob": f"https://{name}.blob.core.windows.net/"}
        case "microsoft.managedidentity/userassignedidentities":
            for key in ("principalId", "clientId"):
                properties[key] = old.get(key) or str(uuid.uuid4())
        case "microsoft.keyvault/vaults":
            properties["vaultUri"] = f"https://{name}.vault.azure.net/"
        case "microsoft.machinelearningservices/workspaces/onlineendpoints":
            properties["scoringUri"] = f"https://{name}.westeurope.inference.ml.azure.com/score"
            properties.setdefault("traffic", {})
    identity = stored.get("identity")
    if isinstance(identity, dict) and "SystemAssigned" in str(identity.get("type")):
        identity["principalId"] = before.get("identity", {}).get("principalId") or str(uuid.uuid4())
