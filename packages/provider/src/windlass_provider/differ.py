"""Diff: what changes between old and new inputs, and whether the resource must be replaced for it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from enum import Enum

from windlass_provider.schema.model import ResourceType
from windlass_provider.values import API_VERSION, CREATE_BEFORE_DELETE, Value, is_internal


class Change(Enum):
    """What happens to one property."""

    ADD = "add"
    DELETE = "delete"
    UPDATE = "update"


@dataclass(frozen=True, kw_only=True)
class PropertyChange:
    """One line of the diff that the engine shows."""

    path: str
    change: Change
    replaces: bool = False
    counts: bool = True
    """False where the new value only says what holds already."""


@dataclass(frozen=True, kw_only=True)
class Difference:
    """All that differs."""

    changes: tuple[PropertyChange, ...] = ()
    delete_before_replace: bool = False

    @property
    def changed(self) -> tuple[str, ...]:
        """The top-level properties that an update would change."""
        return tuple(dict.fromkeys(_top(change.path) for change in self.changes if change.counts))

    @property
    def replacing(self) -> tuple[str, ...]:
        """The paths that make it a replacement."""
        return tuple(change.path for change in self.changes if change.replaces)


def difference(
    row: ResourceType, olds: Mapping[str, Value], news: Mapping[str, Value], state: Mapping[str, Value]
) -> Difference:
    """Compares inputs with inputs, as the real provider does; the state only settles what was never an input.

    A name that was made up lets the new resource live beside the old one; a given name means: delete first.
    """
    before = dict(olds)
    if API_VERSION not in before and API_VERSION in state:
        before[API_VERSION] = state[API_VERSION]
    changes = tuple(
        _settle(row, change, before, news, state)
        for key in _keys(before, news)
        for change in _changes(key, before.get(key), news.get(key))
        if not _same_in_azure(key, before.get(key), news.get(key))
    )
    found = Difference(changes=changes)
    beside = olds.get(CREATE_BEFORE_DELETE) is True
    return replace(found, delete_before_replace=bool(found.replacing) and not beside)


def _keys(olds: Mapping[str, Value], news: Mapping[str, Value]) -> Iterator[str]:
    return (key for key in dict.fromkeys((*olds, *news)) if not is_internal(key))


def _changes(path: str, old: Value, new: Value) -> Iterator[PropertyChange]:
    match old, new:
        case None, None:
            return
        case None, _:
            yield PropertyChange(path=path, change=Change.ADD)
        case _, None:
            yield PropertyChange(path=path, change=Change.DELETE)
        case dict(), dict():
            for key in _keys(old, new):
                yield from _changes(f"{path}.{key}", old.get(key), new.get(key))
        case list(), list():
            yield from _list_changes(path, old, new)
        case _ if old != new or isinstance(old, bool) != isinstance(new, bool):
            yield PropertyChange(path=path, change=Change.UPDATE)


def _list_changes(path: str, old: list[Value], new: list[Value]) -> Iterator[PropertyChange]:
    for index in range(max(len(old), len(new))):
        where = f"{path}[{index}]"
        if index >= len(old):
            yield PropertyChange(path=where, change=Change.ADD)
        elif index >= len(new):
            yield PropertyChange(path=where, change=Change.DELETE)
        else:
            yield from _changes(where, old[index], new[index])


def _same_in_azure(key: str, old: Value, new: Value) -> bool:
    """Whether two spellings mean one thing to ARM: regions without case and spaces, groups without case."""
    if not (isinstance(old, str) and isinstance(new, str)):
        return False
    match key:
        case "location":
            return normalized_location(old) == normalized_location(new)
        case "resourceGroupName":
            return old.casefold() == new.casefold()
    return False


def normalized_location(location: str) -> str:
    """`West Europe` and `westeurope` are one region."""
    return location.replace(" ", "").casefold()


def _settle(
    row: ResourceType,
    change: PropertyChange,
    olds: Mapping[str, Value],
    news: Mapping[str, Value],
    state: Mapping[str, Value],
) -> PropertyChange:
    """Says of one change whether it replaces the resource and whether it counts at all."""
    key = change.path
    prop = row.inputs.properties.get(_top(key))
    if change.change is Change.ADD and key in news and key not in olds and prop is not None:
        if prop.replaces:
            # A property that was left to Azure and is now given as Azure has it, is no reason to replace.
            return replace(change, replaces=state.get(key) != news[key])
        return replace(change, counts=prop.default is None or news[key] != prop.default)
    nested = key != _top(key)
    # What is added to or taken from the inside of a replacing property changes in place; an update replaces.
    replaces = prop is not None and prop.replaces and (not nested or change.change is Change.UPDATE)
    return replace(change, replaces=replaces)


def _top(path: str) -> str:
    return path.partition(".")[0].partition("[")[0]
