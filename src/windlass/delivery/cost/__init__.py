"""What a stack costs a month, and what a change does to that. Pure: quantities and prices in, an estimate out.

`book` has the prices, `resources` and `workloads` the quantities; `serving`, `clusters` and `standing` price them,
`estimate` puts that together; `models` says what comes out, `lines` how it reads.
"""

from windlass.delivery.cost.estimate import estimate
from windlass.delivery.cost.lines import cost_lines
from windlass.delivery.cost.models import (
    Amount,
    BudgetVerdict,
    CostComparison,
    CostLine,
    Estimate,
    LineChange,
    Unpriced,
    as_json,
    parse_comparison,
)
from windlass.delivery.cost.resources import Resource, after_preview, parse_deployed, stands_on_something
from windlass.delivery.cost.workloads import BatchWorkload, OnlineWorkload, Workload, make_workload

__all__ = [
    "Amount",
    "BatchWorkload",
    "BudgetVerdict",
    "CostComparison",
    "CostLine",
    "Estimate",
    "LineChange",
    "OnlineWorkload",
    "Resource",
    "Unpriced",
    "Workload",
    "after_preview",
    "as_json",
    "cost_lines",
    "estimate",
    "make_workload",
    "parse_comparison",
    "parse_deployed",
    "stands_on_something",
]
