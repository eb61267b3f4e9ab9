"""What Azure can answer, in words for people. Its code, message and correlation id stay in the details."""

from __future__ import annotations

from windlass.errors import AzureFailedError, NotFoundError, PermissionDeniedError, RefusedError, UsageError

Details = tuple[str, ...]


class SignInError(PermissionDeniedError):
    """No credential could be had."""

    def __init__(self, *, details: Details = ()) -> None:
        super().__init__(
            "Azure did not let us sign in. Run `az login`, or set the variables of a service principal "
            "(AZURE_TENANT_ID, AZURE_CLIENT_ID, AZURE_CLIENT_SECRET)",
            details=details,
        )


class AzureDeniedError(PermissionDeniedError):
    """Signed in, but not allowed."""

    def __init__(self, what: str, *, details: Details = ()) -> None:
        super().__init__(
            f"Azure refused to {what}: this identity may not. Give it the role AzureML Data Scientist on the workspace",
            details=details,
        )


class AutoscaleDeniedError(AzureDeniedError):
    """Signed in, and allowed to release, but not to scale."""

    def __init__(self, what: str, *, details: Details = ()) -> None:
        PermissionDeniedError.__init__(
            self,
            f"Azure refused to {what}: this identity may not. Give it Contributor on the resource group, or a role of "
            "your own with Microsoft.Insights/autoscaleSettings/*; or take `autoscale` out of rollout.yml",
            details=details,
        )


class AzureNotFoundError(NotFoundError):
    """Azure does not know the thing."""

    def __init__(self, what: str, *, details: Details = ()) -> None:
        super().__init__(f"Azure could not {what}: it does not exist", details=details)


class AzureConflictError(AzureFailedError):
    """Something else holds the thing, or its content differs."""

    def __init__(self, what: str, message: str, *, details: Details = ()) -> None:
        super().__init__(f"Azure would not {what}: {message}", details=details)


class AzureBusyError(AzureFailedError):
    """Another operation on the same thing did not end in time."""

    def __init__(self, what: str, minutes: float, *, details: Details = ()) -> None:
        super().__init__(
            f"Azure would not {what}: another change of it was still running after {minutes:.0f} minutes. "
            "Run the same command again",
            details=details,
        )


class AzureRequestError(AzureFailedError):
    """Azure refused a request or failed to do it."""

    def __init__(self, what: str, message: str, *, details: Details = ()) -> None:
        super().__init__(f"Azure failed to {what}: {message}", details=details)


class AzureUnreachableError(AzureFailedError):
    """No answer came at all."""

    def __init__(self, what: str, *, details: Details = ()) -> None:
        super().__init__(
            f"no answer from Azure when asked to {what}. Check the network and HTTPS_PROXY", details=details
        )


class DefinitionRefusedError(UsageError):
    """The azure-ai-ml SDK does not accept a definition."""

    def __init__(self, file: str, message: str, *, details: Details = ()) -> None:
        super().__init__(f"azure-ai-ml does not accept {file}: {message}", details=details)


class LocalAzureNotRunningError(RefusedError):
    """The stack lives on the local Azure, and that does not run."""

    def __init__(self, stack: str) -> None:
        super().__init__(f"stack {stack} lives on the local Azure, which is not running. Run: make local-up")


class LocalStackElsewhereError(RefusedError):
    """A stack says `cloud: local`, but something points at the real Azure."""

    def __init__(self, stack: str, what: str) -> None:
        super().__init__(
            f"stack {stack} is for the local Azure, but {what}. Nothing was done. "
            "Run `make local-up` to write .windlass/azure/azure.env again"
        )


class AzureStackOnLocalError(RefusedError):
    """A stack says `cloud: azure`, but the settings of the local Azure are loaded."""

    def __init__(self, stack: str, what: str) -> None:
        super().__init__(
            f"stack {stack} is for Azure, but {what}. Nothing was done. "
            "Start from a shell that has not loaded .windlass/azure/azure.env"
        )
