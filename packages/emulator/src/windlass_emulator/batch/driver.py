"""What runs on a node of a cluster: the node's agent, and the worker processes that call a scoring script.

This file is a program of its own. It is started with two interpreters: the agent with the local Azure's, each
worker with the one of the deployment's environment, in which nothing but the standard library may be expected.
So it imports nothing of the package, and pandas only where a script has returned a DataFrame.

The agent connects to the supervisor (`--address`, and a token of its own from WINDLASS_NODE_TOKEN, because command
lines can be read by anyone on the machine) and speaks JSON, one object a line:

    supervisor: {"do": "job", ...}  {"do": "run", "slot", "batch", "attempt", "files"}  {"do": "end"}  {"do": "leave"}
    agent:      {"event": "hello"}  "ready" {slot}  "init_failed" {slot, message}  "ended"
                "done" {slot, batch, attempt, rows, part}  "failed" / "timeout" {slot, batch, attempt, message}

A worker is alone with its script: a mini-batch over its time is ended by killing it, and a fresh one takes its
slot. Nobody outlives anybody: an agent ends when the supervisor's connection closes, a worker when the pipe that
only its agent holds does.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib.util
import json
import logging
import os
import queue
import shutil
import socket
import subprocess
import sys
import threading
import traceback
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TextIO

INIT_SECONDS = 600.0
"""How long `init` may take. Azure publishes no such limit for batch deployments; this one ends a hang."""


# The agent: one process per node.


@dataclass
class Agent:
    """One node: takes orders from the supervisor and keeps as many workers as the job wants."""

    folder: Path
    orders: TextIO
    reports: TextIO
    lock: threading.Lock = field(default_factory=threading.Lock)
    slots: list[Slot] = field(default_factory=list)

    def report(self, **event: Any) -> None:
        """Tell the supervisor; lines of several slots must not mix."""
        with self.lock:
            self.reports.write(json.dumps(event) + "\n")
            self.reports.flush()

    def serve(self) -> None:
        """Follow orders until told to leave, or until the supervisor is gone."""
        for line in self.orders:
            order = json.loads(line)
            if order["do"] == "job":
                self.begin(order)
            elif order["do"] == "run":
                self.slots[order["slot"]].tasks.put(order)
            else:
                self.end()
                if order["do"] == "leave":
                    return
                self.report(event="ended")
        self.end()

    def begin(self, job: dict[str, Any]) -> None:
        """Prepare the node for a job and start the workers."""
        place = self.folder / job["name"]
        self.slots = [Slot(self, index, job, place) for index in range(job["slots"])]
        try:
            lay_out(place, job)
        except OSError as error:
            for slot in self.slots:
                self.report(event="init_failed", slot=slot.index, message=f"The node could not be prepared: {error}")
            return
        for slot in self.slots:
            slot.thread.start()

    def end(self) -> None:
        """Stop the workers of the present job and forget it."""
        for slot in self.slots:
            slot.stop()
        for slot in self.slots:
            if slot.thread.ident is not None:
                slot.thread.join()
            shutil.rmtree(slot.place, ignore_errors=True)
        self.slots = []


def lay_out(place: Path, job: dict[str, Any]) -> None:
    """Make a job's folder on the node: a copy of the code to run in, the input as it is mounted, room for rows."""
    shutil.rmtree(place, ignore_errors=True)
    shutil.copytree(job["code"], place / "code")
    (place / "parts").mkdir()
    (place / "input").symlink_to(job["input"], target_is_directory=True)


class Slot:
    """A place for one worker at a time, with a thread of the agent that looks after it."""

    def __init__(self, agent: Agent, index: int, job: dict[str, Any], place: Path) -> None:
        self.agent = agent
        self.index = index
        self.job = job
        self.place = place
        self.tasks: queue.SimpleQueue[dict[str, Any] | None] = queue.SimpleQueue()
        self.worker: Worker | None = None
        self.stopping = False
        self.thread = threading.Thread(target=self._serve, daemon=True)

    def stop(self) -> None:
        """End the worker, also in the middle of a mini-batch."""
        self.stopping = True
        self.tasks.put(None)
        if self.worker:
            self.worker.kill()

    def _serve(self) -> None:
        while not self.stopping:
            if self.worker is None and not self._start():
                return
            self._report(event="ready")
            task = self.tasks.get()
            if task is None or self.worker is None:
                break
            outcome = self.worker.run(task, self.job["timeout"])
            if outcome["event"] == "timeout" or outcome.pop("over", False):
                self.worker.kill()
                self.worker = None
            if not self.stopping:
                self._report(batch=task["batch"], attempt=task["attempt"], **outcome)
        if self.worker:
            self.worker.kill()

    def _start(self) -> bool:
        try:
            self.worker = Worker(self.job, self.place, self.index)
        except OSError as error:
            self._report(event="init_failed", message=f"The worker process could not be started: {error}")
            return False
        if self.stopping:  # `stop` may have looked just before the worker was there
            self.worker.kill()
            return False
        answer = self.worker.hear(INIT_SECONDS)
        if answer["event"] == "ready":
            return True
        self.worker.kill()
        self.worker = None
        if not self.stopping:
            said = {"timeout": f"init() did not return within {INIT_SECONDS:g} seconds."}
            message = said.get(answer["event"], answer.get("message", ""))
            self._report(event="init_failed", message=message)
        return False

    def _report(self, **event: Any) -> None:
        # The supervisor may be gone; the agent's main thread sees that and ends everything.
        with contextlib.suppress(OSError, ValueError):
            self.agent.report(slot=self.index, **event)


class Worker:
    """A worker process as its agent sees it."""

    def __init__(self, job: dict[str, Any], place: Path, index: int) -> None:
        ours, theirs = socket.socketpair()
        lifeline, self._holds = os.pipe()
        log = Path(job["logs"]) / f"process{index:03d}.stdout.txt"
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("ab") as output:
            self._process = subprocess.Popen(
                [job["python"], "-u", __file__, "worker", str(theirs.fileno()), str(lifeline)],
                env=job["environment"],
                cwd=place / "code",
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                pass_fds=(theirs.fileno(), lifeline),
            )
        theirs.close()
        os.close(lifeline)
        self._socket = ours
        self._replies = ours.makefile("r", encoding="utf-8")
        self._say({"script": job["script"], "level": job["level"], "parts": str(place / "parts")})

    def run(self, task: dict[str, Any], seconds: float) -> dict[str, Any]:
        """Have one mini-batch scored; "over" says that the process is of no further use."""
        self._say({"batch": task["batch"], "attempt": task["attempt"], "files": task["files"]})
        answer = self.hear(seconds)
        if answer["event"] == "timeout":
            return {"event": "timeout", "message": f"run() did not return within {seconds:g} seconds."}
        return answer

    def hear(self, seconds: float) -> dict[str, Any]:
        """Return the next reply, or what stands for it when none comes."""
        self._socket.settimeout(seconds)
        try:
            line = self._replies.readline()
        except TimeoutError:
            return {"event": "timeout"}
        except OSError:
            line = ""
        if line.endswith("\n"):
            return dict(json.loads(line))
        code = self._exit_code()
        ended = f"was ended by signal {-code}" if code < 0 else f"exited with code {code}"
        return {"event": "failed", "message": f"The worker process {ended} while the script ran.", "over": True}

    def _exit_code(self) -> int:
        """Return how the process ended; one that closed its channel and lives on is ended."""
        try:
            return self._process.wait(5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            return self._process.wait()

    def kill(self) -> None:
        """End the process at once."""
        self._process.kill()
        self._process.wait()
        with contextlib.suppress(OSError):
            os.close(self._holds)

    def _say(self, message: dict[str, Any]) -> None:
        # A process that has just died cannot be told anything; `hear` finds out why.
        with contextlib.suppress(OSError):
            self._socket.settimeout(None)
            self._socket.sendall((json.dumps(message) + "\n").encode())


# The worker: one process per slot, in the environment's interpreter.


def work(channel_number: int, lifeline: int) -> int:
    """Load the script, call `init` once, then `run` for each mini-batch."""
    threading.Thread(target=_end_with_agent, args=(lifeline,), daemon=True).start()
    channel = socket.socket(fileno=channel_number).makefile("rw", encoding="utf-8")
    job = json.loads(channel.readline())
    logging.basicConfig(level=job["level"], format="%(asctime)s|%(levelname)s|%(process)d|%(name)s|%(message)s")
    try:
        script = load_script(Path(job["script"]).resolve())
        script.init()
    except BaseException as error:  # noqa: BLE001 - whatever a user's script raises is its failure, not ours
        _reply(channel, event="init_failed", message=_describe(error))
        return 1
    _reply(channel, event="ready")
    for line in channel:
        task = json.loads(line)
        try:
            part = Path(job["parts"]) / f"{task['batch']}.{task['attempt']}"
            rows = write_rows(script.run(task["files"]), part)
        except BaseException as error:  # noqa: BLE001 - as above
            _reply(channel, event="failed", message=_describe(error))
        else:
            _reply(channel, event="done", rows=rows, part=str(part))
    return 0


def load_script(path: Path) -> Any:
    """Import a scoring script by its path; modules beside it and in the code's root can be imported by it."""
    sys.path[:0] = [str(path.parent), *([str(Path.cwd())] if path.parent != Path.cwd() else [])]
    spec = importlib.util.spec_from_file_location(path.stem, path)
    if spec is None or spec.loader is None or not path.is_file():
        raise FileNotFoundError(f"There is no scoring script {path.name} in the deployment's code.")
    module = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module
    spec.loader.exec_module(module)
    missing = [name for name in ("init", "run") if not callable(getattr(module, name, None))]
    if missing:
        raise AttributeError(f"The scoring script {path.name} has no function {missing[0]}().")
    return module


def write_rows(result: Any, part: Path) -> int:
    """Write what `run` returned as append_row does, and return how many rows that is.

    A DataFrame becomes lines separated by a space, with neither header nor index, quoted where a value holds a
    space; of anything else each element becomes one line of `str`.
    """
    pandas = sys.modules.get("pandas")
    if pandas is not None and isinstance(result, pandas.DataFrame):
        result.to_csv(part, sep=" ", header=False, index=False)
        return len(result)
    if isinstance(result, (str, bytes, dict)) or not hasattr(result, "__len__") or not hasattr(result, "__iter__"):
        raise TypeError(f"run() must return a pandas DataFrame or a list, not {type(result).__name__}.")
    with part.open("w", encoding="utf-8", newline="") as output:
        output.writelines(f"{item}\n" for item in result)
    return len(result)


def _end_with_agent(lifeline: int) -> None:
    """Wait for the pipe that only the agent holds to close: a node that is gone computes nothing."""
    os.read(lifeline, 1)
    os._exit(1)


def _reply(channel: TextIO, **event: Any) -> None:
    channel.write(json.dumps(event) + "\n")
    channel.flush()


def _describe(error: BaseException) -> str:
    """Return the error as its last line, then the trace, without the frames of this file."""
    # The environment's Python may be older than ours: this form is understood since 3.5.
    text = "".join(traceback.format_exception(type(error), error, error.__traceback__))
    print(text, file=sys.stderr, flush=True)  # noqa: T201 - the worker's log is its stderr
    return f"{type(error).__name__}: {error}\n{text}"


def main(arguments: list[str]) -> int:
    """Be an agent (`node`) or a worker (`worker`)."""
    if arguments[0] == "worker":
        return work(int(arguments[1]), int(arguments[2]))
    parser = argparse.ArgumentParser()
    for name in ("--address", "--folder"):
        parser.add_argument(name, required=True)
    chosen = parser.parse_args(arguments[1:])
    host, port = chosen.address.rsplit(":", 1)
    with socket.create_connection((host, int(port))) as connection:
        # Reports are small and follow each other: unsent they would wait for the acknowledgement of the one before.
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        stream = connection.makefile("r", encoding="utf-8")
        agent = Agent(Path(chosen.folder), stream, connection.makefile("w", encoding="utf-8"))
        agent.report(event="hello", token=os.environ["WINDLASS_NODE_TOKEN"], pid=os.getpid())
        with contextlib.suppress(OSError):
            agent.serve()
    # Workers that hang in native code are killed by now; threads of slots are daemons and end with us.
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
