"""What changed in Azure behind Pulumi's back, from the engine's preview of a refresh. Pure.

Of each resource the engine tells what it holds (`oldState`) and what Azure has now (`newState`), also of what the
program ignores. Endpoints are made by Pulumi and changed by the scripts, so what a release moves is no drift.

Other fields move by themselves. All of these are set apart and named, not dropped in silence: pulumi-azure-native#3225
(managed network), #4756 and #2059 (clusters), #3883 (private endpoints).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from windlass.delivery.digest import PreviewDigest, PreviewStep
from windlass.delivery.losses import short_type
from windlass.delivery.values import parse_path

_EVERYWHERE: Final = "*"
NOISY: Final[Mapping[str, tuple[str, ...]]] = {
    _EVERYWHERE: ("tags.hidden-.*", "systemData.*", "etag"),
    "machinelearningservices:Workspace": (
        r"managedNetwork\.(status|outboundRules|networkId|changeableIsolationModes).*",
        "notebookInfo.*",
    ),
    # What a release moves: traffic, the default of a batch endpoint, its own tags, and what Azure notes of all that.
    "machinelearningservices:OnlineEndpoint": (
        r"properties\.(traffic|mirrorTraffic).*",
        r"properties\.properties(\..*)?",
        r"tags\.windlass\..*",
    ),
    "machinelearningservices:BatchEndpoint": (
        r"properties\.defaults.*",
        r"properties\.properties(\..*)?",
        r"tags\.windlass\..*",
    ),
    "containerservice:ManagedCluster": (
        "kubernetesVersion",
        "currentKubernetesVersion",
        "powerState.*",
        # It shows every pool of the cluster; pools are resources of their own.
        "agentPoolProfiles.*",
    ),
    "containerservice:AgentPool": ("count", "orchestratorVersion", "currentOrchestratorVersion", "nodeImageVersion"),
    "network:PrivateEndpoint": ("customDnsConfigs.*", "networkInterfaces.*"),
    "network:PublicIPAddress": ("natGateway.*", "ipConfiguration.*"),
}
"""Fields that Azure, an autoscaler or a release moves, by type: patterns of whole paths."""

_CHANGED, _GONE = "update", "delete"


@dataclass(frozen=True, kw_only=True)
class Drift:
    """What differs.

    Attributes:
        digest: The steps that differ, as a preview has them: `update` where Azure has it otherwise, `delete` where it
            is gone there. Differences that move by themselves are left out.
        changed: Names of what is otherwise in Azure.
        gone: Names of what is gone there.
        noise: What was left out, one sentence each.
    """

    digest: PreviewDigest
    changed: tuple[str, ...]
    gone: tuple[str, ...]
    noise: tuple[str, ...]

    @property
    def is_there(self) -> bool:
        """Whether anything differs."""
        return bool(self.changed or self.gone)


def find_drift(digest: PreviewDigest) -> Drift:
    """Take what differs from the preview of a refresh."""
    steps = tuple(_quiet(step) for step in digest.steps if step.op in {_CHANGED, _GONE})
    kept = tuple(step for step in steps if step.op == _GONE or step.detailed_diff or step.diff_reasons)
    counts = Counter(step.op for step in kept)
    same = max(sum(digest.change_summary.values()) - len(kept), 0)
    return Drift(
        digest=digest.model_copy(update={"steps": kept, "change_summary": {**counts, "same": same}}),
        changed=tuple(step.name for step in kept if step.op == _CHANGED),
        gone=tuple(step.name for step in kept if step.op == _GONE),
        noise=tuple(_sentence(step) for step in digest.steps if step.op == _CHANGED and _noise(step)),
    )


def moves_by_itself(type_: str, path: str) -> bool:
    """Whether a difference at a path of a resource of a type is no drift."""
    patterns = (*NOISY[_EVERYWHERE], *NOISY.get(short_type(type_), ()))
    return any(re.fullmatch(pattern, _plain(path)) for pattern in patterns)


def _quiet(step: PreviewStep) -> PreviewStep:
    """A step without the differences that move by themselves."""
    if step.op == _GONE:
        return step
    noise = frozenset(_noise(step))
    kept = {path: each for path, each in step.detailed_diff.items() if path not in noise}
    keys = {_first(path) for path in kept}
    told = {_first(path) for path in step.detailed_diff}
    reasons = tuple(
        key for key in step.diff_reasons if key in keys or (key not in told and not moves_by_itself(step.type, key))
    )
    return step.model_copy(update={"detailed_diff": kept, "diff_reasons": reasons})


def _noise(step: PreviewStep) -> tuple[str, ...]:
    told = {_first(path) for path in step.detailed_diff}
    paths: Iterable[str] = (*step.detailed_diff, *(key for key in step.diff_reasons if key not in told))
    return tuple(path for path in paths if moves_by_itself(step.type, path))


def _sentence(step: PreviewStep) -> str:
    return f"{step.name}: {', '.join(sorted(_noise(step)))} moved by itself, which is no drift"


def _first(path: str) -> str:
    return str(next(iter(parse_path(path)), ""))


def _plain(path: str) -> str:
    """A path with every key after a dot: `tags["hidden-link"]` is `tags.hidden-link`."""
    parts = (f"[{each}]" if isinstance(each, int) else f".{each}" for each in parse_path(path))
    return "".join(parts).removeprefix(".")
