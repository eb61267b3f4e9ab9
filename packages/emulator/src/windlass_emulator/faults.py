"""Failures on demand, for the tests of failure paths. The admin API (admin.py) fills this list."""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass, field
from typing import Any

from windlass_emulator.errors import AzureError, OperationFailedError


@dataclass(slots=True)
class Fault:
    """One failure to come.

    Attributes:
        number: What it is deleted by.
        method: Of the requests that it meets; "*" for any.
        path: A regular expression searched in `host/path`; "" when it meets operations.
        operation: A family of long-running operations (lro.FAMILIES); "" when it meets requests.
        skip: How many matches pass unharmed first (skip 1: the second one fails).
        times: How many matches fail after that.
        status: Of the answer.
        code: Azure's error code.
        message: Its message.
        headers: Sent with the answer, such as Retry-After.
    """

    number: int
    method: str = "*"
    path: str = ""
    operation: str = ""
    skip: int = 0
    times: int = 1
    status: int = 409
    code: str = "InjectedFault"
    message: str = "A fault that was asked for through the admin API."
    headers: dict[str, str] = field(default_factory=dict)

    def meets(self) -> bool:
        """Count a match and say whether it fails."""
        if self.skip:
            self.skip -= 1
            return False
        if not self.times:
            return False
        self.times -= 1
        return True


class InjectedError(AzureError):
    """What a request meets; carries headers besides the envelope."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.status, fault.code, fault.message)
        self.headers = fault.headers


@dataclass(slots=True)
class Faults:
    """All failures to come, in the order in which they were asked for."""

    faults: list[Fault] = field(default_factory=list)
    _numbers: itertools.count[int] = field(default_factory=lambda: itertools.count(1))

    def add(self, **what: Any) -> Fault:
        """Add one; the arguments are Fault's attributes but the number.

        Raises:
            AzureError: 400 when they make no sense.
        """
        known = set(Fault.__dataclass_fields__) - {"number"}
        if unknown := set(what) - known:
            raise AzureError(400, "InvalidFault", f"Unknown: {', '.join(sorted(unknown))}. Known: {sorted(known)}.")
        if bool(what.get("path")) == bool(what.get("operation")):
            raise AzureError(400, "InvalidFault", "Give either 'path' (a request) or 'operation' (a family).")
        try:
            re.compile(str(what.get("path", "")))
        except re.error as error:
            raise AzureError(400, "InvalidFault", f"'path' is no regular expression: {error}.") from error
        fault = Fault(next(self._numbers), **what)
        self.faults.append(fault)
        return fault

    def clear(self, number: int | None = None) -> None:
        """Forget one or all."""
        self.faults = [fault for fault in self.faults if number is not None and fault.number != number]

    def check_request(self, method: str, host: str, path: str) -> None:
        """Fail if a fault wants this request.

        Raises:
            InjectedError: With the status and code that were asked for.
        """
        for fault in self.faults:
            wanted = fault.path and fault.method in {"*", method}
            if wanted and re.search(fault.path, f"{host}{path}", re.IGNORECASE) and fault.meets():
                raise InjectedError(fault)

    def check_operation(self, family: str) -> None:
        """Fail if a fault wants this long-running operation.

        Raises:
            OperationFailedError: With the code that was asked for.
        """
        for fault in self.faults:
            if fault.operation and fault.operation == family and fault.meets():
                raise OperationFailedError(fault.code, fault.message)
