from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from support.fake_github import FakeGitHub, serving
from support.patience import Patience

from windlass.github.access import read_access
from windlass.github.api import GitHub
from windlass.github.client import Client

Connect = Callable[..., GitHub]


@pytest.fixture
def fake() -> Iterator[FakeGitHub]:
    fake = FakeGitHub()
    fake.add_pull(7, head="c0ffee")
    with serving(fake):
        yield fake


@pytest.fixture
def patience() -> Patience:
    return Patience()


@pytest.fixture
def connect_client(fake: FakeGitHub, patience: Patience) -> Iterator[Callable[[str | None], Client]]:
    made = []

    def connect(token: str | None = None) -> Client:
        client = Client(read_access(fake.environ(token)), sleep=patience.sleep, clock=patience.clock)
        made.append(client)
        return client

    yield connect
    for client in made:
        client.close()


@pytest.fixture
def client(connect_client: Callable[[str | None], Client]) -> Client:
    return connect_client(None)


@pytest.fixture
def connect(connect_client: Callable[[str | None], Client]) -> Connect:
    def connect(token: str | None = None) -> GitHub:
        return GitHub(connect_client(token))

    return connect


@pytest.fixture
def github(connect: Connect) -> GitHub:
    return connect()
