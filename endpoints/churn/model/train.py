"""Train the example's model: who of a web shop's customers buys again within 90 days.

Version 1 is a logistic regression on standardised features, version 2 a gradient boosting of shallow trees.
Both learn from the same made-up customers (`customers.py`) and are measured on customers they have not seen.

    python train.py --version 2 --output DIR

writes `DIR/model.joblib` and `DIR/metrics.json`. The same version gives the same bytes every time, so that
its SHA-256 names it: registering it twice registers it once.
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import joblib
import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import GradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, log_loss, roc_auc_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

HERE = Path(__file__).resolve().parent
for folder in (HERE, HERE.parent / "src"):
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))

from churn_features import build_features  # noqa: E402 - the folders are known only now
from customers import DEFAULT_SEED, LABEL, generate_customers  # noqa: E402

TRAINING_CUSTOMERS = 20_000
TEST_CUSTOMERS = 10_000
VERSIONS = (1, 2)


@dataclass(frozen=True)
class Metrics:
    """How a version does on customers it has not seen, with the base rate to compare with."""

    version: int
    algorithm: str
    training_customers: int
    test_customers: int
    auc: float
    log_loss: float
    accuracy: float
    base_rate: float


def build_estimator(version: int) -> Any:
    """The untrained model of a version: scikit-learn's own classes only, readable without our code."""
    if version == 1:
        return make_pipeline(StandardScaler(), LogisticRegression(C=1.0, max_iter=500))
    return GradientBoostingClassifier(
        n_estimators=100, max_depth=4, learning_rate=0.1, subsample=0.5, min_samples_leaf=40, random_state=7
    )


def train(version: int, *, training_customers: int = TRAINING_CUSTOMERS) -> tuple[Any, Metrics]:
    """Train a version and measure it.

    Args:
        version: 1 or 2.
        training_customers: How many customers to learn from; fewer is quicker and worse.

    Returns:
        The trained model and its figures on the test set.
    """
    features, labels = _features_and_labels(training_customers, seed=DEFAULT_SEED - 1)
    model = build_estimator(version).fit(features, labels)
    unseen, truth = _features_and_labels(TEST_CUSTOMERS, seed=DEFAULT_SEED)
    return model, _measure(version, training_customers, truth, model.predict_proba(unseen)[:, 1])


def _features_and_labels(count: int, *, seed: int) -> tuple[NDArray[np.float64], NDArray[Any]]:
    customers = generate_customers(count, seed=seed)
    return build_features(customers), customers[LABEL]


def _measure(version: int, trained_on: int, truth: NDArray[Any], probability: NDArray[np.float64]) -> Metrics:
    return Metrics(
        version=version,
        algorithm="logistic regression" if version == 1 else "gradient boosting",
        training_customers=trained_on,
        test_customers=len(truth),
        auc=round(float(roc_auc_score(truth, probability)), 4),
        log_loss=round(float(log_loss(truth, probability)), 4),
        accuracy=round(float(accuracy_score(truth, probability >= 0.5)), 4),  # noqa: PLR2004 - even odds
        base_rate=round(float(np.mean(truth)), 4),
    )


def write_model(model: Any, metrics: Metrics, output: Path) -> None:
    """Write the model and its figures into one folder."""
    output.mkdir(parents=True, exist_ok=True)
    joblib.dump(model, output / "model.joblib", compress=3)
    text = json.dumps(asdict(metrics), indent=2) + "\n"
    (output / "metrics.json").write_text(text, encoding="utf-8")


def main() -> None:
    """Train one version and say how good it is."""
    parser = argparse.ArgumentParser(description="Train one version of the churn model.")
    parser.add_argument("--version", type=int, choices=VERSIONS, required=True, help="1: regression, 2: boosting")
    parser.add_argument("--output", type=Path, required=True, help="folder for model.joblib and metrics.json")
    parser.add_argument("--customers", type=int, default=TRAINING_CUSTOMERS, help="how many to learn from")
    arguments = parser.parse_args()
    model, metrics = train(arguments.version, training_customers=arguments.customers)
    write_model(model, metrics, arguments.output)
    print(
        f"version {metrics.version} ({metrics.algorithm}): AUC {metrics.auc}, log loss {metrics.log_loss}, "
        f"accuracy {metrics.accuracy} on {metrics.test_customers} unseen customers "
        f"({metrics.base_rate:.0%} buy again) -> {arguments.output}"
    )


if __name__ == "__main__":
    main()
