"""What can be wrong with a record of a release, and with what is asked of it."""

from __future__ import annotations

from collections.abc import Sequence

from windlass.errors import AzureFailedError, NotFoundError, RefusedError, UsageError, WindlassError


class RecordMissingError(NotFoundError):
    """No record of that name is there."""

    def __init__(self, record: str, stack: str, known: Sequence[str]) -> None:
        near = f"The latest: {', '.join(known)}" if known else "It has none yet"
        super().__init__(f"stack {stack} has no record {record}. {near}. See them with: scripts/history.py -s {stack}")


class RecordAmbiguousError(RefusedError):
    """More than one record begins so."""

    def __init__(self, record: str, found: Sequence[str]) -> None:
        super().__init__(f"{record} is the beginning of {len(found)} records: {', '.join(found)}. Give more of it")


class RecordUnreadableError(RefusedError):
    """A record is not what this toolkit writes."""

    def __init__(self, name: str, what: str) -> None:
        super().__init__(
            f"record {name} cannot be read: {what}. Somebody has changed it, or a later version of Windlass wrote it; "
            "nothing was done with it"
        )


class RecordNotBegunError(RefusedError):
    """No record can be written, so nothing was begun."""

    def __init__(self, name: str, stack: str, reason: WindlassError) -> None:
        super().__init__(
            f"nothing was changed at {name} of stack {stack}, because no record of it can be written: {reason}. Set "
            "that right, or go on without a record: --without-record. What is released so cannot be promoted",
            details=reason.details,
        )


class RecordNotFinishedError(AzureFailedError):
    """All is done, and the record could not be written to its end."""

    def __init__(self, record: str, endpoint: str, serving: str, reason: WindlassError) -> None:
        super().__init__(
            f"what was asked of {endpoint} is done (traffic: {serving}), but its record {record} could not be "
            f"finished: {reason}. Run the same command again: it changes nothing more and finishes the record",
            details=reason.details,
        )


class RecordNotGoodError(RefusedError):
    """A record did not succeed, so nothing is built on it."""

    def __init__(self, record: str, verdict: str, reason: str, what: str) -> None:
        why = f" ({reason})" if reason else ""
        super().__init__(
            f"{record} is not {what}: it is {verdict}{why}, and only what has succeeded is. See others with: "
            "scripts/history.py"
        )


class NoRecordInServiceError(RefusedError):
    """What is in service cannot be promoted, because no record tells of it."""

    def __init__(self, name: str, stack: str, why: str) -> None:
        super().__init__(
            f"no version of {name} on stack {stack} can be promoted: {why}. Name a record with --record; see them "
            f"with: scripts/history.py {name} -s {stack}"
        )


class RecordedModelChangedError(RefusedError):
    """The registered model is not the one that the record tells of."""

    def __init__(self, record: str, model: str, stack: str, recorded: str, found: str) -> None:
        super().__init__(
            f"model {model} of stack {stack} is not what {record} says: its SHA-256 is {found or 'not known'}, "
            f"recorded is {recorded or 'none'}. Nothing was loaded or registered"
        )


class PromotionAcrossCloudsError(UsageError):
    """One of the stacks is on the local Azure, the other on Azure."""

    def __init__(self, source: tuple[str, str], target: tuple[str, str]) -> None:
        places = " and ".join(f"stack {stack} has cloud: {cloud}" for stack, cloud in (source, target))
        super().__init__(
            f"nothing is promoted between the local Azure and Azure: {places}. Release the model to {target[0]} with "
            "scripts/deploy.py --model PATH"
        )


class ContentDiffersError(RefusedError):
    """The checkout holds another environment or code than was tried."""

    def __init__(self, record: str, differences: Sequence[str], names: Sequence[str]) -> None:
        flags = " ".join(f"--accept-other {name}" for name in names)
        super().__init__(
            f"the checkout is not what {record} was released with: {'; '.join(differences)}. Check out its commit, or "
            f"say that it may differ: {flags}"
        )


class ModelElsewhereError(RefusedError):
    """The files of a model lie where they cannot be fetched from."""

    def __init__(self, model: str, where: str) -> None:
        super().__init__(
            f"the files of model {model} lie at {where}, and only those in a datastore of the workspace are fetched. "
            "Register the model in the other workspace yourself, then release it with scripts/deploy.py"
        )
