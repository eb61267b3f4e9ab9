"""What a teardown needs from outside."""

from __future__ import annotations

from typing import Protocol

from windlass.teardown.models import Standing


class Engine(Protocol):
    """The Pulumi engine."""

    def destroy(self, stack: str, *, spare: tuple[str, ...] = (), only: tuple[str, ...] = ()) -> None:
        """Destroy the resources of a stack.

        Args:
            stack: The stack's name.
            spare: Resources of these types, and what they stand on, stay.
            only: When given, only resources of these types go.
        """
        ...


class Azure(Protocol):
    """Azure, as deleting goes."""

    def delete(self, resource_id: str, what: str) -> None:
        """Delete one resource; that it is gone already is no error."""
        ...

    def purge_workspace(self) -> None:
        """Delete the workspace for good; that it is gone already is no error."""
        ...

    def purge_vault(self) -> None:
        """Purge the softly deleted vault; that it is gone already is no error."""
        ...


class Look(Protocol):
    """Whoever looks at everything that stands of a stack."""

    def __call__(self) -> Standing:
        """Look; nothing is changed."""
        ...
