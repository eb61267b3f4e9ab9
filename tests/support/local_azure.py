"""A local Azure for tests: started as users start it, in a folder of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from azure.identity import ClientSecretCredential

PACKAGES = Path(__file__).parents[2] / "packages"
CLOCK_RATE = 20.0
"""Operations need not take their time in tests."""


def command_environment(**more: str) -> dict[str, str]:
    """Return this process's environment, in which `python -m windlass_emulator` is found without being installed."""
    path = os.pathsep.join([str(PACKAGES / "emulator/src"), os.environ.get("PYTHONPATH", "")])
    return {**os.environ, "PYTHONPATH": path, **more}


def run(
    *arguments: str | Path, check: bool = True, environment: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run `python -m windlass_emulator ...` with this process's environment and what `environment` adds to it."""
    done = subprocess.run(
        [sys.executable, "-m", "windlass_emulator", *map(str, arguments)],
        env=command_environment(**(environment or {})),
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    if check and done.returncode:
        raise AssertionError(f"{arguments} ended with {done.returncode}: {done.stdout}{done.stderr}")
    return done


@dataclass(frozen=True, slots=True)
class RunningAzure:
    """A running local Azure.

    Attributes:
        data: Its folder.
        environment: What azure.env holds.
    """

    data: Path
    environment: Mapping[str, str]

    @property
    def subscription(self) -> str:
        """The one subscription."""
        return self.environment["AZURE_SUBSCRIPTION_ID"]

    @property
    def authority(self) -> str:
        """The certificate that clients must trust."""
        return self.environment["REQUESTS_CA_BUNDLE"]

    @property
    def proxy(self) -> str:
        """The address of the proxy."""
        return self.environment["HTTPS_PROXY"]

    def full_environment(self, **more: str) -> dict[str, str]:
        """Return an environment for a process that shall reach it, like that of a shell which sourced azure.env."""
        return command_environment(**{**self.environment, **more})

    def credential(self) -> ClientSecretCredential:
        """Return the credential of the service principal, for clients in this process (see `client_options`)."""
        return ClientSecretCredential(
            self.environment["AZURE_TENANT_ID"],
            self.environment["AZURE_CLIENT_ID"],
            self.environment["AZURE_CLIENT_SECRET"],
            **self.client_options(),
        )

    def client_options(self) -> dict[str, Any]:
        """Return what a client in this process needs, whose environment is not that of azure.env."""
        return {"connection_verify": self.authority, "proxies": {"https": self.proxy}}

    def status(self) -> dict[str, Any]:
        """Return `status --output json`."""
        told: dict[str, Any] = json.loads(run("status", "--data", self.data, "--output", "json").stdout)
        return told

    def deployer(self, *, groups: tuple[str, ...] = ()) -> tuple[RunningAzure, str]:
        """Make a service principal without any role; return the same local Azure signed in as it, and its object id."""
        made = self.admin("POST", "/principals", {"name": "deployer", "groups": groups})
        own = {"AZURE_CLIENT_ID": made["client_id"], "AZURE_CLIENT_SECRET": made["client_secret"]}
        return replace(self, environment={**self.environment, **own}), made["object_id"]

    def admin(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Call the admin API (faults, status)."""
        (address,) = (row["address"] for row in self.status()["listeners"] if row["name"] == "admin")
        request = urllib.request.Request(
            f"{address}{path}", method=method, data=None if body is None else json.dumps(body).encode()
        )
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(request, timeout=10) as answer:
            told: dict[str, Any] = json.loads(answer.read() or b"{}")
            return told


def read_env(data: Path) -> dict[str, str]:
    """Return the variables of an azure.env."""
    lines = (data / "azure.env").read_text(encoding="utf-8").splitlines()
    return dict(line.split("=", 1) for line in lines)


def start(data: Path, *, clock_rate: float = CLOCK_RATE, arguments: tuple[str, ...] = ()) -> RunningAzure:
    """Start a local Azure and return it when it is ready."""
    run("start", "--data", data, "--clock-rate", str(clock_rate), *arguments)
    return RunningAzure(data, read_env(data))


@contextmanager
def local_azure(
    data: Path, *, clock_rate: float = CLOCK_RATE, arguments: tuple[str, ...] = ()
) -> Iterator[RunningAzure]:
    """Run a local Azure for a while."""
    try:
        yield start(data, clock_rate=clock_rate, arguments=arguments)
    finally:
        run("stop", "--data", data)
