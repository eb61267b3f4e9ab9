"""Sign-in with the token of a job on GitHub, and the ways in which it goes wrong."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
from azure.core.exceptions import ClientAuthenticationError
from azure.identity import ClientAssertionCredential
from support.arm_clients import ArmClients, fresh
from support.jobs import AUDIENCE, ISSUER, Jobs

ARM = "https://management.azure.com/.default"


@dataclass
class Federated:
    """An identity that trusts the environment dev of a repository."""

    arm: ArmClients
    jobs: Jobs
    client_id: str
    group: str
    name: str

    def sign_in(self, token: str, client_id: str = "") -> Any:
        """Ask for a token of the identity, with that of a job."""
        azure = self.arm.azure
        credential = ClientAssertionCredential(
            azure.environment["AZURE_TENANT_ID"],
            client_id or self.client_id,
            lambda: token,
            **azure.client_options(),
        )
        return credential.get_token(ARM)

    def refusal(self, token: str) -> str:
        """Say how Azure refuses a job's token."""
        with pytest.raises(ClientAuthenticationError) as refused:
            self.sign_in(token)
        return str(refused.value)


@pytest.fixture
def federated(arm: ArmClients) -> Federated:
    group, name = arm.group(), fresh("id-")
    made = arm.identities.user_assigned_identities.create_or_update(group, name, {"location": "westeurope"})
    jobs = Jobs("repo:acme/shop")
    jobs.introduce(arm.azure)
    body = {"issuer": ISSUER, "subject": "repo:acme/shop:environment:dev", "audiences": [AUDIENCE]}
    arm.identities.federated_identity_credentials.create_or_update(group, name, "github", {"properties": body})
    return Federated(arm, jobs, made.client_id, group, name)


@pytest.mark.specified
def test_a_job_of_the_environment_signs_in_as_the_identity(federated: Federated) -> None:
    issued = federated.sign_in(federated.jobs.token("dev"))

    listed = federated.arm.http.get(
        "/subscriptions", params={"api-version": "2022-12-01"}, headers={"Authorization": f"Bearer {issued.token}"}
    )
    assert listed.status_code == 200
    assert listed.json()["value"] == []


@pytest.mark.recorded
@pytest.mark.parametrize(
    ("environment", "claims", "code", "sentence"),
    [
        ("prod", {}, "AADSTS700213", "subject 'repo:acme/shop:environment:prod'"),
        ("dev", {"sub": "repo:acme@1/shop@2:environment:dev"}, "AADSTS700213", "subject 'repo:acme@1/shop@2:env"),
        ("Dev", {}, "AADSTS7002138", "case-insensitive comparison, but not with case-sensitive"),
        ("dev", {"iss": "https://gitlab.com"}, "AADSTS700211", "issuer 'https://gitlab.com'"),
    ],
)
def test_a_job_that_no_credential_names_is_refused_in_entras_words(
    federated: Federated, environment: str, claims: Any, code: str, sentence: str
) -> None:
    said = federated.refusal(federated.jobs.token(environment, **claims))

    assert f"{code}: No matching federated identity record found for presented assertion" in said
    assert sentence in said


@pytest.mark.inferred
def test_another_audience_is_refused(federated: Federated) -> None:
    assert "AADSTS700212" in federated.refusal(federated.jobs.token("dev", aud="https://github.com/acme"))


@pytest.mark.specified
def test_an_old_token_is_refused(federated: Federated) -> None:
    assert "AADSTS700024" in federated.refusal(federated.jobs.token("dev", exp=1_700_000_000))


@pytest.mark.inferred
def test_a_token_that_somebody_else_has_signed_is_refused(federated: Federated) -> None:
    assert "AADSTS700027" in federated.refusal(Jobs("repo:acme/shop").token("dev"))


@pytest.mark.specified
def test_only_an_identity_that_is_there_can_be_signed_in_as(federated: Federated) -> None:
    token = federated.jobs.token("dev")

    with pytest.raises(ClientAuthenticationError, match="AADSTS700016"):
        federated.sign_in(token, client_id="12345678-1111-4111-8111-111111111111")


@pytest.mark.specified
def test_nobody_signs_in_when_the_credential_is_gone(federated: Federated) -> None:
    federated.arm.identities.federated_identity_credentials.delete(federated.group, federated.name, "github")

    assert "AADSTS700211" in federated.refusal(federated.jobs.token("dev"))
