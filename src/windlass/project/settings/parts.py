"""What the sections of the settings share: the strict base model and the kinds of text that Azure takes."""

from __future__ import annotations

import re
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from windlass.project.names import (
    CLUSTER_LENGTH,
    CONTAINER_LENGTH,
    CONTAINER_PATTERN,
    WORDS_PATTERN,
)

GUID_PATTERN: Final = r"^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$"
_ARM_ID_PATTERN: Final = r"^/subscriptions/[0-9a-fA-F-]{36}/resource[gG]roups/[^/]+/providers/[^/]+(/[^/]+/[^/]+)+$"
_ENDPOINT_PATTERN: Final = WORDS_PATTERN.replace("$", "/(online|batch)$")
_MAIL_PATTERN: Final = r"^[^@\s]+@[^@\s]+\.[^@\s]+$"
_TAG_NAME: Final = r"^[^<>%&\\?/]{1,128}$"

Guid = Annotated[str, StringConstraints(pattern=GUID_PATTERN, to_lower=True)]
ClusterName = Annotated[
    str,
    StringConstraints(pattern=WORDS_PATTERN, min_length=CLUSTER_LENGTH[0], max_length=CLUSTER_LENGTH[1]),
]
ContainerName = Annotated[
    str,
    StringConstraints(pattern=CONTAINER_PATTERN, min_length=CONTAINER_LENGTH[0], max_length=CONTAINER_LENGTH[1]),
]
TagName = Annotated[str, StringConstraints(pattern=_TAG_NAME)]
# A cost centre is a number to YAML and a text to Azure.
TagValue = Annotated[str, Field(coerce_numbers_to_str=True), StringConstraints(max_length=256)]
EndpointPath = Annotated[str, StringConstraints(pattern=_ENDPOINT_PATTERN)]
VmSize = Annotated[str, StringConstraints(pattern=r"^Standard_[A-Za-z0-9_]+$")]
Mail = Annotated[str, StringConstraints(pattern=_MAIL_PATTERN)]
ArmId = Annotated[str, StringConstraints(pattern=_ARM_ID_PATTERN)]
"""The id of an existing resource, as `az resource show --query id` prints it."""

GUID: Final = re.compile(GUID_PATTERN)


class Section(BaseModel):
    """A part of the settings: frozen, and what it does not know is refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")
