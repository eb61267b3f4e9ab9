"""What the resource group may cost a month, and who is told when it costs more."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import ClassVar, final

import pulumi
from pulumi_azure_native import consumption

from windlass.infra.component import Component
from windlass.project.settings import BudgetSettings


@dataclass(frozen=True, kw_only=True)
class BudgetArgs:
    """What a budget is made of.

    Attributes:
        scope: The id of the resource group.
        name: The name of the budget.
        settings: How much, and at which shares of it mails are sent.
        mails: Who is told.
        today: The month that a new budget counts from. Of one that exists it changes nothing.
    """

    scope: pulumi.Output[str]
    name: str
    settings: BudgetSettings
    mails: Sequence[str]
    today: date


@dataclass(frozen=True, kw_only=True)
class BudgetOutputs:
    """What others need of the budget."""

    id: pulumi.Output[str]


@final
class Budget(Component):
    """A monthly budget. It tells; it stops nothing."""

    TYPE: ClassVar[str] = "windlass:infra:Budget"

    def __init__(self, name: str, *, args: BudgetArgs) -> None:
        super().__init__(name)
        budget = consumption.Budget(
            f"{name}-monthly",
            budget_name=args.name,
            scope=args.scope,
            amount=args.settings.monthly,
            category="Cost",
            time_grain="Monthly",
            time_period=consumption.BudgetTimePeriodArgs(start_date=f"{args.today:%Y-%m}-01T00:00:00Z"),
            notifications=_notifications(args),
            # Azure wants a start in the current month for a new budget, and refuses another one for an old one.
            opts=self.child(ignore_changes=["timePeriod"]),
        )
        self.outputs = BudgetOutputs(id=budget.id)
        self.register_outputs({"id": budget.id})


def _notifications(args: BudgetArgs) -> dict[str, consumption.NotificationArgs]:
    wanted = {f"actual-{percent}": ("Actual", percent) for percent in args.settings.percents}
    if args.settings.forecast_percent is not None:
        wanted[f"forecast-{args.settings.forecast_percent}"] = ("Forecasted", args.settings.forecast_percent)
    return {
        name: consumption.NotificationArgs(
            enabled=True,
            operator="GreaterThanOrEqualTo",
            threshold=percent,
            threshold_type=kind,
            contact_emails=list(args.mails),
        )
        for name, (kind, percent) in wanted.items()
    }
