from __future__ import annotations

import pytest

from windlass.delivery.digest import PreviewDigest, PreviewStep
from windlass.delivery.held_names import makes_vault


@pytest.mark.parametrize(
    ("op", "token", "expected"),
    [
        ("create", "azure-native:keyvault:Vault", True),
        ("same", "azure-native:keyvault:Vault", False),
        ("create", "azure-native:keyvault:Secret", False),
    ],
)
def test_only_a_vault_that_is_to_be_made_can_meet_its_own_past(op: str, token: str, *, expected: bool) -> None:
    urn = f"urn:pulumi:dev::windlass::windlass:infra:Vault${token}::vault-vault"

    assert makes_vault(PreviewDigest(steps=(PreviewStep(op=op, urn=urn),))) is expected
