"""A Python language host for the Pulumi engine, for machines where only package registries can be reached.

The official host cannot be had from the Go module proxy at the engine's version (its module carries no tags), so an
engine built from its published modules needs this one beside it. It does what `preview`, `up`, `refresh`, `destroy`
and `--policy-pack` ask of a host, with the same answers as the official one, and refuses the rest by name.

Where the official installer works, its own host is used and this file is not.

Protocol: pulumi/pulumi proto/pulumi/language.proto. The first line on stdout is the port; SIGINT and SIGTERM end it
without a word, because the engine shows whatever a host prints.
"""

from __future__ import annotations

import importlib
import importlib.util
import json
import os
import signal
import subprocess
import sys
import threading
import types
from collections.abc import Iterator
from concurrent import futures
from contextlib import contextmanager
from importlib import metadata
from pathlib import Path
from typing import Any

import grpc
from google.protobuf import empty_pb2


def _protocol() -> tuple[Any, Any, Any]:
    """Import Pulumi's generated protocol without the SDK around it.

    The engine starts a host twice in every run, and the packages' own `__init__` take two thirds of its start.
    """
    folder = Path(next(iter(importlib.util.find_spec("pulumi").submodule_search_locations)))  # type: ignore[union-attr,arg-type]
    for name in ("pulumi", "pulumi.runtime", "pulumi.runtime.proto"):
        package = types.ModuleType(name)
        package.__path__ = [str(folder.joinpath(*name.split(".")[1:]))]
        sys.modules[name] = package
    return tuple(  # type: ignore[return-value]
        importlib.import_module(f"pulumi.runtime.proto.{name}")
        for name in ("language_pb2", "language_pb2_grpc", "plugin_pb2")
    )


language_pb2, language_pb2_grpc, plugin_pb2 = _protocol()
_Servicer: Any = language_pb2_grpc.LanguageRuntimeServicer

_SHOWN = 32
"""Exit code of the executor when it has shown the user's error itself (pulumi-language-python-exec)."""
_LOOKS_AFTER_ENGINE_SECONDS = 1.0


class LanguageHost(_Servicer):  # type: ignore[misc] # generated code
    """Runs Pulumi programs and policy packs with the interpreter of their virtual environment.

    Args:
        engine: The engine's address, the last argument the engine starts a host with.
        executor: The path of `pulumi-language-python-exec`.
    """

    def __init__(self, engine: str, executor: Path) -> None:
        self._engine = engine
        self._executor = executor
        self._children: set[subprocess.Popen[bytes]] = set()
        self._lock = threading.Lock()
        self._is_ending = False

    def Handshake(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: N802 - gRPC's name
        """Take the engine's address from the newer way of being started."""
        del context
        self._engine = request.engine_address or self._engine
        return language_pb2.LanguageHandshakeResponse()

    def GetPluginInfo(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: N802
        """Name the version, that of the Pulumi package installed here."""
        del request, context
        return plugin_pb2.PluginInfo(version=metadata.version("pulumi"))

    def GetRequiredPackages(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: N802
        """Name the provider plugins that the program's installed packages ask for."""
        del context
        return language_pb2.GetRequiredPackagesResponse(
            packages=[
                plugin_pb2.PackageDependency(name=name, version=version, kind="resource")
                for name, version in _required_plugins(_site_packages(_python(request.info)))
            ]
        )

    def Run(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: N802
        """Run a program to its end."""
        del context
        info = request.info
        argv = [
            str(_python(info)), "-u", str(self._executor), "--monitor", request.monitor_address,
            "--engine", self._engine, "--project", request.project, "--stack", request.stack,
            "--parallel", str(request.parallel), "--dry_run", "true" if request.dryRun else "false",
            "--pwd", info.program_directory, "--organization", request.organization,
            "--root_directory", info.root_directory,
            str(Path(info.program_directory) / (info.entry_point or ".")), *request.args,
        ]  # fmt: skip
        environment = os.environ | {
            "PULUMI_CONFIG": json.dumps(dict(request.config)),
            "PULUMI_CONFIG_SECRET_KEYS": json.dumps(list(request.configSecretKeys)),
        }
        with self._kept(subprocess.Popen(argv, env=environment)) as program:
            code = program.wait()
        if code in (0, _SHOWN):
            return language_pb2.RunResponse(bail=code == _SHOWN)
        return language_pb2.RunResponse(error=f"Program exited with non-zero exit code: {code}")

    def RunPlugin(self, request: Any, context: grpc.ServicerContext) -> Iterator[Any]:  # noqa: N802
        """Run a plugin written in Python (a policy pack), passing on its output and exit code."""
        del context
        python = str(_python(request.info))
        directory = request.info.program_directory
        argv = (
            [python, "-u", "-m", "pulumi.policy", *request.args, directory]
            if request.kind == "analyzer"
            else [python, "-u", directory, *request.args]
        )
        process = subprocess.Popen(
            argv,
            cwd=request.pwd or None,
            env=_with_parent(dict(entry.split("=", 1) for entry in request.env) or dict(os.environ)),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        with self._kept(process):
            yield from _output(process)
            yield language_pb2.RunPluginResponse(exitcode=process.wait())

    def About(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: N802
        """Describe the interpreter, for `pulumi about`."""
        del context
        return language_pb2.AboutResponse(executable=str(_python(request.info)), version=sys.version.split()[0])

    def GetProgramDependencies(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: N802
        """List what is installed, for `pulumi about`."""
        del context
        paths = [str(_site_packages(_python(request.info)))]
        found = {d.metadata["Name"]: d.version for d in metadata.distributions(path=paths)}
        return language_pb2.GetProgramDependenciesResponse(
            dependencies=[
                language_pb2.DependencyInfo(name=name, version=version) for name, version in sorted(found.items())
            ]
        )

    def Cancel(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: N802
        """End what runs."""
        del request, context
        self.end()
        return empty_pb2.Empty()

    def end(self) -> None:
        """Ask every child to end, also one that is only being started."""
        with self._lock:
            self._is_ending = True
            for child in self._children:
                child.terminate()

    @contextmanager
    def _kept(self, child: subprocess.Popen[bytes]) -> Iterator[subprocess.Popen[bytes]]:
        """Have a child end with this host, from its start on: whoever waits for it keeps the host from ending.

        It also ends when nobody wants its output any more, which gRPC tells by closing the generator that passes it on.
        """
        with self._lock:
            self._children.add(child)
            if self._is_ending:
                child.terminate()
        try:
            yield child
        finally:
            with self._lock:
                self._children.discard(child)
            if child.poll() is None:
                child.terminate()


def _output(process: subprocess.Popen[bytes]) -> Iterator[Any]:
    """Yield what a process writes, in the order in which its lines come, until both streams are closed."""
    import queue

    lines: queue.SimpleQueue[tuple[str, bytes]] = queue.SimpleQueue()

    def pump(name: str, stream: Any) -> None:
        for line in stream:
            lines.put((name, line))
        lines.put((name, b""))

    for name, stream in (("stdout", process.stdout), ("stderr", process.stderr)):
        threading.Thread(target=pump, args=(name, stream), daemon=True).start()
    still_open = 2
    while still_open:
        name, line = lines.get()
        if line:
            yield _line(name, line)
        else:
            still_open -= 1


def _line(stream: str, line: bytes) -> Any:
    if stream == "stdout":
        return language_pb2.RunPluginResponse(stdout=line)
    return language_pb2.RunPluginResponse(stderr=line)


def _python(info: Any) -> Path:
    """Return the interpreter that `runtime.options.virtualenv` names, or the one that runs this host."""
    option = dict(info.options).get("virtualenv")
    if not option:
        return Path(sys.executable)
    return Path(info.root_directory) / str(option) / "bin" / "python"


def _site_packages(python: Path) -> Path:
    """Return where a virtual environment keeps its distributions."""
    found = sorted(python.parent.parent.glob("lib/python3*/site-packages"))
    return found[-1] if found else Path(metadata.__file__).parent


def _required_plugins(site_packages: Path) -> list[tuple[str, str]]:
    descriptions = [json.loads(path.read_text()) for path in sorted(site_packages.glob("*/pulumi-plugin.json"))]
    return [(d["name"], d["version"]) for d in descriptions if d.get("resource")]


def _with_parent(environment: dict[str, str]) -> dict[str, str]:
    """Tell a plugin who started it: one that looks only when it has started may find process 1 there."""
    return {**environment, "WINDLASS_PLUGIN_STARTED_BY": str(os.getpid())}


def main(argv: list[str]) -> None:
    """Serve on a port of 127.0.0.1 until told to end, or until the engine is gone."""
    started_by = int(os.environ.get("WINDLASS_LANGUAGE_STARTED_BY", os.getppid()))
    server = grpc.server(futures.ThreadPoolExecutor(max_workers=16))
    host = LanguageHost(engine=argv[-1] if argv else "", executor=Path(os.environ["WINDLASS_LANGUAGE_EXECUTOR"]))
    language_pb2_grpc.add_LanguageRuntimeServicer_to_server(host, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    print(port, flush=True)
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    # An engine that was killed tells nobody, and the program would wait for its answers for ever.
    while not ended.wait(_LOOKS_AFTER_ENGINE_SECONDS) and os.getppid() == started_by:
        pass
    host.end()
    server.stop(grace=None)


if __name__ == "__main__":
    main(sys.argv[1:])
