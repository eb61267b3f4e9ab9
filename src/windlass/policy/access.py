"""Who can reach a stack, and with what: network, keys, encryption on the way. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from ipaddress import ip_network
from typing import Final

from windlass.policy.model import MISSING, Facts, Finding, Resource, Rule

_ML: Final = "machinelearningservices"

PUBLIC_SWITCH: Final[Mapping[str, str]] = {
    "storage:StorageAccount": "publicNetworkAccess",
    "keyvault:Vault": "properties.publicNetworkAccess",
    "containerregistry:Registry": "publicNetworkAccess",
    f"{_ML}:Workspace": "publicNetworkAccess",
    f"{_ML}:Registry": "registryProperties.publicNetworkAccess",
    f"{_ML}:OnlineEndpoint": "properties.publicNetworkAccess",
}
"""Types with a switch for their public address, and where it stands. Without it Azure leaves the address open."""

_TAKES_REQUESTS: Final = (
    "network:LoadBalancer",
    "network:NetworkInterface",
    "network:ApplicationGateway",
    "network:AzureFirewall",
    "network:BastionHost",
    "network:VirtualNetworkGateway",
)
"""What lets requests in at a public address. A NAT gateway only lets them out."""


def _has_no_public_address(resource: Resource, facts: Facts) -> Iterator[str]:
    del facts
    switch = PUBLIC_SWITCH.get(resource.type)
    # The requests of an endpoint on Kubernetes come in over the cluster, which is looked at by itself.
    is_on_cluster = resource.type == f"{_ML}:OnlineEndpoint" and resource.text("properties.compute")
    if switch and not is_on_cluster and resource.text(switch) != "disabled":
        yield f"{switch} is {resource.read(switch)}"
    if resource.type == "containerservice:ManagedCluster":
        yield from _api_server(resource)
    if resource.type == f"{_ML}:Compute" and resource.text("properties.computeType") == "amlcompute":
        path = "properties.properties.enableNodePublicIp"
        if resource.read(path) is not False:
            yield f"{path} is {resource.read(path)}"
    if resource.type == "containerinstance:ContainerGroup" and resource.text("ipAddress.type") == "public":
        yield "ipAddress.type is Public"
    if resource.type == "kubernetesconfiguration:Extension":
        yield from _router(resource)


def _api_server(cluster: Resource) -> Iterator[str]:
    """The control plane of a cluster: private, closed, or open to named addresses."""
    if cluster.text("publicNetworkAccess") == "disabled":
        return
    if cluster.read("apiServerAccessProfile.enablePrivateCluster") is True:
        return
    path = "apiServerAccessProfile.authorizedIPRanges"
    ranges = cluster.read(path)
    if ranges is MISSING or not ranges:
        yield f"the API server has a public address for everybody: neither enablePrivateCluster nor {path}"
    elif any(_is_everybody(each) for each in ranges):
        yield f"{path} holds a range that everybody is in"


def _is_everybody(text: object) -> bool:
    try:
        return ip_network(str(text), strict=False).prefixlen == 0
    except ValueError:
        return False


def _router(extension: Resource) -> Iterator[str]:
    """The scoring address of the Azure ML extension on a cluster."""
    if not extension.text("extensionType").startswith("microsoft.azureml"):
        return
    settings = extension.read("configurationSettings")
    router = settings.get("inferenceRouterServiceType", "") if isinstance(settings, Mapping) else ""
    internal = settings.get("internalLoadBalancerProvider", "") if isinstance(settings, Mapping) else ""
    if str(router).lower() == "loadbalancer" and not internal:
        yield "configurationSettings: the router is a LoadBalancer without internalLoadBalancerProvider"


def _public_addresses_let_nobody_in(resources: Sequence[Resource], facts: Facts) -> Iterator[Finding]:
    del facts
    for address in resources:
        if address.type != "network:PublicIPAddress":
            continue
        users = [each for each in resources if each.refers_to(address.urn)]
        open_ones = [each.name for each in users if each.type in _TAKES_REQUESTS]
        if open_ones:
            yield Finding(what=f"{', '.join(open_ones)} takes requests at it", urn=address.urn)
        elif not any(each.type == "network:NatGateway" for each in users):
            yield Finding(what="is not the address of a NAT gateway", urn=address.urn)


def _nobody_reads_unsigned(resource: Resource, facts: Facts) -> Iterator[str]:
    del facts
    match resource.type:
        case "storage:StorageAccount" if resource.read("allowBlobPublicAccess") is not False:
            yield f"allowBlobPublicAccess is {resource.read('allowBlobPublicAccess')}"
        case "storage:BlobContainer" if resource.text("publicAccess") not in {"", "none"}:
            yield f"publicAccess is {resource.read('publicAccess')}"
        case "containerregistry:Registry" if resource.read("anonymousPullEnabled") is True:
            yield "anonymousPullEnabled is True"
        case _:
            return


def _has_no_shared_key(resource: Resource, facts: Facts) -> Iterator[str]:
    del facts
    match resource.type:
        case "storage:StorageAccount" if resource.read("allowSharedKeyAccess") is not False:
            yield f"allowSharedKeyAccess is {resource.read('allowSharedKeyAccess')}"
        case "keyvault:Vault" if resource.read("properties.enableRbacAuthorization") is not True:
            yield f"properties.enableRbacAuthorization is {resource.read('properties.enableRbacAuthorization')}"
        case "containerregistry:Registry" if resource.read("adminUserEnabled") is True:
            yield "adminUserEnabled is True"
        case "machinelearningservices:Compute" if resource.read("properties.disableLocalAuth") is not True:
            if resource.text("properties.computeType") == "amlcompute":
                yield f"properties.disableLocalAuth is {resource.read('properties.disableLocalAuth')}"
        case _:
            return


def _encrypts_as_of_today(resource: Resource, facts: Facts) -> Iterator[str]:
    if resource.type == "storage:StorageAccount":
        if resource.text("minimumTlsVersion") not in {"tls1_2", "tls1_3"}:
            yield f"minimumTlsVersion is {resource.read('minimumTlsVersion')}"
        if resource.read("enableHttpsTrafficOnly") is False:
            yield "enableHttpsTrafficOnly is False"
    if resource.type == "kubernetesconfiguration:Extension" and facts.is_guarded:
        settings = resource.read("configurationSettings")
        insecure = settings.get("allowInsecureConnections", "") if isinstance(settings, Mapping) else ""
        if str(insecure).lower() == "true":
            yield "configurationSettings.allowInsecureConnections is True: requests and keys can be read on the way"


ACCESS_RULES: Final = (
    Rule(
        id="no-public-access",
        message="Nothing has a public network address.",
        reason="A wrong role is then not enough to read data or to call a model: one has to be in the network as well.",
        remedy="Set network.mode to private in the stack's settings, public_network_access to disabled in the "
        "endpoint's file (or its overlay for this stack), kubernetes.authorized_ranges to the addresses of your "
        "administrators and kubernetes.internal_load_balancer to true.",
        applies_to="production, and every stack whose network.mode is private",
        holds_for=lambda facts: facts.is_production or facts.settings.windlass.network.mode == "private",
        check=_has_no_public_address,
    ),
    Rule(
        id="no-public-addresses-for-requests",
        message="Public IP addresses belong to NAT gateways alone.",
        reason="A public address in front of a private network lets in what the network keeps out; a NAT gateway lets "
        "out only.",
        remedy="Remove the address, or what takes requests at it; reach the network over a VPN, ExpressRoute or a "
        "peering.",
        applies_to="production, and every stack whose network.mode is private",
        holds_for=lambda facts: facts.is_production or facts.settings.windlass.network.mode == "private",
        stack_check=_public_addresses_let_nobody_in,
    ),
    Rule(
        id="no-anonymous-access",
        message="Nothing is read without signing in.",
        reason="A file or image that needs no sign-in is on the internet, and nobody can tell afterwards who took it.",
        remedy="Set allow_blob_public_access=False on the account, public_access NONE on the container, and leave "
        "anonymous_pull_enabled of the registry alone.",
        check=_nobody_reads_unsigned,
    ),
    Rule(
        id="no-shared-keys",
        message="Access is given to identities by roles: no account key, admin user, access policy or local account.",
        reason="Who holds a key is nobody in the log, and a key that leaks is good until somebody notices.",
        remedy="Set allow_shared_key_access=False on storage, enable_rbac_authorization=True on vaults, "
        "admin_user_enabled=False on registries, disable_local_auth=True on clusters, and give roles instead.",
        check=_has_no_shared_key,
    ),
    Rule(
        id="tls-1-2",
        message="What is sent is encrypted with TLS 1.2 or newer.",
        reason="Older versions are broken; Azure itself takes them from storage accounts that do not refuse them.",
        remedy="Set minimum_tls_version to TLS1_2 and leave enable_https_traffic_only at True; for AKS in staging and "
        "production choose kubernetes.tls and not kubernetes.insecure.",
        check=_encrypts_as_of_today,
    ),
)
