"""What belongs to releases and never to Pulumi: models, deployments, traffic. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from windlass.policy.model import MISSING, Facts, Resource, Rule

_ML: Final = "machinelearningservices"

OF_RELEASES: Final = frozenset(
    {
        f"{_ML}:{name}"
        for name in (
            "BatchDeployment",
            "CodeContainer",
            "CodeVersion",
            "EnvironmentContainer",
            "EnvironmentVersion",
            "Job",
            "ModelContainer",
            "ModelVersion",
            "OnlineDeployment",
            "Schedule",
        )
    }
    | {"containerinstance:ContainerGroup"}
)
"""What the scripts make, change and remove."""

_OF_ENDPOINTS: Final = {
    f"{_ML}:OnlineEndpoint": ("properties.traffic", "properties.mirrorTraffic"),
    f"{_ML}:BatchEndpoint": ("properties.defaults",),
}


def _is_left_to_releases(resource: Resource, facts: Facts) -> Iterator[str]:
    del facts
    if resource.type in OF_RELEASES:
        yield "is made and changed by releases"
    if resource.type not in _OF_ENDPOINTS or "properties" in resource.ignore_changes:
        # What is ignored is shown as it was found last: after a refresh with the traffic that a release has set.
        return
    for path in _OF_ENDPOINTS[resource.type]:
        if resource.read(path) not in (MISSING, {}):
            yield f"sets {path}"
    yield "does not ignore changes of properties, so that a run would put the traffic back"


RELEASE_RULES: Final = (
    Rule(
        id="no-releases-in-pulumi",
        message="Models, deployments and traffic are left to the scripts.",
        reason="A PUT of an endpoint carries all of it: in the middle of a release Pulumi would put the traffic back "
        "to what it knows of. One fact has one writer.",
        remedy="Remove it from the program and release with scripts/deploy.py or scripts/run_batch.py; give endpoints "
        'ignore_changes=["properties", "tags", "identity", "sku", "kind"].',
        check=_is_left_to_releases,
    ),
)
