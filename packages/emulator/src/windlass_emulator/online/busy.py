"""Who is in the making, so that nothing else is begun on it: the locks that the ML service holds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from windlass_emulator.ml.common import conflict
from windlass_emulator.online.ids import endpoint_of
from windlass_emulator.operations import FAILED

if TYPE_CHECKING:
    from windlass_emulator.azure import LocalAzure
    from windlass_emulator.store import Resource


def require_quiet_endpoint(azure: LocalAzure, endpoint: str) -> None:
    """Refuse work on an endpoint while it or one of its deployments is in the making.

    Raises:
        MlError: 409.
    """
    for operation in azure.operations.of_resource(endpoint):
        raise conflict(
            f"Another operation is already in progress on '{operation.resource.rsplit('/', 1)[-1]}' of endpoint "
            f"'{endpoint.rsplit('/', 1)[-1]}'. Wait until it has ended and try again."
        )


def require_quiet_deployment(azure: LocalAzure, deployment: str) -> None:
    """Refuse work on a deployment while it, or its endpoint itself, is in the making.

    Raises:
        MlError: 409; for the endpoint in the words of a public thread.
    """
    endpoint, name = endpoint_of(deployment), deployment.rsplit("/", 1)[-1]
    for operation in azure.operations.of_resource(endpoint):
        if operation.resource.lower() == endpoint.lower():
            raise conflict(
                f"Cannot create a deployment in endpoint {endpoint.rsplit('/', 1)[-1]} "
                "because it is in Updating provisioning state."
            )
        if operation.resource.lower() == deployment.lower():
            raise conflict(f"Another operation is already in progress on deployment '{name}'. Try again later.")


def state_of(azure: LocalAzure, resource: Resource) -> str:
    """Return the provisioning state that a GET shows.

    The actions write it themselves; an operation that failed before its action began is told by its own end.
    """
    stored = str(resource.body["properties"]["provisioningState"])
    operation = azure.operations.get(str(azure.store.fact(resource.id, "operation")))
    if operation is not None and operation.status == FAILED and stored in {"Creating", "Updating", "Deleting"}:
        return "Failed"
    return stored
