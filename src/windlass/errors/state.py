"""What can be wrong with the files that are kept beside a stack's state."""

from __future__ import annotations

from windlass.errors import AzureFailedError, PermissionDeniedError, RefusedError, UsageError


class StateFileExistsError(RefusedError):
    """Somebody has written a file that is written once."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f"{name} exists beside the state already and was left as it is: another run has begun the same. Wait "
            "until it has ended, then run this again"
        )
        self.name = name


class StateFileDeniedError(PermissionDeniedError):
    """Whoever asks may not read or write beside the state."""

    def __init__(self, what: str, reason: str) -> None:
        super().__init__(f"no permission to {what} beside the stack's state: {reason}")


class StateFileFailedError(AzureFailedError):
    """The disk that the state lies on failed."""

    def __init__(self, what: str, reason: str) -> None:
        super().__init__(f"failed to {what} beside the stack's state: {reason}")


class StateElsewhereError(UsageError):
    """The state lies where no files can be kept beside it."""

    def __init__(self, stack: str, backend: str) -> None:
        super().__init__(
            f"the state of stack {stack} lies in {backend}, and beside that Windlass keeps no files: it knows file:// "
            "and azblob://. Name a place for them: WINDLASS_RECORDS_URL=azblob://<container>?storage_account=<account>"
        )
