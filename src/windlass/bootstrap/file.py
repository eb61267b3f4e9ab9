"""Reads `bootstrap.yml` and the stacks that it lists."""

from __future__ import annotations

from pathlib import Path

from windlass.bootstrap.settings import FILE, BootstrapSettings, parse_bootstrap
from windlass.bootstrap.shared import StackNeeds
from windlass.errors.bootstrap import NoBootstrapFileError
from windlass.errors.project import UnreadableFileError
from windlass.project.endpoints import find_endpoints
from windlass.project.stack_file import load_settings


def load_bootstrap(root: Path) -> BootstrapSettings:
    """Read `bootstrap.yml`.

    Raises:
        NoBootstrapFileError: There is none.
        InvalidBootstrapFileError: With every problem found.
    """
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    file = root / FILE
    try:
        document = YAML(typ="safe", pure=True).load(file.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise NoBootstrapFileError(FILE) from error
    except (YAMLError, UnicodeDecodeError) as error:
        raise UnreadableFileError(file, f"is not YAML: {' '.join(str(error).split())}") from error
    return parse_bootstrap(document)


def load_stacks(root: Path, wanted: BootstrapSettings) -> tuple[StackNeeds, ...]:
    """Read the settings and endpoint folders of every stack that a bootstrap lists.

    Raises:
        UnknownStackError: A stack has no settings.
        InvalidSettingsError: With every problem found in a stack.
    """
    return tuple(
        StackNeeds(settings=load_settings(root, stack), endpoints=find_endpoints(root, stack))
        for stack in wanted.stacks
    )
