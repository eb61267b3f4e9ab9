"""The pure decisions around a run: which deployment, which model, which cluster, and how they are told."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from support.batch import ENDPOINT, LAYOUT, FakeBatchJobs, make_batch_definition
from support.fake_azure import FakeClock

from windlass.batch.candidate import choose_model, describe_choice
from windlass.batch.follow import count_nodes, follow_job, pause_after, shorten, with_look
from windlass.batch.models import (
    BatchDeployment,
    BatchEndpoint,
    Collected,
    CollectResults,
    CreateBatchDeployment,
    DeleteBatchDeployment,
    FollowJob,
    Job,
    JobRequest,
    JobStatus,
    Plan,
    Progress,
    RegisteredData,
    SetDefault,
    StartJob,
    UploadedData,
)
from windlass.batch.plan import plan_run
from windlass.batch.report import (
    collected_as_json,
    collected_as_lines,
    describe_progress,
    describe_step,
    plan_as_json,
    step_as_json,
)
from windlass.batch.wish import WishOptions, make_wish, read_source
from windlass.errors.batch import ClusterMissingError, NoBatchModelError, OutputActionError, TooManyNodesError
from windlass.errors.project import ModelReferenceError
from windlass.project.definitions import BatchDefinition, ModelFiles, RegisteredModel
from windlass.project.outputs import ClusterOutput, StackOutputs
from windlass.release.models import Candidate, Condition, Deployment, Endpoint, ModelVersion
from windlass.release.traffic import Traffic

MODEL = ModelVersion(name="churn", version="2", sha256="abc")
DEFINITION = make_batch_definition()
ENVIRONMENT = DEFINITION.deployment.environment
START = StartJob(deployment="", source="c.csv", rows=10, files=2, nodes=3)
COLLECT = CollectResults(folder="out", database="r.sqlite")
OUTPUTS = StackOutputs(
    project="shop",
    stack="local",
    cloud="local",
    tenant_id="t",
    subscription_id="s",
    location="westeurope",
    resource_group="rg",
    workspace="mlw",
    storage_account="st",
    key_vault="kv",
    container_registry="cr",
    clusters=(ClusterOutput(name="cpu", vm_size="Standard_DS3_v2", max_nodes=4),),
)


def make_candidate(*, registered: bool = False) -> Candidate:
    return Candidate(
        model=MODEL,
        path=None if registered else Path("model"),
        environment=None,
        environment_label="churn:1",
        release="fedcba987654",
    )


def plan(endpoint: BatchEndpoint, *, registered: bool = False) -> Plan:
    return plan_run(make_candidate(registered=registered), DEFINITION.deployment, endpoint, START, COLLECT)


def names(planned: Plan) -> list[str]:
    return [type(step).__name__ for step in planned.steps]


def test_a_new_version_gets_a_deployment_and_becomes_the_default() -> None:
    planned = plan(BatchEndpoint(name=ENDPOINT))

    assert names(planned)[:3] == ["RegisterModel", "CreateBatchDeployment", "SetDefault"]
    assert planned.deployment == "churn-2"


def test_a_deployment_of_the_same_content_is_used_again() -> None:
    known = BatchDeployment(name="other", release="fedcba987654")

    planned = plan(BatchEndpoint(name=ENDPOINT, default="other", deployments=(known,)))

    assert names(planned) == ["StartJob", "FollowJob", "CollectResults"]
    assert planned.deployment == "other"


def test_the_same_model_with_other_code_gets_a_name_of_its_own() -> None:
    known = BatchDeployment(name="churn-2", release="0123")

    planned = plan(BatchEndpoint(name=ENDPOINT, default="churn-2", deployments=(known,)), registered=True)

    assert planned.deployment == "churn-2-fedcba"


def test_a_deployment_that_failed_is_deleted_and_made_again() -> None:
    dead = BatchDeployment(name="churn-2", release="fedcba987654", is_ready=False, state="Failed")

    planned = plan(BatchEndpoint(name=ENDPOINT, default="churn-2", deployments=(dead,)), registered=True)

    assert names(planned)[:2] == ["DeleteBatchDeployment", "CreateBatchDeployment"]


def test_what_serves_most_of_the_traffic_scores_when_nobody_says_otherwise() -> None:
    online = Endpoint(
        name="on",
        traffic=Traffic.of({"churn-1": 90, "churn-2": 10}),
        deployments=(
            Deployment(name="churn-1", condition=Condition.READY, model="churn:1"),
            Deployment(name="churn-2", condition=Condition.READY, model="churn:2"),
        ),
    )

    assert choose_model("churn", online, BatchEndpoint(name=ENDPOINT)) == RegisteredModel(name="churn", version="1")


def test_without_service_in_real_time_the_last_batch_model_scores() -> None:
    batch = BatchEndpoint(name=ENDPOINT, default="d", deployments=(BatchDeployment(name="d", model="churn:7"),))

    assert choose_model("churn", Endpoint(name="on"), batch) == RegisteredModel(name="churn", version="7")


def test_without_any_model_the_message_says_how_to_give_one() -> None:
    with pytest.raises(NoBatchModelError, match="azureml:churn:<version>"):
        choose_model("churn", None, BatchEndpoint(name=ENDPOINT))


def test_a_choice_is_written_down_so_that_it_is_known_again() -> None:
    choices = (None, ModelFiles(path=Path("m"), sha256="abc"), RegisteredModel(name="churn", version="2"))

    assert [describe_choice(choice) for choice in choices] == ["", "sha256:abc", "azureml:churn:2"]


def wish_of(options: WishOptions, definition: BatchDefinition = DEFINITION) -> object:
    return make_wish(options, definition, LAYOUT, ENDPOINT, OUTPUTS, model=None, serving=None)


def with_document(**changes: object) -> BatchDefinition:
    document = {**DEFINITION.deployment.document, **changes}
    return replace(DEFINITION, deployment=replace(DEFINITION.deployment, document=document))


def test_the_input_is_cut_for_all_workers_of_all_nodes() -> None:
    wish, cluster = make_wish(
        WishOptions(source="c.csv", nodes=3),
        with_document(settings={"max_concurrency_per_instance": 2}),
        LAYOUT,
        ENDPOINT,
        OUTPUTS,
        model=None,
        serving=None,
    )

    assert (wish.workers, wish.nodes, cluster, wish.source) == (6, 3, "cpu", Path("c.csv"))


def test_a_cluster_that_the_stack_does_not_have_is_named_with_those_it_has() -> None:
    with pytest.raises(ClusterMissingError, match=r"no cluster gpu\. Clusters there: cpu"):
        wish_of(WishOptions(source="c.csv"), with_document(compute="azureml:gpu"))


def test_more_nodes_than_the_cluster_has_are_refused() -> None:
    with pytest.raises(TooManyNodesError, match="9 nodes are wanted, cluster cpu grows to 4"):
        wish_of(WishOptions(source="c.csv", nodes=9))


def test_a_deployment_that_writes_no_rows_is_refused() -> None:
    with pytest.raises(OutputActionError, match="summary_only"):
        wish_of(WishOptions(source="c.csv"), with_document(settings={"output_action": "summary_only"}))


def test_data_of_the_workspace_is_told_from_a_path() -> None:
    assert read_source("azureml:customers:3") == RegisteredData(name="customers", version="3")
    assert read_source("a/b.csv") == Path("a/b.csv")
    assert read_source("") is None
    with pytest.raises(ModelReferenceError):
        read_source("azureml:customers")


def test_looks_become_rarer_with_time() -> None:
    assert [pause_after(seconds) for seconds in (0, 59, 60, 599, 600, 9_999)] == [1, 1, 5, 5, 15, 15]


def test_only_changes_in_the_number_of_nodes_are_kept() -> None:
    looks = [{"preparing": 0}, {"preparing": 2}, {"running": 2}, None, {"running": 1, "leaving": 1}, {"unusable": 3}]

    counts: tuple[int, ...] = ()
    for look in looks:
        counts = with_look(counts, look)

    assert counts == (0, 2, 0)
    assert count_nodes({"idle": 1, "running": 2, "preempted": 5}) == 3


def test_a_story_of_nodes_says_each_thing_once_and_stays_readable() -> None:
    assert shorten((0, 0, 1, 2, 2, 0)) == (0, 1, 2, 0)
    assert shorten(()) == ()

    long = shorten([number % 2 for number in range(10_000)])

    assert (len(long), long[0], long[-1]) == (40, 0, 1)


def test_following_ends_with_the_job_and_tells_every_look(tmp_path: Path) -> None:
    jobs, clock, told = FakeBatchJobs(), FakeClock(), list[Progress]()
    request = JobRequest(
        run="r",
        endpoint=ENDPOINT,
        deployment="d",
        data=UploadedData(name="n", version="v", folder=tmp_path),
        output="azureml://r/",
        nodes=None,
    )

    followed = follow_job(jobs.start(request), jobs, clock, told.append)

    assert followed.job.status is JobStatus.COMPLETED
    assert [look.seconds for look in told] == [0, 1, 2]


def test_how_many_nodes_worked_is_taken_from_who_kept_count() -> None:
    class Told(FakeBatchJobs):
        def progress(self, job: Job) -> Progress:
            return replace(super().progress(job), nodes_over_time=(0, 3, 0))

    jobs = Told(statuses=(JobStatus.COMPLETED,))
    request = JobRequest(run="r", endpoint=ENDPOINT, deployment="d", data=_nothing(), output="azureml://r/", nodes=None)

    assert follow_job(jobs.start(request), jobs, FakeClock(), lambda _: None).nodes == (0, 3, 0)


def _nothing() -> UploadedData:
    return UploadedData(name="n", version="v", folder=Path("nowhere"))


EVERY_STEP = (
    CreateBatchDeployment(
        name="churn-2", model=MODEL, environment="churn:1", release="r", definition=DEFINITION.deployment
    ),
    DeleteBatchDeployment(name="churn-2"),
    SetDefault(name="churn-2"),
    replace(START, deployment="churn-2"),
    FollowJob(),
    COLLECT,
)


def test_every_step_is_said_in_one_line() -> None:
    assert [describe_step(step) for step in EVERY_STEP] == [
        "create batch deployment churn-2 with model churn:2",
        "delete batch deployment churn-2: it failed before, and Azure cannot repair a deployment",
        "make churn-2 the default of the endpoint",
        "start a job on churn-2 with up to 3 nodes: c.csv (10 rows, 2 files)",
        "follow the job",
        "collect each row once into out and r.sqlite",
    ]


def test_every_step_is_plain_values_in_json() -> None:
    assert [step_as_json(step) for step in EVERY_STEP[1:]] == [
        {"step": "DeleteBatchDeployment", "deployment": "churn-2"},
        {"step": "SetDefault", "deployment": "churn-2"},
        {"step": "StartJob", "deployment": "churn-2", "input": "c.csv", "rows": 10, "files": 2, "nodes": 3},
        {"step": "FollowJob"},
        {"step": "CollectResults", "folder": "out", "database": "r.sqlite"},
    ]
    assert plan_as_json(plan(BatchEndpoint(name=ENDPOINT)))["model"] == "churn:2"


def test_progress_says_what_is_known() -> None:
    job = Job(name="j", status=JobStatus.RUNNING, state="Running")

    known = Progress(job=job, done=2, total=8, failed=1, rows=75_000, nodes={"running": 2, "idle": 0})

    assert describe_progress(known) == "Running, 2/8 mini-batches, 75,000 rows, 1 failed, 2 nodes (2 running)"
    assert describe_progress(Progress(job=job)) == "Running"
    assert describe_progress(Progress(job=job, nodes={"running": 0})) == "Running, 0 nodes"


def test_the_end_says_where_the_rows_are_and_what_was_odd() -> None:
    collected = Collected(
        job="j",
        deployment="churn-2",
        model="churn:2",
        rows=1_000,
        expected=1_000,
        repeated=5,
        differing=1,
        unreadable=2,
        files=(Path("out/predictions.parquet"),),
        database="r.sqlite",
        table="churn_predictions",
        nodes_over_time=(0, 2, 0),
        seconds=1.23456,
    )

    lines = dict(collected_as_lines(collected))
    document = collected_as_json(collected)

    assert lines["rows"] == (
        "1,000 of 1,000, each once; 5 written again by a retry and left out; 1 of them said otherwise; "
        "2 lines that were no row"
    )
    assert (lines["nodes"], lines["table"]) == ("0 -> 2 -> 0", "churn_predictions in r.sqlite")
    assert (document["results"], document["nodes_over_time"], document["seconds"]) == ("out", [0, 2, 0], 1.235)
