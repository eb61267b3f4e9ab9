"""Runs the real program for each stack of the repository, with the settings in its file and no Azure."""

from __future__ import annotations

import importlib
import inspect
import os
import pkgutil
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from ruamel.yaml import YAML
from support.pulumi_program import NAME_INPUTS, Registration, Run, run_program

import windlass.infra
from windlass.infra.component import Component
from windlass.project.settings import LOCAL_TENANT, parse_settings

ROOT: Final = Path(__file__).resolve().parents[2]
STACKS: Final = ("local", "dev", "staging", "prod")
_PLACEHOLDERS: Final = {
    "<subscription>": "11111111-1111-4111-8111-111111111111",
    "<tenant>": "22222222-2222-4222-8222-222222222222",
}
_GUID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_ENDPOINT_TOKEN: Final = re.compile(r"-[a-z2-7]{6}$")


@dataclass(frozen=True, kw_only=True)
class Observed:
    """What a run of the program registered for one stack.

    Attributes:
        stack: The stack.
        token: What all its names end with; another subscription gives another one.
        run: The registrations.
        config: Its configuration.
    """

    stack: str
    token: str
    run: Run
    config: Mapping[str, Any]

    @property
    def resources(self) -> list[Registration]:
        """The resources of Azure, in the order in which the program names them first."""
        return sorted(self.run.resources, key=lambda each: (_place(self.run, each.parent), each.type, each.name))

    def component_of(self, resource: Registration) -> Registration | None:
        """The component that a resource belongs to."""
        return next((each for each in self.run.components if each.urn == resource.parent), None)

    def named(self, urn: str) -> Registration | None:
        """The resource of a URN."""
        return next((each for each in self.run.resources if each.urn == urn), None)

    def by_id(self, id_: str) -> Registration | None:
        """The resource that an id stands for; an id below one (`<id>/blobServices/default`) counts as its own."""
        found = [each for each in self.run.resources if id_ == (own := fake_id(each)) or id_.startswith(f"{own}/")]
        return max(found, key=lambda each: len(fake_id(each)), default=None)

    def pattern(self, name: str) -> str:
        """Write a name so that it says what is the same in every subscription."""
        if not name:
            return ""
        if _GUID.fullmatch(name):
            return "a GUID of scope, principal and role"
        shown = name.replace(self.token, "<token>")
        return _ENDPOINT_TOKEN.sub("-<token>", shown) if shown == name and _is_endpoint(name) else shown


def observe(stack: str) -> Observed:
    """Run the program for a stack as its file is."""
    config = _config(stack)
    settings = parse_settings(stack, config)
    with _shell(settings.windlass.cloud):
        run = run_program(ROOT / "infra" / "__main__.py", stack=stack, config=config, root=ROOT)
    return Observed(stack=stack, token=settings.name_scope.token, run=run, config=config)


def azure_name(resource: Registration) -> str:
    """The name that the program gives a resource in Azure; for a type that is new here, what looks like one."""
    key = NAME_INPUTS.get(resource.type)
    if key is None:
        own = [name for name in resource.inputs if name.endswith("Name") and name != "resourceGroupName"]
        key = own[-1] if own else "name"
    value = resource.inputs.get(key)
    return value if isinstance(value, str) else ""


def fake_id(resource: Registration) -> str:
    """The id that the run without Azure gave a resource."""
    return f"/fake/{resource.type}/{resource.inputs.get(NAME_INPUTS.get(resource.type, ''), resource.name)}"


def purposes() -> dict[str, str]:
    """Type of a component -> what it is for, in the first sentence of its class."""
    modules = [
        importlib.import_module(f"windlass.infra.{each.name}") for each in pkgutil.iter_modules(windlass.infra.__path__)
    ]
    found = {member for module in modules for _, member in inspect.getmembers(module, inspect.isclass)}
    own = [each for each in found if issubclass(each, Component) and each is not Component]
    return {each.TYPE: (inspect.getdoc(each) or "").split("\n\n")[0].replace("\n", " ") for each in own}


def short(type_: str) -> str:
    """A type without its provider."""
    return type_.removeprefix("azure-native:").removeprefix("windlass:infra:")


def _place(run: Run, urn: str) -> int:
    urns = [each.urn for each in run.components]
    return urns.index(urn) if urn in urns else len(urns)


def _is_endpoint(name: str) -> bool:
    return "-online-" in name or "-batch-" in name


def _config(stack: str) -> dict[str, Any]:
    text = (ROOT / f"Pulumi.{stack}.yaml").read_text(encoding="utf-8")
    for placeholder, value in _PLACEHOLDERS.items():
        text = text.replace(placeholder, value)
    config: dict[str, Any] = YAML(typ="safe", pure=True).load(text)["config"]
    return config


@contextmanager
def _shell(cloud: str) -> Iterator[None]:
    """Have the shell that a stack of this cloud needs: the program refuses the other one's."""
    before = os.environ.pop("AZURE_TENANT_ID", None)
    if cloud == "local":
        os.environ["AZURE_TENANT_ID"] = LOCAL_TENANT
    try:
        yield
    finally:
        os.environ.pop("AZURE_TENANT_ID", None)
        if before is not None:
            os.environ["AZURE_TENANT_ID"] = before
