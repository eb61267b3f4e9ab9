"""An answer of ARM as a plain value, and what can be read in it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from windlass_provider.errors import ArmError, UnexpectedAnswerError


@dataclass(frozen=True, kw_only=True)
class Answer:
    """Status, headers (names in lower case) and body of one HTTP answer."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    text: str = ""

    def document(self) -> Any:
        """The JSON of the body; None for an empty body or one that says `null`.

        Raises:
            UnexpectedAnswerError: The body is no JSON.
        """
        if not self.text.strip():
            return None
        try:
            return json.loads(self.text)
        except json.JSONDecodeError as error:
            raise UnexpectedAnswerError(self.text, self.status) from error

    def fields(self) -> dict[str, Any]:
        """The members of a JSON object; none for an empty body.

        Raises:
            UnexpectedAnswerError: The body is something else than an object.
        """
        document = self.document()
        if document is None:
            return {}
        if not isinstance(document, dict):
            raise UnexpectedAnswerError(self.text, self.status)
        return document

    def provisioning_state(self) -> str | None:
        """`properties.provisioningState`, or None where the body does not say."""
        properties = self.fields().get("properties")
        state = properties.get("provisioningState") if isinstance(properties, dict) else None
        return state if isinstance(state, str) else None

    def retry_after(self) -> float | None:
        """Seconds that the service asks to wait; the finer headers win."""
        for name, scale in (("retry-after-ms", 0.001), ("x-ms-retry-after-ms", 0.001), ("retry-after", 1.0)):
            value = self.headers.get(name, "").strip()
            if value.isdecimal():
                return int(value) * scale
        return None


def error_of(answer: Answer) -> ArmError:
    """The error that an answer reports, worded as the real provider words it."""
    try:
        document = answer.document()
    except UnexpectedAnswerError:
        document = None
    error = document.get("error") if isinstance(document, dict) else None
    details = error if isinstance(error, dict) else document if isinstance(document, dict) else {}
    code = details.get("code") or answer.headers.get("x-ms-error-code", "")
    message = error.get("message") if isinstance(error, dict) else None
    return ArmError(answer.status, str(code), str(message if message is not None else answer.text))
