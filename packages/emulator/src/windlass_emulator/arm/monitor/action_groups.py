"""Microsoft.Insights/actionGroups: who is told. Kept and checked; nothing is sent from here."""

from __future__ import annotations

from typing import Any

from windlass_emulator.arm import common
from windlass_emulator.arm.common import Draft, Kind, NameRule
from windlass_emulator.arm.monitor.rules import refused
from windlass_emulator.feature import Feature
from windlass_emulator.http import Answer, Request, Route

KIND = Kind(
    type="Microsoft.Insights/actionGroups",
    body="action group",
    name=NameRule(
        r"[^:<>+/&%\\?|\x00-\x1f]{0,259}[^:<>+/&%\\?|\x00-\x1f. ]",
        "An action group name has 1 to 260 characters without : < > + / & % \\ ? |, and does not end with a space or "
        "period.",
    ),
    required=("properties.groupShortName", "properties.enabled"),
    is_global=True,
)
_SHORT_NAME = 12
_RECEIVERS = (
    "emailReceivers",
    "smsReceivers",
    "webhookReceivers",
    "eventHubReceivers",
    "itsmReceivers",
    "azureAppPushReceivers",
    "automationRunbookReceivers",
    "voiceReceivers",
    "logicAppReceivers",
    "azureFunctionReceivers",
    "armRoleReceivers",
)


def feature() -> Feature:
    """Return action groups."""
    return Feature(
        "action groups",
        routes=(
            Route("PUT", KIND.template, _put, provenance="specified"),
            *common.usual_routes(KIND, what="action group"),
        ),
        renderers=KIND.renderers(),
    )


async def _put(request: Request) -> Answer:
    """Create or update an action group."""
    draft = common.read_put(request, KIND)
    _check(draft)
    stored = common.save(request, KIND, _completed(draft))
    return common.put_answer(request, draft, stored)


def _check(draft: Draft) -> None:
    short = str(draft.properties["groupShortName"])
    if not 1 <= len(short) <= _SHORT_NAME:
        raise refused(
            f"The short name '{short}' of an action group has 1 to {_SHORT_NAME} characters.",
            code="InvalidActionGroupShortName",
            target="properties.groupShortName",
        )
    names = [str(receiver.get("name", "")) for kind in _RECEIVERS for receiver in draft.properties.get(kind) or ()]
    if twice := sorted({name for name in names if names.count(name) > 1 or not name}):
        raise refused(f"Names of receivers must be unique in an action group and not empty: {', '.join(twice)!r}.")
    for receiver in draft.properties.get("emailReceivers") or ():
        if "@" not in str(receiver.get("emailAddress", "")):
            raise refused(f"The e-mail address of the receiver '{receiver['name']}' is not valid.")


def _completed(draft: Draft) -> Draft:
    properties: dict[str, Any] = {kind: list(draft.properties.get(kind) or ()) for kind in _RECEIVERS}
    properties["emailReceivers"] = [
        {"useCommonAlertSchema": False, **receiver, "status": "Enabled"} for receiver in properties["emailReceivers"]
    ]
    properties = {**draft.properties, **properties}
    return Draft(draft.id, draft.name, draft.group, draft.existing, draft.body | {"properties": properties})
