"""A row of the table of request bodies."""

from __future__ import annotations

from dataclasses import dataclass

from windlass_emulator.shapes import Shape


@dataclass(frozen=True, slots=True)
class Body:
    """One row.

    Attributes:
        shape: The properties.
        model: The official SDK's class, `module:name`.
        beyond: Properties that Azure takes and the model does not have, with the reason in the table.
        references: Where the model holds a whole resource of which only the id is taken here.
        left_out: Where the model has what the local Azure does not emulate and so refuses, each with all below it.
    """

    shape: Shape
    model: str
    beyond: tuple[str, ...] = ()
    references: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()
