from __future__ import annotations

from windlass.release.models import Condition, Deployment, Endpoint
from windlass.release.status import BatchStatus, EndpointStatus, status_as_json, status_rows
from windlass.release.traffic import Traffic

ONLINE = EndpointStatus(
    folder="churn",
    kind="online",
    name="shop-churn",
    found=Endpoint(
        name="shop-churn",
        traffic=Traffic.of({"churn-1": 90, "churn-2": 10}),
        deployments=(
            Deployment(name="churn-1", condition=Condition.READY, state="Succeeded", model="churn:1", instances=2),
            Deployment(name="churn-2", condition=Condition.READY, state="Succeeded", model="churn:2", instances=1),
        ),
    ),
)


def test_every_deployment_is_a_line_with_its_share() -> None:
    assert [(row.deployment, row.share, row.instances) for row in status_rows((ONLINE,))] == [
        ("churn-1", "90 %", "2"),
        ("churn-2", "10 %", "1"),
    ]


def test_an_endpoint_without_deployments_is_a_line_too() -> None:
    empty = EndpointStatus(folder="churn", kind="online", name="shop-churn", found=Endpoint(name="shop-churn"))

    assert [row.state for row in status_rows((empty,))] == ["no deployment"]


def test_an_endpoint_that_azure_has_no_more_is_said() -> None:
    gone = EndpointStatus(folder="churn", kind="batch", name="shop-churn-batch", found=None)

    assert [row.state for row in status_rows((gone,))] == ["not there"]
    assert status_as_json((gone,))[0]["exists"] is False


def test_the_default_of_a_batch_endpoint_is_marked() -> None:
    found = BatchStatus(
        name="b",
        default="churn-2",
        deployments=(("churn-1", "Succeeded", "churn:1"), ("churn-2", "Succeeded", "churn:2")),
    )
    batch = EndpointStatus(folder="churn", kind="batch", name="b", found=found)

    assert [row.share for row in status_rows((batch,))] == ["", "default"]
    assert status_as_json((batch,))[0]["default"] == "churn-2"


def test_json_tells_traffic_and_deployments() -> None:
    document = status_as_json((ONLINE,))[0]

    assert document["traffic"] == {"churn-1": 90, "churn-2": 10}
    assert document["deployments"][1]["share"] == 10
