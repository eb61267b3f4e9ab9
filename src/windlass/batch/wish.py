"""Makes a wish out of the flags of a command, the files of an endpoint folder and what the stack has. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from windlass.batch.candidate import ModelChoice
from windlass.batch.models import RegisteredData
from windlass.batch.run import Wish
from windlass.errors.batch import ClusterMissingError, OutputActionError, TooManyNodesError
from windlass.project.definitions import BatchDefinition, RegisteredModel
from windlass.project.outputs import ClusterOutput, StackOutputs
from windlass.project.results import ResultFormat
from windlass.release.models import Endpoint

_REFERENCE = "azureml:"
_APPEND_ROW = "append_row"


@dataclass(frozen=True, kw_only=True)
class WishOptions:
    """The flags of a batch run.

    Attributes:
        source: A path, or `azureml:<name>:<version>` of data that the workspace has; empty to collect only.
        model: A path or `azureml:<name>:<version>`; empty leaves the choice to us.
        resume: The job to go on with; empty starts or finds one.
        nodes: How many nodes; None leaves it to the deployment.
        folder: Where files go; None for the run's own folder.
        database: The SQLite file that takes the rows as well, if any.
    """

    source: str = ""
    model: str = ""
    resume: str = ""
    nodes: int | None = None
    folder: Path | None = None
    database: Path | None = None


def needs_choice(options: WishOptions) -> bool:
    """Whether nobody has said yet which model shall score."""
    return not options.model and not options.resume


def make_wish(
    options: WishOptions,
    definition: BatchDefinition,
    layout: ResultFormat,
    endpoint: str,
    outputs: StackOutputs,
    *,
    model: ModelChoice | None,
    serving: Endpoint | None,
) -> tuple[Wish, str]:
    """Put a wish together and name the cluster that it takes.

    Raises:
        OutputActionError: The deployment writes no rows.
        ClusterMissingError: The deployment names a cluster that the stack does not have.
        TooManyNodesError: The cluster does not grow that far.
    """
    document = definition.deployment.document
    settings = document.get("settings") or {}
    if settings.get("output_action", _APPEND_ROW) != _APPEND_ROW:
        raise OutputActionError(definition.name, str(settings["output_action"]))
    cluster = find_cluster(document, outputs)
    nodes = options.nodes or int((document.get("resources") or {}).get("instance_count") or 1)
    if nodes > cluster.max_nodes:
        raise TooManyNodesError(nodes, cluster.name, cluster.max_nodes)
    wish = Wish(
        definition=definition,
        layout=layout,
        endpoint=endpoint,
        source=read_source(options.source),
        model=model,
        serving=serving,
        nodes=options.nodes,
        workers=nodes * int(settings.get("max_concurrency_per_instance") or 1),
        folder=options.folder,
        database=options.database,
    )
    return wish, cluster.name


def find_cluster(document: Mapping[str, Any], outputs: StackOutputs) -> ClusterOutput:
    """Find the cluster that a deployment names.

    Raises:
        ClusterMissingError: The stack does not have it.
    """
    name = str(document.get("compute") or "none").removeprefix(_REFERENCE)
    for cluster in outputs.clusters:
        if cluster.name == name:
            return cluster
    raise ClusterMissingError(name, outputs.stack, [cluster.name for cluster in outputs.clusters])


def read_source(text: str) -> Path | RegisteredData | None:
    """Tell data of the workspace from a path.

    Raises:
        ModelReferenceError: It begins like a reference and is none.
    """
    if not text:
        return None
    if not text.startswith(_REFERENCE):
        return Path(text)
    reference = RegisteredModel.parse(text)
    return RegisteredData(name=reference.name, version=reference.version)
