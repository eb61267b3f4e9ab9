"""A repository is set up, and its jobs sign in with what they are told: a deployment writes, a preview only reads."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from azure.storage.blob import ContainerClient
from support.checkout import Checkout, Ran
from support.fake_github import FakeGitHub, serving
from support.jobs import Jobs
from support.local_azure import RunningAzure, read_env

from windlass.errors import ExitCode

pytestmark = pytest.mark.slow

FILE = """\
repository: octo-org/models
stacks:
  local:
    reviewers: [mona, octo-org/platform]
"""
OWNER = "8e3af657-a8ff-443c-a75c-2fe8c4bcb635"
STACK = "local"
ROLES = """
import json, uuid
from azure.core.exceptions import HttpResponseError
from azure.identity import DefaultAzureCredential
from azure.mgmt.authorization import AuthorizationManagementClient
client = AuthorizationManagementClient(DefaultAzureCredential(), "{subscription}")
body = {{"principal_id": "{principal}", "principal_type": "ServicePrincipal", "role_definition_id":
         "/subscriptions/{subscription}/providers/Microsoft.Authorization/roleDefinitions/{role}"}}
try:
    client.role_assignments.create("/subscriptions/{subscription}", str(uuid.uuid4()), body)
    print(json.dumps("given"))
except HttpResponseError as refused:
    print(json.dumps(refused.error.code))
"""


@dataclass
class Repository:
    """A checkout with its repository on GitHub, whose jobs run here."""

    checkout: Checkout
    github: FakeGitHub
    jobs: Jobs

    @property
    def azure(self) -> RunningAzure:
        """The checkout's local Azure."""
        data = self.checkout.root / ".windlass" / "azure"
        return RunningAzure(data, read_env(data))

    def bootstrap(self, *arguments: str, token: str = "") -> Ran:
        """Run the script as somebody who may administer the repository, or with another token."""
        environ = self.github.environ(token or self.github.admin_token)
        said = " ".join(f"{name}={shlex.quote(value)}" for name, value in environ.items())
        return self.checkout.run(f"{said} .venv/bin/python scripts/bootstrap.py {shlex.join(arguments)}")

    def told(self, environment: str) -> dict[str, str]:
        """The variables of an environment."""
        return dict(self.github.environment(environment)["variables"])

    def state(self, set_up: Any) -> list[str]:
        """What lies in the container of the stack's state."""
        (container,) = (step["id"] for step in set_up["steps"] if step["step"] == "MakeContainer")
        *_, account, _, _, _, name = container.split("/")
        with ContainerClient(
            f"https://{account}.blob.core.windows.net",
            name,
            credential=self.azure.credential(),
            **self.azure.client_options(),
        ) as client:
            return list(client.list_blob_names())

    def job(self, environment: str, command: str, **more: str) -> Ran:
        """Run a command as a job of an environment does: with its variables and GitHub's token, and nothing else."""
        file = self.checkout.root / ".windlass" / f"{environment}.token"
        file.write_text(self.jobs.token(environment))
        variables = {**self.told(environment), "AZURE_FEDERATED_TOKEN_FILE": str(file), **more}
        own = " ".join(f"{name}={shlex.quote(value)}" for name, value in variables.items())
        return self.checkout.run(f"env -u AZURE_CLIENT_SECRET -u PULUMI_CONFIG_PASSPHRASE {own} {command}")


@pytest.fixture(scope="module")
def repository(bare: Checkout) -> Iterator[Repository]:
    (bare.root / "bootstrap.yml").write_text(FILE)
    github = FakeGitHub()
    with serving(github):
        made = Repository(bare, github, Jobs("repo:octo-org/models"))
        made.jobs.introduce(made.azure)
        yield made


@pytest.fixture(scope="module")
def set_up(repository: Repository) -> Any:
    """What the first run told."""
    return repository.bootstrap("--apply", "--output", "json").ok().json()


def test_a_second_run_changes_nothing(repository: Repository, set_up: Any) -> None:
    before = [each for each in repository.github.requests if not each.startswith("GET")]

    again = repository.bootstrap("--apply", "--output", "json").ok().json()

    assert "made" in {step["result"] for step in set_up["steps"]}
    assert {step["result"] for step in again["steps"]} == {"there"}
    assert [each for each in repository.github.requests if not each.startswith("GET")] == before


def test_the_repository_is_protected_as_the_file_says(repository: Repository, set_up: Any) -> None:
    deploys, previews = repository.github.environment("local"), repository.github.environment("local-preview")

    assert set_up
    assert [each["reviewer"]["id"] for each in deploys["reviewers"]] == [1, 11]
    assert deploys["policy"] == {"protected_branches": False, "custom_branch_policies": True}
    assert not previews["reviewers"]
    assert not previews["policy"]
    assert set(repository.told("local")) == {
        "AZURE_CLIENT_ID",
        "AZURE_TENANT_ID",
        "AZURE_SUBSCRIPTION_ID",
        "PULUMI_BACKEND_URL",
    }


@pytest.fixture(scope="module")
def stack(repository: Repository, set_up: Any) -> str:
    """The stack, made where the set-up has put its state and its secrets' key."""
    (key,) = (step["id"] for step in set_up["steps"] if step["step"] == "MakeKey")
    *_, vault, _, name = key.split("/")
    address = f"azurekeyvault://{vault}.vault.azure.net/keys/{name}"
    repository.job("local", f"pulumi stack init local --secrets-provider {address} --non-interactive").ok()
    repository.job("local", "pulumi config set --secret windlass-test:word sesame -s local").ok()
    written = (repository.checkout.root / "Pulumi.local.yaml").read_text()
    assert address in written
    assert "sesame" not in written
    assert f".pulumi/stacks/windlass/{STACK}.json" in repository.state(set_up)
    return STACK


def test_a_preview_reads_state_and_secrets_and_no_other_job_does(repository: Repository, stack: str) -> None:
    ask = f"pulumi config get windlass-test:word -s {stack} --non-interactive"

    read = repository.job("local-preview", ask)
    nobody = repository.azure.admin("POST", "/principals", {"name": "nobody"})
    own = f"AZURE_CLIENT_ID={nobody['client_id']} AZURE_CLIENT_SECRET={nobody['client_secret']}"
    state = f"PULUMI_BACKEND_URL='{repository.told('local')['PULUMI_BACKEND_URL']}'"
    refused = repository.checkout.run(f"env {state} {own} {ask}")

    assert read.ok().out.strip() == "sesame"
    assert refused.code != 0
    assert "sesame" not in refused.said
    assert "Forbidden" in refused.said


def test_a_deployment_applies_the_stack_and_a_preview_sees_it_and_changes_nothing(
    repository: Repository, stack: str
) -> None:
    up = f"pulumi up -s {stack} --yes --skip-preview --non-interactive --policy-pack infra/policy"

    applied = repository.job("local", up)
    seen = repository.job("local-preview", "pulumi preview -s local --non-interactive --expect-no-changes")
    drift = repository.job("local-preview", "pulumi refresh -s local --preview-only --non-interactive")
    with repository.checkout.edited("Pulumi.local.yaml", "owner: data-science", "owner: somebody-else"):
        changed = repository.job("local-preview", "pulumi preview -s local --non-interactive")
        refused = repository.job("local-preview", up)

    assert applied.code == 0, applied.said
    assert seen.code == 0, seen.said
    assert drift.code == 0, drift.said
    assert changed.code == 0, changed.said
    assert "to update" in changed.said
    assert refused.code != 0
    assert "AuthorizationFailed" in refused.said


def test_a_deployment_gives_no_role_but_those_of_the_stack(repository: Repository, set_up: Any) -> None:
    subscription, principal = repository.azure.subscription, "11111111-2222-4333-8444-555555555555"
    program = ROLES.format(subscription=subscription, principal=principal, role=OWNER)

    given = repository.job("local", f".venv/bin/python -c {shlex.quote(program)}")

    assert set_up
    assert given.ok().json() == "AuthorizationFailed"


def test_a_job_of_another_environment_does_not_get_in(repository: Repository, set_up: Any) -> None:
    program = "from azure.identity import WorkloadIdentityCredential as C; C().get_token('https://management.azure.com/.default')"
    mine = repository.told("local")["AZURE_CLIENT_ID"]

    refused = repository.job("local-preview", f".venv/bin/python -c {shlex.quote(program)}", AZURE_CLIENT_ID=mine)

    assert set_up
    assert "AADSTS700213: No matching federated identity record found" in refused.said


def test_roles_can_be_left_to_somebody_else(repository: Repository, set_up: Any) -> None:
    told = repository.bootstrap("--dry-run", "--without-roles", "--output", "json").ok().json()
    shown = repository.bootstrap("--dry-run", "--without-roles").ok().out

    assert set_up
    assert {step["step"] for step in told["roles"]} == {"GiveRole"}
    assert "GiveRole" not in {step["step"] for step in told["steps"]}
    assert "Roles for somebody who may give them" in shown
    assert "az role assignment create" in shown


def test_azures_part_needs_no_token_when_the_file_says_how_the_repository_is_named(
    repository: Repository, set_up: Any
) -> None:
    with repository.checkout.edited("bootstrap.yml", "stacks:", "subject: names\nstacks:"):
        done = repository.checkout.run(".venv/bin/python scripts/bootstrap.py --apply --only azure --output json")

    ours = {(each["environment"], each["client_id"]) for each in done.ok().json()["identities"]}
    assert set_up
    assert ours == {(name, repository.told(name)["AZURE_CLIENT_ID"]) for name in ("local", "local-preview")}


def test_a_token_that_may_not_administer_is_told_what_it_lacks(repository: Repository, set_up: Any) -> None:
    refused = repository.bootstrap("--apply", token=repository.github.job_token)

    assert set_up
    assert refused.code == ExitCode.PERMISSION
    assert repository.github.job_token not in refused.said
