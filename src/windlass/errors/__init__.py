"""The families of errors that a user can meet, and the exit code of each.

One class per situation lives in the module of its subject beside this one (`errors.project`, `errors.release`,
...). It takes facts and writes its own sentence: what happened, to which object, what to do next.
"""

from __future__ import annotations

from enum import IntEnum
from typing import ClassVar


class ExitCode(IntEnum):
    """What a command answers to the shell. Documented in docs/reference/exit-codes.md."""

    OK = 0
    USAGE = 2
    PERMISSION = 3
    NOT_FOUND = 4
    REFUSED = 5
    AZURE_FAILED = 6
    RELEASE_FAILED = 7
    INCONCLUSIVE = 8


class WindlassError(Exception):
    """A situation that a person can act on; shown without a traceback.

    Attributes:
        exit_code: The family's code for the shell.
        details: Lines for `--verbose`: Azure's or GitHub's code, message and id, a log's tail.
    """

    exit_code: ClassVar[ExitCode]

    def __init__(self, sentence: str, *, details: tuple[str, ...] = ()) -> None:
        super().__init__(sentence)
        self.details = details


class UsageError(WindlassError):
    """The command, the settings or a definition is wrong."""

    exit_code = ExitCode.USAGE


class PermissionDeniedError(WindlassError):
    """Azure or GitHub did not let us in, or not do it."""

    exit_code = ExitCode.PERMISSION


class NotFoundError(WindlassError):
    """Something named does not exist."""

    exit_code = ExitCode.NOT_FOUND


class RefusedError(WindlassError):
    """A check or a policy said no before anything was changed."""

    exit_code = ExitCode.REFUSED


class AzureFailedError(WindlassError):
    """Azure, GitHub or the Pulumi engine tried and failed."""

    exit_code = ExitCode.AZURE_FAILED


class ReleaseFailedError(WindlassError):
    """A release failed; live traffic is on a version that answers."""

    exit_code = ExitCode.RELEASE_FAILED


class InconclusiveError(WindlassError):
    """There was not enough to decide on."""

    exit_code = ExitCode.INCONCLUSIVE
