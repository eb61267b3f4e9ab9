# mypy: disable-error-code="no-any-return,return,unused-ignore"
from __future__ import annotations

import hashlib
import os
import pickle
from pathlib import Path

import joblib
import pytest
from churn_model import (  # type: ignore[import-not-found]
    DIGEST_VARIABLE,
    MODEL_DIR_VARIABLE,
    ModelNotFoundError,
    ModelTamperedError,
    digest_file,
    digest_folder,
    find_model,
    load_model,
)

from windlass.project.loader import load_model as load_released


class Marker:
    """Leaves a file when it is unpickled, as a tampered model could do worse."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, ...]:
        return (os.mkdir, (str(self.path),))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    model = tmp_path / "model"
    model.mkdir()
    joblib.dump({"weights": [1, 2]}, model / "model.joblib")
    (model / "metrics.json").write_text("{}")
    return model


def test_the_toolkit_and_the_container_name_a_file_alike(folder: Path) -> None:
    assert digest_file(folder / "model.joblib") == load_released(folder / "model.joblib").sha256


def test_the_toolkit_and_the_container_name_a_folder_alike(folder: Path) -> None:
    (folder / "__pycache__").mkdir()
    (folder / "__pycache__" / "x.pyc").write_bytes(b"left behind")
    (folder / "deep").mkdir()
    (folder / "deep" / "names.txt").write_text("b")

    assert digest_folder(folder) == load_released(folder).sha256


@pytest.mark.parametrize("of_folder", [True, False])
def test_a_model_with_the_released_content_is_loaded(folder: Path, of_folder: bool) -> None:  # noqa: FBT001
    digest = digest_folder(folder) if of_folder else digest_file(folder / "model.joblib")

    model = load_model({MODEL_DIR_VARIABLE: str(folder.parent), DIGEST_VARIABLE: digest.upper()})

    loaded: object = model
    assert loaded == {"weights": [1, 2]}


def test_a_tampered_model_is_never_unpickled(folder: Path, tmp_path: Path) -> None:
    released = digest_folder(folder)
    mark = tmp_path / "mark"
    (folder / "model.joblib").write_bytes(pickle.dumps(Marker(mark)))

    with pytest.raises(ModelTamperedError, match="was not loaded"):
        load_model({MODEL_DIR_VARIABLE: str(folder), DIGEST_VARIABLE: released})

    assert not mark.exists()


def test_a_changed_file_beside_the_model_is_noticed(folder: Path) -> None:
    released = digest_folder(folder)
    (folder / "metrics.json").write_text('{"auc": 1}')

    with pytest.raises(ModelTamperedError):
        load_model({MODEL_DIR_VARIABLE: str(folder), DIGEST_VARIABLE: released})


def test_without_a_digest_the_log_says_that_nobody_vouched(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    load_model({MODEL_DIR_VARIABLE: str(folder)})

    assert "WINDLASS_MODEL_SHA256 is not set: loading model.joblib unverified" in caplog.text


def test_a_folder_without_a_model_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelNotFoundError, match="found 0: none"):
        find_model(tmp_path)


def test_two_models_are_not_chosen_between(folder: Path) -> None:
    (folder / "old").mkdir()
    (folder / "old" / "model.joblib").write_bytes(b"")

    with pytest.raises(ModelNotFoundError, match=r"found 2: model\.joblib, old/model\.joblib"):
        find_model(folder)


def test_a_folders_digest_is_the_one_that_is_documented(tmp_path: Path) -> None:
    (tmp_path / "b").write_bytes(b"2")
    (tmp_path / "a").write_bytes(b"1")
    lines = "".join(f"{name}\0{hashlib.sha256(text).hexdigest()}\n" for name, text in (("a", b"1"), ("b", b"2")))

    assert digest_folder(tmp_path) == hashlib.sha256(lines.encode()).hexdigest()
