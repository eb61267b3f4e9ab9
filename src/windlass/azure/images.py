"""Images, built by the registry itself from a context that is uploaded: a quick task run, over Resource Manager."""

from __future__ import annotations

import io
import tarfile
from functools import cached_property
from typing import Any

from windlass.azure.arm import ADDRESS, POLL_SECONDS
from windlass.azure.workspace import Workspace
from windlass.errors.azure import AzureUnreachableError
from windlass.errors.release import ImageBuildError
from windlass.project.image import ImageDefinition

_API_VERSION = "2019-06-01-preview"
_WORKSPACE_VERSION = "2024-04-01"
_ENDED_BADLY = frozenset({"Failed", "Canceled", "Error", "Timeout"})
_LONGEST_SECONDS = 3600
_LOG_LINES = 40
_MOST_RUNS = 200


class AzureImages:
    """Satisfies `release.ports.Images`."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._arm = workspace.arm

    def has_image(self, image: ImageDefinition) -> bool:
        """Tell whether it is built: a run that has done so is remembered for 30 days, and then it is built again."""
        path = f"{self._url('runs')}&$top={_MOST_RUNS}"
        runs = self._arm.list(path, f"list the runs of registry {self._name}")
        return any(_built(run, image) for run in runs)

    def build_image(self, image: ImageDefinition) -> None:
        """Build it and wait until it is there.

        Raises:
            ImageBuildError: The run ended otherwise.
        """
        what = f"build image {image.label}"
        upload = self._arm.post(self._url("listBuildSourceUploadUrl"), None, what)
        _upload(str(upload["uploadUrl"]), pack(image), what)
        run = self._arm.post(self._url("scheduleRun"), build_request(image, str(upload["relativePath"])), what)
        while (state := str(run["properties"]["status"])) != "Succeeded":
            if state in _ENDED_BADLY:
                raise ImageBuildError(image.label, run["name"], state, details=self._log(run["name"], what))
            self._workspace.sleep(POLL_SECONDS)
            run = self._arm.get(self._url(f"runs/{run['name']}"), what)

    def _log(self, run: str, what: str) -> tuple[str, ...]:
        import httpx

        link = self._arm.post(self._url(f"runs/{run}/listLogSasUrl"), None, what)["logLink"]
        try:
            return tuple(httpx.get(str(link)).text.splitlines()[-_LOG_LINES:])
        except httpx.HTTPError as error:
            return (f"its log could not be read: {type(error).__name__}",)

    @cached_property
    def _registry(self) -> str:
        """The id of the workspace's registry, which may have been brought from elsewhere."""
        return find_registry(self._workspace)

    @property
    def _name(self) -> str:
        return self._registry.rpartition("/")[2]

    def _url(self, path: str) -> str:
        return f"{ADDRESS}{self._registry}/{path}?api-version={_API_VERSION}"


def find_registry(workspace: Workspace) -> str:
    """Return the id of a workspace's registry."""
    url = f"{ADDRESS}{workspace.id}?api-version={_WORKSPACE_VERSION}"
    return str(workspace.arm.get(url, "read the workspace")["properties"]["containerRegistry"])


def build_request(image: ImageDefinition, source: str) -> dict[str, Any]:
    """Make the request that has an uploaded context built and pushed."""
    return {
        "type": "DockerBuildRequest",
        "imageNames": [image.label],
        "isPushEnabled": True,
        "dockerFilePath": "Dockerfile",
        "platform": {"os": "Linux", "architecture": "amd64"},
        "sourceLocation": source,
        "timeout": _LONGEST_SECONDS,
    }


def pack(image: ImageDefinition) -> bytes:
    """Pack a build context; the same definition gives the same bytes, so that the layers of a rebuild are shared."""
    contents = {name: text.encode() for name, text in image.texts.items()}
    contents |= {path.as_posix(): file.read_bytes() for path, file in image.files.items()}
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz", compresslevel=6) as tar:
        for name in sorted(contents):
            member = tarfile.TarInfo(name)
            member.size, member.mode = len(contents[name]), 0o644
            tar.addfile(member, io.BytesIO(contents[name]))
    return packed.getvalue()


def _upload(address: str, content: bytes, what: str) -> None:
    import httpx

    # The address carries its own permission and is never shown.
    try:
        answer = httpx.put(address, content=content, headers={"x-ms-blob-type": "BlockBlob"}, timeout=300)
    except httpx.HTTPError as error:
        raise AzureUnreachableError(what, details=(type(error).__name__,)) from error
    if not answer.is_success:
        raise AzureUnreachableError(what, details=(f"the upload of the source was answered with {answer.status_code}",))


def _built(run: dict[str, Any], image: ImageDefinition) -> bool:
    properties = run["properties"]
    names = [f"{each['repository']}:{each['tag']}" for each in properties.get("outputImages") or ()]
    return properties.get("status") == "Succeeded" and image.label in names
