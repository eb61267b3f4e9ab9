from __future__ import annotations

import pytest
from support.state_files import FakeStateFiles, check_keeping

from windlass.errors.azure import AzureDeniedError


def test_the_fake_keeps_files_as_the_real_ones_do() -> None:
    check_keeping(FakeStateFiles())


def test_who_has_no_role_writes_nothing() -> None:
    files = FakeStateFiles(denied=True)

    with pytest.raises(AzureDeniedError, match=r"write a\.json"):
        files.write("a.json", b"1")
    assert files.read("a.json") is None
