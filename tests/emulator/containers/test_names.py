"""Names in public DNS zones that lead to container groups."""

from __future__ import annotations

import httpx
import pytest
from support.arm_clients import fresh
from support.container_world import Served, fqdn, wait


def _answerer(served: Served, host: str) -> str:
    """Tell who answers at a host name, by its certificate."""
    client = httpx.Client(proxy=served.world.arm.azure.proxy, verify=False, trust_env=False)
    with client, client.stream("GET", f"https://{host}/live") as answer:
        certificate = answer.extensions["network_stream"].get_extra_info("ssl_object").getpeercert(True)
    return str(hash(certificate))


@pytest.mark.specified
def test_a_cname_leads_to_a_group_and_its_old_target_is_kept_for_its_time(served: Served, changing: Served) -> None:
    world, zone = served.world, f"{fresh('zone')}.example"
    dns, host = world.arm.dns, f"churn.{zone}"
    dns.zones.create_or_update(world.group, zone, {"location": "global"})

    def lead(label: str) -> None:
        record = {"ttl": 1, "cname_record": {"cname": fqdn(label)}}
        dns.record_sets.create_or_update(world.group, zone, "churn", "CNAME", record)

    lead(served.name)
    first = _answerer(served, host)
    lead(changing.name)
    still = _answerer(served, host)
    wait(lambda: _answerer(served, host) != first, 5)
    then = _answerer(served, host)

    assert first == still == _answerer(served, fqdn(served.name))
    assert then == _answerer(served, fqdn(changing.name))


@pytest.mark.inferred
def test_a_cname_to_elsewhere_is_refused(served: Served) -> None:
    world, zone = served.world, f"{fresh('zone')}.example"
    world.arm.dns.zones.create_or_update(world.group, zone, {"location": "global"})
    record = {"ttl": 1, "cname_record": {"cname": "example.org"}}
    world.arm.dns.record_sets.create_or_update(world.group, zone, "away", "CNAME", record)

    with pytest.raises(httpx.ProxyError, match="for which the local Azure does not answer"):
        _answerer(served, f"away.{zone}")
