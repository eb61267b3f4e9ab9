"""Which host name is what."""

from __future__ import annotations

import pytest
from windlass_emulator import hosts

pytestmark = pytest.mark.specified


@pytest.mark.parametrize(
    ("host", "site"),
    [
        ("management.azure.com", "management"),
        ("login.microsoftonline.com", "login"),
        ("westeurope.api.azureml.ms", "api"),
        ("atlantis.api.azureml.ms", None),
        ("churn-dev.westeurope.inference.ml.azure.com", "inference"),
        ("a.b.westeurope.inference.ml.azure.com", None),
        ("churn.atlantis.inference.ml.azure.com", None),
        ("management.azure.com.example.org", None),
        ("example.org", None),
        ("127.0.0.1", "admin"),
    ],
)
def test_a_host_name_belongs_to_one_site(host: str, site: str | None) -> None:
    assert hosts.site_of(host) == site


@pytest.mark.parametrize(
    ("host", "account"),
    [
        ("acct.blob.core.windows.net", "acct"),
        ("a.b.blob.core.windows.net", None),
        ("acct.queue.core.windows.net", None),
        (".blob.core.windows.net", None),
    ],
)
def test_a_storage_host_names_its_account(host: str, account: str | None) -> None:
    assert (hosts.storage_account_of(host) or None) == account
