"""Configuration: the real provider's keys and variables, and no way to anything but the local Azure."""

import ast
import importlib.util
from pathlib import Path

import pytest
from support.azure_host import SUBSCRIPTION
from support.engine_side import ENVIRONMENT
from windlass_provider.errors import NoProxyError, NotLocalAzureError, UnsupportedConfigurationError
from windlass_provider.settings import CONFIG_KEYS, settings_of


@pytest.mark.specified
def test_every_setting_of_the_real_provider_is_known() -> None:
    spec = importlib.util.find_spec("pulumi_azure_native")
    assert spec is not None
    assert spec.origin is not None
    tree = ast.parse((Path(spec.origin).parent / "provider.py").read_text(encoding="utf-8"))
    arguments = next(node for node in tree.body if isinstance(node, ast.ClassDef) and node.name == "ProviderArgs")
    constructor = next(node for node in arguments.body if isinstance(node, ast.FunctionDef))

    def camel(name: str) -> str:
        first, *rest = name.split("_")
        return first + "".join(word.capitalize() for word in rest)

    assert {camel(argument.arg) for argument in constructor.args.kwonlyargs} == CONFIG_KEYS


@pytest.mark.specified
def test_configuration_wins_over_the_environment() -> None:
    environment = {**ENVIRONMENT, "ARM_CLIENT_ID": "from-arm", "ARM_TENANT_ID": "arm-tenant"}

    settings = settings_of({"azure-native:config:clientId": "from-config"}, environment)

    assert (settings.client, settings.tenant) == ("from-config", "arm-tenant")


@pytest.mark.specified
def test_the_variables_of_azure_env_are_enough() -> None:
    settings = settings_of({}, ENVIRONMENT)

    assert settings.subscription == SUBSCRIPTION
    assert settings.secret == ENVIRONMENT["AZURE_CLIENT_SECRET"]
    assert settings.location is None


@pytest.mark.inferred
@pytest.mark.parametrize("subscription", ["9e2c1a70-1111-4000-8000-000000000000", ""])
def test_any_other_subscription_is_refused(subscription: str) -> None:
    with pytest.raises(NotLocalAzureError, match="install the real azure-native plugin for Azure"):
        settings_of({}, {**ENVIRONMENT, "AZURE_SUBSCRIPTION_ID": subscription})


@pytest.mark.inferred
def test_a_configured_foreign_subscription_is_refused_under_a_local_environment() -> None:
    with pytest.raises(NotLocalAzureError, match="9e2c1a70"):
        settings_of({"azure-native:config:subscriptionId": "9e2c1a70"}, ENVIRONMENT)


@pytest.mark.inferred
def test_without_the_proxy_nothing_is_started() -> None:
    environment = {key: value for key, value in ENVIRONMENT.items() if key != "HTTPS_PROXY"}

    with pytest.raises(NoProxyError, match="install the real azure-native plugin for Azure"):
        settings_of({}, environment)


@pytest.mark.inferred
@pytest.mark.parametrize(
    ("variables", "environment"),
    [({"azure-native:config:useOidc": "true"}, {}), ({}, {"ARM_USE_OIDC": "true"}), ({}, {"ARM_USE_OIDC": "1"})],
)
def test_ways_of_signing_in_that_are_not_there_are_refused_by_name(
    variables: dict[str, str], environment: dict[str, str]
) -> None:
    with pytest.raises(UnsupportedConfigurationError, match=r"useOidc \(ARM_USE_OIDC\)"):
        settings_of(variables, {**ENVIRONMENT, **environment})


@pytest.mark.specified
def test_a_way_of_signing_in_that_is_switched_off_is_no_obstacle() -> None:
    settings = settings_of({"azure-native:config:useMsi": "false"}, {**ENVIRONMENT, "ARM_USE_OIDC": "false"})

    assert settings.subscription == SUBSCRIPTION
