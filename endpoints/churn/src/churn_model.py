"""Find the registered model, make sure that it is the one that was released, and only then unpickle it.

Unpickling runs code, so a model file is trusted by its SHA-256 and by nothing else. Windlass sets
`WINDLASS_MODEL_SHA256` on every deployment to the digest that it computed before it registered the model:

* a model that is one file: the SHA-256 of its bytes;
* a model that is a folder: the SHA-256 of the sorted lines `<path> NUL <sha256 of the file>`, one per file.

No sidecar file takes part in this: whoever can change the model can change a file beside it. Without the
variable (a deployment that somebody else made) the model is loaded and the log says that nobody vouched for
it.
"""

from __future__ import annotations

import hashlib
import logging
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import joblib

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    from numpy.typing import NDArray

DIGEST_VARIABLE = "WINDLASS_MODEL_SHA256"
MODEL_DIR_VARIABLE = "AZUREML_MODEL_DIR"
MODEL_FILE = "model.joblib"
LEFT_BEHIND = frozenset({"__pycache__", ".ipynb_checkpoints", ".DS_Store", ".git"})

logger = logging.getLogger("churn")


class Model(Protocol):
    """What this example needs of a trained model."""

    def predict_proba(self, features: NDArray[np.float64], /) -> NDArray[np.float64]:
        """Two columns per row: the probability of staying away and of buying again."""


class ModelNotFoundError(Exception):
    """The model folder does not hold exactly one model file."""


class ModelTamperedError(Exception):
    """The model file is not the one that was released."""


def load_model(environment: Mapping[str, str]) -> Model:
    """Load the model that Azure ML put beside this deployment.

    Args:
        environment: The process environment, with the model's folder and, normally, its digest.

    Raises:
        ModelNotFoundError: There is no model file, or more than one.
        ModelTamperedError: The digest is not the expected one; nothing was unpickled.
    """
    folder = Path(environment.get(MODEL_DIR_VARIABLE, "."))
    path = find_model(folder)
    expected = environment.get(DIGEST_VARIABLE, "").strip().lower()
    if expected:
        verify_model(path, expected)
    else:
        logger.warning("%s is not set: loading %s unverified", DIGEST_VARIABLE, path.name)
    model: Any = joblib.load(path)
    loaded: Model = model
    return loaded


def find_model(folder: Path) -> Path:
    """The one model file under a folder: Azure ML keeps a registered folder's own name as one more level."""
    found = sorted(folder.rglob(MODEL_FILE))
    if len(found) != 1:
        where = ", ".join(str(path.relative_to(folder)) for path in found) or "none"
        msg = f"{MODEL_DIR_VARIABLE} must hold exactly one {MODEL_FILE}, found {len(found)}: {where}"
        raise ModelNotFoundError(msg)
    return found[0]


def verify_model(path: Path, expected: str) -> None:
    """Check a model file against the digest of the file itself or of the folder it was registered with."""
    if expected in {digest_file(path), digest_folder(path.parent)}:
        return
    msg = f"{path.name} does not have the SHA-256 {expected} of {DIGEST_VARIABLE}; it was not loaded"
    raise ModelTamperedError(msg)


def digest_file(path: Path) -> str:
    """The SHA-256 of a file's bytes, in lower-case hexadecimal digits."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def digest_folder(folder: Path) -> str:
    """The SHA-256 of a folder's paths and contents, without what tools leave behind in folders."""
    files = [path for path in folder.rglob("*") if path.is_file() and _counts(path.relative_to(folder))]
    lines = sorted(f"{path.relative_to(folder).as_posix()}\0{digest_file(path)}\n" for path in files)
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def _counts(path: Path) -> bool:
    return path.suffix != ".pyc" and LEFT_BEHIND.isdisjoint(path.parts)
