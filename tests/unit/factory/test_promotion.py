from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from windlass.errors.records import PromotionAcrossCloudsError
from windlass.factory.promotion import environ_of_source, promotion

ROOT = Path(__file__).resolve().parents[3]


@pytest.mark.parametrize(("source", "target"), [("local", "dev"), ("dev", "local")])
def test_nothing_is_promoted_between_the_local_azure_and_azure(tmp_path: Path, source: str, target: str) -> None:
    for name in ("Pulumi.yaml", "Pulumi.dev.yaml", "Pulumi.local.yaml"):
        shutil.copy(ROOT / name, tmp_path)
    environ: dict[str, str] = {}

    with pytest.raises(PromotionAcrossCloudsError, match="stack local has cloud: local"):
        promotion(tmp_path, "churn", source=source, target=target, environ=environ)

    assert environ == {}


def test_the_first_stack_is_looked_at_where_its_state_lies() -> None:
    environ = {"PULUMI_BACKEND_URL": "azblob://state-prod", "WINDLASS_RECORDS_URL": "azblob://records"}

    assert environ_of_source(environ, "") is environ
    assert environ_of_source(environ, "azblob://state-staging") == {
        "PULUMI_BACKEND_URL": "azblob://state-staging",
        "WINDLASS_RECORDS_URL": "azblob://records",
    }
    assert environ["PULUMI_BACKEND_URL"] == "azblob://state-prod"
