"""What can go wrong when costs are estimated, and when prices are looked up."""

from __future__ import annotations

from collections.abc import Sequence

from windlass.errors import AzureFailedError, UsageError


class PriceBookUnreadableError(UsageError):
    """The file is no price book."""

    def __init__(self, source: str, what: str) -> None:
        super().__init__(
            f"{source} cannot be read as a price book ({what}). Restore it with: git checkout -- {source}, "
            "or leave out --book to use the one of the package"
        )


class StateUnreadableForCostError(AzureFailedError):
    """What is deployed cannot be told, so that an estimate would leave most of it out."""

    def __init__(self, stack: str) -> None:
        super().__init__(
            f"the preview of stack {stack} stands on resources that its state did not name, so nobody can say what "
            f"they cost. Look at it with: python scripts/recover.py -s {stack}"
        )


class PricesUnreachableError(AzureFailedError):
    """The Retail Prices API could not be asked, or did not answer."""

    def __init__(self, address: str, what: str) -> None:
        super().__init__(
            f"the Azure Retail Prices API at {address} did not answer ({what}); the price book is as it was. "
            "It needs no login: try again where the internet can be reached"
        )


class PriceAmbiguousError(AzureFailedError):
    """More than one price is left for what should have one: nobody guesses which."""

    def __init__(self, key: str, region: str, found: Sequence[str]) -> None:
        super().__init__(
            f"the Azure Retail Prices API has {len(found)} prices for {key} in {region}, and one was expected; the "
            "price book is as it was. Make its filter in windlass/delivery/cost/meters.py exact. Found: "
            f"{'; '.join(found)}"
        )


class PriceUnitError(AzureFailedError):
    """A price is of another unit than the book counts in."""

    def __init__(self, key: str, region: str, found: Sequence[str], expected: Sequence[str]) -> None:
        super().__init__(
            f"the Azure Retail Prices API gives {key} in {region} per {' and per '.join(found)}, and per "
            f"{' or '.join(expected)} was expected; the price book is as it was"
        )


class PricesMalformedError(AzureFailedError):
    """An answer of the Retail Prices API is not what its documentation says."""

    def __init__(self, address: str, what: str) -> None:
        super().__init__(
            f"{address} answered something that is no page of the Azure Retail Prices API ({what}); the price book is "
            "as it was"
        )
