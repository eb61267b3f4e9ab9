"""What a conda file asks for."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from windlass_emulator.errors import OperationFailedError
from windlass_emulator.ml.conda import content_key, read_conda, require_python

CONDA = """
name: churn
channels: [conda-forge]
dependencies:
  - python>=3.11,<3.14
  - pip=24
  - numpy=1.26
  - conda-forge::scikit-learn==1.5.1
  - pytorch>=2.3
  - pip:
      - azureml-inference-server-http==1.5.1
      - pandas[parquet]>=2,<3
"""


@pytest.mark.inferred
def test_conda_and_pip_entries_become_requirements_in_their_order() -> None:
    content = read_conda(CONDA)

    assert content.python == ">=3.11,<3.14"
    assert content.requirements == (
        "numpy==1.26.*",
        "scikit-learn==1.5.1",
        "torch>=2.3",
        "azureml-inference-server-http==1.5.1",
        "pandas[parquet]>=2,<3",
    )


@pytest.mark.specified
def test_an_environment_of_an_image_alone_asks_for_nothing() -> None:
    assert read_conda("").requirements == ()


@pytest.mark.inferred
@pytest.mark.parametrize(
    ("entry", "named"),
    [
        ("cudatoolkit=11.8", "cudatoolkit=11.8"),
        ("r-base", "r-base"),
        ("numpy=1.26.4=py311_0", "py311_0"),
        ("numpy=1.26|1.25", "1.26|1.25"),
        ("{npm: [left-pad]}", "npm"),
        ("{pip: [-r requirements.txt]}", "-r requirements.txt"),
        ("{pip: [--index-url=https://example.org]}", "PIP_INDEX_URL"),
        ("{pip: ['numpy = 1']}", "numpy = 1"),
    ],
)
def test_what_cannot_be_had_here_is_refused_by_name(entry: str, named: str) -> None:
    with pytest.raises(OperationFailedError) as refused:
        read_conda(f"dependencies: [python=3.11, {entry if entry.startswith('{') else repr(entry)}]")

    assert refused.value.code == "ImageBuildFailure"
    assert named in refused.value.message


@pytest.mark.inferred
@pytest.mark.parametrize("text", ["- a", "a: [", "dependencies: pip", "variables: {A: b}", "prefix: x"])
def test_what_is_no_conda_file_is_refused(text: str) -> None:
    with pytest.raises(OperationFailedError, match="conda file"):
        read_conda(text)


@pytest.mark.inferred
@pytest.mark.parametrize("bounds", ["=3.11", "==3.11.4", ">=3.9,<3.12", " 3.11", "=3.11.*", "~=3.10", ""])
def test_bounds_that_the_running_python_meets_pass(bounds: str) -> None:
    require_python(read_conda(f"dependencies: ['python{bounds}']"), "3.11.9")


@pytest.mark.inferred
@pytest.mark.parametrize("bounds", ["=3.10", ">=3.12", "<3.11", "==3.8.10", "=3.1"])
def test_bounds_that_it_does_not_meet_are_refused_with_both_versions(bounds: str) -> None:
    with pytest.raises(OperationFailedError) as refused:
        require_python(read_conda(f"dependencies: ['python{bounds}']"), "3.11.9")

    assert f"python{bounds}" in refused.value.message
    assert "3.11.9" in refused.value.message


@pytest.mark.inferred
def test_yaml_and_the_json_that_azure_returns_have_the_same_key() -> None:
    import io

    from ruamel.yaml import YAML

    as_json = json.dumps(YAML(typ="safe").load(io.StringIO(CONDA)))

    assert content_key(read_conda(CONDA), "3.11.9", "linux") == content_key(read_conda(as_json), "3.11.4", "linux")


@pytest.mark.inferred
@given(st.permutations(["six==1.16.0", "tomli==2.0.1", "idna==3.7"]))
def test_the_order_of_requirements_does_not_make_another_environment(requirements: list[str]) -> None:
    ordered = read_conda(json.dumps({"dependencies": [{"pip": sorted(requirements)}]}))
    shuffled = read_conda(json.dumps({"dependencies": [{"pip": requirements}]}))

    assert content_key(ordered, "3.11.9", "linux") == content_key(shuffled, "3.11.9", "linux")


@pytest.mark.inferred
@pytest.mark.parametrize(
    ("running", "platform", "conda"),
    [
        ("3.12.1", "linux", "dependencies: [{pip: [six]}]"),
        ("3.11.9", "macos", "dependencies: [{pip: [six]}]"),
        ("3.11.9", "linux", "dependencies: [{pip: [six==1.16.0]}]"),
    ],
)
def test_another_content_or_interpreter_has_another_key(running: str, platform: str, conda: str) -> None:
    first = content_key(read_conda("dependencies: [{pip: [six]}]"), "3.11.9", "linux")

    assert content_key(read_conda(conda), running, platform) != first
