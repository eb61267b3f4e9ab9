"""How long to wait, and the two ways a wait ends early."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar

from windlass_provider.errors import CancelledError

_Result = TypeVar("_Result")
Sleep = Callable[[float], Awaitable[None]]

RETRIED = frozenset({408, 429, 500, 502, 503, 504})
"""The answers that the real provider tries again."""


@dataclass(frozen=True, kw_only=True)
class Pace:
    """Waits in seconds where the service does not name one.

    The real provider retries after 20, 60 and 120 s; a local service that answers 5xx does not get better
    by waiting for minutes, so the waits are a tenth of that. The polling waits are the real provider's.
    """

    retries: tuple[float, ...] = (2.0, 6.0, 12.0)
    longest_retry: float = 30.0
    """Bound on what a Retry-After may ask for before a retry of a failed request."""
    update_poll: float = 10.0
    delete_poll: float = 30.0


class Stop:
    """The engine's Cancel: once set, everything that waits under it ends with `CancelledError`."""

    def __init__(self) -> None:
        self._event = asyncio.Event()

    def set(self) -> None:
        """Ends all waits, now and later."""
        self._event.set()

    async def guard(self, awaitable: Awaitable[_Result]) -> _Result:
        """The result of the awaitable, unless Cancel comes first; after Cancel nothing new is begun.

        Raises:
            CancelledError: The engine cancelled; the awaitable was given up.
        """
        work = asyncio.ensure_future(awaitable)
        stopped = asyncio.ensure_future(self._event.wait())
        try:
            if self._event.is_set():
                raise CancelledError
            await asyncio.wait({work, stopped}, return_when=asyncio.FIRST_COMPLETED)
            if not work.done():
                raise CancelledError
            return work.result()
        finally:
            stopped.cancel()
            if not work.done():
                work.cancel()
                await asyncio.gather(work, return_exceptions=True)
