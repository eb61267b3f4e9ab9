"""Federated credentials of user-assigned identities."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from azure.core.exceptions import HttpResponseError, ResourceNotFoundError
from support.arm_clients import ArmClients, fresh

ISSUER, AUDIENCE = "https://token.actions.githubusercontent.com", "api://AzureADTokenExchange"


def body(subject: str = "repo:acme/shop:environment:dev", **changes: Any) -> dict[str, Any]:
    return {"properties": {"issuer": ISSUER, "subject": subject, "audiences": [AUDIENCE], **changes}}


@pytest.fixture
def identity(arm: ArmClients) -> tuple[str, str]:
    """Group and name of an identity."""
    group, name = arm.group(), fresh("id-")
    arm.identities.user_assigned_identities.create_or_update(group, name, {"location": "westeurope"})
    return group, name


def refusal(arm: ArmClients, identity: tuple[str, str], name: str, sent: dict[str, Any]) -> HttpResponseError:
    with pytest.raises(HttpResponseError) as refused:
        arm.identities.federated_identity_credentials.create_or_update(*identity, name, sent)
    return refused.value


@pytest.mark.specified
def test_a_credential_is_made_shown_changed_and_deleted(arm: ArmClients, identity: tuple[str, str]) -> None:
    credentials = arm.identities.federated_identity_credentials

    made = credentials.create_or_update(*identity, "github", body())
    changed = credentials.create_or_update(*identity, "github", body("repo:acme@1/shop@2:environment:dev"))
    listed = list(credentials.list(*identity))
    credentials.delete(*identity, "github")

    assert made.id.endswith(f"/userAssignedIdentities/{identity[1]}/federatedIdentityCredentials/github")
    assert (made.issuer, made.audiences) == (ISSUER, [AUDIENCE])
    assert [each.subject for each in listed] == [changed.subject] == ["repo:acme@1/shop@2:environment:dev"]
    assert list(credentials.list(*identity)) == []
    with pytest.raises(ResourceNotFoundError):
        credentials.get(*identity, "github")


@pytest.mark.specified
def test_a_credential_needs_an_identity(arm: ArmClients) -> None:
    refused = refusal(arm, (arm.group(), "nobody"), "github", body())

    assert refused.status_code == 404
    assert refused.error.message == "The parent user-assigned identity doesn't exist."


@pytest.mark.specified
@pytest.mark.parametrize(
    ("name", "sent", "sentence"),
    [
        ("-x1", body(), "Federated Identity Credential name '-x1' is invalid."),
        ("ab", body(), "Federated Identity Credential name 'ab' is invalid."),
        ("github", body(issuer=None), "Federated Identity Credential from HTTP body has empty properties"),
        ("github", body(""), "Federated Identity Credential from HTTP body has empty properties"),
        (
            "github",
            body(audiences=[AUDIENCE, "more"]),
            "Federated identity credentials must have exactly one audience.",
        ),
    ],
)
def test_what_azure_does_not_take_is_refused_in_its_words(
    arm: ArmClients, identity: tuple[str, str], name: str, sent: dict[str, Any], sentence: str
) -> None:
    refused = refusal(arm, identity, name, sent)

    assert refused.status_code == 400
    assert refused.error.message == sentence


@pytest.mark.specified
def test_issuer_and_subject_are_there_once_for_an_identity(arm: ArmClients, identity: tuple[str, str]) -> None:
    arm.identities.federated_identity_credentials.create_or_update(*identity, "github", body())

    refused = refusal(arm, identity, "other", body())

    assert refused.status_code == 400
    assert refused.error.message == "Issuer and subject combination already exists for this Managed Identity."


@pytest.mark.specified
def test_subjects_are_compared_letter_for_letter(arm: ArmClients, identity: tuple[str, str]) -> None:
    credentials = arm.identities.federated_identity_credentials
    credentials.create_or_update(*identity, "github", body())

    credentials.create_or_update(*identity, "other", body("repo:Acme/shop:environment:dev"))

    assert len(list(credentials.list(*identity))) == 2


@pytest.mark.specified
def test_an_identity_has_at_most_twenty(arm: ArmClients, identity: tuple[str, str]) -> None:
    for number in range(20):
        arm.identities.federated_identity_credentials.create_or_update(*identity, f"c{number:02}", body(f"s{number}"))

    assert refusal(arm, identity, "c20", body("s20")).status_code == 400


@pytest.mark.recorded
def test_two_at_a_time_are_refused_in_azures_words(arm: ArmClients, identity: tuple[str, str]) -> None:
    def make(number: int) -> HttpResponseError | None:
        try:
            arm.identities.federated_identity_credentials.create_or_update(
                *identity, f"credential-{number}", body(f"s{number}"), retry_total=0
            )
        except HttpResponseError as refused:
            return refused
        return None

    arm.azure.admin("PUT", "/durations", {"federated_credential.write": 5.0})
    try:
        with ThreadPoolExecutor(4) as threads:
            refusals = [each for each in threads.map(make, range(4)) if each]
    finally:
        arm.azure.admin("PUT", "/durations", {"federated_credential.write": 0.1})

    assert len(refusals) == 3
    # As in hashicorp/terraform-provider-azurerm#19968 and kubernetes-sigs/cluster-api-provider-azure#5397.
    assert {refused.status_code for refused in refusals} == {409}
    assert {refused.error.code for refused in refusals} == {
        "ConcurrentFederatedIdentityCredentialsWritesForSingleManagedIdentity"
    }
    assert refusals[0].error.message.startswith(
        "Too many Federated Identity Credentials are written concurrently for the managed identity '/subscriptions/"
    )


@pytest.mark.specified
def test_credentials_go_with_their_identity(arm: ArmClients, identity: tuple[str, str]) -> None:
    arm.identities.federated_identity_credentials.create_or_update(*identity, "github", body())
    arm.identities.user_assigned_identities.delete(*identity)

    arm.identities.user_assigned_identities.create_or_update(*identity, {"location": "westeurope"})

    assert list(arm.identities.federated_identity_credentials.list(*identity)) == []
