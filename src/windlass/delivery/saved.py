"""What a preview leaves for those who judge it later: the engine's words, broken rules, and what is deployed. Pure.

A saved preview holds all inputs and outputs of a stack: it is as private as a state file. What may be shared is the
report that `assess` makes of it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from windlass.delivery.digest import PolicyEvent, PreviewDigest
from windlass.errors.delivery import SavedPreviewUnreadableError
from windlass.errors.validation import first_problem

Kind = Literal["preview", "drift"]

FILE: Final = "preview.json"
"""Its name in the folder of its stack."""


class _Saved(BaseModel):
    model_config: ClassVar[ConfigDict] = ConfigDict(frozen=True, extra="ignore", populate_by_name=True)


class DeployedResource(_Saved):
    """A resource in the state of the stack; the engine's preview names none that stays as it is.

    Attributes:
        urn: Pulumi's name of it.
        type: Its type, with the provider: `azure-native:storage:StorageAccount`.
        custom: Whether it exists in Azure; a component only groups others.
        inputs: What the program asked for when it was last applied.
    """

    urn: str
    type: str
    custom: bool = False
    inputs: dict[str, Any] = Field(default_factory=dict)


class SavedPreview(_Saved):
    """The preview of one stack, as `preview.py --save` keeps it.

    Attributes:
        version: Of this format.
        kind: `preview`, or `drift`: what Azure has (new) beside what Pulumi made (old), and what is gone there.
        stack: The stack's name.
        commit: The commit of the files that were previewed; empty when they are of none.
        digest: What the engine said. A failed preview has diagnostics with the severity `error`.
        policies: Rules that are broken; the engine leaves them out of its own JSON.
        deployed: What the state holds. Empty for a stack that nothing was deployed to.
        notes: What the command found out beside the engine, such as names that Azure still holds.
    """

    version: Literal[1] = 1
    kind: Kind = "preview"
    stack: str
    commit: str = ""
    digest: PreviewDigest
    policies: tuple[PolicyEvent, ...] = ()
    deployed: tuple[DeployedResource, ...] = ()
    notes: tuple[str, ...] = ()

    @classmethod
    def of(
        cls,
        digest: PreviewDigest,
        *,
        stack: str,
        commit: str = "",
        state: Mapping[str, Any] | None = None,
        notes: Sequence[str] = (),
    ) -> SavedPreview:
        """Put together what is saved.

        Args:
            digest: What the engine said, with the broken rules (`engine.preview.run_preview`).
            stack: The stack's name.
            commit: The commit of the files.
            state: The stack's state as the engine exports it (the `deployment`); None when there is none.
            notes: What was found out beside the engine.
        """
        return cls(
            stack=stack,
            commit=commit,
            digest=digest.model_copy(update={"policies": ()}),
            policies=digest.policies,
            deployed=tuple(map(DeployedResource.model_validate, (state or {}).get("resources") or ())),
            notes=tuple(notes),
        )

    @property
    def judged(self) -> PreviewDigest:
        """What the engine said, with the rules that are broken."""
        return self.digest.model_copy(update={"policies": self.policies})

    def as_text(self) -> str:
        """Write it as JSON, which `parse_saved` reads. Keep it from other people's eyes."""
        return self.model_dump_json(by_alias=True, exclude_defaults=True, indent=1) + "\n"


def parse_saved(text: str | bytes, source: str) -> SavedPreview:
    """Take a text for a saved preview.

    Args:
        text: What `SavedPreview.as_text` wrote.
        source: Where it comes from, for the message.

    Raises:
        SavedPreviewUnreadableError: It is something else.
    """
    try:
        return SavedPreview.model_validate_json(text)
    except ValidationError as error:
        raise SavedPreviewUnreadableError(source, first_problem(error)) from error
