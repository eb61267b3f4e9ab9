"""Online endpoints and deployments: real-time scoring by real inference servers, behind a router."""

from __future__ import annotations

from typing import TYPE_CHECKING

from windlass_emulator.feature import Feature
from windlass_emulator.online import access, autoscaler, deployments, endpoints, scoring, service, views
from windlass_emulator.online.ids import DEPLOYMENT_TYPE, ENDPOINT_TYPE
from windlass_emulator.online.live import status

if TYPE_CHECKING:
    from windlass_emulator.azure import LocalAzure


async def _start(azure: LocalAzure) -> None:
    await service.revive(azure)
    await autoscaler.start(azure)


def feature() -> Feature:
    """Return this part of the local Azure."""
    return Feature(
        "online",
        routes=(*endpoints.routes(), *access.routes(), *deployments.routes(), *scoring.routes(), *autoscaler.routes()),
        actions={
            "online_endpoint.apply": endpoints.apply_endpoint,
            "online_endpoint.delete": endpoints.remove_endpoint,
            "online_endpoint.regenerate": access.change_keys,
            "online_deployment.apply": service.apply_deployment,
            "online_deployment.delete": service.remove_deployment,
        },
        renderers={ENDPOINT_TYPE.lower(): views.endpoint, DEPLOYMENT_TYPE.lower(): views.deployment},
        start=_start,
        stop=service.stop,
        status=status,
        deleted={
            ENDPOINT_TYPE.lower(): endpoints.end_endpoint,
            DEPLOYMENT_TYPE.lower(): service.end_deployment,
        },
    )
