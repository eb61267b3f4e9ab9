"""The Azure ML extension of a cluster: which settings it takes, and what a GET shows of them."""

from __future__ import annotations

from typing import Any

import pytest
from azure.core.exceptions import HttpResponseError
from support.arm_clients import ArmClients, fresh
from support.kubernetes import CLUSTER_RP, INSECURE, SECURE, cluster, extension
from windlass_emulator.arm.kubernetes.azureml import capacity_problems, front_end, problems


@pytest.fixture(scope="module")
def made(arm: ArmClients) -> tuple[str, str]:
    """A cluster of one node."""
    group, name = arm.group(), fresh("aks-")
    arm.clusters.managed_clusters.begin_create_or_update(group, name, cluster()).result()
    return group, name


def _install(arm: ArmClients, made: tuple[str, str], body: dict[str, Any], name: str = "azureml") -> Any:
    group, cluster_name = made
    return arm.extensions.begin_create(group, *CLUSTER_RP, cluster_name, name, body).result()


@pytest.mark.specified
def test_an_extension_says_who_it_is_and_keeps_its_secrets(arm: ArmClients, made: tuple[str, str]) -> None:
    body = extension(INSECURE, configurationProtectedSettings={"scoringFe.sslKey": "c2VjcmV0"})

    installed = _install(arm, made, body)
    raw = arm.call("GET", installed.id, api_version="2023-05-01")

    assert installed.provisioning_state == "Succeeded"
    assert installed.identity.principal_id
    assert installed.aks_assigned_identity.principal_id
    assert installed.configuration_settings == INSECURE
    assert installed.configuration_protected_settings == {"scoringFe.sslKey": ""}
    assert "c2VjcmV0" not in raw.text


@pytest.mark.specified
def test_settings_are_changed_in_place_and_the_type_is_not(arm: ArmClients, made: tuple[str, str]) -> None:
    _install(arm, made, extension(INSECURE))
    changed = _install(arm, made, extension(SECURE))

    elsewhere = extension(SECURE, scope={"cluster": {"releaseNamespace": "other"}})
    with pytest.raises(HttpResponseError) as refused:
        _install(arm, made, elsewhere)

    assert changed.configuration_settings["sslCname"] == "models.example.org"
    assert refused.value.error.code == "PropertyChangeNotAllowed"


@pytest.mark.specified
def test_wrong_settings_fail_inside_the_operation_and_show_in_the_extension(
    arm: ArmClients, made: tuple[str, str]
) -> None:
    with pytest.raises(HttpResponseError) as failed:
        _install(arm, made, extension({"enableInference": "True"}), name="wrong")
    shown = arm.extensions.get(made[0], *CLUSTER_RP, made[1], "wrong")
    arm.extensions.begin_delete(made[0], *CLUSTER_RP, made[1], "wrong").result()

    assert "explicitly set allowInsecureConnections=true" in str(failed.value)
    assert shown.provisioning_state == "Failed"


@pytest.mark.inferred
@pytest.mark.parametrize(
    ("properties", "status", "named"),
    [
        ({"extensionType": "microsoft.flux"}, 501, "microsoft.flux"),
        ({"version": "1.1.50"}, 400, "autoUpgradeMinorVersion"),
        ({"configurationSettings": {**INSECURE, "inferenceRouterServiceType": "NodePort"}}, 501, "NodePort"),
    ],
    ids=["type", "version", "node port"],
)
def test_an_extension_that_cannot_be_had_here_is_refused_by_name(
    arm: ArmClients, made: tuple[str, str], properties: dict[str, Any], status: int, named: str
) -> None:
    with pytest.raises(HttpResponseError) as refused:
        _install(arm, made, extension(INSECURE, **properties), name="other")

    assert refused.value.status_code == status
    assert named in refused.value.message


@pytest.mark.specified
@pytest.mark.parametrize(
    ("settings", "protected", "wrong"),
    [
        ({}, {}, ["either enable Machine Learning training or inference"]),
        ({"enableTraining": "true"}, {}, []),
        (INSECURE, {}, []),
        (SECURE, {}, []),
        ({**SECURE, "sslCname": ""}, {}, ["specify sslCname"]),
        ({**SECURE, "scoringFe.sslSecret": ""}, {}, ["The certificate was not found"]),
        ({**INSECURE, "inferenceRouterServiceType": "Ingress"}, {}, ["inferenceRouterServiceType=ClusterIP"]),
        ({**INSECURE, "internalLoadBalancerProvider": "azure"}, {}, ["scoringFe.serviceType.internalLoadBalancer"]),
        (
            {**INSECURE, "allowInsecureConnections": "False", "sslCname": "a.example.org"},
            {"scoringFe.sslCert": "Yw==", "scoringFe.sslKey": "aw=="},
            [],
        ),
    ],
)
def test_settings_are_judged_as_the_azure_cli_judges_them(
    settings: dict[str, str], protected: dict[str, str], wrong: list[str]
) -> None:
    found = list(problems(settings, protected))

    assert len(found) == len(wrong)
    assert all(part in sentence for part, sentence in zip(wrong, found, strict=True))


@pytest.mark.specified
def test_high_availability_needs_three_nodes_and_any_cluster_some_room() -> None:
    available = {**INSECURE, "inferenceRouterHA": "True"}

    assert list(capacity_problems(available, 3, 12, 42.0)) == []
    assert "3 nodes" in next(capacity_problems(available, 2, 8, 28.0))
    assert "4 cores and 14 GB" in next(capacity_problems(INSECURE, 1, 2, 7.0))


@pytest.mark.inferred
def test_endpoints_answer_at_the_name_of_the_certificate_or_at_an_address_of_nobody() -> None:
    secure, insecure = front_end("/clusters/a", SECURE), front_end("/clusters/a", INSECURE)

    assert secure is not None
    assert insecure is not None
    assert secure.address == "https://models.example.org"
    assert insecure.address.startswith(("http://198.18.", "http://198.19."))
    assert front_end("/clusters/a", {"enableTraining": "True"}) is None
