"""The Azure Retail Prices API: a public list of prices, in pages, that answers bursts with 429 and needs no login."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import ClassVar, Final
from urllib.parse import urlsplit

import httpx
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from windlass.delivery.cost.meters import CURRENCY, RetailItem
from windlass.errors.cost import PricesMalformedError, PricesUnreachableError
from windlass.errors.validation import first_problem

ADDRESS: Final = "https://prices.azure.com/api/retail/prices"
API_VERSION: Final = "2023-01-01-preview"

_TIMEOUT_SECONDS: Final = 60.0
"""A page of a large service takes tens of seconds."""
_ATTEMPTS: Final = 6
_FIRST_WAIT_SECONDS: Final = 2.0
_LONGEST_WAIT_SECONDS: Final = 120.0
_MOST_PAGES: Final = 200
_TOO_MANY: Final = 429
_SERVER_FAILED: Final = 500
_OK: Final = 200


class _Page(BaseModel):
    model_config: ClassVar[ConfigDict] = ConfigDict(frozen=True, extra="ignore")

    items: tuple[RetailItem, ...] = Field(alias="Items")
    next_page: str | None = Field(default=None, alias="NextPageLink")


class RetailPrices:
    """Asks the API.

    Args:
        sleep: Waits, in seconds.
        address: Of the API.
        transport: How requests travel; the network by default.
    """

    def __init__(
        self, *, sleep: Callable[[float], None], address: str = ADDRESS, transport: httpx.BaseTransport | None = None
    ) -> None:
        self._sleep = sleep
        self._address = address
        self._http = httpx.Client(timeout=_TIMEOUT_SECONDS, transport=transport)

    def close(self) -> None:
        """Let go of the connections."""
        self._http.close()

    def find(self, question: str) -> Iterator[RetailItem]:
        """Ask for prices, page by page.

        Args:
            question: The `$filter`.

        Raises:
            PricesUnreachableError: It does not answer, or goes on to refuse.
            PricesMalformedError: It answers something else.
        """
        query = {"api-version": API_VERSION, "currencyCode": f"'{CURRENCY}'", "$filter": question}
        link: str | None = str(httpx.URL(self._address, params=query))
        seen: set[str] = set()
        while link:
            if link in seen or len(seen) == _MOST_PAGES:
                raise PricesMalformedError(self._address, f"its pages have no end after {len(seen)}")
            seen.add(link)
            page = self._page(self._own(link))
            yield from page.items
            link = page.next_page

    def _page(self, link: str) -> _Page:
        answer = self._get(link)
        try:
            return _Page.model_validate_json(answer.content)
        except ValidationError as error:
            raise PricesMalformedError(self._address, first_problem(error)) from error

    def _get(self, link: str) -> httpx.Response:
        said = ""
        for attempt in range(_ATTEMPTS):
            try:
                answer = self._http.get(link)
            except httpx.TransportError as error:
                said, wait = str(error) or type(error).__name__, _backoff(attempt)
            else:
                if answer.status_code == _OK:
                    return answer
                said, wait = f"HTTP {answer.status_code}", _wait(answer, attempt)
                if answer.status_code != _TOO_MANY and answer.status_code < _SERVER_FAILED:
                    break
            if attempt + 1 < _ATTEMPTS:
                self._sleep(wait)
        raise PricesUnreachableError(self._address, said)

    def _own(self, link: str) -> str:
        """Refuse to be led elsewhere by a link."""
        mine, theirs = urlsplit(self._address), urlsplit(link)
        if (mine.scheme, mine.hostname) != (theirs.scheme, theirs.hostname):
            raise PricesMalformedError(self._address, f"its next page would be at {theirs.hostname}")
        return link


def _wait(answer: httpx.Response, attempt: int) -> float:
    told: str = answer.headers.get("Retry-After", "")
    return min(float(told), _LONGEST_WAIT_SECONDS) if told.isdigit() else _backoff(attempt)


def _backoff(attempt: int) -> float:
    return min(_FIRST_WAIT_SECONDS * 2.0**attempt, _LONGEST_WAIT_SECONDS)
