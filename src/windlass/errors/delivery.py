"""What can go wrong when a preview is read and told."""

from __future__ import annotations

from collections.abc import Sequence

from windlass.errors import AzureFailedError, RefusedError, UsageError


class PreviewUnreadableError(UsageError):
    """The text is not what the engine writes for a preview."""

    def __init__(self, source: str, what: str) -> None:
        super().__init__(
            f"{source} cannot be read as a preview ({what}). Make one with: pulumi preview --json > PREVIEW.json"
        )


class SavedPreviewUnreadableError(UsageError):
    """A file is not what `preview.py --save` writes."""

    def __init__(self, source: str, what: str) -> None:
        super().__init__(
            f"{source} cannot be read as a saved preview ({what}). Make one with: "
            "python scripts/preview.py --stack STACK --save DIR"
        )


class ReportUnreadableError(UsageError):
    """A file is not the report of a stack, or of a newer windlass."""

    def __init__(self, source: str, what: str) -> None:
        super().__init__(
            f"{source} cannot be read as a report ({what}). Make one with: "
            "python scripts/preview.py --stack STACK --save DIR"
        )


class PreviewOfOtherStackError(UsageError):
    """A saved preview belongs to another stack than the one asked for."""

    def __init__(self, stack: str, found: str) -> None:
        super().__init__(f"this is a preview of stack {found}, not of {stack}. Give --stack {found}, or another --file")


class UnknownOperationError(UsageError):
    """The engine plans something that nobody has judged; leaving it out could hide a loss."""

    def __init__(self, operation: str, urn: str) -> None:
        super().__init__(
            f"the engine plans the operation {operation} on {urn}, which this windlass does not know. "
            "Read the plan with: pulumi preview --diff, and take a newer windlass"
        )


class PreviewFailedError(AzureFailedError):
    """The engine could not preview the stack to the end."""

    def __init__(self, stack: str, errors: Sequence[str], details: Sequence[str] = ()) -> None:
        listed = "\n".join(f"  {line}" for error in errors for line in error.splitlines() if line.strip())
        super().__init__(
            f"the preview of stack {stack} failed; nothing was changed. Correct this and run it again:\n{listed}",
            details=tuple(details),
        )


class ReportsFailedError(AzureFailedError):
    """Of some stacks nobody can tell what would change."""

    def __init__(self, failed: Sequence[str], missing: Sequence[str]) -> None:
        parts = (
            f"the preview of {', '.join(failed)} failed" if failed else "",
            f"no report came of {', '.join(missing)}" if missing else "",
        )
        super().__init__(
            f"{' and '.join(filter(None, parts))}; nothing was changed. Correct the cause, which the report or the log "
            "of that preview has, and preview again"
        )


class NotAcknowledgedError(RefusedError):
    """A change needs somebody's yes, and has it not."""

    def __init__(self, labels: Sequence[str]) -> None:
        listed = "".join(f"\n  {label}" for label in labels)
        super().__init__(
            f"{len(labels)} of these changes need somebody's yes. Read the report; who agrees adds the label to the "
            f"pull request, or gives it with --allow:{listed}"
        )


class TwoReportsError(UsageError):
    """Two reports are of the same stack; nobody knows which one counts."""

    def __init__(self, stack: str, first: str, second: str) -> None:
        super().__init__(f"{first} and {second} are both of stack {stack}. Leave one of them out")
