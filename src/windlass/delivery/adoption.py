"""Taking what exists already into the state of a stack: what to import, and what an import leaves to be settled. Pure.

The engine writes such a file itself (`pulumi preview --import-file`), with the name, the type and the parent of
everything that it would make, but cannot know the ids. They follow from type and inputs; a name that a preview does
not know yet, such as that of a group to be made, is found in the resource that it comes from.

An import writes down as inputs all that Azure shows, as Azure writes it: defaults that the program never gave, and ids
in other letters (a workspace shows its vault as `Microsoft.Keyvault`). To the engine these are differences, and one of
them would replace the workspace. So they are settled in the state: what means the same is written as the program does.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from windlass.delivery.digest import BLINDED, UNKNOWN, PreviewDigest, PreviewStep
from windlass.project.arm_ids import find_id, parameters_of, path_of

_FAILED: Final = "its creation was interrupted, and Azure says that it failed"

Row = Mapping[str, Any]
"""One resource of an import file."""


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """A resource that a preview would make, and where it would be.

    Attributes:
        name: Its logical name.
        type: Its type.
        id: Its ARM id.
        api_version: How to ask for it.
        urn: Pulumi's name of it.
        tags: What the program tags it with.
    """

    name: str
    type: str
    id: str
    api_version: str
    urn: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Adoption:
    """What can be imported, and what that leaves.

    Attributes:
        file: The content for `pulumi import --file`.
        found: What exists already, with the id as Azure writes it.
        missing: Logical names of what does not, and will be made.
        unknown: Logical names of what cannot be told yet: its id needs the import of something else first.
        retry: URNs of what exists and has failed in Azure, so that the next `up` has to send it again.
        begun: What an interrupted run was making, with the inputs that the program gives it, by URN.
    """

    file: Mapping[str, Any]
    found: tuple[Candidate, ...]
    missing: tuple[str, ...]
    unknown: tuple[str, ...]
    retry: frozenset[str] = frozenset()
    begun: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


def find_candidates(digest: PreviewDigest, subscription: str) -> tuple[Candidate, ...]:
    """Tell of everything that a preview would make where it would be, as far as that is known."""
    known: dict[str, Mapping[str, str]] = {}
    found = []
    for step in _creations(digest):
        state = step.new_state
        assert state is not None
        names = _names(step, known)
        arm_id = find_id(step.type, names, subscription)
        if arm_id is not None:
            known[step.urn] = {**names, "": arm_id}
            version = str(state.inputs.get("azureApiVersion", ""))
            tags = {name: str(value) for name, value in (state.inputs.get("tags") or {}).items()}
            about = {"name": step.name, "type": step.type, "urn": step.urn}
            found.append(Candidate(**about, id=arm_id, api_version=version, tags=tags))
    return tuple(found)


def is_ours(candidate: Candidate, tags: Mapping[str, str]) -> bool:
    """Whether what exists carries the tags that the program gives it; one that gets none is ours by its name."""
    return candidate.tags.items() <= tags.items()


def adopt(
    digest: PreviewDigest,
    written: Mapping[str, Any],
    candidates: Sequence[Candidate],
    existing: Mapping[str, str],
) -> Adoption:
    """Make an import file of what exists.

    Args:
        digest: The preview.
        written: The engine's import file, with placeholders for ids.
        candidates: Where everything would be.
        existing: Of what exists, the id as Azure writes it, by the id of the candidate.
    """
    ids = {(each.type, each.name): existing[each.id] for each in candidates if each.id in existing}
    rows = written.get("resources") or ()
    # Where a component is in the state already, the engine names it in a table beside the resources.
    names = {"nameTable": table} if (table := written.get("nameTable")) else {}
    kept = [_with_id(row, ids) for row in rows if row.get("component") or _key(row) in ids]
    told = {each.name for each in candidates}
    return Adoption(
        file={**names, "resources": _with_their_parents(kept)},
        found=tuple(replace(each, id=existing[each.id]) for each in candidates if each.id in existing),
        missing=tuple(each.name for each in candidates if each.id not in existing),
        unknown=tuple(step.name for step in _creations(digest) if step.name not in told),
    )


def _creations(digest: PreviewDigest) -> Iterator[PreviewStep]:
    for step in digest.steps:
        if step.op == "create" and step.new_state is not None and step.new_state.custom and path_of(step.type):
            yield step


def _names(step: PreviewStep, known: Mapping[str, Mapping[str, str]]) -> dict[str, str]:
    """Take the names that an id is made of from the inputs, and what is unknown there from what they come from."""
    state = step.new_state
    assert state is not None
    names: dict[str, str] = {}
    for parameter in parameters_of(step.type):
        value = state.inputs.get(parameter)
        if value == UNKNOWN:
            value = _from_what_it_comes_from(step, parameter, [known[urn] for urn in _sources(state, known)])
        if isinstance(value, str):
            names[parameter] = value
    return names


def _sources(state: Any, known: Mapping[str, Mapping[str, str]]) -> list[str]:
    return [urn for urn in state.dependencies if urn in known]


def _from_what_it_comes_from(step: PreviewStep, parameter: str, sources: Sequence[Mapping[str, str]]) -> str | None:
    """Find a name in the resources that this one depends on; the id of one when the parameter is a whole scope."""
    own = path_of(step.type) or ""
    if own.startswith(f"/{{{parameter}}}"):
        scopes = {source[""] for source in sources if "/userAssignedIdentities/" not in source[""]}
        return scopes.pop() if len(scopes) == 1 else None
    values = {source[parameter] for source in sources if parameter in source}
    return values.pop() if len(values) == 1 else None


def _key(row: Row) -> tuple[str, str]:
    return str(row["type"]), str(row.get("logicalName", row["name"]))


def _with_id(row: Row, ids: Mapping[tuple[str, str], str]) -> Row:
    return row if row.get("component") else {**row, "id": ids[_key(row)]}


def _with_their_parents(rows: Sequence[Row]) -> list[Row]:
    """Leave out components that nothing imported belongs to: `pulumi up` makes them with what they hold."""
    parents = {row["parent"] for row in rows if "parent" in row and not row.get("component")}
    return [row for row in rows if not row.get("component") or row["name"] in parents]


def settle(deployment: Mapping[str, Any], digest: PreviewDigest, retry: frozenset[str] = frozenset()) -> dict[str, Any]:
    """Write the inputs of imported resources as the program does, wherever they mean the same.

    Args:
        deployment: The state, as the engine exports it.
        digest: A preview on that state.
        retry: URNs of what Azure says has failed; with an error of its creation in it the engine sends it again.
    """
    wanted = {
        step.urn: step.new_state.inputs
        for step in digest.steps
        if step.op in {"update", "replace"} and step.new_state is not None
    }
    rows = deployment.get("resources") or ()
    resources = [
        {**row, "inputs": as_written(row.get("inputs") or {}, wanted[row["urn"]])} if row["urn"] in wanted else row
        for row in rows
    ]
    failed = [{**row, "initErrors": [_FAILED]} if row["urn"] in retry else row for row in resources]
    return {**deployment, "resources": failed}


def inputs_of(digest: PreviewDigest, urns: frozenset[str]) -> dict[str, Mapping[str, Any]]:
    """Take from a preview the inputs that the program gives to what it would make, for some resources."""
    return {step.urn: step.new_state.inputs for step in _creations(digest) if step.urn in urns and step.new_state}


def settle_begun(deployment: Mapping[str, Any], begun: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Give what an interrupted run was making the inputs that it was begun with.

    It was the program that made it. Where the program ignores later changes, as of endpoints, the engine would take
    what the import wrote for the program's own, and no plan foresaw that.

    Args:
        deployment: The state, as the engine exports it.
        begun: The inputs by URN.
    """
    rows = deployment.get("resources") or ()
    resources = [
        {**row, "inputs": as_begun(row.get("inputs") or {}, begun[row["urn"]])} if row["urn"] in begun else row
        for row in rows
    ]
    return {**deployment, "resources": resources}


def as_begun(shown: Any, wanted: Any) -> Any:
    """Give an input as the program gives it; as Azure shows it where a preview does not tell."""
    if wanted in (UNKNOWN, BLINDED):
        return shown
    if isinstance(wanted, dict) and isinstance(shown, dict):
        told = {key: as_begun(shown.get(key), value) for key, value in wanted.items()}
        return {key: value for key, value in told.items() if value is not None or wanted[key] is None}
    if isinstance(wanted, list) and isinstance(shown, list) and len(shown) == len(wanted):
        return [as_begun(*pair) for pair in zip(shown, wanted, strict=True)]
    return shown if _is_partly_untold(wanted) else wanted


def _is_partly_untold(value: Any) -> bool:
    match value:
        case dict():
            return any(map(_is_partly_untold, value.values()))
        case list():
            return any(map(_is_partly_untold, value))
        case _:
            return value in (UNKNOWN, BLINDED)


def as_written(shown: Any, wanted: Any) -> Any:
    """Give an input as the program writes it if it means the same, else as it is.

    Args:
        shown: As Azure shows it.
        wanted: As the program writes it.
    """
    match shown, wanted:
        case dict(), dict():
            # What the program does not say is Azure's to decide, and no input.
            return {key: as_written(value, wanted[key]) for key, value in shown.items() if key in wanted}
        case list(), list() if len(shown) == len(wanted):
            return [as_written(*pair) for pair in zip(shown, wanted, strict=True)]
        case str(), str() if wanted not in {UNKNOWN, BLINDED} and shown.casefold() == wanted.casefold():
            return wanted
    return shown
