"""Puts the plugin into the folder where the engine looks for `azure-native` of this version."""

import os
import shlex
import sys
from pathlib import Path
from typing import Final

from windlass_provider import VERSION

PLUGIN: Final = f"resource-azure-native-v{VERSION}"
STARTED_BY: Final = "WINDLASS_PROVIDER_STARTED_BY"
"""Names the engine's process to the plugin."""
_EXECUTABLE: Final = "pulumi-resource-azure-native"


def launcher(interpreter: str, search_path: str) -> str:
    """The script that starts the plugin with the interpreter that installed it, whatever PATH the engine has.

    `search_path` is where that interpreter finds the package when it is not installed in its site-packages.
    """
    lines = [
        "#!/bin/sh",
        "# Written by `python -m windlass_provider install`; it is written anew when it differs.",
    ]
    if search_path:
        lines.append(f"PYTHONPATH={shlex.quote(search_path)}${{PYTHONPATH:+:$PYTHONPATH}}")
        lines.append("export PYTHONPATH")
    # Read here and not by the plugin: an engine that dies while the plugin starts would look like process 1 to it.
    lines += [f'{STARTED_BY}="$PPID"', f"export {STARTED_BY}"]
    lines.append(f'exec {shlex.quote(interpreter)} -m windlass_provider "$@"')
    return "\n".join(lines) + "\n"


def install(home: Path, *, interpreter: str = sys.executable, search_path: str | None = None) -> Path:
    """Installs the plugin under a PULUMI_HOME and returns its executable; a second call changes nothing."""
    executable = home / "plugins" / PLUGIN / _EXECUTABLE
    text = launcher(interpreter, _own_folder() if search_path is None else search_path)
    if executable.is_file() and executable.read_text(encoding="utf-8") == text and os.access(executable, os.X_OK):
        return executable
    executable.parent.mkdir(parents=True, exist_ok=True)
    written = executable.with_name(f".{_EXECUTABLE}.{os.getpid()}")
    written.write_text(text, encoding="utf-8")
    written.chmod(0o755)
    # A rename, so that an engine that starts the plugin now sees the old or the new file, never half of one.
    written.replace(executable)
    return executable


def _own_folder() -> str:
    """Where this package was imported from, unless every start of the interpreter finds it there anyway."""
    folder = Path(__file__).parents[1]
    return "" if folder.name == "site-packages" else str(folder)
