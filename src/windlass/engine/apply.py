"""Has the Pulumi engine do what a plan allows, and end cleanly when this process is told to end."""

from __future__ import annotations

import json
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from types import FrameType
from typing import IO, Any, Final, TextIO

from windlass.apply.models import EngineRun
from windlass.apply.steps import without_values
from windlass.delivery.values import hide_in_text
from windlass.engine.environment import engine_environment
from windlass.engine.preview import policy_flags
from windlass.errors.engine import EngineMissingError, StackNotFoundError

Started = Callable[[int], None]

_EVENTS: Final = "PULUMI_DEBUG_COMMANDS"
"""Makes the engine know `--event-log`, which says as data what it prints as text."""
_ENDS: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_LOCKED: Final = "the stack is currently locked by"
_NO_STACK: Final = "no stack named"
_LOOK_SECONDS: Final = 0.1


class PulumiUp:
    """Satisfies `apply.ports.Engine`. What the engine says goes to `stderr`, without values of a plan that it exceeds.

    The engine runs in a session of its own, so that Ctrl-C in a terminal does not reach it beside what is passed on:
    the first signal has it cancel, end and free its lock; only a second one has it end at once. It writes into a file
    that is copied from here, because a pipe whose reader was killed would kill it too, wherever it is.
    """

    def __init__(self, root: Path, environ: Mapping[str, str], stderr: TextIO) -> None:
        self._root = root
        self._environ = environ
        self._stderr = stderr

    def up(self, stack: str, plan: bytes, started: Started, *, at_once: bool) -> EngineRun:
        """Have the engine do what a plan allows.

        Args:
            stack: The stack's name.
            plan: What it is held to.
            started: Is told its process.
            at_once: Leave out the engine's own preview, which refuses before anything is changed.

        Raises:
            EngineMissingError: There is no engine.
            StackNotFoundError: The backend does not know the stack.
        """
        # A plan and the events hold what a state file holds: nobody else may read them.
        with TemporaryDirectory(prefix="windlass-apply-") as folder:
            files = _Files(Path(folder))
            files.plan.write_bytes(plan)
            command = ["pulumi", "up", "--yes", "--plan", str(files.plan), "--stack", stack, "--non-interactive"]
            command += ["--color", "never", "--suppress-progress", "--event-log", str(files.events)]
            command += [*policy_flags(self._root), *(["--skip-preview"] if at_once else [])]
            code, sent = self._run(command, files.said, started)
            said = files.said.read_text(encoding="utf-8", errors="replace")
            events = files.events.read_text(encoding="utf-8") if files.events.is_file() else ""
        if code and _NO_STACK in said:
            raise StackNotFoundError(stack, "the Pulumi backend in use", details=tuple(said.splitlines()))
        return read_run(code, said, events, signal_name=sent)

    def _run(self, command: list[str], output: Path, started: Started) -> tuple[int, str]:
        env = {**engine_environment(self._root, self._environ), _EVENTS: "true"}
        with output.open("wb") as sink, output.open(encoding="utf-8", errors="replace") as source:
            process = _start(command, self._root, env, sink)
            with passing_on(process) as sent:
                try:
                    started(process.pid)
                except BaseException:
                    process.terminate()  # nobody else would look after it
                    process.wait()
                    raise
                while process.poll() is None:
                    self._copy(source)
                    time.sleep(_LOOK_SECONDS)
            self._copy(source)
        return process.returncode, sent[0] if sent else ""

    def _copy(self, source: TextIO) -> None:
        for line in source.read().splitlines(keepends=True):
            self._stderr.write(_shown(line))
        self._stderr.flush()


class _Files:
    def __init__(self, folder: Path) -> None:
        self.plan, self.events, self.said = folder / "plan.json", folder / "events", folder / "said"


@contextmanager
def passing_on(process: subprocess.Popen[bytes]) -> Iterator[list[str]]:
    """Pass on signals that ask this process to end, as long as the block runs; lends the list of their names."""
    sent: list[str] = []

    def pass_on(number: int, frame: FrameType | None) -> None:
        del frame
        sent.append(signal.Signals(number).name)
        # The engine does not know a hung-up terminal.
        process.send_signal(signal.SIGINT if number == signal.SIGINT else signal.SIGTERM)

    # `nohup` has a hung-up terminal ignored, and so it stays.
    ends = [each for each in _ENDS if each != signal.SIGHUP or signal.getsignal(each) != signal.SIG_IGN]
    before = {each: signal.signal(each, pass_on) for each in ends}
    try:
        yield sent
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)


def read_run(code: int, said: str, events: str, *, signal_name: str = "") -> EngineRun:
    """Tell what a run came to.

    Args:
        code: Its exit code.
        said: What it printed.
        events: Its log of events, one JSON document a line; that of its last phase alone, as the engine writes it.
        signal_name: Of what was passed on to it.
    """
    documents = [json.loads(line) for line in events.splitlines() if _is_worth_reading(line)]
    summaries = [each["summaryEvent"] for each in documents if "summaryEvent" in each]
    errors = [each["diagnosticEvent"] for each in documents if "diagnosticEvent" in each]
    rules = [each["policyEvent"] for each in documents if "policyEvent" in each]
    return EngineRun(
        code=code,
        errors=tuple(dict.fromkeys(_message(each) for each in errors if each.get("severity") == "error")),
        broken=tuple(sorted({each["policyName"] for each in rules if each.get("enforcementLevel") == "mandatory"})),
        changed_nothing=not events or bool(summaries and summaries[-1].get("isPreview")),
        locked=_LOCKED in said,
        signal=signal_name,
        said=hide_in_text(said),
    )


def _start(command: list[str], root: Path, env: Mapping[str, str], sink: IO[Any]) -> subprocess.Popen[bytes]:
    try:
        return subprocess.Popen(
            command,
            cwd=root,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=sink,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    except FileNotFoundError as error:
        raise EngineMissingError from error


def _is_worth_reading(line: str) -> bool:
    return any(name in line for name in ('"summaryEvent"', '"policyEvent"', '"severity":"error"'))


def _message(event: Mapping[str, Any]) -> str:
    text = f"{event.get('prefix', '')}{event.get('message', '')}".strip().removeprefix("error: ")
    where = str(event.get("urn", "")).rpartition("::")[2]
    told = hide_in_text(without_values(text))
    return f"{where}: {told}" if where and where not in told else told


def _shown(line: str) -> str:
    end = "\n" if line.endswith("\n") else ""
    return f"{hide_in_text(without_values(line.rstrip(chr(10))))}{end}"
