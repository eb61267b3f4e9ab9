"""Made-up customers of a web shop, and whether each of them buys again.

Nothing here is drawn from real people. The mechanism is the textbook one for shops without a subscription
("buy till you die"), because it makes data that look and behave like a shop's:

1. Every customer orders at random moments (a Poisson process) at a *rate of their own*: gamma distributed,
   higher for readers of the newsletter, for customers who came by referral, and in the middle of life.
2. Every customer leaves for good after a *lifetime of their own* (exponential). Complaints, parcels sent
   back and the social channel shorten it. Nobody says goodbye: the shop sees only silence.
3. The shop has watched each customer from the first order until today (`tenure_days`) and counts orders, the
   days since the last one, money, returns, complaints and visits. Visits keep coming only while the customer
   is alive to the shop, apart from a few that mean nothing.
4. **The label `buys_again`**: at least one more order within the next 90 days.

So silence means something else for a weekly buyer than for one who orders at Christmas, which is why a model
that sees interactions (version 2) beats one that adds up effects (version 1).

Run it to make a table: `python customers.py --customers 100000 --csv customers.csv`.
"""

from __future__ import annotations

import argparse
import csv
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

SRC = Path(__file__).resolve().parents[1] / "src"
if str(SRC) not in sys.path:
    sys.path.insert(0, str(SRC))

from churn_features import COLUMN_NAMES, CUSTOMER_ID  # noqa: E402 - the folder of the scoring code is known only now

LABEL = "buys_again"
HORIZON_DAYS = 90
DEFAULT_SEED = 20_261_120

COUNTRY_SHARES = {"AT": 0.10, "CH": 0.08, "DE": 0.52, "FR": 0.18, "NL": 0.12}
CHANNEL_SHARES = {"email": 0.15, "referral": 0.17, "search": 0.43, "social": 0.25}
CHANNEL_RATE = {"email": 1.0, "referral": 1.35, "search": 1.0, "social": 0.85}
CHANNEL_LIFETIME = {"email": 1.1, "referral": 1.4, "search": 1.0, "social": 0.6}
MEAN_DAYS_BETWEEN_ORDERS = 55.0
MEAN_LIFETIME_DAYS = 900.0
LONGEST_TENURE_DAYS = 1_095

Column = NDArray[np.generic]
Table = dict[str, Column]


@dataclass(frozen=True)
class _Person:
    """What a customer is, before anything happens. The shop sees only part of it."""

    age: NDArray[np.int64]
    country: NDArray[np.str_]
    channel: NDArray[np.str_]
    newsletter: NDArray[np.bool_]
    return_rate: NDArray[np.float64]
    support_tickets: NDArray[np.int64]


def generate_customers(count: int, *, seed: int = DEFAULT_SEED) -> Table:
    """Make customers with their label.

    Args:
        count: How many.
        seed: The same seed and count give the same customers, bit for bit, with the pinned numpy.

    Returns:
        Columns by name: `customer_id`, the columns of `churn_features`, and the label `buys_again`.
    """
    random = np.random.default_rng(seed)
    person = _draw_people(random, count)
    rate = _order_rate(random, person)
    lifetime = _lifetime(random, person)
    tenure = np.rint(random.uniform(1, LONGEST_TENURE_DAYS, count)).astype(np.int64)
    watched = np.minimum(lifetime, tenure)
    orders = 1 + random.poisson(rate * watched)
    last = _last_order(random, orders, watched)
    alive = lifetime > tenure
    ahead = np.clip(lifetime - tenure, 0.0, HORIZON_DAYS)
    columns: Table = {
        CUSTOMER_ID: np.array([f"C{seed % 1_000:03d}-{index:07d}" for index in range(count)]),
        "age": person.age,
        "country": person.country,
        "channel": person.channel,
        "tenure_days": tenure,
        "orders": orders,
        "days_since_last_order": np.floor(tenure - last).astype(np.int64),
        "mean_order_value": np.round(random.lognormal(3.9, 0.5, count) * (0.8 + person.age / 200), 2),
        "return_rate": person.return_rate,
        "support_tickets": person.support_tickets,
        "visits_30d": _visits(random, alive=alive, newsletter=person.newsletter),
        "newsletter": person.newsletter,
        LABEL: random.poisson(rate * ahead) > 0,
    }
    return {name: columns[name] for name in (CUSTOMER_ID, *COLUMN_NAMES, LABEL)}


def _draw_people(random: np.random.Generator, count: int) -> _Person:
    age = np.clip(np.rint(random.normal(41, 13, count)), 18, 90).astype(np.int64)
    country = random.choice(list(COUNTRY_SHARES), size=count, p=list(COUNTRY_SHARES.values()))
    channel = random.choice(list(CHANNEL_SHARES), size=count, p=list(CHANNEL_SHARES.values()))
    return _Person(
        age=age,
        country=country,
        channel=channel,
        newsletter=random.random(count) < np.where(channel == "email", 0.8, 0.35),
        return_rate=np.round(random.beta(1.2, 7.0, count), 3),
        support_tickets=random.poisson(0.35, count),
    )


def _order_rate(random: np.random.Generator, person: _Person) -> NDArray[np.float64]:
    """Orders per day while alive; the gamma part is each person's own taste for the shop."""
    taste = random.gamma(1.6, 1 / 1.6, len(person.age))
    middle_of_life = np.exp(-(((person.age - 42) / 30.0) ** 2))
    factors = _by_word(person.channel, CHANNEL_RATE) * np.where(person.newsletter, 1.3, 1.0) * middle_of_life
    rate: NDArray[np.float64] = taste * factors / MEAN_DAYS_BETWEEN_ORDERS
    return rate


def _lifetime(random: np.random.Generator, person: _Person) -> NDArray[np.float64]:
    """Days from the first order until the customer is lost for good."""
    trouble = np.exp(0.45 * person.support_tickets + 1.5 * person.return_rate)
    mean = MEAN_LIFETIME_DAYS * _by_word(person.channel, CHANNEL_LIFETIME) / trouble
    return random.exponential(1.0, len(mean)) * mean


def _last_order(
    random: np.random.Generator, orders: NDArray[np.int64], watched: NDArray[np.float64]
) -> NDArray[np.float64]:
    """The day of the last order: the latest of the repeat orders, each uniform over the days watched."""
    repeats = orders - 1
    latest = random.random(len(orders)) ** (1.0 / np.maximum(repeats, 1))
    return np.where(repeats > 0, latest * watched, 0.0)


def _visits(
    random: np.random.Generator, *, alive: NDArray[np.bool_], newsletter: NDArray[np.bool_]
) -> NDArray[np.int64]:
    """Visits of the last month: a weak sign of life, the newsletter brings lost customers to look as well."""
    mood = random.gamma(1.0, 1.0, len(alive))
    return random.poisson(mood * (0.5 + 1.2 * alive + 1.0 * newsletter))


def _by_word(words: NDArray[np.str_], factors: dict[str, float]) -> NDArray[np.float64]:
    result = np.ones(len(words), dtype=np.float64)
    for word, factor in factors.items():
        result[words == word] = factor
    return result


def without_label(customers: Table) -> Table:
    """The table as the shop has it today: nobody knows yet who buys again."""
    return {name: values for name, values in customers.items() if name != LABEL}


def write_csv(customers: Table, path: Path) -> None:
    """Write a table with a header line; truth values as true and false."""
    lists = [_plain(values) for values in customers.values()]
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(customers)
        writer.writerows(zip(*lists, strict=True))


def _plain(values: Column) -> list[object]:
    plain: list[object] = values.tolist()
    return [str(value).lower() for value in plain] if values.dtype == np.bool_ else plain


def main() -> None:
    """Write a table of customers without the label."""
    parser = argparse.ArgumentParser(description="Make a table of a web shop's customers (made up, seeded).")
    parser.add_argument("--customers", type=int, default=100_000, help="how many (default: 100000)")
    parser.add_argument("--csv", type=Path, required=True, help="the file to write")
    parser.add_argument("--seed", type=int, default=DEFAULT_SEED + 1, help="other seeds are other customers")
    arguments = parser.parse_args()
    write_csv(without_label(generate_customers(arguments.customers, seed=arguments.seed)), arguments.csv)
    print(f"{arguments.customers} customers in {arguments.csv}")


if __name__ == "__main__":
    main()
