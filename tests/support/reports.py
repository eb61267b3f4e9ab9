"""Previews and reports in small, for tests of what becomes of them."""

from __future__ import annotations

from typing import Any

from windlass.delivery.classify import make_report
from windlass.delivery.digest import PreviewDigest, PreviewStep
from windlass.delivery.judge import Circumstances
from windlass.delivery.models import Finding, Report, ResourceChange

LEAF = {True: "update-replace", False: "update"}


def urn(name: str = "it", type_: str = "storage:StorageAccount", stack: str = "dev") -> str:
    """Pulumi's name of a resource of Azure."""
    return f"urn:pulumi:{stack}::shop::azure-native:{type_}::{name}"


def updated(type_: str, before: Any, after: Any, *paths: str, name: str = "it", replaces: bool = False) -> PreviewStep:
    """A change of inputs; the provider tells the paths that are given, else the keys on the first level."""
    kind = LEAF[replaces]
    told = paths or sorted(key for key in {*before, *after} if before.get(key) != after.get(key))
    return PreviewStep.model_validate(
        {
            "op": "replace" if replaces else "update",
            "urn": urn(name, type_),
            "oldState": {"custom": True, "id": f"/id/{name}", "inputs": before},
            "newState": {"custom": True, "inputs": after},
            "detailedDiff": {path: {"kind": kind} for path in told},
        }
    )


def created(type_: str, inputs: Any, name: str = "it") -> PreviewStep:
    """A resource that comes."""
    return PreviewStep.model_validate(
        {"op": "create", "urn": urn(name, type_), "newState": {"custom": True, "inputs": inputs}}
    )


def deleted(type_: str, name: str = "it") -> PreviewStep:
    """A resource that goes."""
    return PreviewStep.model_validate(
        {"op": "delete", "urn": urn(name, type_), "oldState": {"custom": True, "id": f"/id/{name}"}}
    )


def report_of(*steps: PreviewStep, is_new: bool = False, is_public: bool = False) -> Report:
    """The report of a preview with these steps."""
    around = Circumstances(is_new=is_new, is_public=is_public)
    return make_report(PreviewDigest(steps=steps), "dev", around=around)


def only_change(*steps: PreviewStep, is_new: bool = False, is_public: bool = False) -> ResourceChange:
    """What becomes of the only resource."""
    (change,) = report_of(*steps, is_new=is_new, is_public=is_public).changes
    return change


def meanings(*steps: PreviewStep, is_new: bool = False, is_public: bool = False) -> list[str]:
    """What the change of the only resource means, the worst first."""
    found = only_change(*steps, is_new=is_new, is_public=is_public).findings
    return list(dict.fromkeys(_said(each) for each in found))


def _said(finding: Finding) -> str:
    return finding.meaning.value if finding.is_certain else f"perhaps {finding.meaning.value}"
