"""A deployer with the derived roles and no others works with the scripts, and not with one role less."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from support.checkout import Ran
from support.live_stack import LiveStack
from support.local_azure import RunningAzure, read_env
from support.online_world import Rest, rest

from windlass.errors import ExitCode
from windlass.project.endpoints import find_endpoints
from windlass.project.permissions import Permission, list_permissions
from windlass.project.roles import Role
from windlass.project.settings import DeployerSettings
from windlass.project.stack_file import load_settings

SAMPLES = Path("endpoints", "churn", "samples")


@dataclass
class Deployer:
    """A service principal of the stack's local Azure, and the roles that the program derives for it."""

    live: LiveStack
    owner: Rest
    variables: Mapping[str, str]
    permissions: tuple[Permission, ...] = field(default=())

    def give(self, *roles: Role) -> None:
        """Make the role assignments that are derived for it, of some roles."""
        for each in self.permissions:
            if each.grant.role in roles:
                properties = {
                    "principalId": each.holder.object_id,
                    "principalType": each.holder.type,
                    "roleDefinitionId": each.grant.role.definition_id(self.owner.azure.subscription),
                }
                path = f"{each.scope.id}/providers/Microsoft.Authorization/roleAssignments/{each.name}"
                answer = self.owner.send("PUT", path, {"properties": properties}, version="2022-04-01")
                assert answer.status_code == 201, answer.text

    def script(self, name: str, *arguments: str) -> Ran:
        """Run one of the scripts as this principal."""
        own = " ".join(f"{variable}={shlex.quote(value)}" for variable, value in self.variables.items())
        return self.live.checkout.run(f"{own} .venv/bin/python scripts/{name}.py {shlex.join(arguments)}")


@pytest.fixture
def deployer(live: LiveStack) -> Iterator[Deployer]:
    root = live.checkout.root
    data = root / ".windlass" / "azure"
    azure = RunningAzure(data, read_env(data))
    signed_in, object_id = azure.deployer()
    settings = load_settings(root, "local")
    who = DeployerSettings(object_id=object_id, type="ServicePrincipal")
    ours = settings.model_copy(update={"windlass": settings.windlass.model_copy(update={"deployers": {"me": who}})})
    found = list_permissions(ours, find_endpoints(root, "local"))
    own = {name: signed_in.environment[name] for name in ("AZURE_CLIENT_ID", "AZURE_CLIENT_SECRET")}
    owner = rest(azure)
    yield Deployer(live, owner, own, tuple(each for each in found if each.holder.object_id == object_id))
    owner.http.close()


def test_a_deployer_needs_each_of_its_roles_to_release_and_no_other(deployer: Deployer, live: LiveStack) -> None:
    live.serve(live.model("1"))
    release = ("deploy", "churn", "-s", "local", "--model", live.model("2"), "--verbose")
    nothing = deployer.script("status", "-s", "local")

    deployer.give(Role.AZUREML_DATA_SCIENTIST)
    no_traffic = deployer.script(*release)
    deployer.give(Role.MANAGED_IDENTITY_OPERATOR)
    released = deployer.script(*release)

    assert nothing.code == ExitCode.PERMISSION
    assert no_traffic.code != ExitCode.OK
    assert "userAssignedIdentities/assign/action" in no_traffic.said
    assert released.code == ExitCode.OK, released.said
    assert "100" in deployer.script("status", "-s", "local").ok().out
    assert "buys_again" in deployer.script("invoke", "churn", "-s", "local", "--sample", "loyal").ok().out
    assert deployer.script("logs", "churn", "-s", "local").ok().out


@pytest.mark.slow
def test_a_deployer_runs_a_batch(deployer: Deployer, live: LiveStack) -> None:
    deployer.give(Role.AZUREML_DATA_SCIENTIST)
    rows = str(SAMPLES / "customers.csv")

    done = deployer.script("run_batch", "churn", "-s", "local", "--model", live.model("1"), "--input", rows)

    assert done.code == ExitCode.OK, done.said
