"""A rehearsal of a change: what the files of another commit make is there, and the checkout is previewed against it."""

from __future__ import annotations

import os
import shlex
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from windlass.checkout import unpack
from windlass.engine.rehearsal import Ran, Rehearsal
from windlass.errors.rehearsal import ComparisonFailedError, RehearsalFailedError
from windlass.project.rehearsal import rehearsed

NOTHING: Final = "0" * 40
"""What GitHub calls the commit before the first one: nothing is deployed then."""

_BASE: Final = Path(".windlass", "base")
_LOCK: Final = "requirements.lock"
_SALT: Final = "encryptionsalt"
_SAVED: Final = frozenset({0, 5, 6})
"""Exit codes of preview.py with which it has saved a preview: as it should be, against a rule, failed."""


@dataclass(frozen=True, kw_only=True)
class Compared:
    """What a comparison came to.

    Attributes:
        code: The exit code of preview.py.
        base: The commit whose files were deployed; empty when nothing was.
        seconds: How long each step took, by its name.
        said: What preview.py said on stderr.
    """

    code: int
    base: str
    seconds: Mapping[str, float]
    said: str


class Comparison(Rehearsal):
    """A copy of the checkout with a local Azure of its own, in which the files of another commit are deployed first.

    Those files lie in `.windlass/base` of the copy. They take the packages of the checkout where they name the same
    ones, and are set up with their own where they do not.
    """

    def compare(self, ref: str, commit: str, folder: Path) -> Compared:
        """Deploy what a commit has, and save the preview of the checkout against it.

        Args:
            ref: The commit that is deployed; 40 zeros for none.
            commit: What the checkout's files are of, for the preview.
            folder: Where the preview is saved.

        Raises:
            CommitNotFoundError: Git does not know the commit that is to be deployed.
            EncryptedSettingsError: Settings there hold values that only their own backend can decrypt.
            RehearsalFailedError: It could not be deployed.
            ComparisonFailedError: The preview could not be saved.
        """
        began = time.monotonic()
        base = "" if ref == NOTHING else unpack(self._root, ref, self._base)
        if base and self._has_stack():
            self._prepare()
            self._deploy(ref)
        deployed = time.monotonic()
        ran = self._preview(commit, folder)
        if ran.code not in _SAVED:
            raise ComparisonFailedError(self._stack, self.folder, ran.err or ran.out)
        seconds = {"up": deployed - began, "preview": ran.seconds}
        return Compared(code=ran.code, base=base, seconds=seconds, said=ran.err)

    @property
    def _base(self) -> Path:
        return self._copy / _BASE

    def _has_stack(self) -> bool:
        return (self._base / self._file.name).is_file()

    def _prepare(self) -> None:
        """Have the files of the base speak of this local Azure, and give them packages."""
        own = self._base / self._file.name
        document = rehearsed(self._stack, self._read(own))
        # Both are one stack to the engine, whose state knows one salt.
        salt = {_SALT: found} if (found := self._read().get(_SALT)) else {}
        self._write({**document, **salt}, own)
        if _content(self._base / _LOCK) == _content(self._root / _LOCK):
            (self._base / ".venv").unlink(missing_ok=True)  # a link that somebody has committed
            (self._base / ".venv").symlink_to(self._root / ".venv")
            return
        self._must(f"{shlex.quote(sys.executable)} tools/setup", folder=self._base)
        self._lend_plugins()

    def _lend_plugins(self) -> None:
        """Let the engine find, at the preview, the provider that made what is there."""
        plugins = Path(".windlass", "pulumi", "plugins")
        (self._copy / plugins).mkdir(parents=True, exist_ok=True)
        for each in sorted((self._base / plugins).glob("*")):
            place = self._copy / plugins / each.name
            if not os.path.lexists(place):
                place.symlink_to(each)

    def _deploy(self, ref: str) -> None:
        # Its program, and not the checkout's, which the packages are linked to. It is held to no rules: it is there.
        loads = "if [ -f .windlass/env ]; then . .windlass/env; fi; home=${PULUMI_HOME:-}; . ../env"
        own_home = 'if [ -n "$home" ]; then export PULUMI_HOME="$home"; fi'
        up = f"export PYTHONPATH=$PWD/src; {self.up_command}"
        ran = self._run(f"{loads}; {own_home}; {up}", folder=self._base)
        if ran.code:
            raise RehearsalFailedError(self._stack, f"up of {ref}", self.folder, ran.out + ran.err)

    def _preview(self, commit: str, folder: Path) -> Ran:
        words = ["scripts/preview.py", "--stack", self._stack, "--save", str(folder), "--commit", commit]
        if self._has_stack():
            words += ["--base-files", str(self._base)]
        return self._run(f"python {shlex.join(words)}")


def _content(file: Path) -> bytes | None:
    return file.read_bytes() if file.is_file() else None
