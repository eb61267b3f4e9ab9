"""What can stop a batch job, and what it left behind."""

from __future__ import annotations

from collections.abc import Sequence

from windlass.errors import AzureFailedError, NotFoundError, RefusedError, UsageError

_SHOWN = 5
Details = tuple[str, ...]


def show_some(names: Sequence[str], count: int | None = None) -> str:
    """Name a few of many: `a, b and 97 more`."""
    total = len(names) if count is None else count
    shown = ", ".join(names[:_SHOWN])
    return shown if total <= _SHOWN else f"{shown} and {total - _SHOWN} more"


class InputMissingError(UsageError):
    """The path given as input does not exist or holds nothing to score."""

    def __init__(self, source: str, what: str) -> None:
        super().__init__(
            f"the input {source} {what}. Give --input a .csv or .parquet file, a folder with such files, "
            "or azureml:<name>:<version>"
        )


class InputColumnsError(UsageError):
    """A file of the input lacks the columns that name a row, or is not a table."""

    def __init__(self, file: str, what: str) -> None:
        super().__init__(f"the input {file} {what}")


class InputKeysRepeatError(RefusedError):
    """Rows of the input have the same name, so that nobody could tell whether each was scored once."""

    def __init__(self, key: Sequence[str], repeated: Sequence[str]) -> None:
        columns = " and ".join(key)
        super().__init__(
            f"{len(repeated)} values of {columns} name more than one row of the input: {show_some(repeated)}. "
            "Remove the doubles, or choose another key in batch/results.yml"
        )


class DataKindError(UsageError):
    """A data asset is of a kind that a model deployment does not read."""

    def __init__(self, data: str, kind: str) -> None:
        super().__init__(f"data {data} is of type {kind}; a batch deployment of a model reads uri_folder and uri_file")


class ClusterMissingError(NotFoundError):
    """The deployment names a cluster that the stack does not have."""

    def __init__(self, cluster: str, stack: str, known: Sequence[str]) -> None:
        names = ", ".join(known) or "none"
        super().__init__(
            f"stack {stack} has no cluster {cluster}. Clusters there: {names}. "
            "Name one in batch/deployment.yml (compute: azureml:<name>) or add it to the settings of the stack"
        )


class TooManyNodesError(RefusedError):
    """More nodes are wanted than the cluster may have."""

    def __init__(self, wanted: int, cluster: str, most: int) -> None:
        super().__init__(
            f"{wanted} nodes are wanted, cluster {cluster} grows to {most}. "
            "Ask for fewer with --nodes, or raise max_nodes in the settings of the stack"
        )


class OutputActionError(UsageError):
    """The deployment does not write the rows that would be collected."""

    def __init__(self, name: str, action: str) -> None:
        super().__init__(
            f"endpoints/{name}/batch/deployment.yml has output_action {action}; "
            "only append_row gives rows to collect. Set settings.output_action to append_row"
        )


class NoBatchModelError(UsageError):
    """Nobody said which model shall score, and none is registered."""

    def __init__(self, name: str) -> None:
        super().__init__(f"no model {name} is registered yet. Give one with --model PATH or azureml:{name}:<version>")


class BatchDeploymentFailedError(AzureFailedError):
    """Azure could not make the batch deployment."""

    def __init__(self, deployment: str, cause: str, *, details: Details = ()) -> None:
        super().__init__(f"Azure could not make batch deployment {deployment}: {cause}", details=details)


class JobNotFoundError(NotFoundError):
    """There is no such job, neither in the workspace nor in this folder's records."""

    def __init__(self, job: str) -> None:
        super().__init__(f"there is no batch job {job} in the workspace")


class JobFailedError(AzureFailedError):
    """The job ended otherwise than completed."""

    def __init__(self, job: str, status: str, cause: str, *, details: Details = ()) -> None:
        because = f": {cause}" if cause else ""
        super().__init__(
            f"batch job {job} ended {status}{because}. Nothing was collected; the same command starts a new job",
            details=details,
        )
        self.job = job
        self.status = status


class ResultsUnreadableError(AzureFailedError):
    """The results of a job are not what `results.yml` says."""

    def __init__(self, job: str, what: str) -> None:
        super().__init__(f"the results of batch job {job} cannot be read: {what}")


class RowsMissingError(AzureFailedError):
    """Rows of the input have no result. What there is was collected."""

    def __init__(self, job: str, missing: Sequence[str], expected: int, where: str) -> None:
        super().__init__(
            f"batch job {job} scored {expected - len(missing)} of {expected} rows; without result: "
            f"{show_some(missing)}. What there is stands in {where}",
            details=tuple(missing),
        )


class RowsUnexpectedError(AzureFailedError):
    """The results name rows that the input does not have."""

    def __init__(self, job: str, unexpected: Sequence[str], where: str) -> None:
        super().__init__(
            f"the results of batch job {job} name {len(unexpected)} rows that are not in the input: "
            f"{show_some(unexpected)}. The rows of the input stand in {where}",
            details=tuple(unexpected),
        )


class TableShapeError(RefusedError):
    """The table in the database has other columns than the results."""

    def __init__(self, table: str, database: str, found: Sequence[str], wanted: Sequence[str]) -> None:
        super().__init__(
            f"table {table} of {database} has the columns {', '.join(found)}, the results have "
            f"{', '.join(wanted)}. Rename the table, or give another file with --sqlite"
        )


class DatabaseFailedError(AzureFailedError):
    """The database did not take the rows; none of them is in it."""

    def __init__(self, database: str, cause: str) -> None:
        super().__init__(
            f"{database} did not take the rows: {cause}. None was written; run the same command again to go on"
        )


class RunBusyError(RefusedError):
    """Another process works on the same run."""

    def __init__(self, name: str, stack: str) -> None:
        super().__init__(
            f"another process runs a batch job of endpoints/{name} on stack {stack} here. Wait for it to end"
        )


class RunUnreadableError(UsageError):
    """The record of a run cannot be read."""

    def __init__(self, file: str, what: str) -> None:
        super().__init__(f"the record {file} cannot be read ({what}). Move its folder away to start afresh")
