"""What is refused while something else is under way, on a local Azure whose clock stands still between two calls."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.in_process import GROUP, InProcess, in_process
from windlass_emulator.arm import network
from windlass_emulator.errors import AzureError

NETWORK = f"{GROUP}/providers/Microsoft.Network/virtualNetworks/net"
ENDPOINT = f"{GROUP}/providers/Microsoft.Network/privateEndpoints"
ACCOUNT = f"{GROUP}/providers/Microsoft.Storage/storageAccounts/acct"
SUBNET = {"name": "one", "properties": {"addressPrefix": "10.1.0.0/24"}}


@pytest.fixture
async def local(tmp_path: Path) -> InProcess:
    """A local Azure with a network and a storage account."""
    made = in_process(tmp_path, network.features())
    group = {"location": "westeurope", "properties": {"provisioningState": "Succeeded"}}
    made.azure.store.put(GROUP, "microsoft.resources/resourcegroups", group, parent="", now=0.0)
    properties = {"addressSpace": {"addressPrefixes": ["10.1.0.0/16"]}, "subnets": [SUBNET]}
    await made.send("PUT", NETWORK, {"location": "westeurope", "properties": properties})
    account = {"location": "westeurope", "properties": {}}
    made.azure.store.put(ACCOUNT, "Microsoft.Storage/storageAccounts", account, parent=GROUP, now=0.0)
    await made.settle()
    return made


@pytest.mark.specified
async def test_a_second_subnet_waits_for_the_first(local: InProcess) -> None:
    await local.send("PUT", f"{NETWORK}/subnets/two", {"properties": {"addressPrefix": "10.1.1.0/24"}})

    with pytest.raises(AzureError, match="To retrieve status of the operation use uri: https://") as refused:
        await local.send("PUT", f"{NETWORK}/subnets/three", {"properties": {"addressPrefix": "10.1.2.0/24"}})
    await local.settle()
    again = await local.send("PUT", f"{NETWORK}/subnets/three", {"properties": {"addressPrefix": "10.1.2.0/24"}})

    assert (refused.value.status, refused.value.code) == (409, "AnotherOperationInProgress")
    assert again.status == 201


def body(group: str) -> dict[str, object]:
    """A private endpoint to one service of the account."""
    properties = {"privateLinkServiceId": ACCOUNT, "groupIds": [group]}
    link = {"name": "link", "properties": properties}
    subnet = {"id": f"{NETWORK}/subnets/one"}
    shown = {"subnet": subnet, "privateLinkServiceConnections": [link]}
    return {"location": "westeurope", "properties": shown}


@pytest.mark.inferred
async def test_one_account_takes_one_private_endpoint_at_a_time(local: InProcess) -> None:
    await local.send("PUT", f"{ENDPOINT}/blob", body("blob"))

    with pytest.raises(AzureError) as refused:
        await local.send("PUT", f"{ENDPOINT}/file", body("file"))
    await local.settle()

    assert (refused.value.status, refused.value.code) == (409, "StorageAccountOperationInProgress")
    assert (await local.send("PUT", f"{ENDPOINT}/file", body("file"))).status == 201


@pytest.mark.inferred
async def test_names_of_one_endpoint_are_written_while_the_next_is_made(local: InProcess) -> None:
    await local.send("PUT", f"{ENDPOINT}/blob", body("blob"))
    await local.settle()
    await local.send("PUT", f"{ENDPOINT}/blob/privateDnsZoneGroups/default", {"properties": {}})

    assert (await local.send("PUT", f"{ENDPOINT}/file", body("file"))).status == 201
