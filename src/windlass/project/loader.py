"""Reads what stands under `endpoints/<name>/` into models: the only input and output of this package.

A loader goes on after a problem, so that one run tells all problems of all files.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Any, Literal, TypeVar, cast, get_args

from pydantic import BaseModel, ValidationError

from windlass.errors.project import (
    CloudNotSaidError,
    DefinitionError,
    ModelPathError,
    NoProjectError,
    Problem,
    UnknownEndpointError,
    UnknownStackError,
    UnreadableFileError,
)
from windlass.project.content import counts, digest_of_document, digest_of_tree
from windlass.project.definitions import (
    BatchDefinition,
    DeploymentDefinition,
    DeploymentFields,
    Document,
    Environment,
    EnvironmentDefinition,
    EnvironmentFields,
    Kind,
    ModelFiles,
    OnlineDefinition,
    RegisteredEnvironment,
    Sample,
)
from windlass.project.image import ImageDefinition, ImageParts, define_image
from windlass.project.overlays import SECTIONS, merge
from windlass.project.rollout import Rollout
from windlass.project.serving import Serving

Cloud = Literal["azure", "local"]

ENDPOINTS = "endpoints"
_EXPECTED = ".expected.json"
_VERSION_LENGTH = 12
_RUNTIME = "windlass_runtime"
_SAID_OF_A_GROUP = frozenset(
    {
        *("$schema", "code_configuration", "description", "endpoint_name", "environment", "environment_variables"),
        *("liveness_probe", "model", "name", "readiness_probe", "request_settings", "tags"),
    }
)
"""The keys of a deployment.yml that mean something for a container group."""

_Model = TypeVar("_Model", bound=BaseModel)


def endpoint_folders(root: Path, kind: Kind) -> tuple[str, ...]:
    """Name the folders under `endpoints/` that describe an endpoint of this kind."""
    return tuple(sorted(file.parent.parent.name for file in (root / ENDPOINTS).glob(f"*/{kind}/deployment.yml")))


def load_online(root: Path, name: str, stack: str) -> OnlineDefinition:
    """Read the real-time side of `endpoints/<name>` for a stack.

    Raises:
        UnknownEndpointError: There is no such folder.
        DefinitionError: Something in its files is wrong; all of it is named.
    """
    folder = _Folder(root, name, "online")
    overlay = folder.overlay(stack)
    deployment = folder.deployment(overlay)
    rollout = folder.rollout(overlay)
    samples = folder.samples(rollout)
    if folder.problems or deployment is None or rollout is None:
        raise DefinitionError(name, folder.problems)
    return OnlineDefinition(name=name, deployment=deployment, rollout=rollout, samples=samples)


def load_batch(root: Path, name: str, stack: str) -> BatchDefinition:
    """Read the batch side of `endpoints/<name>` for a stack.

    Raises:
        UnknownEndpointError: There is no such folder.
        DefinitionError: Something in its files is wrong; all of it is named.
    """
    folder = _Folder(root, name, "batch")
    deployment = folder.deployment(folder.overlay(stack))
    if folder.problems or deployment is None:
        raise DefinitionError(name, folder.problems)
    return BatchDefinition(name=name, deployment=deployment)


def load_model(path: Path) -> ModelFiles:
    """Look at a trained model on disk: a file, or a folder with files.

    Raises:
        ModelPathError: There is nothing, or an empty folder.
    """
    if path.is_file():
        return ModelFiles(path=path, sha256=_digest_of_file(path))
    if not path.is_dir():
        raise ModelPathError(path, "does not exist")
    if not any(_content(path)):
        raise ModelPathError(path, "is a folder without files")
    return ModelFiles(path=path, sha256=_digest_of_folder(path))


def load_project_name(root: Path) -> str:
    """Read the name of the Pulumi project.

    Raises:
        NoProjectError: The folder holds none.
    """
    file = root / "Pulumi.yaml"
    if not file.is_file():
        raise NoProjectError(root)
    return str(_read_own(file)["name"])


def stack_names(root: Path) -> tuple[str, ...]:
    """Name every stack that has settings."""
    files = (file.name for file in root.glob("Pulumi.*.yaml"))
    return tuple(sorted(name.removeprefix("Pulumi.").removesuffix(".yaml") for name in files))


def load_cloud(root: Path, stack: str) -> Cloud:
    """Read where a stack is applied; its settings say so, nothing is guessed.

    Raises:
        UnknownStackError: The stack has no settings.
        CloudNotSaidError: They do not say `cloud`.
    """
    file = root / f"Pulumi.{stack}.yaml"
    if not file.is_file():
        raise UnknownStackError(stack, stack_names(root))
    settings = (_read_own(file).get("config") or {}).get("windlass:settings")
    cloud = settings.get("cloud") if isinstance(settings, dict) else None
    if cloud not in get_args(Cloud):
        raise CloudNotSaidError(file.name)
    return cast("Cloud", cloud)


class _Folder:
    """One side of one endpoint folder, and what was found wrong in it so far."""

    def __init__(self, root: Path, name: str, kind: Kind) -> None:
        self._root = root
        self._base = root / ENDPOINTS / name
        self._side = self._base / kind
        self._overlay_file = self._side
        self.problems: list[Problem] = []
        if not (self._side / "deployment.yml").is_file():
            raise UnknownEndpointError(f"{name}/{kind}", endpoint_folders(root, kind))

    def overlay(self, stack: str) -> Document:
        file = self._overlay_file = self._side / "stacks" / f"{stack}.yml"
        if not file.is_file():
            return {}
        document = self._read(file)
        for section in document:
            if section not in SECTIONS:
                self._problem(file, section, f"unknown section; an overlay has {', '.join(SECTIONS)}")
            elif not isinstance(document[section], Mapping):
                self._problem(file, section, "must be a mapping")
        return {key: value for key, value in document.items() if isinstance(value, Mapping)}

    def deployment(self, overlay: Document) -> DeploymentDefinition | None:
        file = self._side / "deployment.yml"
        document = merge(self._read(file), overlay.get("deployment", {}))
        fields = self._parse(file, DeploymentFields, document)
        if fields is None:
            return None
        code = self._code(file, fields)
        environment = self._environment(file, fields.environment)
        serving = self._parse(self._overlay_file, Serving, overlay.get("serving", {}), below="serving")
        if environment is None or serving is None:
            return None
        image = self._image(file, fields, environment, document) if serving.compute == "container-instance" else None
        return DeploymentDefinition(
            file=file,
            document=document,
            environment=environment,
            code_digest=code,
            serving=serving,
            image=image,
            overlaid=frozenset(overlay.get("deployment", {})),
        )

    def _image(
        self, file: Path, fields: DeploymentFields, environment: Environment, document: Document
    ) -> ImageDefinition | None:
        """Put together what a container group runs."""
        for key in sorted(set(document) - _SAID_OF_A_GROUP):
            self._problem(file, key, "says nothing on compute container-instance; set it to null in the overlay")
        if isinstance(environment, RegisteredEnvironment) or fields.code_configuration is None:
            what = "on compute container-instance an environment of this repository and a scoring script are needed"
            self._problem(file, "environment", what)
            return None
        described = self._parse(environment.file, EnvironmentFields, self._read(environment.file))
        if described is None or not described.image or described.conda_file is None or described.build is not None:
            self._problem(environment.file, "", "for compute container-instance it needs `image` and `conda_file`")
            return None
        code = (file.parent / fields.code_configuration.code).resolve()
        files = {
            **{PurePosixPath("code") / path: found for path, found in _content(code)},
            **{PurePosixPath("runtime", _RUNTIME) / path: found for path, found in _content(_runtime_folder())},
        }
        conda = json.dumps(self._conda(environment.file, described), sort_keys=True)
        parts = ImageParts(
            name=environment.name,
            base=described.image,
            conda=conda,
            script=fields.code_configuration.scoring_script,
            files=files,
            digests={path: _digest_of_file(found) for path, found in files.items()},
        )
        return define_image(parts)

    def rollout(self, overlay: Document) -> Rollout | None:
        file = self._side / "rollout.yml"
        base = self._read(file) if file.is_file() else {}
        rollout = self._parse(file, Rollout, merge(base, overlay.get("rollout", {})))
        compute = overlay.get("serving", {}).get("compute", "managed")
        if rollout is not None and rollout.autoscale is not None and compute != "managed":
            where = f"is for managed deployments, and serving.compute of this stack is {compute}"
            self._problem(file, "autoscale", f"{where}; write `autoscale: null` into the overlay's rollout")
        return rollout

    def samples(self, rollout: Rollout | None) -> tuple[Sample, ...]:
        folder = self._base / "samples"
        names = sorted(file.name.removesuffix(_EXPECTED) for file in folder.glob(f"*{_EXPECTED}"))
        wanted = rollout.smoke_test.samples if rollout is not None else ()
        for missing in sorted(set(wanted) - set(names)):
            self._problem(self._side / "rollout.yml", "smoke_test.samples", f"no samples/{missing}{_EXPECTED} is there")
        if not names:
            self._problem(folder, "", f"a smoke test needs a request <name>.json with <name>{_EXPECTED}")
        found = [self._sample(folder, name) for name in names if not wanted or name in wanted]
        return tuple(sample for sample in found if sample is not None)

    def _sample(self, folder: Path, name: str) -> Sample | None:
        request, answer = folder / f"{name}.json", folder / f"{name}{_EXPECTED}"
        if not request.is_file():
            self._problem(answer, "", f"there is no request {request.name} beside it")
            return None
        try:
            expected = json.loads(answer.read_bytes())
        except ValueError as error:
            self._problem(answer, "", f"is not JSON: {error}")
            return None
        return Sample(name=name, request=request.read_bytes(), expected=expected)

    def _code(self, file: Path, fields: DeploymentFields) -> str:
        configuration = fields.code_configuration
        if configuration is None:
            return ""
        folder = (file.parent / configuration.code).resolve()
        if not folder.is_dir():
            self._problem(file, "code_configuration.code", f"there is no folder {configuration.code}")
            return ""
        if not (folder / configuration.scoring_script).is_file():
            self._problem(file, "code_configuration.scoring_script", f"is not in the folder {configuration.code}")
        return _digest_of_folder(folder)

    def _environment(self, named_in: Path, reference: str) -> Environment | None:
        if reference.startswith("azureml:"):
            return RegisteredEnvironment(reference=reference)
        file = (named_in.parent / reference.removeprefix("file:")).resolve()
        if not file.is_file():
            self._problem(named_in, "environment", f"there is no file {reference}")
            return None
        document = self._read(file)
        fields = self._parse(file, EnvironmentFields, document)
        if fields is None:
            return None
        content = {
            "document": {key: value for key, value in document.items() if key not in {"name", "version", "conda_file"}},
            "conda": self._conda(file, fields),
            "build": self._build_context(file, fields),
        }
        version = digest_of_document(content)[:_VERSION_LENGTH]
        return EnvironmentDefinition(name=fields.name, version=version, file=file)

    def _conda(self, file: Path, fields: EnvironmentFields) -> Any:
        if not isinstance(fields.conda_file, str):
            return fields.conda_file
        conda = file.parent / fields.conda_file
        if not conda.is_file():
            self._problem(file, "conda_file", f"there is no file {fields.conda_file}")
            return None
        return self._read(conda)

    def _build_context(self, file: Path, fields: EnvironmentFields) -> str:
        if fields.build is None:
            return ""
        folder = file.parent / str(fields.build.get("path", "."))
        if not folder.is_dir():
            self._problem(file, "build.path", f"there is no folder {fields.build.get('path')}")
            return ""
        return _digest_of_folder(folder)

    def _read(self, file: Path) -> dict[str, Any]:
        try:
            return _read_mapping(file)
        except ValueError as error:
            self._problem(file, "", str(error))
            return {}

    def _parse(self, file: Path, model: type[_Model], document: Document, *, below: str = "") -> _Model | None:
        try:
            return model.model_validate(document)
        except ValidationError as error:
            for detail in error.errors():
                location = (below, *detail["loc"]) if below else detail["loc"]
                self._problem(file, _key_path(location), _sentence(detail["msg"]))
            return None

    def _problem(self, file: Path, where: str, what: str) -> None:
        name = file.relative_to(self._root) if file.is_relative_to(self._root) else file
        self.problems.append(Problem(file=name.as_posix(), where=where, what=what))


def _read_own(file: Path) -> dict[str, Any]:
    try:
        return _read_mapping(file)
    except ValueError as error:
        raise UnreadableFileError(file, str(error)) from error


def _read_mapping(file: Path) -> dict[str, Any]:
    """Read a YAML file of keys and values; ValueError says what is wrong with it."""
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    try:
        document = YAML(typ="safe", pure=True).load(file.read_text(encoding="utf-8"))
    except (YAMLError, UnicodeDecodeError) as error:
        raise ValueError(f"is not YAML: {' '.join(str(error).split())}") from error
    if document is None:
        return {}
    if not isinstance(document, dict):
        raise ValueError("must be a mapping of keys to values")  # noqa: TRY004 - a problem of the file, as above
    return document


def _key_path(location: tuple[int | str, ...]) -> str:
    parts = (f"[{part}]" if isinstance(part, int) else f".{part}" for part in location)
    return "".join(parts).removeprefix(".")


def _sentence(message: str) -> str:
    text = message.removeprefix("Value error, ")
    return "unknown key" if text == "Extra inputs are not permitted" else text[:1].lower() + text[1:]


def _content(folder: Path) -> Iterator[tuple[PurePosixPath, Path]]:
    for file in folder.rglob("*"):
        relative = PurePosixPath(file.relative_to(folder).as_posix())
        if file.is_file() and counts(relative):
            yield relative, file


def _runtime_folder() -> Path:
    """Find the program of container groups. It is copied, never imported: it shares no code with this package."""
    spec = importlib.util.find_spec(_RUNTIME)
    assert spec is not None
    assert spec.submodule_search_locations is not None
    return Path(next(iter(spec.submodule_search_locations)))


def _digest_of_folder(folder: Path) -> str:
    return digest_of_tree((relative, _digest_of_file(file)) for relative, file in _content(folder))


def _digest_of_file(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
