from __future__ import annotations

from typing import Any

import pytest

from windlass.errors.rehearsal import BroughtResourcesError, EncryptedSettingsError
from windlass.project.rehearsal import rehearsed, released
from windlass.project.settings import LOCAL_SUBSCRIPTION, LOCAL_TENANT, parse_settings

SETTINGS = {
    "project": "shop",
    "cloud": "azure",
    "owner": "team",
    "vault": {"retention_days": 30},
    "protection": {"endpoints": True},
    "clusters": {"cpu": {"vm_size": "Standard_DS3_v2", "max_nodes": 8}},
}


def document(**config: Any) -> dict[str, Any]:
    return {
        "secretsprovider": "azurekeyvault://vault/keys/key",
        "encryptedkey": "b64",
        "config": {
            "azure-native:location": "westeurope",
            "azure-native:subscriptionId": "<subscription>",
            "azure-native:tenantId": "<tenant>",
            "azure-native:useDefaultAzureCredential": "true",
            "windlass:settings": SETTINGS,
            **config,
        },
    }


def test_a_rehearsal_belongs_to_the_local_azure_and_is_otherwise_the_stack() -> None:
    config = rehearsed("prod", document())["config"]

    assert config == {
        "azure-native:location": "westeurope",
        "azure-native:subscriptionId": LOCAL_SUBSCRIPTION,
        "azure-native:tenantId": LOCAL_TENANT,
        "azure-native:useDefaultAzureCredential": "true",
        "windlass:settings": {
            **SETTINGS,
            "cloud": "local",
            "vault": {"retention_days": 30, "purge_protection": False},
        },
    }
    assert parse_settings("prod", config).windlass.cloud == "local"


def test_a_rehearsal_leaves_behind_what_belongs_to_the_backend_on_azure() -> None:
    assert rehearsed("prod", document()).keys() == {"config"}


def test_the_stack_itself_is_not_changed() -> None:
    original = document()

    released(rehearsed("prod", original))

    assert original == document()


def test_a_released_rehearsal_protects_nothing() -> None:
    settings = released(rehearsed("prod", document()))["config"]["windlass:settings"]

    assert settings["protection"] == {"endpoints": False, "data": False, "locks": False}


def test_encrypted_values_cannot_be_rehearsed() -> None:
    with pytest.raises(EncryptedSettingsError, match=r"windlass:token in Pulumi\.prod\.yaml is encrypted"):
        rehearsed("prod", document(**{"windlass:token": {"secure": "v1:abc"}}))


def test_resources_that_exist_on_azure_alone_cannot_be_rehearsed() -> None:
    brings = {**SETTINGS, "bring": {"key_vault": "/subscriptions/..."}}

    with pytest.raises(BroughtResourcesError, match=r"bring names resources \(key_vault\)"):
        rehearsed("prod", document(**{"windlass:settings": brings}))
