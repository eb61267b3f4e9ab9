from __future__ import annotations

import importlib.util
import json
from pathlib import Path

import pytest

from windlass.errors.project import (
    CloudNotSaidError,
    DefinitionError,
    ModelPathError,
    ModelReferenceError,
    UnknownEndpointError,
    UnknownStackError,
    UnreadableFileError,
)
from windlass.project.definitions import EnvironmentDefinition, RegisteredEnvironment, RegisteredModel
from windlass.project.loader import (
    endpoint_folders,
    load_batch,
    load_cloud,
    load_model,
    load_online,
    load_project_name,
)

ROOT = Path(__file__).resolve().parents[3]


def write(root: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        file = root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return root


DEV = "endpoints/churn/online/stacks/dev.yml"
CONTAINERS = {
    DEV: (
        "deployment: {instance_type: null, instance_count: null}\n"
        "serving:\n  compute: container-instance\n  container: {cpu: 2, start_seconds: 90}\n"
    ),
}
GOOD = {
    "Pulumi.yaml": "name: windlass\n",
    "Pulumi.local.yaml": "config:\n  windlass:settings:\n    cloud: local\n",
    "environments/churn/environment.yml": "name: churn\nimage: base:1\nconda_file: conda.yml\n",
    "environments/churn/conda.yml": "dependencies: [python=3.11]\n",
    "endpoints/churn/online/deployment.yml": (
        "environment: ../../../environments/churn/environment.yml\n"
        "code_configuration: {code: ../src, scoring_script: score.py}\n"
        "instance_type: Standard_DS3_v2\n"
        "instance_count: 2\n"
        "request_settings: {request_timeout_ms: 5000, max_concurrent_requests_per_instance: 4}\n"
    ),
    "endpoints/churn/online/rollout.yml": "steps: [20, 100]\n",
    "endpoints/churn/batch/deployment.yml": (
        "environment: file:../../../environments/churn/environment.yml\ncompute: azureml:cpu\n"
    ),
    "endpoints/churn/src/score.py": "def init(): ...\n",
    "endpoints/churn/samples/one.json": '{"age": 40}',
    "endpoints/churn/samples/one.expected.json": '{"probability": 0.5}',
}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return write(tmp_path, GOOD)


def problems(root: Path, stack: str = "local") -> list[str]:
    with pytest.raises(DefinitionError) as caught:
        load_online(root, "churn", stack)
    return [str(problem) for problem in caught.value.problems]


def test_the_example_of_this_repository_loads_for_every_stack() -> None:
    for file in ROOT.glob("Pulumi.*.yaml"):
        stack = file.name.split(".")[1]

        assert load_online(ROOT, "churn", stack).samples
        assert load_batch(ROOT, "churn", stack).deployment.document["compute"]


def test_a_folder_is_read_with_samples_rollout_and_environment(project: Path) -> None:
    definition = load_online(project, "churn", "local")

    assert definition.rollout.steps == (20, 100)
    assert [(sample.name, sample.expected) for sample in definition.samples] == [("one", {"probability": 0.5})]
    environment = definition.deployment.environment
    assert isinstance(environment, EnvironmentDefinition)
    assert (environment.name, len(environment.version)) == ("churn", 12)


def test_an_overlay_changes_what_it_names_and_leaves_the_rest(project: Path) -> None:
    overlay = (
        "deployment:\n  instance_count: 1\n  request_settings: {request_timeout_ms: 9000}\nrollout: {wait_seconds: 0}\n"
    )
    write(project, {"endpoints/churn/online/stacks/local.yml": overlay})

    local, dev = (load_online(project, "churn", stack) for stack in ("local", "dev"))

    assert local.deployment.document["instance_count"] == 1
    assert local.deployment.document["request_settings"] == {
        "request_timeout_ms": 9000,
        "max_concurrent_requests_per_instance": 4,
    }
    assert local.rollout.wait_seconds == 0
    assert dev.deployment.document["instance_count"] == 2


def test_all_problems_of_all_files_are_told_together_with_file_and_key(project: Path) -> None:
    folder = "endpoints/churn/online"
    write(
        project,
        {
            "endpoints/churn/online/deployment.yml": (
                "environment: ../missing.yml\ncode_configuration: {code: ../src, scoring_script: gone.py}\n"
            ),
            "endpoints/churn/online/rollout.yml": "stps: [10]\nsteps: [50, 10, 100]\nsmoke_test: {samples: [two]}\n",
            "endpoints/churn/online/stacks/local.yml": "endpoint: {auth_mode: key}\n",
            "endpoints/churn/samples/bad.expected.json": "[1, 2",
            "endpoints/churn/samples/bad.json": "{}",
        },
    )

    assert problems(project) == [
        "endpoints/churn/online/deployment.yml: code_configuration.scoring_script: is not in the folder ../src",
        "endpoints/churn/online/deployment.yml: environment: there is no file ../missing.yml",
        "endpoints/churn/online/rollout.yml: steps: the steps must rise, such as [10, 50, 100]",
        "endpoints/churn/online/rollout.yml: stps: unknown key",
        f"{folder}/stacks/local.yml: endpoint: unknown section; an overlay has deployment, rollout, serving",
        "endpoints/churn/samples/bad.expected.json: is not JSON: Expecting ',' delimiter: line 1 column 6 (char 5)",
    ]


def test_a_sample_that_the_rollout_names_must_be_there(project: Path) -> None:
    write(project, {"endpoints/churn/online/rollout.yml": "smoke_test: {samples: [two]}\n"})

    assert problems(project) == [
        "endpoints/churn/online/rollout.yml: smoke_test.samples: no samples/two.expected.json is there"
    ]


def test_an_endpoint_without_samples_cannot_be_tested(project: Path) -> None:
    (project / "endpoints/churn/samples/one.expected.json").unlink()

    assert problems(project) == [
        "endpoints/churn/samples: a smoke test needs a request <name>.json with <name>.expected.json"
    ]


def test_a_file_that_is_not_yaml_is_named(project: Path) -> None:
    write(project, {"endpoints/churn/online/rollout.yml": "steps: [10\n"})

    assert problems(project)[0].startswith("endpoints/churn/online/rollout.yml: is not YAML: ")


def test_an_environment_that_the_workspace_has_is_taken_by_reference(project: Path) -> None:
    write(
        project,
        {"endpoints/churn/online/deployment.yml": "environment: azureml:sklearn:3\ninstance_type: Standard_DS3_v2\n"},
    )

    definition = load_online(project, "churn", "local")

    assert definition.deployment.environment == RegisteredEnvironment(reference="azureml:sklearn:3")


def version_of(root: Path) -> str:
    environment = load_online(root, "churn", "local").deployment.environment
    assert isinstance(environment, EnvironmentDefinition)
    return environment.version


def test_comments_and_layout_do_not_change_the_version_of_an_environment(project: Path) -> None:
    before = version_of(project)
    write(
        project,
        {
            "environments/churn/environment.yml": "# a note\nimage: base:1\nname: churn\nconda_file: conda.yml\n",
            "environments/churn/conda.yml": "dependencies:\n  - python=3.11\n",
        },
    )

    assert version_of(project) == before


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("environments/churn/conda.yml", "dependencies: [python=3.12]\n"),
        ("environments/churn/environment.yml", "name: churn\nimage: base:2\nconda_file: conda.yml\n"),
        ("environments/churn/environment.yml", "name: churn\nbuild: {path: .}\n"),
    ],
)
def test_other_content_is_another_version_of_an_environment(project: Path, file: str, text: str) -> None:
    before = version_of(project)
    write(project, {file: text})

    assert version_of(project) != before


def test_every_file_of_a_docker_context_counts(project: Path) -> None:
    write(project, {"environments/churn/environment.yml": "name: churn\nbuild: {path: .}\n"})
    before = version_of(project)
    write(project, {"environments/churn/Dockerfile": "FROM base\n"})

    assert version_of(project) != before


def test_changed_code_changes_the_fingerprint_and_what_python_leaves_behind_does_not(project: Path) -> None:
    def fingerprint() -> str:
        return load_online(project, "churn", "local").deployment.fingerprint("f" * 64)

    before = fingerprint()
    write(project, {"endpoints/churn/src/__pycache__/score.cpython-311.pyc": "x"})
    unchanged = fingerprint()
    write(project, {"endpoints/churn/src/score.py": "def init(): pass\n"})

    assert (unchanged == before, fingerprint() == before) == (True, False)


def test_the_fingerprint_depends_on_the_model_and_not_on_what_a_release_fills_in(project: Path) -> None:
    plain = load_online(project, "churn", "local").deployment
    text = (project / "endpoints/churn/online/deployment.yml").read_text()
    write(project, {"endpoints/churn/online/deployment.yml": f"name: blue\nmodel: azureml:churn:1\n{text}"})
    named = load_online(project, "churn", "local").deployment

    assert plain.fingerprint("a") == named.fingerprint("a")
    assert plain.fingerprint("a") != plain.fingerprint("b")


def test_an_unknown_folder_is_refused_with_those_that_are_there(project: Path) -> None:
    with pytest.raises(UnknownEndpointError, match="Folders there: churn"):
        load_online(project, "chrun", "local")


def test_the_folders_of_a_kind_are_found(project: Path) -> None:
    assert (endpoint_folders(project, "online"), endpoint_folders(project, "batch")) == (("churn",), ("churn",))


def test_a_model_is_named_by_the_content_of_its_files_alone(tmp_path: Path) -> None:
    first = write(tmp_path / "a", {"model.joblib": "weights", "sub/notes.txt": "n"})
    second = write(tmp_path / "b", {"sub/notes.txt": "n", "model.joblib": "weights", "__pycache__/x.pyc": "x"})
    third = write(tmp_path / "c", {"model.joblib": "other weights", "sub/notes.txt": "n"})

    assert load_model(first).sha256 == load_model(second).sha256 != load_model(third).sha256


def test_a_model_may_be_one_file(tmp_path: Path) -> None:
    file = write(tmp_path, {"model.joblib": ""}) / "model.joblib"

    assert load_model(file).sha256 == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


@pytest.mark.parametrize(("name", "said"), [("missing", "does not exist"), ("empty", "without files")])
def test_a_model_that_holds_nothing_is_refused(tmp_path: Path, name: str, said: str) -> None:
    (tmp_path / "empty").mkdir()

    with pytest.raises(ModelPathError, match=said):
        load_model(tmp_path / name)


def test_a_registered_model_is_named_by_reference() -> None:
    assert RegisteredModel.parse("azureml:churn:7") == RegisteredModel(name="churn", version="7")


@pytest.mark.parametrize("text", ["azureml:churn", "azureml:churn@latest", "azureml::7", "churn:7"])
def test_a_reference_without_a_version_is_refused(text: str) -> None:
    with pytest.raises(ModelReferenceError):
        RegisteredModel.parse(text)


def test_the_cloud_of_a_stack_stands_in_its_settings(project: Path) -> None:
    assert (load_cloud(project, "local"), load_project_name(project)) == ("local", "windlass")


def test_a_stack_without_settings_is_refused_with_those_that_are_there(project: Path) -> None:
    with pytest.raises(UnknownStackError, match="Stacks with settings: local"):
        load_cloud(project, "prod")


@pytest.mark.parametrize("text", ["config: {}\n", "config:\n  windlass:settings: {cloud: aws}\n"])
def test_a_stack_that_does_not_say_its_cloud_is_refused(project: Path, text: str) -> None:
    write(project, {"Pulumi.dev.yaml": text})

    with pytest.raises(CloudNotSaidError, match=r"Pulumi\.dev\.yaml"):
        load_cloud(project, "dev")


def test_settings_that_are_not_yaml_are_refused_by_name(project: Path) -> None:
    write(project, {"Pulumi.dev.yaml": "config: ["})

    with pytest.raises(UnreadableFileError, match=r"Pulumi\.dev\.yaml is not YAML"):
        load_cloud(project, "dev")


def test_expected_answers_are_kept_as_they_are(project: Path) -> None:
    write(project, {"endpoints/churn/samples/one.expected.json": json.dumps([1, {"a": None}])})

    assert load_online(project, "churn", "local").samples[0].expected == [1, {"a": None}]


def test_the_example_checks_a_model_folder_by_the_same_digest(tmp_path: Path) -> None:
    """`churn_model.py` runs in the image, where this package is not; both must name a folder alike."""
    folder = write(tmp_path / "model", {"model.joblib": "weights", "sub/notes.txt": "n", "__pycache__/x.pyc": "x"})
    specification = importlib.util.spec_from_file_location("churn_model", ROOT / "endpoints/churn/src/churn_model.py")
    assert specification is not None
    assert specification.loader is not None
    example = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(example)

    assert example.digest_folder(folder) == load_model(folder).sha256


def test_a_container_group_runs_an_image_of_environment_code_and_program(tmp_path: Path) -> None:
    root = write(tmp_path, GOOD | CONTAINERS)

    deployment = load_online(root, "churn", "dev").deployment

    assert deployment.serving.container.cpu == 2
    assert deployment.image is not None
    assert deployment.image.repository == "windlass/churn"
    assert deployment.image.texts["Dockerfile"].splitlines()[1] == "FROM base:1"
    assert json.loads(deployment.image.texts["conda.yml"]) == {"dependencies": ["python=3.11"]}
    names = {path.as_posix() for path in deployment.image.files}
    assert {"code/score.py", "runtime/windlass_runtime/__main__.py"} <= names


def test_only_what_is_in_an_image_changes_its_tag(tmp_path: Path) -> None:
    root = write(tmp_path, GOOD | CONTAINERS)
    first = load_online(root, "churn", "dev").deployment
    write(root, {DEV: CONTAINERS[DEV].replace("cpu: 2", "cpu: 1")})
    smaller = load_online(root, "churn", "dev").deployment
    write(root, {"endpoints/churn/src/score.py": "def init(): pass\n"})
    other = load_online(root, "churn", "dev").deployment
    assert first.image is not None
    assert smaller.image is not None
    assert other.image is not None

    assert first.image.tag == smaller.image.tag != other.image.tag
    assert len({each.fingerprint("sha") for each in (first, smaller, other)}) == 3


def test_how_a_version_takes_over_is_no_part_of_what_it_is(tmp_path: Path) -> None:
    root = write(tmp_path, GOOD | CONTAINERS)
    first = load_online(root, "churn", "dev").deployment
    write(root, {DEV: CONTAINERS[DEV].replace("90", "120")})

    assert load_online(root, "churn", "dev").deployment.fingerprint("sha") == first.fingerprint("sha")


@pytest.mark.parametrize(
    ("overlay", "where"),
    [
        ("serving: {compute: container-instance}\n", "instance_type"),
        ("serving: {compute: managed, container: {cpu: 1}}\n", "serving"),
        ("serving: {compute: container-instance, container: {release: switch}}\n", "serving.container"),
        ("serving: {compute: container-instance, container: {cpu: 5}}\n", "serving.container.cpu"),
        ("serving: {compute: container-instance, container: {gpu: 1}}\n", "serving.container.gpu"),
    ],
)
def test_settings_of_a_container_group_that_are_wrong_are_named(tmp_path: Path, overlay: str, where: str) -> None:
    root = write(tmp_path, GOOD | {DEV: overlay})

    with pytest.raises(DefinitionError) as refused:
        load_online(root, "churn", "dev")

    assert where in [problem.where for problem in refused.value.problems]


def test_an_environment_without_a_conda_file_cannot_run_in_a_container_group(tmp_path: Path) -> None:
    files = {"environments/churn/environment.yml": "name: churn\nimage: base:1\n"}
    root = write(tmp_path, GOOD | CONTAINERS | files)

    with pytest.raises(DefinitionError, match="needs `image` and `conda_file`"):
        load_online(root, "churn", "dev")
