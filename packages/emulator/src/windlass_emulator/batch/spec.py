"""What a batch job is asked to do, as plain frozen facts.

They are read from the deployment and the invocation once, stored as JSON, and never changed while the job runs: later
changes of the deployment do not reach a job under way.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from windlass_emulator.errors import ml_refusal

_ISO = re.compile(
    r"P(?:(?P<days>\d+)D)?(?:T(?:(?P<hours>\d+)H)?(?:(?P<minutes>\d+)M)?(?:(?P<seconds>\d+(?:\.\d+)?)S)?)?\Z"
)


@dataclass(frozen=True, slots=True)
class Location:
    """A place in storage, with how a client may spell it.

    Attributes:
        account: The storage account.
        container: The container.
        path: A folder (without a slash at its end) or a blob.
        uri: The `azureml://` or https address.
    """

    account: str
    container: str
    path: str
    uri: str


@dataclass(frozen=True, slots=True)
class JobSpec:
    """One batch job.

    Attributes:
        name: `batchjob-{guid}`.
        child: The run id of its one step, "batchscoring".
        inputs: Where the input is.
        single_file: Whether the input is one blob.
        output: The folder that takes the results; its address is that of the folder or, where the invocation named a
            file, of the file.
        output_type: What the invocation named.
        output_file: The name of append_row's file.
        timeout: Seconds that one call of `run` may take.
        max_retries: Attempts after the first.
    """

    name: str
    child: str
    display_name: str
    workspace: str
    endpoint: str
    deployment: str
    experiment: str
    compute: str
    model: str
    environment: str
    code: str
    script: str
    input: Location
    single_file: bool
    output: Location
    output_file: str
    output_type: Literal["UriFolder", "UriFile"]
    output_action: Literal["AppendRow", "SummaryOnly"]
    instance_count: int
    concurrency: int
    mini_batch_size: int
    error_threshold: int
    max_retries: int
    timeout: float
    logging_level: str
    created_by: str
    created: float
    input_type: Literal["UriFolder", "UriFile"]
    variables: Mapping[str, str] = field(default_factory=dict)
    extra: Mapping[str, str] = field(default_factory=dict)

    def stored(self) -> dict[str, Any]:
        """Return it as JSON."""
        return asdict(self)

    @classmethod
    def restored(cls, stored: Mapping[str, Any]) -> JobSpec:
        """Read it back from JSON."""
        places = {key: Location(**stored[key]) for key in ("input", "output")}
        return cls(**{**stored, **places})


def seconds(duration: str, where: str) -> float:
    """Read an ISO 8601 duration such as PT30S.

    Raises:
        MlError: 400 naming the property.
    """
    match = _ISO.match(duration)
    if match is None or not any(match.groups()):
        raise ml_refusal(f"The value '{duration}' of {where} is not an ISO 8601 duration such as PT30S.")
    parts = {name: float(value or 0) for name, value in match.groupdict().items()}
    return parts["days"] * 86400 + parts["hours"] * 3600 + parts["minutes"] * 60 + parts["seconds"]
