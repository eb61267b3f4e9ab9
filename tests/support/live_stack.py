"""The churn example on a provisioned checkout, as the end-to-end tests drive and watch it."""

from __future__ import annotations

import json
import shutil
import signal
import ssl
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import httpx
from demo.traffic import Sent

from support.checkout import Checkout, Ran, kill

MODELS = ".windlass/models/churn"
JOURNALS = Path(".windlass", "releases", "local", "churn")
ROLLOUT, NO_WATCH = "endpoints/churn/online/stacks/local.yml", "wait_seconds: 0"
SAMPLES = ("lapsed", "loyal", "several")

_KEYS = """
import json, os
from azure.ai.ml import MLClient
from azure.identity import DefaultAzureCredential
client = MLClient(DefaultAzureCredential(), os.environ["AZURE_SUBSCRIPTION_ID"], "{group}", "{workspace}")
keys = client.online_endpoints.get_keys("{endpoint}")
print(json.dumps([keys.primary_key, keys.secondary_key]))
"""


@dataclass
class Load:
    """Live traffic on the online endpoint; `sent` is there once it has ended."""

    sent: list[Sent] = field(default_factory=list)

    @property
    def failures(self) -> list[Sent]:
        """What was not answered by a model."""
        return [sent for sent in self.sent if sent.failed]

    @property
    def rate(self) -> float:
        """Requests per second."""
        return (len(self.sent) - 1) / (max(sent.at for sent in self.sent) or 1)

    @property
    def deployments(self) -> set[str]:
        """Who answered."""
        return {sent.deployment for sent in self.sent}


@dataclass(frozen=True)
class LiveStack:
    """The endpoints of one provisioned checkout.

    Attributes:
        checkout: The checkout; its stack `local` is up and its local Azure runs.
    """

    checkout: Checkout

    @cached_property
    def outputs(self) -> Any:
        """What the stack tells scripts."""
        return self.checkout.run("pulumi stack output windlass --json -s local").ok().json()

    def train(self) -> None:
        """Train both versions of the example."""
        for version in ("1", "2"):
            train = f"endpoints/churn/model/train.py --version {version} --output {MODELS}/{version}"
            self.checkout.run(f".venv/bin/python {train}").ok()

    def model(self, version: str, label: str = "") -> str:
        """Path of a trained version; with a label, of one that Azure has never seen: same answers, other content."""
        path = f"{MODELS}/{version}{label and f'-{label}'}"
        if label:
            copy = shutil.copytree(self.checkout.root / MODELS / version, self.checkout.root / path)
            (copy / "label.txt").write_text(label)
        return path

    def deploy(self, model: str) -> Ran:
        """Release a model, whatever comes of it."""
        return self.checkout.script(*self.deploying(model), "--output", "json")

    def deploying(self, model: str) -> tuple[str, ...]:
        """The command that releases a model."""
        return ("deploy", "churn", "-s", "local", "--model", model)

    def serve(self, model: str) -> str:
        """Have a model serve alone, and tell the name of its deployment."""
        return str(self.deploy(model).ok().json()["deployment"])

    def online(self) -> Any:
        """The online endpoint, as status.py tells it."""
        rows = self.checkout.script("status", "-s", "local", "--output", "json").ok().json()
        return next(row for row in rows if row["kind"] == "online")

    def traffic(self) -> dict[str, int]:
        """Who serves how much."""
        return dict(self.online()["traffic"])

    def keys(self) -> list[str]:
        """Both keys of the online endpoint, as Azure tells them."""
        outputs = self.outputs
        told = self.checkout.python(
            _KEYS.format(
                group=outputs["resource_group"], workspace=outputs["workspace"], endpoint=self.online()["endpoint"]
            )
        )
        return list(told)

    @cached_property
    def caller(self) -> Caller:
        """Somebody who has the address and the key."""
        return Caller(self.checkout, uri=self.online()["scoring_uri"], key=self.keys()[0])

    def journal(self) -> list[dict[str, Any]]:
        """The journal of the latest release, as far as it is written."""
        return _entries(max((self.checkout.root / JOURNALS).glob("*.jsonl")))

    def journals(self) -> list[dict[str, Any]]:
        """The journals of all releases, one after the other."""
        files = sorted((self.checkout.root / JOURNALS).glob("*.jsonl"))
        return [entry for file in files for entry in _entries(file)]

    def hurry(self) -> None:
        """Have releases watch no step, until `rollout` says otherwise."""
        file = self.checkout.root / ROLLOUT
        text = file.read_text(encoding="utf-8")
        assert text.count("wait_seconds: 3") == text.count("probe_seconds: 1") == 1
        file.write_text(text.replace("wait_seconds: 3", NO_WATCH).replace("probe_seconds: 1", "probe_seconds: 0.1"))

    @contextmanager
    def rollout(self, *, watch: float) -> Iterator[None]:
        """Have releases watch each step for so many seconds while the block runs."""
        with self.checkout.edited(ROLLOUT, NO_WATCH, f"wait_seconds: {watch}"):
            yield


@dataclass(frozen=True)
class Caller:
    """Sends requests to a scoring address, and nothing else of Azure.

    Attributes:
        authorities: A file of certificates that the load trusts in place of the local Azure's.
    """

    checkout: Checkout
    uri: str
    key: str
    authorities: str = ""

    def post(self, body: bytes, *, key: str = "") -> httpx.Response:
        """Send one request."""
        environment = self.checkout.azure_environment()
        trust = ssl.create_default_context(cafile=environment["SSL_CERT_FILE"])
        headers = {"Authorization": f"Bearer {key or self.key}", "Content-Type": "application/json"}
        with httpx.Client(proxy=environment["HTTPS_PROXY"], verify=trust, trust_env=False, timeout=30) as client:
            return client.post(self.uri, content=body, headers=headers)

    def sample(self, name: str) -> bytes:
        """A request of the example."""
        return (self.checkout.root / "endpoints" / "churn" / "samples" / f"{name}.json").read_bytes()

    @contextmanager
    def load(self, *, rate: float) -> Iterator[Load]:
        """Load the address with the samples while the block runs."""
        bodies = [self.sample(name).decode() for name in SAMPLES]
        trust = f"SSL_CERT_FILE={self.authorities} " if self.authorities else ""
        process = self.checkout.converse(f"env {trust}PYTHONPATH=tests:tools .venv/bin/python -m support.load_process")
        assert process.stdin is not None
        process.stdin.write(json.dumps({"uri": self.uri, "key": self.key, "rate": rate, "bodies": bodies}) + "\n")
        process.stdin.flush()
        load = Load()
        try:
            yield load
            told, _ = process.communicate(timeout=60)
            load.sent.extend(Sent(**sent) for sent in json.loads(told))
        finally:
            kill(process)


@contextmanager
def paused(process: subprocess.Popen[bytes]) -> Iterator[None]:
    """Hold a process still while the block runs."""
    process.send_signal(signal.SIGSTOP)
    try:
        yield
    finally:
        process.send_signal(signal.SIGCONT)


def _entries(journal: Path) -> list[dict[str, Any]]:
    whole, _, _ = journal.read_text(encoding="utf-8").rpartition("\n")
    return [json.loads(line) for line in whole.splitlines()]
