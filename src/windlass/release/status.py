"""What stands in a stack, for people and for JSON. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from windlass.release.models import Deployment, Endpoint, Scaled


@dataclass(frozen=True, kw_only=True)
class BatchStatus:
    """A batch endpoint as Azure shows it.

    Attributes:
        name: Its name in Azure.
        default: The deployment that a job runs on when none is named.
        deployments: Triples of name, state and model label.
    """

    name: str
    default: str = ""
    deployments: tuple[tuple[str, str, str], ...] = ()


@dataclass(frozen=True, kw_only=True)
class EndpointStatus:
    """One endpoint of a stack, with the folder it belongs to.

    Attributes:
        found: What Azure shows; None when it has it no more.
        scaled: The autoscale settings of its deployments, also of those that are gone.
    """

    folder: str
    kind: str
    name: str
    found: Endpoint | BatchStatus | None
    scaled: tuple[Scaled, ...] = ()

    def setting_of(self, deployment: str) -> Scaled | None:
        """The autoscale setting of a deployment."""
        return next((each for each in self.scaled if each.deployment == deployment), None)

    @property
    def orphans(self) -> tuple[Scaled, ...]:
        """Autoscale settings that have outlived their deployments; the next release removes them."""
        names = self.found.names if isinstance(self.found, Endpoint) else ()
        return tuple(each for each in self.scaled if each.deployment not in names)


@dataclass(frozen=True, kw_only=True)
class Row:
    """One deployment, or an endpoint that has none, as a line of a table."""

    folder: str
    kind: str
    endpoint: str
    deployment: str = ""
    state: str = ""
    model: str = ""
    share: str = ""
    instances: str = ""


def status_rows(statuses: tuple[EndpointStatus, ...]) -> tuple[Row, ...]:
    """Lay endpoints and their deployments out as lines."""
    return tuple(row for status in statuses for row in _rows(status))


def status_as_json(statuses: tuple[EndpointStatus, ...]) -> list[dict[str, Any]]:
    """Give the endpoints as plain values."""
    return [
        {
            "folder": status.folder,
            "kind": status.kind,
            "endpoint": status.name,
            **_found_as_json(status),
            **({"orphaned_autoscale": [each.deployment for each in status.orphans]} if status.orphans else {}),
        }
        for status in statuses
    ]


def _rows(status: EndpointStatus) -> tuple[Row, ...]:
    head = {"folder": status.folder, "kind": status.kind, "endpoint": status.name}
    match status.found:
        case None:
            rows: tuple[Row, ...] = (Row(**head, state="not there"),)
        case Endpoint() as online:
            rows = tuple(
                Row(
                    **head,
                    deployment=each.name,
                    state=each.state,
                    model=each.model,
                    share=f"{online.traffic.share_of(each.name)} %",
                    instances=_instances(each, status.setting_of(each.name)),
                )
                for each in online.deployments
            )
        case BatchStatus() as batch:
            rows = tuple(
                Row(
                    **head,
                    deployment=name,
                    state=state,
                    model=model,
                    share="default" if name == batch.default else "",
                )
                for name, state, model in batch.deployments
            )
    orphans = tuple(
        Row(**head, deployment=each.deployment, state="gone, but for its autoscale") for each in status.orphans
    )
    return (rows or (Row(**head, state="no deployment"),)) + orphans


def _instances(deployment: Deployment, setting: Scaled | None) -> str:
    if setting is None:
        return str(deployment.instances)
    off = "" if setting.enabled else ", off"
    return f"{deployment.instances} ({setting.minimum} to {setting.maximum}{off})"


def _found_as_json(status: EndpointStatus) -> dict[str, Any]:
    found = status.found
    match found:
        case None:
            return {"exists": False, "deployments": []}
        case Endpoint():
            return {
                "exists": True,
                "scoring_uri": found.scoring_uri,
                **({"certificate": found.certificate} if found.certificate else {}),
                "traffic": found.traffic.as_dict(),
                "deployments": [
                    {
                        "name": each.name,
                        "state": each.state,
                        "model": each.model,
                        "environment": each.environment,
                        "release": each.release,
                        "share": found.traffic.share_of(each.name),
                        "instance_type": each.instance_type,
                        "instances": each.instances,
                        "autoscale": _setting_as_json(status.setting_of(each.name)),
                    }
                    for each in found.deployments
                ],
            }
        case BatchStatus():
            return {
                "exists": True,
                "default": found.default,
                "deployments": [
                    {"name": name, "state": state, "model": model} for name, state, model in found.deployments
                ],
            }


def _setting_as_json(setting: Scaled | None) -> dict[str, Any] | None:
    if setting is None:
        return None
    return {"enabled": setting.enabled, "minimum": setting.minimum, "maximum": setting.maximum}
