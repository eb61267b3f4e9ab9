from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from windlass.errors.records import PromotionAcrossCloudsError
from windlass.factory.promotion import promotion

ROOT = Path(__file__).resolve().parents[3]


@pytest.mark.parametrize(("source", "target"), [("local", "dev"), ("dev", "local")])
def test_nothing_is_promoted_between_the_local_azure_and_azure(tmp_path: Path, source: str, target: str) -> None:
    for name in ("Pulumi.yaml", "Pulumi.dev.yaml", "Pulumi.local.yaml"):
        shutil.copy(ROOT / name, tmp_path)
    environ: dict[str, str] = {}

    with pytest.raises(PromotionAcrossCloudsError, match="stack local has cloud: local"):
        promotion(tmp_path, "churn", source=source, target=target, environ=environ)

    assert environ == {}
