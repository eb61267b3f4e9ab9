"""The provider's configuration: Pulumi config first, then ARM_* and AZURE_* variables.

The one difference is safety: whatever is not the local Azure is refused before the first request.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from windlass_provider.errors import NoProxyError, NotLocalAzureError, UnsupportedConfigurationError

LOCAL_SUBSCRIPTION: Final = "10ca1000-0000-4000-8000-000000000002"
_PREFIX: Final = "azure-native:config:"
_VARIABLES: Final[Mapping[str, tuple[str, ...]]] = {
    "subscriptionId": ("ARM_SUBSCRIPTION_ID", "AZURE_SUBSCRIPTION_ID"),
    "tenantId": ("ARM_TENANT_ID", "AZURE_TENANT_ID"),
    "clientId": ("ARM_CLIENT_ID", "AZURE_CLIENT_ID"),
    "clientSecret": ("ARM_CLIENT_SECRET", "AZURE_CLIENT_SECRET"),
    "useDefaultAzureCredential": ("ARM_USE_DEFAULT_AZURE_CREDENTIAL",),
    "disableInstanceDiscovery": ("ARM_DISABLE_INSTANCE_DISCOVERY",),
    "location": ("ARM_LOCATION",),
}
_REFUSED: Final[Mapping[str, str]] = {
    "auxiliaryTenantIds": "ARM_AUXILIARY_TENANT_IDS",
    "clientCertificatePath": "ARM_CLIENT_CERTIFICATE_PATH",
    "clientCertificatePassword": "ARM_CLIENT_CERTIFICATE_PASSWORD",
    "metadataHost": "ARM_METADATA_HOSTNAME",
    "msiEndpoint": "ARM_MSI_ENDPOINT",
    "oidcRequestToken": "ARM_OIDC_REQUEST_TOKEN",
    "oidcRequestUrl": "ARM_OIDC_REQUEST_URL",
    "oidcToken": "ARM_OIDC_TOKEN",
    "oidcTokenFilePath": "ARM_OIDC_TOKEN_FILE_PATH",
    "useMsi": "ARM_USE_MSI",
    "useOidc": "ARM_USE_OIDC",
}
_IGNORED: Final = frozenset({"environment", "partnerId", "disablePulumiPartnerId"})
"""Settings that change nothing here: the public cloud is the only one, and nobody counts partners."""
CONFIG_KEYS: Final = frozenset(_VARIABLES) | frozenset(_REFUSED) | _IGNORED
"""Every setting of the real provider (a test holds this against its SDK)."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What a configured provider works with."""

    subscription: str
    tenant: str
    client: str
    secret: str
    location: str | None
    use_default_credential: bool
    disable_instance_discovery: bool
    proxy: str
    certificates: str | None
    """A file of certificates to trust, besides the system's own."""


def settings_of(variables: Mapping[str, str], environment: Mapping[str, str]) -> Settings:
    """The settings that a Configure request and the process environment make.

    Raises:
        UnsupportedConfigurationError: A way of signing in that the local Azure does not have.
        NotLocalAzureError: Another subscription than the local one, or none.
        NoProxyError: No proxy is set, so requests would go to the internet.
    """
    config = {key.removeprefix(_PREFIX): value for key, value in variables.items()}
    _refuse_foreign(config, environment)
    found = {key: _first(config.get(key), *(environment.get(name) for name in names)) for key, names in _rows()}
    subscription = found["subscriptionId"]
    if subscription.casefold() != LOCAL_SUBSCRIPTION:
        raise NotLocalAzureError(subscription, LOCAL_SUBSCRIPTION)
    proxy = _first(environment.get("HTTPS_PROXY"), environment.get("https_proxy"))
    if not proxy:
        raise NoProxyError
    return Settings(
        subscription=subscription,
        tenant=found["tenantId"],
        client=found["clientId"],
        secret=found["clientSecret"],
        location=found["location"] or None,
        use_default_credential=_is_true(found["useDefaultAzureCredential"]),
        disable_instance_discovery=_is_true(found["disableInstanceDiscovery"]),
        proxy=proxy,
        certificates=_first(environment.get("SSL_CERT_FILE"), environment.get("REQUESTS_CA_BUNDLE")) or None,
    )


def _rows() -> tuple[tuple[str, tuple[str, ...]], ...]:
    return tuple(_VARIABLES.items())


def _refuse_foreign(config: Mapping[str, str], environment: Mapping[str, str]) -> None:
    for key, variable in _REFUSED.items():
        value = _first(config.get(key), environment.get(variable))
        if value and value.casefold() not in {"false", "0", "[]"}:
            raise UnsupportedConfigurationError(key, variable)


def _first(*values: str | None) -> str:
    return next((value for value in values if value), "")


def _is_true(value: str) -> bool:
    return value.casefold() in {"1", "t", "true"}
