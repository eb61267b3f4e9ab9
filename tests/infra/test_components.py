"""What every component keeps to, whatever it builds."""

from __future__ import annotations

import dataclasses
import importlib
import inspect
import pkgutil

import pytest

import windlass.infra
from windlass.infra.component import Component

TYPES = {
    "Alerts": "windlass:infra:Alerts",
    "AttachedCluster": "windlass:infra:AttachedCluster",
    "Budget": "windlass:infra:Budget",
    "Cluster": "windlass:infra:Cluster",
    "Diagnostics": "windlass:infra:Diagnostics",
    "Endpoint": "windlass:infra:Endpoint",
    "Grants": "windlass:infra:Grants",
    "Group": "windlass:infra:Group",
    "Identity": "windlass:infra:Identity",
    "Kubernetes": "windlass:infra:Kubernetes",
    "Locks": "windlass:infra:Locks",
    "Network": "windlass:infra:Network",
    "Observability": "windlass:infra:Observability",
    "OutboundRules": "windlass:infra:OutboundRules",
    "PrivateAccess": "windlass:infra:PrivateAccess",
    "PrivateZones": "windlass:infra:PrivateZones",
    "Registry": "windlass:infra:Registry",
    "Storage": "windlass:infra:Storage",
    "Vault": "windlass:infra:Vault",
    "Workspace": "windlass:infra:Workspace",
}
"""Types stand in every state file: one that changes here deletes and makes anew what people depend on."""


def components() -> list[type[Component]]:
    modules = [
        importlib.import_module(f"windlass.infra.{each.name}") for each in pkgutil.iter_modules(windlass.infra.__path__)
    ]
    found = {member for module in modules for _, member in inspect.getmembers(module, inspect.isclass)}
    own = [each for each in found if issubclass(each, Component) and each is not Component]
    return sorted(own, key=lambda each: each.__name__)


def partner(component: type[Component], suffix: str) -> type:
    found = getattr(inspect.getmodule(component), component.__name__ + suffix)
    assert isinstance(found, type)
    return found


every_component = pytest.mark.parametrize("component", components(), ids=lambda each: each.__name__)


def test_types_stay_what_they_are() -> None:
    assert {component.__name__: component.TYPE for component in components()} == TYPES


@every_component
def test_a_component_is_final(component: type[Component]) -> None:
    assert getattr(component, "__final__", False)


@every_component
def test_a_component_takes_a_name_and_keyword_only_arguments(component: type[Component]) -> None:
    _, name, *others = inspect.signature(component.__init__).parameters.values()

    assert name.name == "name"
    assert [(each.name, each.kind) for each in others] == [("args", inspect.Parameter.KEYWORD_ONLY)]


@every_component
@pytest.mark.parametrize("suffix", ["Args", "Outputs"])
def test_arguments_and_outputs_are_frozen_and_keyword_only(component: type[Component], suffix: str) -> None:
    model = partner(component, suffix)

    assert dataclasses.is_dataclass(model)
    assert model.__dataclass_params__.frozen  # type: ignore[attr-defined]  # a private name with a public meaning
    assert all(field.kw_only for field in dataclasses.fields(model))


@every_component
def test_a_component_says_what_it_is_for(component: type[Component]) -> None:
    assert component.__doc__
