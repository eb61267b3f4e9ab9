"""The refusals of the local Azure, in Azure's own envelopes.

Raise one of these anywhere below a handler; `app.py` writes it. Wordings that were seen on Azure
are kept word for word, because clients match on them.
"""

from __future__ import annotations

from typing import Any


class AzureError(Exception):
    """An answer that is an error: status, code, message and the optional parts of Azure's envelope.

    Attributes:
        envelope: "arm" for `{"error": {code, message}}`, "ml" for the ML service's longer form, "bare" without `error`.
    """

    envelope = "arm"

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        *,
        details: tuple[dict[str, Any], ...] = (),
        target: str | None = None,
        inner: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(f"{status} {code}: {message}")
        self.status = status
        self.code = code
        self.message = message
        self.details = details
        self.target = target
        self.inner = inner


class MlError(AzureError):
    """An error of the Machine Learning service: code "UserError" even for 404 and 409, as recorded."""

    envelope = "ml"


class BareError(AzureError):
    """An error of Azure Monitor that stands at the top of the body, without `error` around it (seen in public logs)."""

    envelope = "bare"


class NotEmulatedError(AzureError):
    """Something that Azure does and the local Azure does not: answered 501, by name."""

    def __init__(self, what: str) -> None:
        super().__init__(
            501,
            "NotEmulated",
            f"The local Azure does not emulate {what}. Run this on a stack whose cloud is azure, "
            "or see docs/reference/coverage.md for what is emulated.",
        )


class OperationFailedError(Exception):
    """A long-running operation ended in failure: the code and message that its status will show."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message


def resource_not_found(resource_type: str, name: str, group: str) -> AzureError:
    """404 as Azure Resource Manager words it (seen in many public logs)."""
    return AzureError(
        404,
        "ResourceNotFound",
        f"The Resource '{resource_type}/{name}' under resource group '{group}' was not found. "
        "For more details please go to https://aka.ms/ARMResourceNotFoundFix",
    )


def group_not_found(group: str) -> AzureError:
    """404 for a resource group that does not exist, also for a PUT into it."""
    return AzureError(404, "ResourceGroupNotFound", f"Resource group '{group}' could not be found.")


def invalid_content(message: str, *, target: str | None = None) -> AzureError:
    """400 for a body that Azure would not understand."""
    return AzureError(400, "InvalidRequestContent", message, target=target)


def ml_refusal(message: str, *, status: int = 400, detail_code: str = "", detail: str = "") -> MlError:
    """A refusal of the ML service.

    Args:
        message: What the person reads first.
        status: 400, 404 or 409; the code says UserError in each case (recorded).
        detail_code: The code of the one detail, when there is one.
        detail: Its message.
    """
    details = ({"code": detail_code, "message": detail, "details": [], "additionalInfo": []},) if detail_code else ()
    return MlError(status, "UserError", message, details=details)
