"""The image that a version runs in on container instances: what goes into it, and its name. Pure.

An Azure ML environment is an image and a conda file. Azure ML builds the two for its own computes and tells nobody
where; for a container group the same two are built by the registry itself (a task run), with the scoring code and
the program that serves it. The model is not in it: it is fetched when the group starts, so that a new model version
builds nothing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from windlass.project.content import digest_of_tree

_TAG_LENGTH = 16
_CLEAN = "conda clean --all --yes --quiet"

Files = Mapping[PurePosixPath, Path]
"""Path in the context -> file on disk."""


@dataclass(frozen=True, kw_only=True)
class ImageDefinition:
    """One image.

    Attributes:
        repository: Such as `windlass/churn`.
        tag: A hash of all that is in it.
        texts: Files of the build context whose content we write.
        files: The other files of the build context.
    """

    repository: str
    tag: str
    texts: Mapping[str, str] = field(repr=False)
    files: Files = field(repr=False)

    @property
    def label(self) -> str:
        """The image without its registry."""
        return f"{self.repository}:{self.tag}"


@dataclass(frozen=True, kw_only=True)
class ImageParts:
    """What an image is made of.

    Attributes:
        name: The environment's name.
        base: The image that the environment begins with.
        conda: The content of its conda file, YAML or JSON.
        script: The scoring script, relative to the code.
        digests: The SHA-256 of each of `files`.
    """

    name: str
    base: str
    conda: str
    script: str
    files: Files
    digests: Mapping[PurePosixPath, str]


def define_image(parts: ImageParts) -> ImageDefinition:
    """Name an image by its content, and write the files that it is built from."""
    texts = {"Dockerfile": dockerfile(parts.base, parts.script), "conda.yml": parts.conda}
    written = {PurePosixPath(name): hashlib.sha256(text.encode()).hexdigest() for name, text in texts.items()}
    tag = digest_of_tree([*written.items(), *parts.digests.items()])[:_TAG_LENGTH]
    return ImageDefinition(repository=f"windlass/{parts.name.lower()}", tag=tag, texts=texts, files=parts.files)


def dockerfile(base: str, script: str) -> str:
    """Write the Dockerfile. The local Azure runs images of exactly this form, and no other."""
    environment = (
        "PATH=/windlass/env/bin:$PATH PYTHONPATH=/windlass/runtime PYTHONUNBUFFERED=1 "
        f"AML_APP_ROOT=/windlass/code AZUREML_ENTRY_SCRIPT={script}"
    )
    lines = (
        "# Written by Windlass for a container group: environment, program, scoring code.",
        f"FROM {base}",
        "COPY conda.yml /windlass/conda.yml",
        f"RUN conda env create --quiet --prefix /windlass/env --file /windlass/conda.yml && {_CLEAN}",
        "COPY runtime /windlass/runtime",
        "COPY code /windlass/code",
        f"ENV {environment}",
        "EXPOSE 443",
        'ENTRYPOINT ["/windlass/env/bin/python", "-m", "windlass_runtime"]',
    )
    return "\n".join((*lines, ""))
