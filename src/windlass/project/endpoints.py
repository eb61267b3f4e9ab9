"""Which endpoints a project has: one per folder under `endpoints/` and kind, and what their creation needs.

Only what Azure wants to know once, when the endpoint is made, is read here. Everything that changes in its
life (traffic, defaults, deployments) is the business of a release, so the keys for it are refused in this file.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Final, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from windlass.errors.infra import InvalidEndpointFilesError
from windlass.project.names import FOLDER_LENGTH, WORDS_PATTERN, EndpointKind
from windlass.project.serving import Serving

ENDPOINTS_FOLDER: Final = "endpoints"
ENDPOINT_FILE: Final = "endpoint.yml"
KINDS: Final[tuple[EndpointKind, ...]] = get_args(EndpointKind)

_BELONGS_ELSEWHERE: Final = {
    "name": "is derived from project, folder, kind and stack; remove it",
    "traffic": "is moved by scripts/deploy.py; remove it",
    "mirror_traffic": "is set by a release (rollout.yml); remove it",
    "defaults": "is set by scripts/deploy.py when a deployment exists; remove it",
    "identity": "is the serving identity that infra/ creates; remove it",
    "compute": "belongs to the deployment (deployment.yml); remove it",
    "kind": "is known from the folder (online or batch); remove it",
    "properties": "is written by Azure; remove it",
}


class _EndpointFile(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    schema_address: str | None = Field(default=None, alias="$schema")
    description: str = Field(default="", max_length=1024)
    tags: dict[str, Annotated[str, StringConstraints(max_length=256)]] = Field(default_factory=dict)


class _OnlineEndpointFile(_EndpointFile):
    auth_mode: Literal["key", "aml_token", "aad_token"] = "key"
    public_network_access: Literal["enabled", "disabled"] | None = None


class _BatchEndpointFile(_EndpointFile):
    auth_mode: Literal["aad_token"] = "aad_token"


class EndpointFolder(BaseModel):
    """One endpoint that the project wants."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    model: str = Field(description="The folder under endpoints/")
    kind: EndpointKind = Field(description="Real-time or batch")
    auth_mode: Literal["key", "aml_token", "aad_token"] = Field(description="How callers prove who they are")
    public_network_access: Literal["enabled", "disabled"] | None = Field(
        default=None, description="Whether it answers public addresses; as the stack's network.mode says when absent"
    )
    description: str = Field(default="", description="One sentence for people")
    tags: dict[str, str] = Field(default_factory=dict, description="Tags of this endpoint alone")
    serving: Serving = Field(default_factory=Serving, description="What its deployments run on; for online alone")

    @property
    def path(self) -> str:
        """How settings and messages call it: `churn/online`."""
        return f"{self.model}/{self.kind}"


def find_endpoints(root: Path, stack: str) -> tuple[EndpointFolder, ...]:
    """Read which endpoints stand under `root`, in the order of their names.

    Args:
        root: The folder of the project, which holds `endpoints/`.
        stack: The stack whose overlays say what each is served on.

    Raises:
        InvalidEndpointFilesError: With every problem of every file.
    """
    found: list[EndpointFolder] = []
    problems: list[str] = []
    for folder, kind in _places(root / ENDPOINTS_FOLDER):
        try:
            found.append(_read(folder, kind, stack))
        except InvalidEndpointFilesError as invalid:
            problems.extend(invalid.problems)
    if problems:
        # A folder with a wrong name is met once for each of its files.
        raise InvalidEndpointFilesError(tuple(dict.fromkeys(problems)))
    return tuple(found)


def parse_endpoint(model: str, kind: EndpointKind, document: Any) -> EndpointFolder:
    """Make an endpoint of the content of its file.

    Raises:
        InvalidEndpointFilesError: With every problem of the file, each with its key.
    """
    try:
        if kind == "batch":
            batch = _BatchEndpointFile.model_validate(document)
            return EndpointFolder(model=model, kind=kind, **batch.model_dump(exclude={"schema_address"}))
        online = _OnlineEndpointFile.model_validate(document)
        return EndpointFolder(model=model, kind=kind, **online.model_dump(exclude={"schema_address"}))
    except ValidationError as invalid:
        where = f"{ENDPOINTS_FOLDER}/{model}/{kind}/{ENDPOINT_FILE}"
        raise InvalidEndpointFilesError(tuple(_sentence(where, e) for e in invalid.errors())) from invalid


def _places(parent: Path) -> Iterator[tuple[Path, EndpointKind | None]]:
    """Yield each folder with each kind it has a file for; with None when it has no file at all."""
    folders = sorted(parent.iterdir()) if parent.is_dir() else []
    for folder in folders:
        if folder.is_dir() and folder.name[0] not in "._":
            kinds = [kind for kind in KINDS if (folder / kind / ENDPOINT_FILE).is_file()]
            yield from ((folder, kind) for kind in kinds or (None,))


def _read(folder: Path, kind: EndpointKind | None, stack: str) -> EndpointFolder:
    where = f"{ENDPOINTS_FOLDER}/{folder.name}"
    shortest, longest = FOLDER_LENGTH
    if not (re.fullmatch(WORDS_PATTERN, folder.name) and shortest <= len(folder.name) <= longest):
        rule = "name it with 2 to 32 lower-case letters, digits and single hyphens, a letter first"
        raise InvalidEndpointFilesError((f"{where}: {rule}",))
    if kind is None:
        rule = f"has neither online/{ENDPOINT_FILE} nor batch/{ENDPOINT_FILE}; add one or remove the folder"
        raise InvalidEndpointFilesError((f"{where}: {rule}",))
    endpoint = parse_endpoint(folder.name, kind, load_document(folder / kind / ENDPOINT_FILE))
    if kind == "batch":
        return endpoint
    return endpoint.model_copy(update={"serving": _read_serving(folder / kind / "stacks" / f"{stack}.yml")})


def load_document(file: Path) -> Any:
    """Read a YAML file below `endpoints/`; an empty one is an empty mapping.

    Raises:
        InvalidEndpointFilesError: It is not YAML.
    """
    try:
        document = YAML(typ="safe").load(file.read_text(encoding="utf-8"))
    except YAMLError as broken:
        raise InvalidEndpointFilesError((f"{_shown(file)}: is not YAML: {broken}",)) from broken
    return {} if document is None else document


def _shown(file: Path) -> str:
    """How messages call a file below the folder of endpoints."""
    return file.as_posix()[file.as_posix().rindex(f"{ENDPOINTS_FOLDER}/") :]


def load_serving(root: Path, model: str, stack: str) -> Serving:
    """Read what the online endpoint of a folder is served on.

    Raises:
        InvalidEndpointFilesError: With every problem of the section.
    """
    return _read_serving(root / ENDPOINTS_FOLDER / model / "online" / "stacks" / f"{stack}.yml")


def _read_serving(overlay: Path) -> Serving:
    """Read what a stack serves an endpoint on. Every other section of the file is the business of a release."""
    document = load_document(overlay) if overlay.is_file() else {}
    section = document.get("serving") if isinstance(document, dict) else None
    try:
        return Serving.model_validate({} if section is None else section)
    except ValidationError as invalid:
        where = f"{_shown(overlay)}: serving"
        raise InvalidEndpointFilesError(tuple(_sentence(where, error) for error in invalid.errors())) from invalid


def _sentence(where: str, problem: Any) -> str:
    key = ".".join(str(step) for step in problem["loc"]) or "the file"
    if problem["type"] == "extra_forbidden":
        advice = _BELONGS_ELSEWHERE.get(key, "is not a key that an endpoint has here; remove it")
        return f"{where}: {key}: {advice}"
    return f"{where}: {key}: {problem['msg']} (it is {problem['input']!r})"
