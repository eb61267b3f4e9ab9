from __future__ import annotations

import pytest
from support.cost import BOOK, cluster, deployed, online_endpoint, usage
from support.pulumi_program import NAME_INPUTS

from windlass.delivery.cost import Estimate
from windlass.delivery.cost.estimate import FREE, PRICERS, UNPRICED, estimate
from windlass.delivery.cost.resources import Resource
from windlass.delivery.cost.workloads import BatchWorkload, OnlineWorkload, Workload
from windlass.delivery.digest import UNKNOWN
from windlass.delivery.losses import short_type


def why(made: Estimate) -> str:
    (only,) = made.unpriced
    return f"{only.subject}: {only.why}"


def test_every_type_that_a_stack_can_have_is_priced_free_or_named() -> None:
    tables = [set(PRICERS), set(FREE), set(UNPRICED)]

    assert {short_type(each) for each in NAME_INPUTS} <= set.union(*tables)
    assert sum(map(len, tables)) == len(set.union(*tables))


def test_a_type_that_nobody_knows_is_never_free() -> None:
    made = deployed(Resource(type="search:Service", name="search"))

    assert why(made) == "search: nobody here knows what a search:Service costs"


def test_what_is_free_brings_no_line_and_no_word() -> None:
    made = deployed(Resource(type="authorization:RoleAssignment", name="grant"))

    assert (made.lines, made.unpriced, made.assumptions) == ((), (), ())


def test_a_size_that_the_book_does_not_have_is_named() -> None:
    online = OnlineWorkload(instance_type="Standard_E99_v9", instances=2)

    made = estimate([online_endpoint()], [Workload(endpoint="churn", online=online)], BOOK, "westeurope")

    assert [each.subject for each in made.unpriced] == ["churn/online", "churn/online"]
    assert made.unpriced[0].why == (
        "instances (2 x Standard_E99_v9 x 730 h): the price book has no price vm/Standard_E99_v9"
    )


def test_the_price_of_another_region_is_marked() -> None:
    made = deployed(Resource(type="network:PublicIPAddress", name="ip", inputs={"publicIPAllocationMethod": "Static"}))

    assert made.lines[0].marks == ("eastus price",)


def test_low_priority_without_a_meter_of_its_own_is_a_share_of_the_list_and_says_so() -> None:
    workload = Workload(endpoint="churn", batch=BatchWorkload(cluster="cpu"))
    endpoint = Resource(type="machinelearningservices:BatchEndpoint", name="churn-batch-endpoint")

    made = estimate([cluster(priority="LowPriority"), endpoint], [workload], BOOK, "westeurope")

    (line,) = (each for each in made.lines if each.item == "nodes for jobs")
    assert (line.price, line.marks) == ("0.0544 per hour", ("20% of the list price",))


def test_a_cluster_that_no_endpoint_uses_is_not_taken_for_free() -> None:
    assert "it may grow to 4 nodes" in why(deployed(cluster()))


@pytest.mark.parametrize(
    "resource",
    [
        Resource(type="machinelearningservices:Compute", name="x", inputs={"properties": UNKNOWN}),
        Resource(type="containerregistry:Registry", name="x", inputs={"sku": {"name": UNKNOWN}}),
        Resource(
            type="containerservice:AgentPool", name="x", inputs={"vmSize": "Standard_DS3_v2", "maxCount": UNKNOWN}
        ),
        Resource(type="containerservice:ManagedCluster", name="x", inputs={"agentPoolProfiles": UNKNOWN}),
        Resource(type="machinelearningservices:Workspace", name="x", inputs={"managedNetwork": UNKNOWN}),
    ],
)
def test_what_is_not_known_yet_is_never_taken_for_nothing(resource: Resource) -> None:
    made = deployed(resource)

    assert made.lines == ()
    assert "known only once the change is made" in why(made)


def test_a_deployment_costs_nothing_without_its_endpoint() -> None:
    workload = Workload(endpoint="churn", online=OnlineWorkload(instance_type="Standard_DS3_v2"))

    assert estimate([], [workload], BOOK, "westeurope").lines == ()


def test_a_container_group_stands_without_an_endpoint() -> None:
    online = OnlineWorkload(compute="container-instance", cpu=1, memory_gb=2, overlaps=True, keeps_previous=False)

    made = estimate([], [Workload(endpoint="churn", online=online)], BOOK, "eastus")

    assert [line.item for line in made.lines] == [
        "container group, vCPU",
        "container group, GB memory",
        "two versions at releases, vCPU",
        "two versions at releases, GB memory",
    ]


def test_logs_stop_at_their_cap() -> None:
    inputs = {"workspaceCapping": {"dailyQuotaGb": 0.1}}
    logs = Resource(type="operationalinsights:Workspace", name="logs", inputs=inputs)
    workload = Workload(
        endpoint="churn",
        online=OnlineWorkload(instance_type="Standard_DS3_v2"),
        usage=usage(online={"requests_per_month": 1e9}),
    )

    made = estimate([logs, online_endpoint()], [workload], BOOK, "westeurope")

    assert made.lines[0].amount.likely == pytest.approx(0.1 * 730 / 24 * 2.99)


def test_a_kubernetes_deployment_adds_nothing_to_its_cluster_and_says_so() -> None:
    workload = Workload(endpoint="churn", online=OnlineWorkload(compute="kubernetes", instance_type="small"))

    made = estimate([online_endpoint()], [workload], BOOK, "westeurope")

    assert made.lines == ()
    assert "churn/online runs on the nodes of the Kubernetes cluster and costs nothing beside them" in made.assumptions


def test_an_assumption_says_whether_somebody_said_it() -> None:
    online = OnlineWorkload(instance_type="Standard_DS3_v2")
    said = Workload(endpoint="churn", online=online, usage=usage(online={"releases_per_month": 3, "overlap_hours": 2}))
    assumed = Workload(endpoint="churn", online=online)

    told = [estimate([online_endpoint()], [each], BOOK, "eastus").assumptions[1] for each in (said, assumed)]

    assert told[0].startswith("churn/online: 3 releases a month; at each, two versions run side by side for 2 hours,")
    assert told[1].startswith("churn/online: 4 (1 to 8, a default) releases a month;")


def test_a_size_that_is_to_be_retired_is_told() -> None:
    workload = Workload(endpoint="churn", online=OnlineWorkload(instance_type="Standard_DS3_v2"))

    made = estimate([online_endpoint()], [workload], BOOK, "westeurope")

    assert "Standard_DS3_v2 is to be retired on 2028-05-01" in made.assumptions
    assert made.book_date == "2026-06-18"


@pytest.mark.parametrize(("kind", "what"), [("Online", "its deployments"), ("Batch", "its jobs")])
def test_an_endpoint_that_no_file_describes_is_named(kind: str, what: str) -> None:
    endpoint = Resource(type=f"machinelearningservices:{kind}Endpoint", name=f"old-{kind.lower()}-endpoint")

    assert why(deployed(endpoint)) == f"{endpoint.name}: {what}, which no file at hand describes"


def test_a_size_is_known_however_it_is_written() -> None:
    workload = Workload(endpoint="churn", online=OnlineWorkload(instance_type="STANDARD_DS3_V2"))

    made = estimate([online_endpoint()], [workload], BOOK, "eastus")

    assert made.lines[0].amount.likely == pytest.approx(730 * 0.293)


def test_jobs_on_a_cluster_that_the_stack_does_not_have_are_named() -> None:
    workload = Workload(endpoint="churn", batch=BatchWorkload(cluster="gpu"))
    endpoint = Resource(type="machinelearningservices:BatchEndpoint", name="churn-batch-endpoint")

    made = estimate([endpoint], [workload], BOOK, "westeurope")

    assert why(made) == "churn-batch-endpoint: its jobs: the stack has no cluster gpu that they run on"


def test_a_rule_that_is_not_known_yet_stops_no_estimate() -> None:
    rule = Resource(
        type="machinelearningservices:ManagedNetworkSettingsRule", name="rule", inputs={"properties": UNKNOWN}
    )

    made = deployed(rule, Resource(type="privatedns:PrivateZone", name="zone"))

    assert [line.subject for line in made.lines] == ["zone"]
    assert {each.subject for each in made.unpriced} == {"rule", "all private endpoints"}
