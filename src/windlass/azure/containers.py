"""Container groups behind a public name, over Resource Manager: observed, made, moved to, removed.

Satisfies the same port as the endpoints of Azure ML. An endpoint is a public name here; a deployment is a group.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from windlass.azure.arm import ADDRESS
from windlass.azure.certificates import Certificates
from windlass.azure.group_bodies import (
    CONTAINER,
    TAG_DEPLOYMENT,
    TAG_ENDPOINT,
    TAG_SERVING,
    Place,
    Secrets,
    certificate_of,
    condition_of,
    exit_code,
    group_body,
    group_name,
    host_of,
    read_group,
    read_previous,
    tags_of_previous,
)
from windlass.azure.images import find_registry
from windlass.azure.model_files import find_place
from windlass.azure.public_name import Record, read_record, record_body
from windlass.azure.vault import VaultSecrets
from windlass.azure.workspace import Workspace
from windlass.errors.release import DeploymentFailedError, ForeignRecordError, ModelWithoutDigestError
from windlass.project.outputs import StackOutputs
from windlass.project.serving import SELF_SIGNED, ContainerGroup
from windlass.release.models import Condition, CreateDeployment, Deployment, Endpoint, Style
from windlass.release.ports import Clock
from windlass.release.traffic import ALL, Traffic

Json = dict[str, Any]
IsReady = Callable[[str], bool]
"""Tells whether the group at a host name says that it is ready."""

_GROUPS = "Microsoft.ContainerInstance/containerGroups"
_GROUP_VERSION, _DNS_VERSION, _IDENTITY_VERSION = "2024-05-01-preview", "2018-05-01", "2023-01-31"
_POLL_SECONDS = 1.0
_ASKED_LOG_LINES = 200
_CAUSES = {
    2: "its variables are wrong",
    3: "the content of the model is not what was released",
    4: "the model could not be read from storage: does the serving identity hold Storage Blob Data Reader?",
    5: "the scoring script did not start",
}
"""What the exit codes of windlass-runtime mean."""


@dataclass(frozen=True, kw_only=True)
class GroupsOf:
    """Which endpoint, and how it is served.

    Attributes:
        endpoint: Its name in Azure.
        container: The settings of its groups.
    """

    outputs: StackOutputs
    endpoint: str
    container: ContainerGroup

    @property
    def style(self) -> Style:
        """How a version takes over."""
        return Style.SWITCH if self.container.release == "switch" else Style.RECREATE

    @property
    def host(self) -> str:
        """The public name."""
        name = self.container.name
        return name.host if name else host_of(self.endpoint, self.outputs.location)


class AzureContainerGroups:
    """Satisfies `release.ports.OnlineEndpoints` for one endpoint."""

    def __init__(
        self, workspace: Workspace, groups: GroupsOf, secrets: VaultSecrets, *, is_ready: IsReady, clock: Clock
    ) -> None:
        self._workspace = workspace
        self._arm = workspace.arm
        self._groups = groups
        self._outputs = groups.outputs
        self._secrets = secrets
        self._certificates = Certificates(secrets)
        self._is_ready = is_ready
        self._clock = clock

    # --- looked at

    def observe(self, endpoint: str) -> Endpoint:
        """Look at the public name and the groups behind it."""
        groups = tuple(self._shown(endpoint))
        deployments = tuple(self._deployment(group) for group in groups)
        fixed = next((group for group in groups if group["name"] == endpoint), None)
        if self._groups.style is Style.RECREATE:
            return self._recreated(endpoint, deployments, fixed)
        record = self._record()
        return Endpoint(
            name=endpoint,
            deployments=deployments,
            traffic=self._traffic(record, groups),
            target=record.target,
            base=record.base,
            scoring_uri=f"https://{self._groups.host}/score",
            style=Style.SWITCH,
            settling=self._groups.container.name.settle_seconds if self._groups.container.name else 0.0,
            moved_at=record.moved_at,
            certificate=self._shown_certificate(groups),
        )

    def _recreated(self, endpoint: str, deployments: tuple[Deployment, ...], fixed: Json | None) -> Endpoint:
        tags = (fixed or {}).get("tags") or {}
        serving = tags.get(TAG_SERVING, "")
        here = serving if serving and serving == tags.get(TAG_DEPLOYMENT) else ""
        return Endpoint(
            name=endpoint,
            deployments=deployments,
            traffic=Traffic.of({here: ALL} if here else {}),
            target=here,
            scoring_uri=f"https://{self._groups.host}/score",
            style=Style.RECREATE,
            previous=read_previous(tags),
            certificate=self._shown_certificate((fixed,) if fixed else ()),
        )

    def _shown_certificate(self, groups: tuple[Json, ...]) -> str:
        """The certificate that callers have to be given; one that others have signed they trust by themselves."""
        if self._groups.container.certificate != SELF_SIGNED:
            return ""
        return next((certificate_of(group) for group in groups), "")

    def find(self, endpoint: str) -> Endpoint | None:
        """Look at it; a public name without groups is an endpoint without deployments."""
        return self.observe(endpoint)

    def logs(self, endpoint: str, deployment: str, *, lines: int, container: str = "inference") -> str:
        """Read the end of a container's log; one container does all that others have two for."""
        del container
        url = f"{self._url(self._name(endpoint, deployment))}/containers/{CONTAINER}/logs"
        what = f"read the log of deployment {deployment}"
        return str(self._arm.get(f"{url}?api-version={_GROUP_VERSION}&tail={lines}", what).get("content") or "")

    def _shown(self, endpoint: str) -> Iterator[Json]:
        what = f"list the container groups of {endpoint}"
        for each in self._arm.list(f"{self._group_url}/providers/{_GROUPS}?api-version={_GROUP_VERSION}", what):
            if (each.get("tags") or {}).get(TAG_ENDPOINT) == endpoint:
                # A list does not say what the containers do.
                found = self._arm.find(self._versioned(each["name"]), f"read container group {each['name']}")
                if found is not None:
                    yield found

    def _deployment(self, group: Json) -> Deployment:
        ready = group["properties"].get("provisioningState") == "Succeeded" and self._answers(group)
        return read_group(group, ready=ready, fixed=group["name"] == self._groups.endpoint)

    def _answers(self, group: Json) -> bool:
        return self._is_ready(host_of(group["name"], self._outputs.location))

    def _name(self, endpoint: str, deployment: str) -> str:
        """The group of a deployment: as it is there, or as it will be."""
        for group in self._shown(endpoint):
            if (group.get("tags") or {}).get(TAG_DEPLOYMENT) == deployment:
                return str(group["name"])
        return group_name(endpoint, deployment, self._groups.style)

    # --- made and removed

    def create_deployment(self, endpoint: str, step: CreateDeployment) -> None:
        """Make a group, or replace the version in the one that there is, and wait until it answers.

        Raises:
            DeploymentFailedError: It did not come up.
            ModelWithoutDigestError: The model was registered without a digest, so the group could not check it.
        """
        if not step.model.sha256:
            raise ModelWithoutDigestError(step.model.label)
        name, what = group_name(endpoint, step.name, self._groups.style), f"create deployment {step.name}"
        body = group_body(
            self._place, step, self._groups.container, self._content(step, what), self._group_secrets(), label=name
        )
        there = self._arm.find(self._versioned(name), f"read container group {name}")
        if there is not None:
            body["tags"] |= _what_goes(there, step.name)
            if _is_fixed_otherwise(there, body):
                self._arm.delete(self._versioned(name), f"remove container group {name}, whose size changes")
        self._arm.put(self._versioned(name), body, what)
        self._wait_until_ready(name, step.name)

    def delete_deployment(self, endpoint: str, deployment: str) -> None:
        """Remove a group and wait until it is gone."""
        name = self._name(endpoint, deployment)
        self._arm.delete(self._versioned(name), f"delete deployment {deployment}")

    def _wait_until_ready(self, name: str, deployment: str) -> None:
        limit = self._groups.container.start_seconds
        end = self._clock.elapsed() + limit
        while self._clock.elapsed() < end:
            group = self._arm.get(self._versioned(name), f"read container group {name}")
            condition, state = condition_of(group, ready=self._answers(group))
            if condition is Condition.READY:
                return
            if condition is Condition.DEAD:
                raise DeploymentFailedError(deployment, _CAUSES.get(exit_code(group), state))
            self._clock.sleep(_POLL_SECONDS)
        cause = f"it did not answer within {limit:g} s (serving.container.start_seconds)"
        raise DeploymentFailedError(deployment, cause)

    def _group_secrets(self) -> Secrets:
        groups = self._groups
        certificate = self._certificates.ensure(groups.host, groups.endpoint, groups.container.certificate)
        return Secrets(key=ensure_key(self._secrets, groups.endpoint), certificate=certificate)

    def _content(self, step: CreateDeployment, what: str) -> str:
        """Find the address of a model's files in storage."""
        place, _ = find_place(self._arm, step.model, what)
        if place is None:
            raise DeploymentFailedError(step.name, f"model {step.model.label} is not in a datastore of the workspace")
        return f"{place.account}/{place.container}/{place.path}"

    @cached_property
    def _place(self) -> Place:
        outputs = self._outputs
        url = f"{ADDRESS}{outputs.serving_identity}?api-version={_IDENTITY_VERSION}"
        identity = self._arm.get(url, "read the serving identity")
        return Place(
            endpoint=self._groups.endpoint,
            location=outputs.location,
            host=self._groups.host,
            identity=outputs.serving_identity,
            client_id=str(identity["properties"]["clientId"]),
            registry=f"{find_registry(self._workspace).rpartition('/')[2].lower()}.azurecr.io",
        )

    # --- moved to

    def set_traffic(self, endpoint: str, traffic: Traffic, *, target: str, base: Traffic) -> None:
        """Have the public name lead to one deployment, and note what was before in the same request."""
        if not traffic:
            # The way back from a first version: nothing served before it.
            self.remove_record()
            return
        (deployment,) = traffic.names
        name = self._name(endpoint, deployment)
        if self._groups.style is Style.RECREATE:
            group = self._arm.get(self._versioned(name), f"read container group {name}")
            tags = {**(group.get("tags") or {}), TAG_SERVING: deployment}
            self._arm.patch(self._versioned(name), {"tags": tags}, f"note that {deployment} serves")
            return
        public = self._groups.container.name
        assert public is not None
        host = host_of(name, self._outputs.location)
        body = record_body(host, public.ttl_seconds, endpoint, target=target, base=base, now=self._clock.now())
        self._arm.put(self._record_url, body, f"move {public.host} to {deployment}")

    def _traffic(self, record: Record, groups: tuple[Json, ...]) -> Traffic:
        for group in groups:
            if host_of(group["name"], self._outputs.location) == record.host:
                return Traffic.of({group["tags"][TAG_DEPLOYMENT]: ALL})
        return Traffic()

    def _record(self) -> Record:
        public = self._groups.container.name
        assert public is not None
        found = self._arm.find(self._record_url, f"read {public.host}")
        record = read_record(found, default_ttl=public.ttl_seconds)
        if found is not None and record.endpoint != self._groups.endpoint:
            raise ForeignRecordError(public.host, record.host)
        return record

    def remove_record(self) -> bool:
        """Remove the public name, if a release has made it; tells whether it was there."""
        if self._groups.container.name is None or not self._record().host:
            return False
        self._arm.delete(self._record_url, f"remove {self._groups.host}")
        return True

    # --- addresses

    @property
    def _record_url(self) -> str:
        public = self._groups.container.name
        assert public is not None
        return f"{ADDRESS}{public.id}?api-version={_DNS_VERSION}"

    @property
    def _group_url(self) -> str:
        return f"{ADDRESS}/subscriptions/{self._outputs.subscription_id}/resourceGroups/{self._outputs.resource_group}"

    def _url(self, name: str) -> str:
        return f"{self._group_url}/providers/{_GROUPS}/{name}"

    def _versioned(self, name: str) -> str:
        return f"{self._url(name)}?api-version={_GROUP_VERSION}"


def ensure_key(secrets: VaultSecrets, endpoint: str) -> str:
    """Return the key that callers of an endpoint send; it is made once and kept in the vault."""
    import secrets as random

    name = key_secret(endpoint)
    key = secrets.get(name)
    if key is None:
        secrets.set(name, random.token_urlsafe(32))
        # Two that make one at the same time both go on with the newer.
        key = secrets.get(name)
        assert key is not None
    return key


def key_secret(endpoint: str) -> str:
    """Name the secret with the key of an endpoint."""
    return f"{endpoint}-key"


def _what_goes(group: Json, coming: str) -> dict[str, str]:
    """Note what a version replaces; one that is put again replaces what it replaced before."""
    tags = group.get("tags") or {}
    if tags.get(TAG_DEPLOYMENT) == coming or tags.get(TAG_SERVING) != tags.get(TAG_DEPLOYMENT):
        previous = read_previous(tags)
        return tags_of_previous(previous) if previous and previous.name != coming else {}
    return tags_of_previous(read_group(group, ready=True, fixed=True))


def _is_fixed_otherwise(group: Json, body: Json) -> bool:
    """Tell whether Azure would refuse to change a group in place: its size cannot change."""
    old, new = (each["properties"]["containers"][0]["properties"]["resources"]["requests"] for each in (group, body))
    return any(float(old[name]) != float(new[name]) for name in ("cpu", "memoryInGB"))
