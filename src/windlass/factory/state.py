"""What keeps files beside a stack's state."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from windlass.release.ports import StateFiles

ADDRESS: Final = "WINDLASS_RECORDS_URL"
"""Names where files are kept when the state lies in Pulumi Cloud or in another store."""


def state_files(root: Path, stack: str, environ: Mapping[str, str], sign_in: Callable[[], Any]) -> StateFiles:
    """Choose how files are kept by where the state lies, or by the address that `WINDLASS_RECORDS_URL` names instead.

    A stack of the local Azure keeps its own in the checkout, whatever the environment names for others.

    Args:
        root: The folder of the project.
        stack: The stack's name.
        environ: The environment; on a stack of the local Azure it has been entered (`cloud.enter`).
        sign_in: Gives the identity at hand; asked only where a storage account is reached.

    Raises:
        StateElsewhereError: The state lies where no files can be kept.
        BackendWithoutAccountError: Nothing names the storage account.
    """
    from windlass.engine.backend import find_backend
    from windlass.project.loader import load_cloud

    named = "" if load_cloud(root, stack) == "local" else environ.get(ADDRESS, "")
    return files_at(named or find_backend(root, stack, environ), stack, environ, sign_in)


def files_at(address: str, stack: str, environ: Mapping[str, str], sign_in: Callable[[], Any]) -> StateFiles:
    """Choose how files are kept at an address; see `state_files`."""
    from windlass.engine.backend import folder_of
    from windlass.engine.state_files import FolderStateFiles
    from windlass.errors.state import StateElsewhereError

    folder = folder_of(address)
    if folder is not None:
        return FolderStateFiles(folder)
    if address.startswith("azblob://"):
        from windlass.azure.state_files import connect

        return connect(address, stack, sign_in(), environ)
    raise StateElsewhereError(stack, address)
