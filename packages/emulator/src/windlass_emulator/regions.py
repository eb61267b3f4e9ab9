"""The regions of Azure that the local Azure answers for."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Region:
    """One region as `GET .../locations` tells it.

    Attributes:
        name: As in ids and host names, such as westeurope.
        display: Such as West Europe.
        group: The geography group.
        paired: The region it is paired with, or "".
    """

    name: str
    display: str
    group: str
    paired: str = ""


REGIONS: tuple[Region, ...] = (
    Region("australiaeast", "Australia East", "Asia Pacific", "australiasoutheast"),
    Region("australiasoutheast", "Australia Southeast", "Asia Pacific", "australiaeast"),
    Region("brazilsouth", "Brazil South", "South America", "southcentralus"),
    Region("canadacentral", "Canada Central", "Canada", "canadaeast"),
    Region("canadaeast", "Canada East", "Canada", "canadacentral"),
    Region("centralindia", "Central India", "Asia Pacific", "southindia"),
    Region("centralus", "Central US", "US", "eastus2"),
    Region("eastasia", "East Asia", "Asia Pacific", "southeastasia"),
    Region("eastus", "East US", "US", "westus"),
    Region("eastus2", "East US 2", "US", "centralus"),
    Region("francecentral", "France Central", "Europe", "francesouth"),
    Region("germanywestcentral", "Germany West Central", "Europe", "germanynorth"),
    Region("italynorth", "Italy North", "Europe"),
    Region("japaneast", "Japan East", "Asia Pacific", "japanwest"),
    Region("japanwest", "Japan West", "Asia Pacific", "japaneast"),
    Region("koreacentral", "Korea Central", "Asia Pacific", "koreasouth"),
    Region("northcentralus", "North Central US", "US", "southcentralus"),
    Region("northeurope", "North Europe", "Europe", "westeurope"),
    Region("norwayeast", "Norway East", "Europe", "norwaywest"),
    Region("polandcentral", "Poland Central", "Europe"),
    Region("qatarcentral", "Qatar Central", "Middle East"),
    Region("southafricanorth", "South Africa North", "Africa", "southafricawest"),
    Region("southcentralus", "South Central US", "US", "northcentralus"),
    Region("southeastasia", "Southeast Asia", "Asia Pacific", "eastasia"),
    Region("spaincentral", "Spain Central", "Europe"),
    Region("swedencentral", "Sweden Central", "Europe", "swedensouth"),
    Region("switzerlandnorth", "Switzerland North", "Europe", "switzerlandwest"),
    Region("switzerlandwest", "Switzerland West", "Europe", "switzerlandnorth"),
    Region("uaenorth", "UAE North", "Middle East", "uaecentral"),
    Region("uksouth", "UK South", "Europe", "ukwest"),
    Region("ukwest", "UK West", "Europe", "uksouth"),
    Region("westcentralus", "West Central US", "US", "westus2"),
    Region("westeurope", "West Europe", "Europe", "northeurope"),
    Region("westus", "West US", "US", "eastus"),
    Region("westus2", "West US 2", "US", "westcentralus"),
    Region("westus3", "West US 3", "US", "eastus"),
)

NAMES = frozenset(region.name for region in REGIONS)


def normal(location: str) -> str:
    """Return a location as Azure compares it: `West Europe` is `westeurope`."""
    return location.replace(" ", "").lower()
