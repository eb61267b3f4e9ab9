"""What a container group is made of: a registry with an image, an identity that may pull it, a model in storage."""

from __future__ import annotations

import hashlib
import io
import ssl
import tarfile
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from azure.storage.blob import BlobClient

from support.arm_clients import ArmClients, fresh
from support.certificates import Certificate, self_signed
from support.online_world import CONDA, SCRIPT

RUNTIME = Path(__file__).parents[2] / "packages" / "runtime" / "src"
REGION = "westeurope"
KEY = "the-key-of-the-test"
ACR_PULL = "7f951dda-4ed3-4680-a7ca-43fe172d538d"
ENVIRONMENT = (
    "ENV PATH=/windlass/env/bin:$PATH PYTHONPATH=/windlass/runtime PYTHONUNBUFFERED=1 AML_APP_ROOT=/windlass/code "
    "AZUREML_ENTRY_SCRIPT=score.py"
)
DOCKERFILE = f"""\
FROM mcr.microsoft.com/azureml/openmpi4.1.0-ubuntu22.04:20250601.v1
COPY conda.yml /windlass/conda.yml
RUN conda env create --quiet --prefix /windlass/env --file /windlass/conda.yml && conda clean --all --yes --quiet
COPY runtime /windlass/runtime
COPY code /windlass/code
{ENVIRONMENT}
EXPOSE 443
ENTRYPOINT ["/windlass/env/bin/python", "-m", "windlass_runtime"]
"""


def context(dockerfile: str = DOCKERFILE, script: str = SCRIPT, conda: str | None = None) -> bytes:
    """Return a Docker context as a .tar.gz."""
    files = {"Dockerfile": dockerfile, "conda.yml": conda or CONDA.read_text(), "code/score.py": script}
    for file in (RUNTIME / "windlass_runtime").glob("*.py"):
        files[f"runtime/windlass_runtime/{file.name}"] = file.read_text()
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as tar:
        for name, text in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(text.encode())
            tar.addfile(member, io.BytesIO(text.encode()))
    return packed.getvalue()


@dataclass
class ContainerWorld:
    """A resource group with all of it.

    Attributes:
        identity: The id of the identity that may pull.
        account: The storage account that models are in.
        image: The reference of the image that was built last.
    """

    arm: ArmClients
    group: str
    registry: str
    identity: str
    account: str
    image: str = ""

    @classmethod
    def make(cls, arm: ArmClients) -> ContainerWorld:
        """Make one, without an image yet."""
        group, registry = arm.group(), fresh("registry")
        arm.registries.registries.begin_create(
            group, registry, {"location": REGION, "sku": {"name": "Standard"}}
        ).result()
        identity = arm.identities.user_assigned_identities.create_or_update(group, fresh("id"), {"location": REGION})
        world = cls(arm, group, registry, identity.id.replace("/resourcegroups/", "/resourceGroups/"), "")
        world.permit(identity.principal_id)
        world.account = arm.account(group)
        arm.blobs(group, world.account).create_container("models")
        return world

    def permit(self, principal: str) -> None:
        """Let a principal pull from the registry."""
        registry = self.arm.registries.registries.get(self.group, self.registry).id
        subscription = f"/subscriptions/{self.arm.azure.subscription}"
        role = f"{subscription}/providers/Microsoft.Authorization/roleDefinitions/{ACR_PULL}"
        body = {"properties": {"role_definition_id": role, "principal_id": principal}}
        self.arm.roles.role_assignments.create(registry, str(uuid.uuid4()), body["properties"])

    def build(self, name: str, source: bytes) -> Any:
        """Build an image and return the run when it has ended."""
        registries, runs = self.arm.builds.registries, self.arm.builds.runs
        upload = registries.get_build_source_upload_url(self.group, self.registry)
        client = BlobClient.from_blob_url(upload.upload_url, **self.arm.azure.client_options())
        with client:
            client.upload_blob(source)
        request = {
            "type": "DockerBuildRequest",
            "imageNames": [name],
            "isPushEnabled": True,
            "dockerFilePath": "Dockerfile",
            "platform": {"os": "Linux", "architecture": "amd64"},
            "sourceLocation": upload.relative_path,
        }
        run = self.arm.call(
            "POST",
            f"{{sub}}/resourceGroups/{self.group}/providers/Microsoft.ContainerRegistry/registries/{self.registry}"
            "/scheduleRun",
            request,
            api_version="2019-06-01-preview",
        ).json()
        wait(lambda: runs.get(self.group, self.registry, run["name"]).status in {"Succeeded", "Failed"})
        ended = runs.get(self.group, self.registry, run["name"])
        if ended.status == "Succeeded":
            self.image = f"{self.registry}.azurecr.io/{name}"
        return ended

    def model(self, text: str) -> dict[str, str]:
        """Put a model into storage and return the variables that tell a container of it."""
        path = f"{uuid.uuid4().hex}/model.txt"
        self.arm.blobs(self.group, self.account).get_blob_client("models", path).upload_blob(text.encode())
        return {
            "WINDLASS_MODEL": "churn:1",
            "WINDLASS_MODEL_URI": f"https://{self.account}.blob.core.windows.net/models/{path}",
            "WINDLASS_MODEL_SHA256": hashlib.sha256(text.encode()).hexdigest(),
        }

    def body(self, label: str, model: Mapping[str, str], certificate: Certificate, **properties: Any) -> dict[str, Any]:
        """Return the body of a group that serves."""
        secure = {
            "WINDLASS_KEY": KEY,
            "WINDLASS_TLS_CERTIFICATE": certificate.chain,
            "WINDLASS_TLS_PRIVATE_KEY": certificate.key,
        }
        variables = [{"name": name, "value": value} for name, value in model.items()]
        variables += [{"name": name, "secureValue": value} for name, value in secure.items()]
        container = {
            "image": self.image,
            "ports": [{"port": 443, "protocol": "TCP"}],
            "environmentVariables": variables,
            "resources": {"requests": {"cpu": 1.0, "memoryInGB": 1.5}},
            "readinessProbe": {"httpGet": {"path": "/ready", "port": 443, "scheme": "https"}, "periodSeconds": 5},
        }
        address = {"type": "Public", "ports": [{"port": 443, "protocol": "TCP"}], "dnsNameLabel": label}
        return {
            "location": REGION,
            "identity": {"type": "UserAssigned", "userAssignedIdentities": {self.identity: {}}},
            "properties": {
                "containers": [{"name": "model", "properties": container}],
                "osType": "Linux",
                "imageRegistryCredentials": [{"server": f"{self.registry}.azurecr.io", "identity": self.identity}],
                "ipAddress": address,
                **properties,
            },
        }

    def path(self, name: str) -> str:
        """Return the path of a group."""
        return f"{{sub}}/resourceGroups/{self.group}/providers/Microsoft.ContainerInstance/containerGroups/{name}"

    def put(self, name: str, body: Mapping[str, Any]) -> Any:
        """Make a group and wait until it is there."""
        return self.arm.containers.container_groups.begin_create_or_update(self.group, name, body).result()

    def get(self, name: str) -> dict[str, Any]:
        """Return a group as Azure shows it."""
        shown: dict[str, Any] = self.arm.call("GET", self.path(name), api_version="2024-05-01-preview").json()
        return shown

    def view(self, name: str) -> dict[str, Any]:
        """Return the instance view of a group's container."""
        view: dict[str, Any] = self.get(name)["properties"]["containers"][0]["properties"]["instanceView"]
        return view

    def ready(self, name: str, certificate: Certificate) -> None:
        """Wait until a group answers."""
        with self.caller(name, certificate) as caller:
            wait(lambda: answers(caller))

    def caller(self, label: str, certificate: Certificate) -> httpx.Client:
        """Return a client of a group's public name."""
        return httpx.Client(
            base_url=f"https://{fqdn(label)}",
            proxy=self.arm.azure.proxy,
            verify=certificate.trust(),
            headers={"Authorization": f"Bearer {KEY}"},
            trust_env=False,
            timeout=30,
        )


@dataclass
class Served:
    """A group that answers."""

    world: ContainerWorld
    name: str
    certificate: Certificate
    model: dict[str, str]

    @classmethod
    def begin(cls, world: ContainerWorld, name: str) -> Served:
        """Make one with model "one"."""
        served = cls(world, name, named(name), world.model("one"))
        world.put(name, served.body())
        world.ready(name, served.certificate)
        return served

    def body(self) -> dict[str, Any]:
        """Return what it was made of."""
        return self.world.body(self.name, self.model, self.certificate)


def answers(caller: httpx.Client) -> bool:
    """Tell whether a container is ready."""
    try:
        return caller.get("/ready").status_code == httpx.codes.OK
    except (httpx.HTTPError, ssl.SSLError):
        return False


def fqdn(label: str) -> str:
    """Return the public host name of a label."""
    return f"{label}.{REGION}.azurecontainer.io"


def named(label: str) -> Certificate:
    """Make a certificate for a label's host name."""
    return self_signed(fqdn(label))


def wait(reached: Callable[[], bool], seconds: float = 60) -> None:
    """Wait until something holds."""
    deadline = time.monotonic() + seconds
    while not reached():
        assert time.monotonic() < deadline, "it did not come about in time"
        time.sleep(0.05)
