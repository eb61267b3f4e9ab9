"""Who may come in, and how many at a time. Pure but for the queue."""

from __future__ import annotations

import asyncio
import hmac
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager


def may_pass(authorization: str, keys: Iterable[str]) -> bool:
    """Tell whether a header carries one of the keys. It takes the same time whatever is wrong with it."""
    scheme, _, offered = authorization.partition(" ")
    given = offered.strip().encode("latin-1", "replace")
    # Every key is compared, so that the time does not tell which one came close.
    fits = [hmac.compare_digest(given, key.encode()) for key in keys]
    return scheme.lower() == "bearer" and any(fits)


class FullError(Exception):
    """As many requests as may are in work or waiting."""


class Queue:
    """Lets so many requests work at a time, and as many again wait: what Azure ML documents for an instance."""

    def __init__(self, concurrency: int, patience: float) -> None:
        self._turns = asyncio.Semaphore(concurrency)
        self._most = 2 * concurrency
        self._patience = patience
        self.pending = 0

    @asynccontextmanager
    async def place(self) -> AsyncIterator[None]:
        """Hold a place while a request is worked on.

        Raises:
            FullError: There is none, or none has become free in time.
        """
        if self.pending >= self._most:
            raise FullError
        self.pending += 1
        try:
            await self._turn()
            try:
                yield
            finally:
                self._turns.release()
        finally:
            self.pending -= 1

    async def _turn(self) -> None:
        try:
            await asyncio.wait_for(self._turns.acquire(), self._patience)
        except TimeoutError as error:
            raise FullError from error
