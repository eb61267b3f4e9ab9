from __future__ import annotations

from pathlib import Path

import pytest

from windlass.errors.project import UnknownStackError, UnreadableFileError
from windlass.project.stack_file import is_on_azure


def write(root: Path, cloud: str, subscription: str) -> None:
    (root / "Pulumi.dev.yaml").write_text(
        f"config:\n  azure-native:subscriptionId: {subscription}\n  windlass:settings: {{cloud: {cloud}}}\n"
    )


@pytest.mark.parametrize(
    ("cloud", "subscription", "expected"),
    [
        ("azure", "22222222-2222-2222-2222-22222222222a", True),
        ("azure", "<subscription>", False),
        ("azure", "", False),
        ("local", "22222222-2222-2222-2222-222222222222", False),
    ],
)
def test_a_stack_is_on_azure_when_its_file_says_where(
    cloud: str, subscription: str, *, expected: bool, tmp_path: Path
) -> None:
    write(tmp_path, cloud, subscription)

    assert is_on_azure(tmp_path, "dev") is expected


def test_a_stack_without_settings_is_unknown(tmp_path: Path) -> None:
    with pytest.raises(UnknownStackError):
        is_on_azure(tmp_path, "dev")


def test_a_file_that_is_not_yaml_is_named(tmp_path: Path) -> None:
    write(tmp_path, "azure", "]")

    with pytest.raises(UnreadableFileError, match=r"Pulumi\.dev\.yaml"):
        is_on_azure(tmp_path, "dev")
