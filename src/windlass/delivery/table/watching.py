"""What watches, and what guards: alerts, diagnostic settings, budgets, locks. Pure."""

from __future__ import annotations

from typing import Final

from windlass.delivery.meanings import Meaning
from windlass.delivery.table.model import (
    COSMETIC,
    IDENTITY,
    Case,
    Known,
    Meant,
    Rule,
    becomes_other_than,
    behaves,
    case,
    either,
    table,
)

_BEHAVES: Final = Meaning.CHANGES_BEHAVIOUR
_SILENT: Final = (Meant(_BEHAVES, "nobody is told of it any more"),)
_IS_OFF: Final = case(_BEHAVES, "nobody is told of it any more", becomes_other_than(True))

_ALERT: Final = {
    "ruleName": IDENTITY,
    "actions": behaves("others are told"),
    "autoMitigate": behaves("it ends by itself, or not"),
    "criteria": behaves("it is raised at another point"),
    "description": COSMETIC,
    "displayName": COSMETIC,
    "enabled": _IS_OFF,
    "evaluationFrequency": behaves("it is looked at more or less often"),
    "muteActionsDuration": behaves("it is told again sooner or later"),
    "scopes": behaves("it watches something else"),
    "severity": behaves("it is told as more or less severe"),
    "skipQueryValidation": COSMETIC,
    "windowSize": behaves("it looks back more or less far"),
}

_DIAGNOSTICS: Final = Known(
    title="diagnostic setting",
    gone=(Meant(_BEHAVES, "its logs are no longer kept"),),
    made=(Meant(Meaning.CHANGES_COST, "logs are paid for as they come in"),),
    properties={
        "name": IDENTITY,
        "resourceUri": IDENTITY,
        "logAnalyticsDestinationType": behaves("logs go to other tables"),
        "logs": Rule(
            (Case(Meant(Meaning.CHANGES_COST, "logs are paid for as they come in"), lambda _before, _after: True),)
        ),
        "metrics": Rule(
            (Case(Meant(Meaning.CHANGES_COST, "metrics are paid for as they come in"), lambda _before, _after: True),)
        ),
        "storageAccountId": behaves("logs go elsewhere"),
        "workspaceId": behaves("logs go to another log workspace"),
    },
)

_LOCK: Final = Known(
    title="lock",
    gone=(Meant(Meaning.UNPROTECTS, "Azure no longer refuses to delete what it was on"),),
    properties={
        "lockName": IDENTITY,
        "scope": IDENTITY,
        "level": either(
            case(Meaning.UNPROTECTS, "Azure refuses less", becomes_other_than("ReadOnly")),
            behaves("Azure refuses more"),
        ),
        "notes": COSMETIC,
        "owners": behaves(),
    },
)

WATCHING: Final = table(
    {
        "monitor:ActionGroup": Known(
            title="action group",
            gone=_SILENT,
            properties={
                "actionGroupName": IDENTITY,
                "emailReceivers": behaves("others are told"),
                "smsReceivers": behaves("others are told"),
                "webhookReceivers": behaves("others are told"),
                "armRoleReceivers": behaves("others are told"),
                "enabled": _IS_OFF,
                "groupShortName": COSMETIC,
            },
        ),
        "monitor:MetricAlert": Known(title="alert", gone=_SILENT, properties=_ALERT),
        "monitor:ScheduledQueryRule": Known(title="alert", gone=_SILENT, properties=_ALERT),
        "monitor:DiagnosticSetting": _DIAGNOSTICS,
        "consumption:Budget": Known(
            title="budget",
            gone=(Meant(_BEHAVES, "nobody is told of costs any more"),),
            properties={
                "budgetName": IDENTITY,
                "scope": IDENTITY,
                "amount": behaves("people are told at another amount; a budget stops nothing"),
                "category": behaves(),
                "filter": behaves("it counts other costs"),
                "notifications": behaves("others are told, or at other shares"),
                "timeGrain": behaves(),
                "timePeriod": behaves(),
            },
        ),
        "authorization:ManagementLockByScope": _LOCK,
        "authorization:ManagementLockAtResourceGroupLevel": _LOCK,
    }
)
