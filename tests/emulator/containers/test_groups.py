"""Container groups: what they show, what they serve, what is refused."""

from __future__ import annotations

import copy
import json
from typing import Any

import httpx
import pytest
from azure.core.exceptions import HttpResponseError
from support.arm_clients import fresh
from support.container_world import KEY, ContainerWorld, Served, answers, fqdn, named, wait


@pytest.mark.recorded
def test_a_new_group_is_pending_and_shows_what_azure_adds(containers: ContainerWorld) -> None:
    name = fresh("new-")
    body = containers.body(name, containers.model("one"), named(name))

    created = containers.arm.call("PUT", containers.path(name), body, api_version="2024-05-01-preview")
    shown = created.json()["properties"]

    assert created.status_code == 201
    assert (
        "/providers/Microsoft.ContainerInstance/locations/westeurope/operations/"
        in created.headers["azure-asyncoperation"]
    )
    assert shown["provisioningState"] == "Pending"
    assert shown["instanceView"] == {"events": [], "state": "Pending"}
    assert (shown["sku"], shown["restartPolicy"], shown["initContainers"]) == ("Standard", "Always", [])
    assert shown["ipAddress"]["fqdn"] == fqdn(name)


@pytest.mark.recorded
def test_a_group_that_runs_shows_its_container(served: Served) -> None:
    shown = served.world.get(served.name)
    view = served.world.view(served.name)

    assert shown["properties"]["provisioningState"] == "Succeeded"
    assert shown["properties"]["instanceView"] == {"events": [], "state": "Running"}
    assert view["currentState"]["state"] == "Running"
    assert view["restartCount"] == 0
    assert [event["name"] for event in view["events"]][:4] == ["Pulling", "Pulled", "Created", "Started"]
    assert next(iter(shown["identity"]["userAssignedIdentities"].values())).keys() == {"principalId", "clientId"}


@pytest.mark.recorded
def test_a_list_shows_groups_without_what_they_do(served: Served) -> None:
    path = served.world.path("")[:-1]

    listed = served.world.arm.call("GET", path, api_version="2024-05-01-preview").json()["value"]
    mine = next(group for group in listed if group["name"] == served.name)

    assert "instanceView" not in mine["properties"]
    assert "instanceView" not in mine["properties"]["containers"][0]["properties"]


@pytest.mark.specified
def test_a_group_serves_its_model_under_its_public_name_with_its_own_certificate(served: Served) -> None:
    with served.world.caller(served.name, served.certificate) as caller:
        answer = caller.post("/score", json={"show": ["WINDLASS_MODEL", "WINDLASS_KEY", "WINDLASS_TLS_PRIVATE_KEY"]})
        refused = caller.post("/score", json={}, headers={"Authorization": "Bearer other"})

    assert answer.json() == {
        "model": "one",
        "variables": {"WINDLASS_MODEL": "churn:1", "WINDLASS_KEY": None, "WINDLASS_TLS_PRIVATE_KEY": None},
    }
    assert refused.status_code == 401


@pytest.mark.specified
def test_what_is_secret_is_never_shown(served: Served) -> None:
    shown = json.dumps(served.world.get(served.name))
    log = served.world.arm.containers.containers.list_logs(served.world.group, served.name, "model").content

    assert '{"name": "WINDLASS_KEY"}' in shown
    assert "ready" in log
    for secret in (KEY, "PRIVATE KEY"):
        assert secret not in shown
        assert secret not in log


@pytest.mark.specified
def test_the_log_can_be_read_from_its_end(served: Served) -> None:
    client = served.world.arm.containers.containers

    log = client.list_logs(served.world.group, served.name, "model", tail=1).content

    assert len(log.splitlines()) == 1


@pytest.mark.inferred
def test_a_model_that_is_not_the_released_one_is_never_loaded(containers: ContainerWorld) -> None:
    name = fresh("changed-")
    model = {**containers.model("one"), "WINDLASS_MODEL_SHA256": "0" * 64}

    containers.put(name, containers.body(name, model, named(name)))
    wait(lambda: "previousState" in containers.view(name))
    view = containers.view(name)
    log = containers.arm.containers.containers.list_logs(containers.group, name, "model").content
    containers.arm.containers.container_groups.begin_delete(containers.group, name).result()

    assert view["previousState"]["state"] == "Terminated"
    assert view["previousState"]["exitCode"] == 3
    assert "somebody changed the blobs behind the model" in log
    assert "loaded one" not in log


@pytest.mark.specified
def test_a_container_that_ends_is_started_again(changing: Served) -> None:
    world, name = changing.world, changing.name
    before = world.view(name)["restartCount"]

    with world.caller(name, changing.certificate) as caller:
        broken = caller.post("/score", json={"exit": True})
        wait(lambda: world.view(name)["restartCount"] == before + 1)
        wait(lambda: answers(caller))
    view = world.view(name)

    assert broken.status_code == 502
    assert view["previousState"]["exitCode"] == 5
    assert view["currentState"]["state"] == "Running"


@pytest.mark.specified
def test_an_update_starts_the_container_anew_with_what_is_new(changing: Served) -> None:
    world, name = changing.world, changing.name
    address = world.get(name)["properties"]["ipAddress"]["ip"]

    world.put(name, world.body(name, world.model("two"), changing.certificate))
    world.ready(name, changing.certificate)
    with world.caller(name, changing.certificate) as caller:
        answer = caller.post("/score", json={})

    assert answer.json()["model"] == "two"
    assert world.get(name)["properties"]["ipAddress"]["ip"] == address


@pytest.mark.specified
def test_a_group_is_stopped_and_started(changing: Served) -> None:
    world, name, client = changing.world, changing.name, changing.world.arm.containers.container_groups

    client.stop(world.group, name)
    stopped = world.get(name)["properties"]["instanceView"]["state"]
    with world.caller(name, changing.certificate) as caller:
        silent = not answers(caller)
    client.begin_start(world.group, name).result()
    world.ready(name, changing.certificate)

    assert stopped == "Stopped"
    assert silent


@pytest.mark.specified
def test_a_group_is_restarted_and_deleted(containers: ContainerWorld) -> None:
    name, client = fresh("short-"), containers.arm.containers.container_groups
    containers.put(name, containers.body(name, containers.model("one"), named(name)))

    client.begin_restart(containers.group, name).result()
    busy = containers.arm.call("POST", f"{containers.path(name)}/restart", api_version="2024-05-01-preview")
    client.begin_delete(containers.group, name).result()
    with pytest.raises(HttpResponseError) as gone:
        client.get(containers.group, name)

    assert busy.json()["error"]["code"] == "ContainerGroupTransitioning"
    assert gone.value.status_code == 404


@pytest.mark.specified
def test_a_change_of_what_is_fixed_is_refused(served: Served) -> None:
    body = served.body()
    body["properties"]["containers"][0]["properties"]["resources"]["requests"]["cpu"] = 2.0

    with pytest.raises(HttpResponseError) as refused:
        served.world.put(served.name, body)

    assert refused.value.error.code == "InvalidContainerGroupUpdate"
    assert refused.value.message.endswith("you must delete it first and then create a new one.")


def _changed(body: dict[str, Any], path: str, value: Any) -> dict[str, Any]:
    changed = copy.deepcopy(body)
    *parts, last = path.split(".")
    at: Any = changed
    for part in parts:
        at = at[int(part)] if part.isdigit() else at[part]
    at[last] = value
    return changed


CONTAINER = "properties.containers.0.properties"


@pytest.mark.parametrize(
    ("path", "value", "code"),
    [
        pytest.param("properties.ipAddress.dnsNameLabel", "TAKEN", "DnsNameLabelNotAvailable", id="label taken"),
        pytest.param("properties.ipAddress.dnsNameLabel", "9-no", "InvalidDnsNameLabel", id="label invalid"),
        pytest.param(f"{CONTAINER}.image", "REGISTRY/windlass/none:1", "InaccessibleImage", id="no such image"),
        pytest.param("properties.imageRegistryCredentials", [], "InaccessibleImage", id="no right to pull"),
        pytest.param("identity", {"type": "None"}, "InvalidImageRegistryCredentialIdentity", id="identity not its own"),
        pytest.param(f"{CONTAINER}.resources", None, "ResourceRequestsNotSpecified", id="no size"),
        pytest.param(f"{CONTAINER}.ports", [{"port": 80}], "InvalidIPAddressPort", id="port of nobody"),
        pytest.param("properties.ipAddress.type", "Private", "InvalidIPAddressType", id="private without subnet"),
        pytest.param("properties.containers", [], "InvalidRequestContent", id="no containers"),
        pytest.param("properties.unknown", 1, "InvalidRequestContent", id="unknown property"),
        pytest.param("properties.osType", "Windows", "NotEmulated", id="windows"),
        pytest.param("properties.volumes", [{"name": "v", "emptyDir": {}}], "NotEmulated", id="volumes"),
        pytest.param(f"{CONTAINER}.command", ["sh"], "NotEmulated", id="command"),
        pytest.param(f"{CONTAINER}.image", "nginx:latest", "NotEmulated", id="image of elsewhere"),
    ],
)
@pytest.mark.specified
def test_what_azure_or_the_local_azure_does_not_take_is_refused(
    served: Served, path: str, value: Any, code: str
) -> None:
    name, world = fresh("wrong-"), served.world
    if value == "TAKEN":
        value = served.name
    if isinstance(value, str):
        value = value.replace("REGISTRY", f"{world.registry}.azurecr.io")
    body = _changed(world.body(name, served.model, served.certificate), path, value)

    refused = world.arm.call("PUT", world.path(name), body, api_version="2024-05-01-preview")

    assert refused.json()["error"]["code"] == code
    assert world.arm.call("GET", world.path(name), api_version="2024-05-01-preview").status_code == 404


@pytest.mark.specified
def test_a_pull_role_that_is_taken_away_makes_the_image_inaccessible(served: Served) -> None:
    world, name = served.world, fresh("norole-")
    other = world.arm.identities.user_assigned_identities.create_or_update(
        world.group, fresh("id"), {"location": "westeurope"}
    ).id.replace("/resourcegroups/", "/resourceGroups/")
    body = world.body(name, served.model, served.certificate)
    body["identity"]["userAssignedIdentities"] = {other: {}}
    body["properties"]["imageRegistryCredentials"][0]["identity"] = other

    with pytest.raises(HttpResponseError) as refused:
        world.put(name, body)

    assert refused.value.error.code == "InaccessibleImage"
    assert refused.value.message.endswith("is not accessible. Please check the image and registry credential.")


@pytest.mark.specified
def test_running_a_command_in_a_container_is_refused_by_name(served: Served) -> None:
    path = f"{served.world.path(served.name)}/containers/model/exec"

    refused = served.world.arm.call("POST", path, {"command": "sh"}, api_version="2024-05-01-preview")

    assert refused.status_code == 501
    assert "exec" in refused.json()["error"]["message"]


@pytest.mark.specified
def test_the_region_tells_how_much_is_used(served: Served) -> None:
    usages = {usage.name.value: usage for usage in served.world.arm.containers.location.list_usage("westeurope")}

    assert usages["ContainerGroups"].current_value >= 1
    assert usages["StandardCores"].limit == 100


@pytest.mark.inferred
def test_a_name_of_nobody_leads_nowhere(served: Served) -> None:
    with served.world.caller("nobody-here", served.certificate) as caller, pytest.raises(httpx.ProxyError) as refused:
        caller.get("/ready")

    assert "no container group with the name" in str(refused.value)


@pytest.mark.specified
@pytest.mark.parametrize("delegated", [False, True])
def test_a_subnet_has_to_be_delegated_to_container_groups(served: Served, delegated: bool) -> None:  # noqa: FBT001
    world, name, network = served.world, fresh("private-"), fresh("vnet")
    delegation = {"name": "aci", "service_name": "Microsoft.ContainerInstance/containerGroups"}
    subnet = {"name": "groups", "address_prefix": "10.9.0.0/24", "delegations": [delegation] if delegated else []}
    body = {"location": "westeurope", "address_space": {"address_prefixes": ["10.9.0.0/16"]}, "subnets": [subnet]}
    made = world.arm.networks.virtual_networks.begin_create_or_update(world.group, network, body).result()
    group = served.body()
    group["properties"]["ipAddress"] = {"type": "Private", "ports": [{"port": 443, "protocol": "TCP"}]}
    group["properties"]["subnetIds"] = [{"id": made.subnets[0].id}]

    answer = world.arm.call("PUT", world.path(name), group, api_version="2024-05-01-preview")
    if delegated:
        world.arm.containers.container_groups.begin_delete(world.group, name).result()

    assert answer.status_code == (201 if delegated else 400)
    told = answer.json()
    assert delegated or told["error"]["code"] == "SubnetMissingRequiredDelegation"
