from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.definitions import make_definition, make_model
from support.recorded_world import RecordedWorld

from windlass.errors.records import RecordUnreadableError
from windlass.errors.release import NothingInServiceError, ServiceSharedError
from windlass.project.definitions import RegisteredModel
from windlass.project.rollout import Previous
from windlass.release.history import describe_commit, record_lines, record_rows
from windlass.release.models import Checked, Condition, Deployment, Endpoint, SmokeTest, Watch
from windlass.release.record import (
    Origin,
    ReleaseRecord,
    after,
    content_of,
    dump_record,
    moment,
    parse_record,
    record_id,
    shown,
)
from windlass.release.recorded import model_in_service
from windlass.release.traffic import Traffic

NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)
SECRET = st.text(alphabet="abcdefghijkmnopqrstuvwxyz0123456789", min_size=12, max_size=40)


def released() -> ReleaseRecord:
    world = RecordedWorld()
    world.release(1)
    world.release(2, make_definition(wait_seconds=1, previous=Previous.KEEP))
    return world.last


@given(
    SECRET,
    st.sampled_from(
        [
            "AccountKey={}",
            "https://a.blob.core.windows.net/c?sv=1&sig={}",
            "Authorization: Bearer {}",
            "password: {}",
            "got eyJhbGciOi.{}.c2ln",
            "API_KEY={}",
            "SharedAccessKey={};x",
        ]
    ),
)
def test_what_looks_like_a_secret_is_not_written(secret: str, where: str) -> None:
    assert secret not in shown(f"ValueError: {where.format(secret)} was refused")


@given(st.text())
def test_a_reason_is_one_line_and_not_endless(text: str) -> None:
    reason = shown(text)

    assert "\n" not in reason
    assert len(reason) <= 603


def test_a_record_is_read_as_it_was_written() -> None:
    record = released()

    assert parse_record(dump_record(record), record.id) == record


@pytest.mark.parametrize(
    ("old", "new"),
    [(b'"version": 1', b'"version": 2'), (b'"stack"', b'"stack_name"'), (b'"succeeded"', b'"splendid"')],
)
def test_a_record_of_another_form_is_refused(old: bytes, new: bytes) -> None:
    record = released()

    with pytest.raises(RecordUnreadableError, match=record.id):
        parse_record(dump_record(record).replace(old, new), record.id)


@given(st.lists(st.tuples(st.integers(0, 4_000_000_000), st.sampled_from("ab")), max_size=20))
def test_names_of_records_rise_whatever_the_clock_says(begun: list[tuple[int, str]]) -> None:
    names = [""]
    for seconds, deployment in begun:
        names.append(record_id(moment(seconds), deployment, names[-1]))

    assert names == sorted(names)
    assert len(set(names)) == len(names)


@given(st.lists(st.floats(min_value=0, max_value=60), min_size=1), st.integers(min_value=0, max_value=3))
def test_evidence_counts_every_answer(seconds: list[float], failures: int) -> None:
    definition = make_definition()
    test = SmokeTest(deployment="churn-2", samples=definition.samples, settings=definition.rollout.smoke_test)
    watch = Watch(test=test, share=10, seconds=60, every=1)

    check = after(released(), watch, Checked(seconds=tuple(seconds), failures=failures), NOW).checks[-1]

    assert (check.kind, check.share, check.requests, check.failures) == ("watch", 10, len(seconds), failures)
    assert check.slowest_seconds == pytest.approx(max(seconds), abs=1e-4)
    assert min(seconds) - 1e-4 <= (check.median_seconds or 0) <= max(seconds) + 1e-4


def test_content_is_named_apart_by_what_differs() -> None:
    def content(**how: object) -> tuple[str, str, str]:
        made = content_of(make_definition(**how), environment="churn:1", release="r")  # type: ignore[arg-type]
        return made.environment_digest, made.code_digest, made.configuration_digest

    same, other_code, other_steps = content(), content(code="code-2"), content(steps=(100,))

    assert same == content()
    assert (same[0], same[2]) == (other_code[0], other_code[2])
    assert same[1] != other_code[1]
    assert same[:2] == other_steps[:2]
    assert same[2] != other_steps[2]


def test_a_history_is_a_row_per_record() -> None:
    record = released()

    assert record_rows([record]) == [
        (record.id, "", "release", "succeeded", "3/3 right, 0 ms", "churn:2", "c0ffee", "ana")
    ]


def test_a_record_in_full_tells_everything_line_by_line() -> None:
    lines = list(record_lines(released()))

    assert [label for label, _ in lines] == [
        "record",
        "what",
        "verdict",
        "endpoint",
        "deployment",
        "model",
        "environment",
        "code",
        "configuration",
        "fingerprint",
        "run",
        "checks",
        "",
        "",
        "traffic",
        "",
        "",
        "",
        "finished",
    ]
    assert lines[10][1] == "2023-11-14 22:13:22  ana at commit c0ffee"
    assert lines[11][1].endswith("smoke test at 0 %: 1 of 1 right, median 0 ms, slowest 0 ms")
    assert lines[-2][1].endswith("churn-2 100 %")


def test_a_commit_whose_files_were_changed_has_a_plus() -> None:
    assert describe_commit(Origin(by="ana", commit="c0ffee0123", changed=True)) == "c0ffee01+"
    assert describe_commit(Origin(by="ana")) == ""


def endpoint(**shares: int) -> Endpoint:
    names = [name.replace("_", "-") for name in shares]
    made = tuple(Deployment(name=name, condition=Condition.READY, model=name.replace("-", ":")) for name in names)
    return Endpoint(name="shop", traffic=Traffic.of(dict(zip(names, shares.values(), strict=True))), deployments=made)


def test_the_model_in_service_is_the_one_that_serves_alone() -> None:
    assert model_in_service(endpoint(churn_3=100)) == RegisteredModel(name="churn", version="3")
    with pytest.raises(NothingInServiceError):
        model_in_service(endpoint())
    with pytest.raises(ServiceSharedError, match="churn-1 90 %, churn-2 10 %"):
        model_in_service(endpoint(churn_1=90, churn_2=10))


def test_a_model_is_never_in_its_record() -> None:
    assert str(make_model(2).path) not in dump_record(released()).decode()
