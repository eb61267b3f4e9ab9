"""What keeps a stack found, watched and paid for on purpose: tags, logs, regions, sizes, budget. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from windlass.policy.model import MISSING, Facts, Finding, Resource, Rule
from windlass.project.names import OWN_TAGS

_ML: Final = "machinelearningservices"

TAKES_TAGS: Final = frozenset(
    {
        "applicationinsights:Component",
        "containerinstance:ContainerGroup",
        "containerregistry:Registry",
        "containerservice:ManagedCluster",
        "keyvault:Vault",
        f"{_ML}:BatchEndpoint",
        f"{_ML}:Compute",
        f"{_ML}:OnlineEndpoint",
        f"{_ML}:Workspace",
        "managedidentity:UserAssignedIdentity",
        "monitor:ActionGroup",
        "monitor:MetricAlert",
        "monitor:ScheduledQueryRule",
        "network:NatGateway",
        "network:NetworkSecurityGroup",
        "network:PrivateEndpoint",
        "network:PublicIPAddress",
        "network:VirtualNetwork",
        "operationalinsights:Workspace",
        "privatedns:PrivateZone",
        "privatedns:VirtualNetworkLink",
        "resources:ResourceGroup",
        "storage:StorageAccount",
    }
)
"""Types that Azure lets carry tags, of those that a stack is made of."""

HAS_DIAGNOSTICS: Final = frozenset(
    {
        "storage:StorageAccount",
        "keyvault:Vault",
        "containerregistry:Registry",
        f"{_ML}:Workspace",
        f"{_ML}:OnlineEndpoint",
        "operationalinsights:Workspace",
        "containerservice:ManagedCluster",
        "network:NetworkSecurityGroup",
        "network:PublicIPAddress",
        "network:VirtualNetwork",
    }
)
"""Types whose logs say who did what. A diagnostic setting of a storage account is one of its blob service."""

SIZES: Final[Mapping[str, tuple[str, ...]]] = {
    f"{_ML}:Compute": ("properties.properties.vmSize",),
    "containerservice:AgentPool": ("vmSize",),
}
"""Where the size of a machine stands."""

_EVERYWHERE: Final = "global"
_ALERTS: Final = frozenset({"monitor:ActionGroup", "monitor:MetricAlert"})


def _has_tags(resource: Resource, facts: Facts) -> Iterator[str]:
    del facts
    if resource.type not in TAKES_TAGS:
        return
    tags = resource.read("tags")
    held = tags if isinstance(tags, Mapping) else {}
    missing = [name for name in OWN_TAGS if name not in held]
    empty = [name for name, value in held.items() if not str(value).strip()]
    if missing:
        yield f"has no tag {', '.join(missing)}"
    if empty:
        yield f"has an empty tag {', '.join(empty)}"


def _is_watched(resources: Sequence[Resource], facts: Facts) -> Iterator[Finding]:
    del facts
    settings = [each for each in resources if each.type == "monitor:DiagnosticSetting"]
    watched = {urn for each in settings for urn in each.references.get("resourceUri", ())}
    for each in resources:
        if each.type in HAS_DIAGNOSTICS and each.urn not in watched:
            yield Finding(what="has no diagnostic setting", urn=each.urn)


def _is_off_when_idle(resource: Resource, facts: Facts) -> Iterator[str]:
    if resource.type != f"{_ML}:Compute" or resource.text("properties.computeType") != "amlcompute":
        return
    settings = facts.settings.windlass.clusters.get(str(resource.read("computeName")))
    if settings is not None and settings.kept_because:
        return
    path = "properties.properties.scaleSettings.minNodeCount"
    kept = resource.read(path)
    if kept is not MISSING and kept != 0:
        yield f"{path} is {kept:g}, and clusters.{resource.read('computeName')}.kept_because says nothing"


def _is_in_a_region_of_ours(resource: Resource, facts: Facts) -> Iterator[str]:
    location = resource.text("location").replace(" ", "")
    allowed = facts.settings.windlass.policy.regions or (facts.settings.azure.location,)
    if location in {"", _EVERYWHERE, *(each.lower() for each in allowed)}:
        return
    yield f"location is {location} (allowed: {', '.join(allowed)})"


def _is_of_a_size_of_ours(resource: Resource, facts: Facts) -> Iterator[str]:
    allowed = facts.settings.windlass.policy.vm_sizes
    if not allowed:
        return
    sizes = [(path, resource.read(path)) for path in SIZES.get(resource.type, ())]
    if resource.type == "containerservice:ManagedCluster":
        sizes = [
            (f"agentPoolProfiles of {each.read('name')}", each.read("vmSize"))
            for each in resource.items("agentPoolProfiles")
        ]
    for path, size in sizes:
        if size is not MISSING and str(size).lower() not in {each.lower() for each in allowed}:
            yield f"{path} is {size} (allowed: {', '.join(allowed)})"


def _has_a_budget(resources: Sequence[Resource], facts: Facts) -> Iterator[Finding]:
    del facts
    budgets = [each for each in resources if each.type == "consumption:Budget"]
    if not budgets:
        yield Finding(what="there is none")
    for each in budgets:
        notifications = each.properties.get("notifications")
        told = notifications.values() if isinstance(notifications, Mapping) else ()
        if not any(isinstance(one, Mapping) and _tells_somebody(one) for one in told):
            yield Finding(what="tells nobody", urn=each.urn)


def _tells_somebody(notification: Mapping[str, object]) -> bool:
    return any(notification.get(key) for key in ("contactEmails", "contactGroups", "contactRoles"))


UPKEEP_RULES: Final = (
    Rule(
        id="tags-present",
        message=f"Everything that takes tags carries {', '.join(OWN_TAGS)}, and no tag is empty.",
        reason="A bill, an alert and an orphan are all traced by tags; an empty one says as little as none.",
        remedy="Give the resource `tags=place.tags`, and every tag under `tags` in the settings a value.",
        check=_has_tags,
    ),
    Rule(
        id="diagnostics-present",
        message="What keeps logs sends them to Log Analytics.",
        reason="What happened before an incident can only be read in logs that were kept; Azure keeps none by itself.",
        remedy="Leave monitoring.diagnostics at true; give a resource of your own a diagnostic setting.",
        applies_to="production and staging",
        holds_for=lambda facts: facts.is_guarded,
        stack_check=_is_watched,
    ),
    Rule(
        id="clusters-off-when-idle",
        message="A batch cluster has no node without work, or says why.",
        reason="A node that waits costs as much as one that works, day and night.",
        remedy="Set min_nodes of the cluster to 0, or write the reason under kept_because.",
        check=_is_off_when_idle,
    ),
    Rule(
        id="allowed-regions",
        message="Everything stands in a region that the stack is allowed.",
        reason="Where data lies is a promise to customers, and traffic between regions costs time and money.",
        remedy="Move it to the stack's own region (azure-native:location), or add the region to policy.regions.",
        check=_is_in_a_region_of_ours,
    ),
    Rule(
        id="allowed-sizes",
        message="Machines are of the sizes that the stack is allowed.",
        reason="One letter in a size can be ten times the price, and quota is given by size.",
        remedy="Choose a size of policy.vm_sizes, or add this one to it.",
        applies_to="every stack with policy.vm_sizes",
        holds_for=lambda facts: bool(facts.settings.windlass.policy.vm_sizes),
        check=_is_of_a_size_of_ours,
    ),
    Rule(
        id="budget-present",
        message="The stack has a budget, and somebody is told when it is spent.",
        reason="Without one the first to notice is whoever gets the bill, a month later.",
        remedy="Write `budget` and `monitoring.mails` into the settings.",
        applies_to="production and staging",
        holds_for=lambda facts: facts.is_guarded,
        stack_check=_has_a_budget,
    ),
)
