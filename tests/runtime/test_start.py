"""How a container comes into service: its variables, its token, its model and the digest."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.certificates import Certificate, self_signed
from windlass_runtime.blobs import lay_out
from windlass_runtime.digest import digest_of
from windlass_runtime.errors import ModelRefusedError, ModelUnreachableError, SettingsError
from windlass_runtime.identity import token_request
from windlass_runtime.model import fetch_model
from windlass_runtime.settings import SECRETS, Content, Settings, environment_of_script, read_settings
from windlass_runtime.tls import server_context

VARIABLES = {
    "WINDLASS_MODEL": "churn:2",
    "WINDLASS_MODEL_URI": "https://account.blob.core.windows.net/models/some/churn",
    "WINDLASS_MODEL_SHA256": "ab" * 32,
    "WINDLASS_KEY": "secret-key",
    "WINDLASS_TLS_CERTIFICATE": "secret-chain",
    "WINDLASS_TLS_PRIVATE_KEY": "secret-private",
}


def test_variables_are_read() -> None:
    settings = read_settings({**VARIABLES, "WINDLASS_SECOND_KEY": "other", "WINDLASS_PORT": "0"})

    assert settings.content == Content(account="account", container="models", path="some/churn")
    assert settings.keys == ("secret-key", "other")
    assert settings.port == 0


def test_all_wrong_variables_are_told_together_and_no_value_of_them() -> None:
    wrong = {
        "WINDLASS_MODEL": "secret",
        "WINDLASS_MODEL_URI": "http://secret",
        "WINDLASS_KEY": "",
        "WINDLASS_CONCURRENCY": "secret",
        "WINDLASS_TIMEOUT_SECONDS": "nan",
    }

    with pytest.raises(SettingsError) as refused:
        read_settings({**VARIABLES, **wrong})

    for name in wrong:
        assert name in str(refused.value)
    assert "secret" not in str(refused.value)


def test_secrets_are_shown_nowhere_and_given_to_no_script() -> None:
    settings = read_settings(VARIABLES)

    assert "secret" not in repr(settings)
    assert SECRETS.isdisjoint(environment_of_script(VARIABLES))
    assert environment_of_script(VARIABLES)["WINDLASS_MODEL"] == "churn:2"


def test_a_certificate_that_is_none_is_refused_without_showing_it() -> None:
    with pytest.raises(SettingsError) as refused:
        server_context("secret-chain", "secret-key")

    assert "secret" not in str(refused.value)


def test_a_key_of_another_certificate_is_refused(certificate: Certificate) -> None:
    with pytest.raises(SettingsError):
        server_context(certificate.chain, self_signed("localhost").key)


def test_the_identity_endpoint_is_asked_where_there_is_one() -> None:
    request = token_request({"IDENTITY_ENDPOINT": "http://127.0.0.1:1/token", "IDENTITY_HEADER": "h"}, "the-client")

    assert request.full_url == (
        "http://127.0.0.1:1/token?api-version=2019-08-01&resource=https%3A%2F%2Fstorage.azure.com&client_id=the-client"
    )
    assert request.headers == {"X-identity-header": "h"}


def test_the_metadata_service_is_asked_elsewhere() -> None:
    request = token_request({}, "")

    assert request.full_url == (
        "http://169.254.169.254/metadata/identity/oauth2/token"
        "?api-version=2018-02-01&resource=https%3A%2F%2Fstorage.azure.com"
    )
    assert request.headers == {"Metadata": "true"}


# The vectors are written out by hand from the rule, with sha256sum. The folder's text is two lines:
# "a.txt", a zero byte, ABC; "sub/empty", a zero byte, EMPTY.
EMPTY = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
ABC = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
FOLDER = "62492e3e2bf69c67976cbfb7827e7f14a08b8e7d074fd7e63c9dffd6c0a37c87"


def folder_of_the_vector(root: Path) -> Path:
    (root / "sub").mkdir(parents=True)
    (root / "__pycache__").mkdir()
    (root / "a.txt").write_bytes(b"abc")
    (root / "sub" / "empty").write_bytes(b"")
    (root / "sub" / "left.pyc").write_bytes(b"x")
    (root / "__pycache__" / "b").write_bytes(b"x")
    return root


def test_the_digest_of_a_file_is_that_of_its_bytes(tmp_path: Path) -> None:
    (tmp_path / "model").write_bytes(b"abc")

    assert digest_of(tmp_path / "model") == ABC


def test_the_digest_of_a_folder_is_that_of_its_lines(tmp_path: Path) -> None:
    assert digest_of(folder_of_the_vector(tmp_path / "m")) == FOLDER


class Blobs:
    """Blobs in memory."""

    def __init__(self, **blobs: bytes) -> None:
        self.blobs = blobs

    def names(self, path: str) -> tuple[str, ...]:
        return tuple(name for name in self.blobs if name == path or name.startswith(f"{path}/"))

    def download(self, name: str, to: Path) -> None:
        to.parent.mkdir(parents=True, exist_ok=True)
        to.write_bytes(self.blobs[name])


def of_model(folder: Path, path: str, sha256: str) -> Settings:
    content = Content(account="account", container="models", path=path)
    return Settings(
        model="churn:2",
        content=content,
        sha256=sha256,
        keys=("k",),
        certificate="",
        private_key="",
        folder=str(folder),
    )


def test_a_model_of_one_file_arrives_under_its_name(tmp_path: Path) -> None:
    folder = fetch_model(of_model(tmp_path, "some/model.joblib", ABC), Blobs(**{"some/model.joblib": b"abc"}))

    assert folder == tmp_path / "azureml-models" / "churn" / "2"
    assert (folder / "model.joblib").read_bytes() == b"abc"


def test_a_model_of_a_folder_arrives_as_a_folder(tmp_path: Path) -> None:
    blobs = Blobs(**{"some/m/a.txt": b"abc", "some/m/sub/empty": b"", "some/m2/other": b"x"})

    folder = fetch_model(of_model(tmp_path, "some/m", FOLDER), blobs)

    assert sorted(file.relative_to(folder).as_posix() for file in folder.rglob("*") if file.is_file()) == [
        "m/a.txt",
        "m/sub/empty",
    ]


def test_content_that_was_changed_is_refused_and_removed(tmp_path: Path) -> None:
    with pytest.raises(ModelRefusedError, match="somebody changed the blobs"):
        fetch_model(of_model(tmp_path, "some/m", ABC), Blobs(**{"some/m": b"abd"}))

    assert list(tmp_path.rglob("m")) == []


def test_a_model_without_content_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelUnreachableError):
        fetch_model(of_model(tmp_path, "some/m", ABC), Blobs())


def test_a_blob_whose_name_leads_out_of_the_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelRefusedError):
        lay_out(("some/m/../../etc/passwd",), "some/m", tmp_path)
