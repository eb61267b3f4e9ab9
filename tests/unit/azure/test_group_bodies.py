"""Container groups and public names as Resource Manager takes and shows them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from support.definitions import make_definition

from windlass.azure.certificates import Certificate, Certificates, is_good, make_self_signed
from windlass.azure.containers import ensure_key
from windlass.azure.group_bodies import (
    Place,
    Secrets,
    certificate_of,
    condition_of,
    group_body,
    group_name,
    read_group,
    read_previous,
    tags_of_previous,
)
from windlass.azure.public_name import read_record, record_body
from windlass.azure.vault import VaultSecrets
from windlass.errors.release import CertificateUnusableError, EndpointUnreadableError
from windlass.project.serving import ContainerGroup
from windlass.release.models import Condition, CreateDeployment, ModelVersion, Style
from windlass.release.traffic import Traffic

PLACE = Place(
    endpoint="shop-churn",
    location="westeurope",
    host="churn.models.example",
    identity="/subscriptions/s/resourceGroups/g/providers/Microsoft.ManagedIdentity/userAssignedIdentities/i",
    client_id="the-client",
    registry="registry.azurecr.io",
)
SECRETS = Secrets(
    key="secret-key", certificate=Certificate(chain="chain", private_key="secret-private", self_signed=True)
)


def step(**document: Any) -> CreateDeployment:
    deployment = make_definition().deployment
    return CreateDeployment(
        name="churn-2",
        model=ModelVersion(name="churn", version="2", sha256="f" * 64),
        environment="windlass/churn:tag",
        release="release-2",
        definition=replace(deployment, document=document),
    )


def body(**document: Any) -> Any:
    return group_body(PLACE, step(**document), ContainerGroup(), "https://content", SECRETS, label="shop-churn")


def container(made: Any) -> Any:
    return made["properties"]["containers"][0]["properties"]


def test_a_group_is_made_of_image_model_identity_and_size() -> None:
    made = body()

    assert container(made)["image"] == "registry.azurecr.io/windlass/churn:tag"
    assert container(made)["resources"] == {"requests": {"cpu": 1.0, "memoryInGB": 2.0}}
    assert made["properties"]["imageRegistryCredentials"] == [
        {"server": "registry.azurecr.io", "identity": PLACE.identity}
    ]
    assert made["identity"]["userAssignedIdentities"] == {PLACE.identity: {}}
    assert made["properties"]["ipAddress"]["dnsNameLabel"] == "shop-churn"


def test_what_is_secret_is_sent_as_a_secure_value_alone() -> None:
    variables = container(body())["environmentVariables"]

    secure = {each["name"] for each in variables if "secureValue" in each}

    assert secure == {"WINDLASS_KEY", "WINDLASS_TLS_PRIVATE_KEY"}
    assert all("secret" not in each.get("value", "") for each in variables)
    assert "secret" not in repr(SECRETS)


def test_settings_of_the_deployment_reach_the_container() -> None:
    made = body(
        request_settings={"request_timeout_ms": 2500, "max_concurrent_requests_per_instance": 8},
        environment_variables={"LEVEL": "debug", "WINDLASS_MODEL": "cannot be changed"},
        readiness_probe={"initial_delay": 3, "period": 5, "timeout": 2, "failure_threshold": 4},
    )
    variables = {each["name"]: each.get("value") for each in container(made)["environmentVariables"]}

    assert (variables["WINDLASS_TIMEOUT_SECONDS"], variables["WINDLASS_CONCURRENCY"]) == ("2.5", "8")
    assert (variables["LEVEL"], variables["WINDLASS_MODEL"]) == ("debug", "churn:2")
    assert container(made)["readinessProbe"] == {
        "httpGet": {"path": "/ready", "port": 443, "scheme": "https"},
        "initialDelaySeconds": 3,
        "periodSeconds": 5,
        "timeoutSeconds": 2,
        "failureThreshold": 4,
    }


def shown(state: str = "Succeeded", **view: Any) -> Any:
    made = body()
    made["name"] = "shop-churn"
    made["properties"]["provisioningState"] = state
    container(made)["instanceView"] = view
    return made


def test_a_group_tells_what_it_is_made_of() -> None:
    read = read_group(shown(), ready=True, fixed=True)

    assert (read.name, read.model, read.sha256, read.release) == ("churn-2", "churn:2", "f" * 64, "release-2")
    assert (read.environment, read.instance_type) == ("windlass/churn:tag", "1 CPU, 2 GB")
    assert certificate_of(shown()) == "chain"


@pytest.mark.parametrize(
    ("group", "ready", "condition"),
    [
        (shown("Pending"), False, Condition.MOVING),
        (shown("Failed"), False, Condition.DEAD),
        (shown(currentState={"state": "Running"}), False, Condition.MOVING),
        (shown(currentState={"state": "Running"}), True, Condition.READY),
        (shown(currentState={"state": "Waiting"}, previousState={"exitCode": 3}), False, Condition.DEAD),
        (shown(currentState={"state": "Running"}, previousState={"exitCode": 5}), True, Condition.READY),
    ],
)
def test_a_group_is_good_for_what_it_answers(group: Any, ready: bool, condition: Condition) -> None:  # noqa: FBT001
    assert condition_of(group, ready=ready)[0] is condition


def test_what_a_version_replaces_is_read_back_from_two_short_tags() -> None:
    old = read_group(shown(), ready=True, fixed=True)

    tags = tags_of_previous(old)
    read = read_previous(tags)

    assert all(len(value) <= 256 for value in tags.values())
    assert read is not None
    assert (read.name, read.model, read.sha256, read.release, read.environment) == (
        old.name,
        old.model,
        old.sha256,
        old.release,
        old.environment,
    )
    assert read_previous({}) is None


def test_a_group_is_named_after_its_deployment_within_azures_limit() -> None:
    long = group_name("e" * 32, "churn-forecast-for-all-of-europe", Style.SWITCH)

    assert group_name("shop-churn", "churn-2", Style.SWITCH) == "shop-churn-churn-2"
    assert group_name("shop-churn", "churn-2", Style.RECREATE) == "shop-churn"
    assert len(long) <= 63


def test_a_public_name_tells_where_it_leads_and_since_when() -> None:
    sent = record_body("a.example", 60, "shop-churn", target="churn-2", base=Traffic.of({"churn-1": 100}), now=1000.4)

    read = read_record({"name": "churn", **sent}, default_ttl=5)

    assert (read.host, read.ttl, read.endpoint, read.moved_at) == ("a.example", 60, "shop-churn", 1000.0)
    assert (read.target, read.base) == ("churn-2", Traffic.of({"churn-1": 100}))
    assert read_record(None, default_ttl=5).host == ""


def test_a_public_name_that_somebody_has_written_on_is_refused() -> None:
    broken = {"name": "churn", "properties": {"metadata": {"windlass_moved": "yesterday"}}}

    with pytest.raises(EndpointUnreadableError):
        read_record(broken, default_ttl=5)


class Vault(VaultSecrets):
    """A vault in memory."""

    def __init__(self, **secrets: str) -> None:
        super().__init__("vault", None)
        self.secrets = secrets
        self.writes = 0

    def get(self, name: str) -> str | None:
        return self.secrets.get(name)

    def set(self, name: str, value: str) -> None:
        self.writes += 1
        self.secrets[name] = value


def test_a_key_is_made_once() -> None:
    vault = Vault()

    first, second = ensure_key(vault, "shop-churn"), ensure_key(vault, "shop-churn")

    assert first == second == vault.secrets["shop-churn-key"]
    assert len(first) >= 40
    assert vault.writes == 1


def test_a_self_signed_certificate_is_made_once_for_a_name() -> None:
    vault = Vault()
    certificates = Certificates(vault)

    first = certificates.ensure("churn.example", "shop-churn", "self-signed")
    second = certificates.ensure("churn.example", "shop-churn", "self-signed")
    other = certificates.ensure("other.example", "shop-churn", "self-signed")

    assert first == second
    assert first.self_signed
    assert other.chain != first.chain
    assert "PRIVATE KEY" not in first.chain
    assert "PRIVATE" not in repr(first)


def test_a_certificate_is_made_anew_before_it_ends() -> None:
    now = datetime.now(UTC)
    pem = make_self_signed("churn.example", now)

    assert is_good(pem, "churn.example", now + timedelta(days=334))
    assert not is_good(pem, "churn.example", now + timedelta(days=336))


def test_a_certificate_of_ones_own_is_taken_as_it_is() -> None:
    pem = make_self_signed("churn.example", datetime.now(UTC))

    own = Certificates(Vault(mine=pem)).ensure("churn.example", "shop-churn", "mine")

    assert not own.self_signed
    assert own.chain in pem
    assert own.private_key in pem


@pytest.mark.parametrize("secrets", [{}, {"mine": "MIIKcAIBAzCC"}])
def test_a_secret_that_is_no_certificate_is_refused_by_name(secrets: dict[str, str]) -> None:
    with pytest.raises(CertificateUnusableError, match="secret mine of key vault vault"):
        Certificates(Vault(**secrets)).ensure("churn.example", "shop-churn", "mine")
