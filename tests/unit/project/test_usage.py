from __future__ import annotations

from pathlib import Path

import pytest

from windlass.errors.project import DefinitionError
from windlass.project.usage import BatchUsage, EndpointUsage, Range, as_range
from windlass.project.usage_file import load_usage

ROOT = Path(__file__).resolve().parents[3]


def written(root: Path, text: str) -> Path:
    file = root / "endpoints" / "churn" / "usage.yml"
    file.parent.mkdir(parents=True)
    file.write_text(text, encoding="utf-8")
    return root


def test_without_a_file_the_defaults_hold(tmp_path: Path) -> None:
    assert load_usage(tmp_path, "churn", "dev") == EndpointUsage()


def test_a_number_is_known_exactly_and_bounds_are_taken_as_they_are(tmp_path: Path) -> None:
    text = "batch: {jobs_per_month: 30, minutes_per_job: {low: 1, likely: 2, high: 3}}"

    batch = load_usage(written(tmp_path, text), "churn", "dev").batch

    assert as_range(batch.jobs_per_month) == Range(low=30, likely=30, high=30)
    assert batch.minutes_per_job == Range(low=1, likely=2, high=3)
    assert batch.start_minutes == BatchUsage().start_minutes


def test_a_stack_says_only_what_is_otherwise(tmp_path: Path) -> None:
    text = (
        "storage_gb: 10\nbatch: {jobs_per_month: {low: 1, likely: 2, high: 3}, minutes_per_job: 7}\n"
        "stacks: {dev: {batch: {jobs_per_month: 1}, online: {releases_per_month: 9}}}\n"
    )
    root = written(tmp_path, text)

    dev, prod = (load_usage(root, "churn", stack) for stack in ("dev", "prod"))

    assert (dev.batch.jobs_per_month, dev.batch.minutes_per_job, dev.online.releases_per_month) == (1, 7, 9)
    assert (prod.batch.jobs_per_month, prod.storage_gb) == (Range(low=1, likely=2, high=3), 10)


def test_bounds_of_a_stack_replace_those_of_the_file_as_a_whole(tmp_path: Path) -> None:
    text = (
        "batch: {jobs_per_month: {low: 10, likely: 20, high: 30}}\n"
        "stacks: {dev: {batch: {jobs_per_month: {low: 1, likely: 2, high: 3}}}}\n"
    )

    assert load_usage(written(tmp_path, text), "churn", "dev").batch.jobs_per_month == Range(low=1, likely=2, high=3)


def test_what_was_said_can_be_told_from_what_was_not(tmp_path: Path) -> None:
    used = load_usage(written(tmp_path, "batch: {jobs_per_month: 30}"), "churn", "dev")

    assert used.batch.model_fields_set == {"jobs_per_month"}
    assert used.online.model_fields_set == set()


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("batch: {jobs: 3}", "endpoints/churn/usage.yml: batch.jobs: unknown key"),
        ("batch: {jobs_per_month: -1}", "batch.jobs_per_month: Input should be greater than or equal to 0"),
        ("batch: {jobs_per_month: {low: 3, likely: 2, high: 9}}", r"low \(3\), likely \(2\) and high \(9\) must rise"),
        ("online: {hours_per_day: 25}", "online.hours_per_day: must not be more than 24"),
        ("online: {autoscale_share: {low: 0, likely: 1, high: 2}}", "online.autoscale_share: must not be more than 1"),
        ("stacks: {dev: {batch: {jobs_per_month: .inf}}}", "stacks.dev.batch.jobs_per_month: Input should be a finite"),
        ("batch: [", "is not YAML"),
    ],
)
def test_what_is_wrong_is_told_with_its_key(tmp_path: Path, text: str, problem: str) -> None:
    with pytest.raises(DefinitionError, match=problem):
        load_usage(written(tmp_path, text), "churn", "dev")


def test_the_example_says_how_much_it_is_used_on_each_stack() -> None:
    jobs = [as_range(load_usage(ROOT, "churn", stack).batch.jobs_per_month).likely for stack in ("dev", "prod")]

    assert jobs == [10, 30]


@pytest.mark.parametrize(("figure", "shown"), [(30, "30"), (1_000_000, "1,000,000"), (0.25, "0.25")])
def test_a_figure_reads_as_people_write_it(figure: float, shown: str) -> None:
    assert str(as_range(figure)) == shown
