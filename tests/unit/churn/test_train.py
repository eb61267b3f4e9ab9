# mypy: disable-error-code="no-any-return,return,unused-ignore"
"""The two versions of the model, trained as `train.py` trains them."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import joblib
import pytest
from churn_scoring import score_body  # type: ignore[import-not-found]
from train import Metrics, train, write_model  # type: ignore[import-not-found]

from windlass.project.definitions import OnlineDefinition, Sample
from windlass.project.loader import load_online
from windlass.release.gates import differences

EXAMPLE = Path(__file__).resolve().parents[3] / "endpoints" / "churn"
ROOT = EXAMPLE.parents[1]
SAMPLES = sorted(path.name.removesuffix(".expected.json") for path in EXAMPLE.glob("samples/*.expected.json"))


@pytest.fixture(scope="module", params=[1, 2])
def trained(request: pytest.FixtureRequest) -> tuple[Any, Metrics]:
    return train(request.param)


@pytest.fixture(scope="module")
def figures() -> dict[int, Metrics]:
    return {version: train(version, training_customers=4_000)[1] for version in (1, 2)}


def complaints(definition: OnlineDefinition, sample: Sample, model: Any) -> list[str]:
    """What the smoke test of a release would say of a model's answer to a sample."""
    settings = definition.rollout.smoke_test
    answer = score_body(model, sample.request)
    return list(
        differences(sample.expected, answer, absolute=settings.absolute_tolerance, relative=settings.relative_tolerance)
    )


@pytest.mark.parametrize("name", SAMPLES)
def test_every_version_answers_the_samples_as_expected(trained: tuple[Any, Metrics], name: str) -> None:
    definition = load_online(ROOT, "churn", "local")
    sample = next(each for each in definition.samples if each.name == name)

    assert complaints(definition, sample, trained[0]) == []


@pytest.mark.parametrize("spoil", ["inverted", "constant", "shuffled"])
def test_a_model_that_is_wrong_does_not_pass_the_samples(trained: tuple[Any, Metrics], spoil: str) -> None:
    definition = load_online(ROOT, "churn", "local")

    class Spoilt:
        def predict_proba(self, features: Any, /) -> Any:
            match spoil:
                case "inverted":
                    return trained[0].predict_proba(features)[:, ::-1]
                case "constant":
                    return trained[0].predict_proba(features) * 0 + 0.28
                case _:
                    return trained[0].predict_proba(features[:, ::-1])

    assert [each for sample in definition.samples for each in complaints(definition, sample, Spoilt())]


def test_the_second_version_is_better_than_the_first(figures: dict[int, Metrics]) -> None:
    assert figures[2].auc > figures[1].auc > 0.85
    assert figures[2].log_loss < figures[1].log_loss
    assert figures[1].accuracy > 1 - figures[1].base_rate


def test_training_again_gives_the_same_bytes(tmp_path: Path) -> None:
    for folder in ("one", "two"):
        model, metrics = train(2, training_customers=1_000)
        write_model(model, metrics, tmp_path / folder)

    one, two = ((tmp_path / folder / "model.joblib").read_bytes() for folder in ("one", "two"))
    assert one == two


def test_a_model_folder_holds_the_model_and_its_figures(trained: tuple[Any, Metrics], tmp_path: Path) -> None:
    model, metrics = trained

    write_model(model, metrics, tmp_path)

    assert json.loads((tmp_path / "metrics.json").read_text()) == asdict(metrics)
    assert type(joblib.load(tmp_path / "model.joblib")) is type(model)


def test_the_readme_claims_what_is_measured(trained: tuple[Any, Metrics]) -> None:
    metrics = trained[1]
    claimed = (
        f"| {metrics.version} | {metrics.algorithm} | {metrics.auc:.3f} | {metrics.log_loss:.3f} "
        f"| {metrics.accuracy:.3f} | {metrics.base_rate * 100:.0f} % buy again |"
    )

    assert claimed in (EXAMPLE / "README.md").read_text(encoding="utf-8")
