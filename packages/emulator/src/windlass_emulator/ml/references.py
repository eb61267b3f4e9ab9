"""From what clients write (`azureml:churn:7`, ARM ids, `azureml://` and blob addresses) to stored things.

All forms that azure-ai-ml 1.35 sends are understood; a form of Azure that leads somewhere the local Azure does
not have (registries, outputs of jobs) is refused by name.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal
from urllib.parse import unquote, urlsplit

from windlass_emulator.errors import NotEmulatedError, ml_refusal
from windlass_emulator.ml.common import child_id, not_found, place, type_of, workspace_of

if TYPE_CHECKING:
    from windlass_emulator.azure import LocalAzure
    from windlass_emulator.store import Resource

Kind = Literal["models", "environments", "data", "codes"]
"""The kinds of versioned assets, as their ids spell them."""

BLOB_SUFFIX = ".blob.core.windows.net"


@dataclass(frozen=True, slots=True)
class AssetName:
    """An asset as a reference names it.

    Attributes:
        version: None when a label stands instead.
        label: Such as "latest".
        workspace: The workspace's id when the reference spells it out.
    """

    name: str
    version: str | None
    label: str | None = None
    workspace: str | None = None


@dataclass(frozen=True, slots=True)
class BlobPath:
    """A place in the storage service.

    Attributes:
        path: A blob, or a folder of blobs (without a slash at its end); empty for the whole container.
    """

    account: str
    container: str
    path: str

    @property
    def url(self) -> str:
        """Its address."""
        return f"https://{self.account}{BLOB_SUFFIX}/{self.container}/{self.path}"


_ARM_ID = re.compile(
    r"(?:azureml:/?)?(?P<workspace>/subscriptions/[^/]+/resourceGroups/[^/]+/providers/"
    r"Microsoft\.MachineLearningServices/workspaces/[^/]+)/(?P<kind>\w+)/(?P<name>[^/]+)"
    r"/(?P<by>versions|labels)/(?P<value>[^/]+)/?\Z",
    re.IGNORECASE,
)
_ASSET_ID = re.compile(
    r"azureml://locations/[^/]+/workspaces/[^/]+/(?P<kind>\w+)/(?P<name>[^/]+)/(?P<by>versions|labels)/(?P<value>[^/]+)/?\Z",
    re.IGNORECASE,
)
_SHORT = re.compile(r"(?:azureml:)?(?!azureml:)(?P<name>[^:@/]+)(?:(?P<by>[:@])(?P<value>[^:@/]+))\Z")
_DATASTORE = re.compile(
    r"azureml:(?://|/)(?:(?P<workspace>/?subscriptions/[^/]+/resourcegroups/[^/]+/(?:providers/"
    r"Microsoft\.MachineLearningServices/)?workspaces/[^/]+)/)?datastores/(?P<store>[^/]+)(?:/paths(?:/(?P<path>.*))?)?\Z",
    re.IGNORECASE,
)
_WASB = re.compile(rf"wasbs?://(?P<container>[^@]+)@(?P<account>[^./]+){re.escape(BLOB_SUFFIX)}/(?P<path>.*)\Z")


def parse_asset(kind: Kind, reference: str) -> AssetName:
    """Read a reference to an asset.

    Raises:
        MlError: 400 when it is no reference to an asset of this kind.
        NotEmulatedError: It names a registry.
    """
    if reference.lower().startswith("azureml://registries/"):
        raise NotEmulatedError(f"registries ('{reference}')")
    match = _ARM_ID.match(reference) or _ASSET_ID.match(reference) or _SHORT.match(reference)
    if match is None or match.groupdict().get("kind", kind).lower() != kind:
        raise ml_refusal(
            f"'{reference}' is not a reference to one of {kind}: expected 'azureml:<name>:<version>', "
            f"'azureml:<name>@<label>' or the ARM id of a version."
        )
    by_label = match["by"].lower() in {"labels", "@"}
    return AssetName(
        name=match["name"],
        version=None if by_label else match["value"],
        label=match["value"] if by_label else None,
        workspace=match.groupdict().get("workspace"),
    )


def find_asset(azure: LocalAzure, workspace: str, kind: Kind, reference: str) -> Resource:
    """Return the version that a reference means.

    Args:
        azure: Where to look.
        workspace: The id of the workspace in which the reference was written.
        kind: What it must be.
        reference: In any of its forms.

    Raises:
        MlError: 400 when it cannot be read, 404 when there is no such asset.
        NotEmulatedError: It names a registry.
    """
    asset = parse_asset(kind, reference)
    home = asset.workspace or workspace
    version = asset.version or _labelled(azure, home, kind, asset)
    found = azure.store.get(child_id(home, kind, asset.name, "versions", version))
    if found is None:
        raise version_not_found(home, kind, asset.name, version)
    return found


def _labelled(azure: LocalAzure, workspace: str, kind: Kind, asset: AssetName) -> str:
    versions = azure.store.children(child_id(workspace, kind, asset.name), type_of(kind, "versions"))
    if asset.label != "latest":
        raise ml_refusal(
            f"No version of '{asset.name}' has the label '{asset.label}'; the local Azure knows the label 'latest'."
        )
    if not versions:
        raise container_not_found(kind, asset.name)
    return versions[-1].name


_SINGULAR = {"models": "Model", "environments": "Environment", "data": "Data", "codes": "Code"}


def container_not_found(kind: Kind, name: str) -> Exception:
    """404 for an asset of which there is no version (recorded for models)."""
    word = _SINGULAR[kind]
    return not_found(f"{word}NotFound", f"{word} container with name: {name} not found.")


def version_not_found(workspace: str, kind: Kind, name: str, version: str) -> Exception:
    """404 for a version that there is not (recorded for models)."""
    where = place(workspace)
    word = _SINGULAR[kind].lower()
    return not_found(
        f"NoSuch{_SINGULAR[kind]}Registered",
        f"There is no registered {word} in Account Subscription: {where['subscription']}, "
        f"ResourceGroup: {where['group']}, Workspace: {where['workspace']} with id {name}:{version}",
    )


def blob_path(azure: LocalAzure, workspace: str, uri: str) -> BlobPath:
    """Return the place in storage that an address means.

    Args:
        azure: Where datastores are looked up.
        workspace: The id of the workspace in which the address was written.
        uri: `azureml://..datastores/..`, `https://{account}.blob.core.windows.net/..` or `wasbs://..`.

    Raises:
        MlError: 400 when it is none of these, 404 when there is no such datastore.
        NotEmulatedError: It leads to the output of a job or a registry.
    """
    if match := _DATASTORE.match(uri):
        return _in_datastore(azure, _home(match["workspace"], workspace), match["store"], unquote(match["path"] or ""))
    if match := _WASB.match(uri):
        return BlobPath(match["account"], match["container"], match["path"].strip("/"))
    parts = urlsplit(uri)
    host = (parts.hostname or "").lower()
    if parts.scheme == "https" and host.endswith(BLOB_SUFFIX) and parts.path.strip("/"):
        container, _, path = unquote(parts.path).strip("/").partition("/")
        return BlobPath(host.removesuffix(BLOB_SUFFIX), container, path.strip("/"))
    if re.match(r"(?i)azureml://(jobs|registries|experiments|dbfs)|runs:/|https?://|adl://|abfss?://", uri):
        raise NotEmulatedError(f"content at '{uri}' (only blob storage behind a datastore or its https address is)")
    raise ml_refusal(f"'{uri}' is not an address of content that the service understands.")


def _home(spelled: str | None, workspace: str) -> str:
    """Return the id of the workspace that an address spells out, else the one in which it was written."""
    if spelled is None:
        return workspace
    parts = spelled.strip("/").split("/")
    own = workspace_of(workspace).split("/")
    return "/".join((*own[:2], parts[1], own[3], parts[3], *own[5:8], parts[-1]))


def _in_datastore(azure: LocalAzure, workspace: str, name: str, path: str) -> BlobPath:
    store = azure.store.get(child_id(workspace, "datastores", name))
    if store is None:
        raise not_found("DatastoreNotFound", f"Could not find datastore: {name}")
    properties = store.body["properties"]
    if properties["datastoreType"] != "AzureBlob":
        raise NotEmulatedError(f"content in a datastore of type {properties['datastoreType']} ('{name}')")
    return BlobPath(properties["accountName"], properties["containerName"], path.strip("/"))
