"""Settings are one object, and everything that is wrong with them is told at once, by key."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import schemas
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError
from ruamel.yaml import YAML

from windlass.errors import ExitCode
from windlass.errors.infra import InvalidSettingsError, LocalAzureInShellError, LocalAzureNotInShellError
from windlass.project.outputs import StackOutputs
from windlass.project.settings import (
    LOCAL_SUBSCRIPTION,
    LOCAL_TENANT,
    Settings,
    StackSettings,
    parse_settings,
    refuse_wrong_shell,
)

ROOT = Path(__file__).resolve().parents[3]
TENANT = "11111111-2222-4333-8444-555555555555"
SUBSCRIPTION = "66666666-7777-4888-8999-aaaaaaaaaaaa"


def configuration(cloud: str = "azure", **settings: Any) -> dict[str, Any]:
    local = cloud == "local"
    return {
        "azure-native:location": "westeurope",
        "azure-native:subscriptionId": LOCAL_SUBSCRIPTION if local else SUBSCRIPTION,
        "azure-native:tenantId": LOCAL_TENANT if local else TENANT,
        "windlass:settings": {"project": "shop", "cloud": cloud, "owner": "team", **settings},
    }


def problems(config: dict[str, Any], stack: str = "dev") -> tuple[str, ...]:
    with pytest.raises(InvalidSettingsError) as raised:
        parse_settings(stack, config)
    return raised.value.problems


def stack_file(stack: str) -> dict[str, Any]:
    document = YAML(typ="safe").load((ROOT / f"Pulumi.{stack}.yaml").read_text(encoding="utf-8"))
    return dict(document["config"])


def test_what_is_left_out_takes_the_safe_default() -> None:
    settings = parse_settings("dev", configuration()).windlass

    assert settings.protection.endpoints
    assert settings.protection.data
    assert settings.vault.purge_protection


def test_ids_are_compared_and_named_in_lower_case() -> None:
    config = configuration() | {"azure-native:subscriptionId": SUBSCRIPTION.upper()}

    assert parse_settings("dev", config).azure.subscription_id == SUBSCRIPTION


def test_all_problems_are_told_together_each_with_its_key() -> None:
    config = configuration(project="Shop!", colour="red", clusters={"cpu": {"vm_size": "big", "max_nodes": 0}})
    del config["azure-native:tenantId"]

    assert [problem.split(": ")[0] for problem in problems(config)] == [
        "azure-native:tenantId",
        "windlass:settings.project",
        "windlass:settings.clusters.cpu.vm_size",
        "windlass:settings.clusters.cpu.max_nodes",
        "windlass:settings.colour",
    ]


def test_the_message_names_file_and_problem() -> None:
    with pytest.raises(InvalidSettingsError, match=r"Pulumi\.prod\.yaml[^\0]*settings\.colour: is not a setting"):
        parse_settings("prod", configuration(colour="red"))


def test_wrong_settings_are_a_usage_error() -> None:
    assert InvalidSettingsError.exit_code is ExitCode.USAGE


def test_a_stack_without_settings_is_told_what_is_missing() -> None:
    config = configuration()
    del config["windlass:settings"]

    assert problems(config) == ("windlass:settings: is missing",)


def test_a_key_beside_the_settings_is_not_overlooked() -> None:
    assert problems(configuration() | {"windlass:owner": "me"}) == (
        "windlass:owner: is not read; settings stand under windlass:settings",
    )


def test_keys_of_other_packages_are_not_our_business() -> None:
    assert parse_settings("dev", configuration() | {"aws:region": "x"}).stack == "dev"


@pytest.mark.parametrize("region", ["West Europe", "westEurope", "", "<region>"])
def test_a_region_is_written_as_azure_abbreviates_it(region: str) -> None:
    (problem,) = problems(configuration() | {"azure-native:location": region})

    assert problem.startswith("azure-native:location: is ")


@pytest.mark.parametrize("stack", ["dev", "staging", "prod"])
def test_a_template_is_refused_until_it_is_filled_in(stack: str) -> None:
    found = problems(stack_file(stack), stack)

    assert [problem.split(";")[1] for problem in found] == [
        " replace it by the id of your subscription (az account show --query id)",
        " replace it by the id of your tenant (az account show --query tenantId)",
    ]


@pytest.mark.parametrize("stack", ["dev", "staging", "prod"])
def test_a_template_that_is_filled_in_is_complete(stack: str) -> None:
    ids = {"azure-native:subscriptionId": SUBSCRIPTION, "azure-native:tenantId": TENANT}

    assert parse_settings(stack, stack_file(stack) | ids).windlass.cloud == "azure"


def test_the_local_stack_is_complete_as_it_stands() -> None:
    assert parse_settings("local", stack_file("local")).windlass.cloud == "local"


def test_the_local_stack_can_be_destroyed_and_made_again() -> None:
    settings = parse_settings("local", stack_file("local")).windlass

    assert not settings.protection.endpoints
    assert not settings.protection.data
    assert not settings.vault.purge_protection


def test_production_is_protected() -> None:
    settings = Settings.model_validate(stack_file("prod")["windlass:settings"])

    assert settings.protection.endpoints
    assert settings.protection.data
    assert settings.vault.purge_protection


@pytest.mark.parametrize("stack", ["local", "dev", "staging", "prod"])
def test_every_stack_signs_in_with_what_the_shell_is_signed_in_with(stack: str) -> None:
    assert stack_file(stack)["azure-native:useDefaultAzureCredential"] == "true"


def test_a_local_stack_takes_no_other_subscription_or_tenant() -> None:
    config = configuration("local") | {"azure-native:subscriptionId": SUBSCRIPTION}

    assert problems(config) == (
        f"azure-native:subscriptionId: must be {LOCAL_SUBSCRIPTION}, the local Azure's, because cloud is local",
    )


def test_a_stack_on_azure_never_takes_the_local_subscription() -> None:
    config = configuration("azure") | {"azure-native:subscriptionId": LOCAL_SUBSCRIPTION}

    assert problems(config) == ("azure-native:subscriptionId: belongs to the local Azure, but cloud is azure",)


def test_a_local_stack_is_refused_in_a_shell_that_is_not_connected_to_the_local_azure() -> None:
    settings = parse_settings("local", configuration("local"))

    with pytest.raises(LocalAzureNotInShellError, match="make local-up"):
        refuse_wrong_shell(settings, {"AZURE_TENANT_ID": TENANT})


def test_a_stack_on_azure_is_refused_in_a_shell_that_is_connected_to_the_local_azure() -> None:
    settings = parse_settings("prod", configuration())

    with pytest.raises(LocalAzureInShellError, match="az login"):
        refuse_wrong_shell(settings, {"AZURE_TENANT_ID": LOCAL_TENANT})


@pytest.mark.parametrize(
    ("cloud", "environ"),
    [("azure", {}), ("azure", {"AZURE_TENANT_ID": TENANT}), ("local", {"AZURE_TENANT_ID": LOCAL_TENANT.upper()})],
)
def test_a_stack_in_its_own_shell_is_let_through(cloud: str, environ: dict[str, str]) -> None:
    refuse_wrong_shell(parse_settings("x", configuration(cloud)), environ)


def test_every_resource_is_tagged_with_project_stack_owner_and_maker() -> None:
    settings = parse_settings("dev", configuration(tags={"cost-center": "42"}))

    assert settings.tags == {
        "cost-center": "42",
        "project": "shop",
        "stack": "dev",
        "owner": "team",
        "managed-by": "windlass",
    }


def test_a_tag_of_our_own_cannot_be_redefined() -> None:
    (problem,) = problems(configuration(tags={"owner": "me"}))

    assert problem == "windlass:settings.tags.owner: is set by Windlass itself; choose another name"


def test_a_tag_may_be_written_as_a_number() -> None:
    assert parse_settings("dev", configuration(tags={"cost-center": 4711})).tags["cost-center"] == "4711"


@pytest.mark.parametrize("name", ["a<b", "a/b", "", "x" * 129])
def test_a_tag_that_azure_would_refuse_is_refused_here(name: str) -> None:
    assert problems(configuration(tags={name: "value"}))


def test_a_cluster_cannot_have_more_nodes_at_least_than_at_most() -> None:
    cluster = {"vm_size": "Standard_DS3_v2", "min_nodes": 3, "max_nodes": 2}

    assert problems(configuration(clusters={"cpu": cluster})) == (
        "windlass:settings.clusters.cpu: min_nodes (3) is more than max_nodes (2)",
    )


@pytest.mark.parametrize("name", ["c", "Cpu", "1cpu", "cpu-", "c--u", "c" * 17, "c_u"])
def test_a_cluster_name_that_azure_would_refuse_is_refused_here(name: str) -> None:
    cluster = {"vm_size": "Standard_DS3_v2", "max_nodes": 2}

    assert problems(configuration(clusters={name: cluster}))


@pytest.mark.parametrize("name", ["ab", "Abc", "-abc", "a--b", "a" * 64])
def test_a_container_name_that_azure_would_refuse_is_refused_here(name: str) -> None:
    assert problems(configuration(storage={"containers": [name]}))


@pytest.mark.parametrize("endpoint", ["churn", "churn/both", "/online", "Churn/online"])
def test_a_released_endpoint_is_named_by_folder_and_kind(endpoint: str) -> None:
    assert problems(configuration(protection={"released_endpoints": [endpoint]}))


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda children: st.lists(children, max_size=3) | st.dictionaries(st.text(max_size=5), children, max_size=3),
    max_leaves=8,
)


@given(document=json_values)
def test_whatever_is_written_is_either_settings_or_a_list_of_problems(document: Any) -> None:
    config = configuration() | {"windlass:settings": document}

    assert all(problem.startswith("windlass:settings") for problem in problems(config))


def models(model: type[BaseModel]) -> dict[str, type[BaseModel]]:
    found = {model.__name__: model}
    for field in model.model_fields.values():
        for part in (field.annotation, *getattr(field.annotation, "__args__", ())):
            if isinstance(part, type) and issubclass(part, BaseModel):
                found |= models(part)
    return found


MODELS = models(StackSettings) | models(StackOutputs)


@pytest.mark.parametrize("model", MODELS.values(), ids=MODELS.keys())
def test_every_setting_and_every_output_is_described(model: type[BaseModel]) -> None:
    assert not [name for name, field in model.model_fields.items() if not field.description]


@pytest.mark.parametrize("model", MODELS.values(), ids=MODELS.keys())
def test_no_model_takes_a_key_that_it_does_not_know(model: type[BaseModel]) -> None:
    assert model.model_config["extra"] == "forbid"


def test_settings_cannot_be_changed_after_they_were_read() -> None:
    settings = parse_settings("dev", configuration())

    with pytest.raises(ValidationError):
        settings.windlass.__setattr__("owner", "somebody else")


def test_the_checked_in_schemas_say_what_the_models_do() -> None:
    assert schemas.stale(ROOT) == []


def test_a_stale_schema_is_found_and_written_anew(tmp_path: Path) -> None:
    before = schemas.stale(tmp_path)

    assert schemas.write(tmp_path) == before
    assert schemas.stale(tmp_path) == []


def test_the_schema_forbids_unknown_keys_in_editors_too() -> None:
    schema = json.loads((ROOT / "docs/reference/settings.schema.json").read_text(encoding="utf-8"))

    assert schema["additionalProperties"] is False


@pytest.mark.parametrize("stack", ["local", "dev", "staging", "prod"])
def test_every_stack_points_editors_at_a_schema_of_all_that_it_says(stack: str) -> None:
    file = ROOT / f"Pulumi.{stack}.yaml"
    first, _, _ = file.read_text(encoding="utf-8").partition("\n")
    schema = file.parent / first.removeprefix("# yaml-language-server: $schema=")
    keys = json.loads(schema.read_text(encoding="utf-8"))["properties"]["config"]

    settings = json.loads((schema.parent / keys["properties"]["windlass:settings"]["$ref"]).read_text(encoding="utf-8"))

    assert set(keys["required"]) <= set(stack_file(stack))
    assert set(stack_file(stack)["windlass:settings"]) <= set(settings["properties"])


def test_an_editor_refuses_a_key_beside_the_settings() -> None:
    schema = json.loads((ROOT / "docs/reference/stack-file.schema.json").read_text(encoding="utf-8"))
    ((pattern, allowed),) = schema["properties"]["config"]["patternProperties"].items()

    assert allowed is False
    assert re.search(pattern, "windlass:owner")
    assert not re.search(pattern, "windlass:settings")
    assert not re.search(pattern, "aws:region")
