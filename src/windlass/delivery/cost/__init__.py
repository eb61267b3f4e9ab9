"""What a stack costs a month, and what a change does to that. Pure: quantities and prices in, an estimate out.

`book` has the prices, `resources` and `workloads` the quantities; `serving`, `clusters` and `standing` price them,
`estimate` puts that together; `models` says what comes out, `lines` how it reads. Those two alone are imported
with the package: a report has to be read again at once, and estimates nothing.
"""

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

__all__ = [
    "Amount",
    "BudgetVerdict",
    "CostComparison",
    "CostLine",
    "Estimate",
    "LineChange",
    "Unpriced",
    "as_json",
    "cost_lines",
    "parse_comparison",
]
