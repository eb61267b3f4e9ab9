"""GitHub, connected by what a job's environment says."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from windlass.github.api import GitHub


@contextmanager
def github(
    environ: Mapping[str, str],
    what: str = "talk to GitHub",
    *,
    sleep: Callable[[float], None] = time.sleep,
    clock: Callable[[], float] = time.time,
) -> Iterator[GitHub]:
    """Lend the repository that the environment names.

    Args:
        environ: GITHUB_REPOSITORY and GITHUB_TOKEN at least.
        what: What shall be done, for messages.
        sleep: Waits, in seconds.
        clock: Seconds since 1970.

    Raises:
        NoRepositoryError: None is named.
        NotSignedInToGitHubError: There is no token.
    """
    from windlass.github.access import read_access
    from windlass.github.api import GitHub
    from windlass.github.client import Client

    client = Client(read_access(environ, what), sleep=sleep, clock=clock)
    try:
        yield GitHub(client)
    finally:
        client.close()
