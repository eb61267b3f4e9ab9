"""Rules that hold for every file of the repository."""

from __future__ import annotations

import ast
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LONGEST_FUNCTION = 60
LONGEST_FILE = 600

# The brackets keep this file from breaking its own rules.
ADDRESSES = re.compile(r"pypi[.]org|python[h]osted|npmjs[.]org|proxy[.]golang|sum[.]golang")
MACHINE_PATHS = re.compile(r"(?<![\w.$}])/(?:root|home/\w+|work|Users/\w+)/")
UNFINISHED = re.compile(r"\b(?:TOD[O]|FIXM[E]|XX[X]|NotImplementedErro[r])\b")
PATCHES = re.compile(r"mock[.]patch|MagicMoc[k]|monkeypatch[.]setattr")


def tracked(*patterns: str) -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", *patterns],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return [ROOT / line for line in sorted(set(listed.stdout.split("\n"))) if line and (ROOT / line).is_file()]


def text_of(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="replace")


PYTHON = tracked("*.py")


def lines_with(pattern: re.Pattern[str], paths: list[Path]) -> list[str]:
    return [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()[:100]}"
        for path in paths
        for number, line in enumerate(text_of(path).splitlines(), 1)
        if pattern.search(line)
    ]


def test_no_file_names_a_package_registry() -> None:
    assert lines_with(ADDRESSES, tracked()) == []


def test_no_file_names_a_folder_of_one_machine() -> None:
    assert lines_with(MACHINE_PATHS, [path for path in tracked() if path.suffix != ".sum"]) == []


def test_nothing_is_left_unfinished() -> None:
    assert lines_with(UNFINISHED, PYTHON) == []


def test_no_test_patches_what_it_tests() -> None:
    assert lines_with(PATCHES, PYTHON) == []


def test_no_function_is_longer_than_a_screen() -> None:
    long = []
    for path in PYTHON:
        for node in ast.walk(ast.parse(text_of(path))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                length = (node.end_lineno or node.lineno) - node.lineno + 1
                if length > LONGEST_FUNCTION:
                    long.append(f"{path.relative_to(ROOT)}:{node.lineno} {node.name}: {length}")

    assert long == []


def test_no_file_outgrows_its_subject() -> None:
    long = {str(p.relative_to(ROOT)): n for p in PYTHON if (n := text_of(p).count("\n")) > LONGEST_FILE}

    assert long == {}


def test_every_module_says_what_it_is_for() -> None:
    silent = [
        str(path.relative_to(ROOT))
        for path in PYTHON
        if text_of(path).strip() and ast.get_docstring(ast.parse(text_of(path))) is None and "tests" not in path.parts
    ]

    assert silent == []


def test_the_lock_pins_everything_by_hash() -> None:
    lock = text_of(ROOT / "requirements.lock")
    blocks = re.split(r"\n(?=[a-z0-9])", lock)

    unpinned = [block.split()[0] for block in blocks if "==" not in block.split()[0] or "--hash=sha256:" not in block]

    assert unpinned == []


@pytest.mark.parametrize("name", ["pulumi", "pulumi-azure-native", "azure-ai-ml", "azure-identity"])
def test_the_tools_we_imitate_are_pinned_exactly(name: str) -> None:
    asked = re.search(rf"^{name}==(\S+)$", text_of(ROOT / "requirements.in"), re.MULTILINE)

    assert asked is not None
    assert f"\n{name}=={asked[1]} " in "\n" + text_of(ROOT / "requirements.lock")


def test_every_test_of_the_local_azure_says_where_its_truth_comes_from() -> None:
    unmarked = []
    for path in tracked("tests/emulator/**/test_*.py", "tests/emulator/test_*.py", "tests/provider/test_*.py"):
        tree = ast.parse(text_of(path))
        whole = re.search(r"^pytestmark = .*mark\.(recorded|specified|inferred)", text_of(path), re.MULTILINE)
        for node in tree.body:
            is_test = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_")
            marks = re.findall(
                r"mark\.(recorded|specified|inferred)",
                " ".join(ast.unparse(d) for d in getattr(node, "decorator_list", [])),
            )
            if is_test and len(marks) != (0 if whole else 1):
                unmarked.append(f"{path.relative_to(ROOT)}:{node.lineno}")

    assert unmarked == []
