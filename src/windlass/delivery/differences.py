"""Finds what differs in a resource, property by property. Pure.

The provider tells paths, as far as it likes: one of a leaf, one of a whole object that is added, one of the tenth
element of a list where a second one was put in. Here each becomes what a person would call the difference: leaves of
objects, and elements of lists by their names.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from windlass.delivery.digest import UNKNOWN, PreviewStep, ResourceState
from windlass.delivery.models import Difference
from windlass.delivery.values import (
    MISSING,
    Segment,
    find_value,
    holds_secret,
    is_secret,
    parse_path,
    show_text,
    show_value,
    write_path,
)

_NO_STATE: Final = ResourceState()
_LONGEST_PATH: Final = 200
_NAMED_BY: Final = ("name", "id")
_INTERNAL: Final = "__"
# An identity keeps these for life, whatever of it is updated.
_FOR_LIFE: Final = ("name", "principalId", "clientId", "tenantId")


@dataclass(frozen=True, kw_only=True)
class Leaf:
    """One difference with its values as they are: never to be shown.

    Attributes:
        path: Where it is; an element of a list by its name, where it has one.
        before: Its value, or `MISSING`.
        after: Its value afterwards, or `MISSING`, or `UNKNOWN`.
        replaces: Whether this is why the resource is replaced.
        stays: Whether what is unknown is sure to come out as it is.
    """

    path: tuple[Segment, ...]
    before: Any
    after: Any
    replaces: bool = False
    stays: bool = False

    @property
    def is_known(self) -> bool:
        """Whether the value afterwards is known before the change."""
        return bool(self.after != UNKNOWN)

    @property
    def is_secret(self) -> bool:
        """Whether it is about something that nobody may see."""
        return holds_secret(self.before, self.path) or holds_secret(self.after, self.path)

    def shown(self) -> Difference:
        """Say it in words that are fit to be shown."""
        return Difference(
            path=show_text(write_path(self.path), _LONGEST_PATH),
            before=show_value(self.before, self.path),
            after=show_value(self.after, self.path),
            replaces=self.replaces,
            is_known=self.is_known,
            stays=self.stays,
        )


def find_leaves(step: PreviewStep, updated: Mapping[str, ResourceState] | None = None) -> tuple[Leaf, ...]:
    """Find what differs in a resource, the reasons of its replacement first.

    A provider may tell the paths (`detailedDiff`), only the keys on the first level (`diffReasons`,
    `replaceReasons`), or both. A key whose paths are told is not told again.

    Args:
        step: What is planned for it.
        updated: The state before of all resources that are only updated, by URN.
    """
    leaves = (
        _settled(leaf, step, updated or {})
        for path, replaces in _told(step).items()
        for leaf in _leaves_at(step, path, replaces=replaces)
    )
    return tuple(sorted(leaves, key=lambda leaf: (not leaf.replaces, write_path(leaf.path))))


def find_made(state: ResourceState) -> tuple[Leaf, ...]:
    """List all that a new resource is asked to be."""
    return tuple(
        Leaf(path=path, before=MISSING, after=after)
        for key, value in sorted(state.inputs.items())
        if not key.startswith(_INTERNAL)
        for path, _, after in _walk((key,), MISSING, value)
    )


def _told(step: PreviewStep) -> dict[tuple[Segment, ...], bool]:
    """Take what the provider told: each place once, and whether it is why the resource is replaced."""
    reasons = {parse_path(key) for key in step.replace_reasons}
    exact = any(each.replaces for each in step.detailed_diff.values())
    found: dict[tuple[Segment, ...], bool] = {}
    for written, each in step.detailed_diff.items():
        path = parse_path(written)
        place = _where_it_is(step, path)
        found[place] = found.get(place, False) or each.replaces or (not exact and path[:1] in reasons)
    told = {path[0] for path in found}
    for key in map(parse_path, (*step.replace_reasons, *step.diff_reasons)):
        if key[0] not in told:
            found[key] = found.get(key, False) or key in reasons
    return found


def _where_it_is(step: PreviewStep, path: tuple[Segment, ...]) -> tuple[Segment, ...]:
    """Go up to the list that an element is of, and to what is there at all: some providers do not quote keys."""
    index = next((place for place, segment in enumerate(path) if isinstance(segment, int)), len(path))
    place = path[:index] or path
    while len(place) > 1 and all(each is MISSING for each in _values_at(step, place)):
        if all(each is MISSING for each in _values_at(step, place[:1])):
            break
        place = place[:-1]
    return place


def _values_at(step: PreviewStep, path: Sequence[Segment]) -> tuple[Any, Any]:
    old, new = step.old_state or _NO_STATE, step.new_state or _NO_STATE
    after = find_value(new.inputs, path)
    asked = find_value(old.inputs, path)
    if asked is not MISSING and asked != after:
        return asked, after
    # What was asked for is no difference: what Azure had made of it is.
    made = find_value(old.outputs, path)
    return asked if made is MISSING else made, after


def _leaves_at(step: PreviewStep, path: tuple[Segment, ...], *, replaces: bool) -> Iterator[Leaf]:
    before, after = _values_at(step, path)
    found = [pair for pair in _walk(path, before, after) if pair[1] is not pair[2] and pair[1] != pair[2]]
    for where, old, new in found or [(path, before, after)]:
        yield Leaf(path=where, before=old, after=new, replaces=replaces)


def _walk(path: tuple[Segment, ...], before: Any, after: Any) -> Iterator[tuple[tuple[Segment, ...], Any, Any]]:
    """Take two values apart as far as both are objects, or one is and the other is not there."""
    if _is_object(before, after):
        for key in dict.fromkeys((*_keys(before), *_keys(after))):
            yield from _walk((*path, key), _get(before, key), _get(after, key))
    elif _is_list_of_objects(before, after):
        olds, news = _by_name(before), _by_name(after)
        for name in dict.fromkeys((*olds, *news)):
            old, new = olds.get(name, MISSING), news.get(name, MISSING)
            whole = old is MISSING or new is MISSING
            yield from [((*path, name), old, new)] if whole else _walk((*path, name), old, new)
    else:
        yield path, before, after


def _is_object(before: Any, after: Any) -> bool:
    values = [each for each in (before, after) if each is not MISSING]
    return any(values) and all(isinstance(each, dict) and not is_secret(each) for each in values)


def _is_list_of_objects(before: Any, after: Any) -> bool:
    values = [each for each in (before, after) if each is not MISSING]
    return any(values) and all(
        isinstance(each, list) and all(isinstance(element, dict) for element in each) for each in values
    )


def _keys(value: Any) -> list[str]:
    return [] if value is MISSING else sorted(key for key in value if not key.startswith(_INTERNAL))


def _get(value: Any, key: str) -> Any:
    return MISSING if value is MISSING else value.get(key, MISSING)


def _by_name(values: Any) -> dict[Segment, Any]:
    """Elements by what names them; by their places where one has no name, or two have the same."""
    elements = [] if values is MISSING else values
    for key in _NAMED_BY:
        names = [element.get(key) for element in elements]
        if all(isinstance(name, str) and name != UNKNOWN for name in names) and len(set(names)) == len(names):
            return dict(zip(names, elements, strict=True))
    return dict(enumerate(elements))


def _settled(leaf: Leaf, step: PreviewStep, updated: Mapping[str, ResourceState]) -> Leaf:
    """See whether an unknown value is one that what it comes from keeps for life."""
    if leaf.is_known or not isinstance(leaf.before, str) or not isinstance(leaf.path[0], str):
        return leaf
    state = step.new_state or _NO_STATE
    sources = state.property_dependencies.get(leaf.path[0]) or state.dependencies
    return replace(leaf, stays=any(_keeps(updated[urn], leaf.before) for urn in sources if urn in updated))


def _keeps(source: ResourceState, value: str) -> bool:
    if not source.id or not value:
        return False
    kept = {source.id, *(source.outputs.get(key) for key in _FOR_LIFE)}
    return value in kept or value.startswith(f"{source.id}/")
