"""Which of Azure's actions an operation is: one pure function, and the operations that are no rule."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from types import MappingProxyType

_VERBS = {"GET": "read", "HEAD": "read", "PUT": "write", "PATCH": "write", "DELETE": "delete"}
_SUBSCRIPTION = "/subscriptions/{subscription}"
_GROUP = f"{_SUBSCRIPTION}/resourceGroups/{{group}}"
_RESOURCES = "Microsoft.Resources/subscriptions"
_ML = "Microsoft.MachineLearningServices/workspaces"
_ML_PATH = f"{_GROUP}/providers/{_ML}/{{workspace}}"
_HISTORY = f"/history/v1.0{_ML_PATH}"
_BATCH = f"/mferp/managementfrontend{_ML_PATH}/batchEndpoints/{{endpoint}}"
_JOBS = f"{_ML}/batchEndpoints/deployments/jobs"

ANYBODY = ""
"""Asked of nobody: who has signed in may."""

SOMEBODY = "?"
"""Asked of whoever holds a role on the scope or on anything in it."""

IRREGULAR: Mapping[tuple[str, str], str] = MappingProxyType(
    {
        ("GET", "/tenants"): ANYBODY,
        ("GET", "/subscriptions"): SOMEBODY,
        ("GET", _SUBSCRIPTION): SOMEBODY,
        ("GET", f"{_SUBSCRIPTION}/locations"): f"{_RESOURCES}/locations/read",
        ("GET", f"{_SUBSCRIPTION}/providers"): f"{_RESOURCES}/providers/read",
        ("GET", f"{_SUBSCRIPTION}/providers/{{namespace}}"): f"{_RESOURCES}/providers/read",
        ("POST", f"{_SUBSCRIPTION}/providers/{{namespace}}/register"): "{namespace}/register/action",
        ("POST", f"{_SUBSCRIPTION}/providers/{{namespace}}/unregister"): "{namespace}/unregister/action",
        ("GET", f"{_SUBSCRIPTION}/resourceGroups"): f"{_RESOURCES}/resourceGroups/read",
        ("GET", f"{_SUBSCRIPTION}/resources"): f"{_RESOURCES}/resources/read",
        ("GET", f"{_GROUP}/resources"): f"{_RESOURCES}/resourceGroups/resources/read",
        **{(method, _GROUP): f"{_RESOURCES}/resourceGroups/{verb}" for method, verb in _VERBS.items()},
        # Built-in roles are the tenant's; everybody may read what they grant.
        ("GET", "/providers/Microsoft.Authorization/roleDefinitions/{name}"): ANYBODY,
        # The service's own addresses, outside Azure Resource Manager.
        ("GET", f"{_HISTORY}/runs/{{run}}"): f"{_ML}/experiments/runs/read",
        ("GET", f"{_HISTORY}/runs/{{run}}/details"): f"{_ML}/experiments/runs/read",
        ("GET", f"{_HISTORY}/runs/{{run}}/children"): f"{_ML}/experiments/runs/read",
        ("GET", f"{_HISTORY}/runs/{{run}}/serviceinstances/{{node}}"): f"{_ML}/experiments/runs/read",
        ("PATCH", f"{_HISTORY}/experiments/{{experiment}}/runs/{{run}}"): f"{_ML}/experiments/runs/write",
        ("POST", f"{_HISTORY}/rundata"): f"{_ML}/experiments/runs/read",
        ("POST", f"/data/v1.0{_ML_PATH}/dataversion/batchGetResolvedUris"): f"{_ML}/data/versions/read",
        ("GET", f"{_BATCH}/jobs"): f"{_ML}/batchEndpoints/jobs/read",
        ("GET", f"{_BATCH}/deployments/{{deployment}}/jobs"): f"{_JOBS}/read",
        # Checked by its handler: whose endpoint it is stands in the host name.
        ("POST", "/jobs"): ANYBODY,
        # Rights on the secrets of a vault are data rights, which are not checked, as those on blobs are not.
        **{(method, "/secrets/{name}"): ANYBODY for method in ("GET", "PUT", "DELETE")},
        ("GET", "/secrets/{name}/{version}"): ANYBODY,
        # Checked by their handlers, on the key.
        **dict.fromkeys([("GET", "/keys/{name}"), ("GET", "/keys/{name}/{version}")], ANYBODY),
        **{
            ("POST", f"/keys/{{name}}{version}/{verb}"): ANYBODY
            for verb in ("encrypt", "decrypt", "wrapkey", "unwrapkey")
            for version in ("", "/{version}", "/")
        },
    }
)
"""By method and template; what does not follow from them."""

INVOKE_BATCH = f"{_JOBS}/write"
"""What the invocation of a batch endpoint needs there (Microsoft's list of permissions for it)."""

_OPERATION = re.compile(r"/locations/\{region\}/\w*operation\w*/\{operation\}\Z", re.IGNORECASE)
_AS_READ = frozenset({"checknameavailability"})
"""A POST that changes nothing and is published as a read."""


@cache
def action_of(method: str, template: str) -> str:
    """Return the action that an operation needs, such as `Microsoft.Storage/storageAccounts/listKeys/action`.

    Types and names take turns after the last `/providers/`; a last type without a name is a list, of a POST it is an
    action.

    Raises:
        ValueError: Nothing follows from the template and no row of IRREGULAR says it.
    """
    if (found := IRREGULAR.get((method, template))) is not None:
        return found
    if _OPERATION.search(template):  # whoever was allowed to begin an operation may see how it ends
        return ANYBODY
    _, found_providers, rest = template.rpartition("/providers/")
    namespace, *segments = rest.split("/")
    if not found_providers or not segments or (method != "POST" and method not in _VERBS):
        raise ValueError(f"which action is {method} {template}? Say so in access.actions.IRREGULAR.")
    types = segments[0::2]
    if method != "POST":
        return "/".join((namespace, *types, _VERBS[method]))
    verb = "read" if types[-1].lower() in _AS_READ else "action"
    return "/".join((namespace, *types, verb))


def scope_of(method: str, template: str, path: str) -> str:
    """Return the scope that an operation is about: the resource; for a list or an action what it is asked of."""
    start = path.lower().find("/subscriptions/")
    scope = path[max(start, 0) :].rstrip("/")
    segments = template.rpartition("/providers/")[2].split("/")
    is_resource = template == _GROUP or (len(segments) % 2 == 1 and method != "POST") or "/providers/" not in template
    return scope if is_resource else scope.rpartition("/")[0]
