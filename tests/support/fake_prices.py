"""The Azure Retail Prices API in small: items behind a real HTTP server on this machine, in pages, with limits.

It knows the filter that we ask with (fields that equal a text, case-sensitive, joined by `and`) and refuses any other.
As the API does, it answers with everything that fits: nothing is left out for being Windows, Spot or a second meter.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

VERSION = "2023-01-01-preview"
_CLAUSE = re.compile(r"(\w+) eq '((?:[^']|'')*)'")
_FIELDS = {"priceType": "type"}
"""What the filter calls otherwise than the answer."""

_defaults = {
    "currencyCode": "USD",
    "tierMinimumUnits": 0.0,
    "type": "Consumption",
    "unitOfMeasure": "1 Hour",
    "isPrimaryMeterRegion": True,
    "armRegionName": "westeurope",
    "armSkuName": "",
    "skuName": "",
    "productName": "",
}


def item(service: str, meter: str, price: float, **other: Any) -> dict[str, Any]:
    """A price as the API writes it."""
    given = {"serviceName": service, "meterName": meter, "retailPrice": price, "unitPrice": price, **other}
    identity = "/".join(
        str(given.get(name, "")) for name in ("serviceName", "productName", "skuName", "meterName", "type")
    )
    return {**_defaults, "meterId": identity, **given}


def machine(
    size: str, price: float, *, suffix: str = "", product: str = "Virtual Machines X Series", **other: Any
) -> Any:
    """A price of a machine; `suffix` is what sets its meter apart, such as ` Spot`."""
    name = size.removeprefix("Standard_").replace("_", " ") + suffix
    return item("Virtual Machines", name, price, skuName=name, productName=product, armSkuName=size, **other)


@dataclass
class FakePrices:
    """A price list.

    Attributes:
        items: All prices.
        page: How many items a page has.
        throttle: How many requests are still answered with 429.
        retry_after: What it then says, in seconds; nothing when empty.
        broken: How many requests are still answered with 503.
        leads_to: Where the next page is said to be, in place of here.
        raw: Answered in place of a page.
        asked: The filters that were asked for, one for each request.
    """

    items: list[dict[str, Any]] = field(default_factory=list)
    page: int = 100
    throttle: int = 0
    retry_after: str = "0"
    broken: int = 0
    leads_to: str = ""
    raw: bytes = b""
    asked: list[str] = field(default_factory=list)

    def add(self, *items: dict[str, Any]) -> None:
        """Put prices into the list."""
        self.items.extend(items)

    def answer(self, here: str, query: dict[str, list[str]]) -> tuple[int, dict[str, str], bytes]:
        """Answer one request: status, headers, body."""
        self.asked.append(query.get("$filter", [""])[0])
        if self.throttle:
            self.throttle -= 1
            return 429, {"Retry-After": self.retry_after} if self.retry_after else {}, b"too many requests"
        if self.broken:
            self.broken -= 1
            return 503, {}, b"not now"
        if query.get("api-version") != [VERSION] or query.get("currencyCode") != ["'USD'"]:
            return 400, {}, b"version and currency"
        return (200, {}, self.raw) if self.raw else self._page(here, query)

    def _page(self, here: str, query: dict[str, list[str]]) -> tuple[int, dict[str, str], bytes]:
        clauses = _CLAUSE.findall(query["$filter"][0])
        if " and ".join(f"{name} eq '{value}'" for name, value in clauses) != query["$filter"][0]:
            return 400, {}, b"filter"
        wanted = [(_FIELDS.get(name, name), value.replace("''", "'")) for name, value in clauses]
        fitting = [each for each in self.items if all(str(each.get(name)) == value for name, value in wanted)]
        start = int(query.get("$skip", ["0"])[0])
        rest = "&".join(f"{quote(name)}={quote(value[0])}" for name, value in query.items() if name != "$skip")
        more = start + self.page < len(fitting)
        link = f"{self.leads_to or here}?{rest}&%24skip={start + self.page}" if more else None
        items = fitting[start : start + self.page]
        document = {"BillingCurrency": "USD", "Items": items, "NextPageLink": link, "Count": len(items)}
        return 200, {}, json.dumps(document).encode()


@contextmanager
def serving(fake: FakePrices) -> Iterator[str]:
    """Serve a price list on this machine, and tell its address."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            address = urlsplit(self.path)
            status, headers, body = fake.answer(f"{url}{address.path}", parse_qs(address.query))
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(body))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            """Keep quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield f"{url}/api/retail/prices"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
