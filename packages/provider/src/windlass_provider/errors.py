"""One class per situation that ends a request of the engine, each with its own sentence."""

from windlass_provider.values import Properties


class ProviderError(Exception):
    """The base of all: its text is what the engine shows to the person."""


class NotLocalAzureError(ProviderError):
    """The configuration points to another subscription than that of the local Azure."""

    def __init__(self, subscription: str, local: str) -> None:
        named = f"subscription {subscription}" if subscription else "no subscription"
        super().__init__(
            f"The provider is configured for {named}. This is the stand-in for the local Azure, which has "
            f"subscription {local} only; install the real azure-native plugin for Azure."
        )


class NoProxyError(ProviderError):
    """The way to the local Azure is missing, so a request could end up in the cloud."""

    def __init__(self) -> None:
        super().__init__(
            "HTTPS_PROXY is not set. This is the stand-in for the local Azure, which is reached through its "
            "proxy: start it and load its azure.env, or install the real azure-native plugin for Azure."
        )


class UnsupportedConfigurationError(ProviderError):
    """A setting of the real provider that means nothing to the local Azure."""

    def __init__(self, key: str, variable: str) -> None:
        super().__init__(
            f"The setting azure-native:{key} ({variable}) is not supported by the stand-in for the "
            "local Azure: it signs in with the client id and secret of azure.env. Remove the setting for this stack."
        )


class NotConfiguredError(ProviderError):
    """A request came before Configure."""

    def __init__(self) -> None:
        super().__init__("The provider is not configured yet: the engine must call Configure first.")


class UnknownTypeError(ProviderError):
    """A resource type that the table does not hold."""

    def __init__(self, token: str, known: tuple[str, ...]) -> None:
        super().__init__(
            f"The resource type {token} is not supported by the stand-in for the local Azure. "
            f"Supported are: {', '.join(known)}. "
            "Leave the resource out for this stack, or use a stack on Azure."
        )


class VersionedTypeError(ProviderError):
    """A type of an explicit API version; only the default version of each type is known."""

    def __init__(self, token: str, default: str) -> None:
        super().__init__(
            f"The type {token} names an API version; the stand-in for the local Azure knows default versions "
            f"only. Use {default} instead."
        )


class UnknownFunctionError(ProviderError):
    """An invoke that the table does not hold."""

    def __init__(self, token: str, known: tuple[str, ...]) -> None:
        super().__init__(
            f"The function {token} is not supported by the stand-in for the local Azure. "
            f"Supported are: {', '.join(known)}."
        )


class PathParameterError(ProviderError):
    """A part of a resource id is missing or no text."""

    def __init__(self, name: str) -> None:
        super().__init__(f"expected string value for path parameter '{name}'")


class ResourceIdError(ProviderError):
    """An id that does not have the form of its type."""

    def __init__(self, resource_id: str, template: str) -> None:
        super().__init__(f"The id '{resource_id}' is not of the form '{template}'.")


class AlreadyExistsError(ProviderError):
    """Create met a resource of the same id."""

    def __init__(self, resource_id: str) -> None:
        super().__init__(f"cannot create already existing resource '{resource_id}'")


class ExistenceUnclearError(ProviderError):
    """The GET before a create got an answer that says neither yes nor no."""

    def __init__(self, resource_id: str, status: int, body: str) -> None:
        super().__init__(f"cannot check existence of resource '{resource_id}': status code {status}, {body}")


class ArmError(ProviderError):
    """Azure Resource Manager refused a request, or a long-running operation failed."""

    def __init__(self, status: int, code: str, message: str) -> None:
        self.status = status
        self.code = code
        named = f' Code="{code}"' if code else ""
        super().__init__(f'Status={status}{named} Message="{message}"')


class UnexpectedAnswerError(ProviderError):
    """An answer without the JSON that the operation calls for."""

    def __init__(self, body: str, status: int) -> None:
        super().__init__(f"unexpected response from Azure: '{body}', HTTP status: {status}")


class PollingError(ProviderError):
    """A long-running operation that cannot be followed."""


class UnreachableError(ProviderError):
    """The local Azure does not answer at all."""

    def __init__(self, host: str, proxy: str, reason: str) -> None:
        super().__init__(
            f"{host} cannot be reached through the proxy of the local Azure, {proxy}: {reason}. "
            "Is it running? Start it with `make local-up` and load its azure.env again."
        )


class ConnectionLostError(ProviderError):
    """Connections broke on the way, each time that the request was tried."""

    def __init__(self, method: str, url: str, reason: str) -> None:
        super().__init__(
            f"The connection to Azure broke during {method} {url}: {reason}. "
            "Run the command again; `pulumi refresh` first if it was about to change something."
        )


class UnreadableCertificatesError(ProviderError):
    """The file of certificates that azure.env names cannot be read."""

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(
            f"The certificates in {path} (SSL_CERT_FILE, REQUESTS_CA_BUNDLE) cannot be read: {reason}. "
            "Start the local Azure with `make local-up`, then load the azure.env that it wrote at its last start."
        )


class SignInError(ProviderError):
    """No token could be had."""

    def __init__(self, reason: str) -> None:
        super().__init__(
            f"Signing in to the local Azure failed: {reason} "
            "Start the local Azure with `make local-up`, then load the azure.env that it wrote at its last start."
        )


class TokenClaimsError(ProviderError):
    """A token whose claims cannot be read."""

    def __init__(self, claim: str) -> None:
        super().__init__(f"The access token has no claim '{claim}', so getClientConfig cannot tell who is signed in.")


class CancelledError(ProviderError):
    """The engine asked the provider to stop."""

    def __init__(self) -> None:
        super().__init__("The operation was cancelled; the resource may be half-way. Run `pulumi refresh`.")


class TimedOutError(ProviderError):
    """An operation took longer than the program or the default allows."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"The operation did not finish within {seconds:g} s (see the resource option customTimeouts).")


class UnsupportedValueError(ProviderError):
    """A value of the engine's protocol that no type in use takes."""

    def __init__(self, kind: str) -> None:
        super().__init__(f"A value of kind {kind} cannot be sent to Azure; give plain text, numbers, lists or maps.")


class PartialFailureError(ProviderError):
    """Azure took the resource on, but its operation did not succeed: the engine keeps what there is.

    Attributes:
        resource_id: Where the resource stands.
        state: What could be read of it, None when nothing could.
        inputs: What it was asked to be.
    """

    def __init__(self, resource_id: str, reason: str, state: Properties | None, inputs: Properties) -> None:
        super().__init__(reason)
        self.resource_id = resource_id
        self.state = state
        self.inputs = inputs
