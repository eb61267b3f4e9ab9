"""What the deployments of an endpoint ask of the stack, read from `deployment.yml` and the overlay of the stack.

Only what the infrastructure has to have is read here, and only if it is of the right kind: a release reads the whole
file and says what is wrong with it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from windlass.project.endpoints import ENDPOINTS_FOLDER, EndpointFolder, load_document
from windlass.project.names import EndpointKind
from windlass.project.overlays import merge

_DEPLOYMENT_FILE: Final = "deployment.yml"


@dataclass(frozen=True, kw_only=True)
class Choice:
    """One value of `deployment.yml` with the overlay of the stack, and where it is written.

    Attributes:
        value: The value, as text.
        file: The file that has the last word on it, relative to the repository.
        where: The key path in that file.
    """

    value: str
    file: str
    where: str


@dataclass(frozen=True, kw_only=True)
class DeploymentChoices:
    """What the deployments of one endpoint ask for; None is left to defaults.

    Attributes:
        model: The folder under endpoints/.
        kind: Real-time or batch.
        instance_type: Size of an instance, for online.
        compute: The cluster, for batch.
        nodes: Nodes that a batch job takes.
    """

    model: str
    kind: EndpointKind
    instance_type: Choice | None = None
    compute: Choice | None = None
    nodes: Choice | None = None

    @property
    def path(self) -> str:
        """How settings and messages call the endpoint: `churn/online`."""
        return f"{self.model}/{self.kind}"


def read_choices(root: Path, endpoints: Sequence[EndpointFolder], stack: str) -> tuple[DeploymentChoices, ...]:
    """Read what each endpoint's deployments ask for on a stack.

    Args:
        root: The folder of the project, which holds `endpoints/`.
        endpoints: The endpoints that it has.
        stack: The stack whose overlays count.

    Raises:
        InvalidEndpointFilesError: A file is not YAML.
    """
    return tuple(_read(root, folder, stack) for folder in endpoints)


def _read(root: Path, folder: EndpointFolder, stack: str) -> DeploymentChoices:
    below = f"{ENDPOINTS_FOLDER}/{folder.path}"
    base, overlay = f"{below}/{_DEPLOYMENT_FILE}", f"{below}/stacks/{stack}.yml"
    own = _section(_load(root / overlay), "deployment")
    merged = merge(_load(root / base), own)

    def choice(*keys: str, kind: type = str) -> Choice | None:
        value, where = _at(merged, keys), ".".join(keys)
        if not isinstance(value, kind) or isinstance(value, bool):
            return None
        if _at(own, keys) is None:
            return Choice(value=str(value), file=base, where=where)
        return Choice(value=str(value), file=overlay, where=f"deployment.{where}")

    return DeploymentChoices(
        model=folder.model,
        kind=folder.kind,
        instance_type=choice("instance_type"),
        compute=choice("compute"),
        nodes=choice("resources", "instance_count", kind=int),
    )


def _load(file: Path) -> Mapping[str, Any]:
    document = load_document(file) if file.is_file() else {}
    return document if isinstance(document, Mapping) else {}


def _section(document: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    section = document.get(key)
    return section if isinstance(section, Mapping) else {}


def _at(document: Mapping[str, Any], keys: Sequence[str]) -> Any:
    *sections, last = keys
    for key in sections:
        document = _section(document, key)
    return document.get(last)
