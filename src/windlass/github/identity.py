"""Who we are on GitHub: the login that our comments carry."""

from __future__ import annotations

from windlass.github.client import Client
from windlass.github.models import Call, Need

_QUESTION = "query { viewer { login } }"


def login(client: Client) -> str:
    """Ask for the login behind the token.

    REST refuses `GET /user` to the token of a job or an app; GraphQL answers for every kind (`github-actions[bot]`),
    with the name that REST gives as the author of a comment.
    """
    call = Call("tell who the token belongs to", Need("contents", "read"))
    return str(client.ask(_QUESTION, call)["viewer"]["login"])
