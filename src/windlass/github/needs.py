"""The permission that each request takes, as GitHub's documentation of the request lists it."""

from __future__ import annotations

from typing import Final

from windlass.github.models import Need

READ_COMMENTS: Final = Need("pull-requests", "read")
WRITE_COMMENTS: Final = Need("pull-requests", "write")
READ_PULLS: Final = Need("pull-requests", "read")
READ_ISSUES: Final = Need("issues", "read")
WRITE_ISSUES: Final = Need("issues", "write")
WRITE_DEPLOYMENTS: Final = Need("deployments", "write")
READ_REPOSITORY: Final = Need("contents", "read")
READ_ACTIONS: Final = Need("actions", "read")
WRITE_ENVIRONMENTS: Final = Need("Administration", "write", job=False)
READ_VARIABLES: Final = Need("Environments", "read", job=False)
WRITE_VARIABLES: Final = Need("Environments", "write", job=False)
READ_MEMBERS: Final = Need("Members", "read", job=False)
