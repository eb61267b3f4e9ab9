"""Why a container does not come into service. The class says which exit code Azure shows for it."""

from __future__ import annotations


class StartFailedError(Exception):
    """The container cannot serve; the message is the whole sentence.

    Attributes:
        exit_code: What `instanceView.currentState.exitCode` shows.
    """

    exit_code = 1


class SettingsError(StartFailedError):
    """Its variables are not what they must be."""

    exit_code = 2


class ModelRefusedError(StartFailedError):
    """The content that was downloaded is not the model that was released. Nothing of it was loaded."""

    exit_code = 3


class ModelUnreachableError(StartFailedError):
    """The model could not be read: no token, no right, no such content."""

    exit_code = 4


class ScoringServerError(StartFailedError):
    """The inference server or the scoring script did not start, or has ended."""

    exit_code = 5
