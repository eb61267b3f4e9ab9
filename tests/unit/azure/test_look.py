from __future__ import annotations

import pytest

from windlass.azure.look import seen
from windlass.recovery.models import Presence

ASKED = "/subscriptions/s/resourceGroups/rg/providers/Microsoft.KeyVault/vaults/kv"


@pytest.mark.parametrize(
    ("state", "presence"),
    [
        ("Succeeded", Presence.READY),
        (None, Presence.READY),
        ("Failed", Presence.FAILED),
        ("Canceled", Presence.FAILED),
        ("Creating", Presence.RUNNING),
        ("Deleting", Presence.RUNNING),
        ("ResolvingDNS", Presence.RUNNING),
        ("Accepted", Presence.RUNNING),
        ("InProgress", Presence.RUNNING),
        ("ProvisioningAccount", Presence.RUNNING),
    ],
)
def test_the_services_words_for_a_state_are_sorted(state: str | None, presence: Presence) -> None:
    assert seen(ASKED, {"id": ASKED, "properties": {"provisioningState": state}}).presence is presence


def test_what_azure_does_not_have_is_absent_under_the_id_that_was_asked_for() -> None:
    absent = seen(ASKED, None)

    assert (absent.presence, absent.id) == (Presence.ABSENT, ASKED)


def test_the_id_is_the_one_that_azure_writes() -> None:
    assert seen(ASKED.lower(), {"id": ASKED, "tags": {"project": "shop"}}).id == ASKED


def test_tags_are_kept() -> None:
    assert seen(ASKED, {"id": ASKED, "tags": {"project": "shop"}}).tags == {"project": "shop"}


def test_a_type_without_properties_is_there() -> None:
    assert seen(ASKED, {"id": ASKED}).presence is Presence.READY
