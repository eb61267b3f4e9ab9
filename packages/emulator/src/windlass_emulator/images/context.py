"""A Docker context that a build was given: unpacked, and read as far as the local Azure can run it.

Nothing is ever built here. A context whose Dockerfile has exactly the form below is kept as it is, and "running its
image" means: its conda environment as a virtual environment, its code and its program from the kept folder. Any
other Dockerfile is refused by name.
"""

from __future__ import annotations

import io
import re
import tarfile
from dataclasses import dataclass
from pathlib import Path

_LINES = tuple(
    re.compile(line)
    for line in (
        r"FROM (?P<base>\S+)",
        r"COPY conda\.yml /windlass/conda\.yml",
        (
            r"RUN conda env create --quiet --prefix /windlass/env --file /windlass/conda\.yml "
            r"&& conda clean --all --yes --quiet"
        ),
        r"COPY runtime /windlass/runtime",
        r"COPY code /windlass/code",
        (
            r"ENV PATH=/windlass/env/bin:\$PATH PYTHONPATH=/windlass/runtime PYTHONUNBUFFERED=1 "
            r"AML_APP_ROOT=/windlass/code AZUREML_ENTRY_SCRIPT=(?P<script>[\w./-]+)"
        ),
        r"EXPOSE 443",
        r'ENTRYPOINT \["/windlass/env/bin/python", "-m", "windlass_runtime"\]',
    )
)
_MOST_BYTES = 200_000_000


class ContextError(Exception):
    """The context cannot be built here; the message is the whole sentence."""


@dataclass(frozen=True, slots=True)
class Context:
    """An unpacked context.

    Attributes:
        folder: Where it is.
        base: The image that its Dockerfile begins with; a label here.
        script: The scoring script, below `code`.
    """

    folder: Path
    base: str
    script: str

    @property
    def conda(self) -> str:
        """The content of its conda file."""
        return (self.folder / "conda.yml").read_text(encoding="utf-8")


def read_context(folder: Path, dockerfile: str = "Dockerfile") -> Context:
    """Read an unpacked context.

    Raises:
        ContextError: Its Dockerfile has another form, or something that it copies is not there.
    """
    file = folder / dockerfile
    if not file.is_file():
        raise ContextError(f"unable to prepare context: unable to evaluate symlinks in Dockerfile path: {dockerfile}")
    found = _parse(file.read_text(encoding="utf-8"))
    for name in ("conda.yml", "runtime/windlass_runtime/__main__.py", f"code/{found['script']}"):
        if not (folder / name).is_file():
            raise ContextError(f"COPY failed: file not found in build context: stat {name}: file does not exist")
    return Context(folder, found["base"], found["script"])


def _parse(text: str) -> dict[str, str]:
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    found: dict[str, str] = {}
    for number, line in enumerate(lines):
        match = _LINES[number].fullmatch(line) if number < len(_LINES) else None
        if match is None:
            raise ContextError(
                f"the local Azure builds no image: it runs the Dockerfiles that Windlass writes, and line '{line}' is "
                "none of theirs. Run this on a stack whose cloud is azure"
            )
        found |= match.groupdict()
    if len(lines) < len(_LINES):
        raise ContextError("the local Azure builds no image: the Dockerfile ends before those that Windlass writes do")
    return found


def unpack(archive: bytes, folder: Path) -> None:
    """Unpack a `.tar.gz`.

    Raises:
        ContextError: It is none, or something in it leads out of the folder.
    """
    try:
        with tarfile.open(fileobj=io.BytesIO(archive), mode="r:gz") as tar:
            if sum(member.size for member in tar.getmembers()) > _MOST_BYTES:
                raise ContextError("the build context is larger than the local Azure takes")
            tar.extractall(folder, filter="data")
    except (tarfile.TarError, OSError, EOFError) as error:
        raise ContextError(f"the source archive cannot be unpacked: {error}") from error
