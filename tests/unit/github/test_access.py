from __future__ import annotations

import pytest

from windlass.errors import ExitCode, WindlassError
from windlass.errors.github import InsecureGitHubError, NoRepositoryError, NotSignedInToGitHubError
from windlass.github.access import read_access

JOB = {"GITHUB_REPOSITORY": "octo-org/models", "GITHUB_TOKEN": "ghs_secret"}


def test_a_job_on_github_needs_nothing_but_its_token() -> None:
    access = read_access(JOB)

    assert (access.repository, access.token) == ("octo-org/models", "ghs_secret")
    assert (access.api_url, access.graphql_url) == ("https://api.github.com", "https://api.github.com/graphql")
    assert access.host == "api.github.com"


def test_a_server_of_ones_own_has_graphql_beside_its_rest_api() -> None:
    access = read_access({**JOB, "GITHUB_API_URL": "https://git.example.com/api/v3/"})

    assert (access.api_url, access.graphql_url) == (
        "https://git.example.com/api/v3",
        "https://git.example.com/api/graphql",
    )


def test_the_token_of_the_command_line_tool_is_taken_too() -> None:
    assert read_access({"GITHUB_REPOSITORY": "a/b", "GH_TOKEN": " gho_secret\n"}).token == "gho_secret"


def test_the_token_is_in_no_representation() -> None:
    assert "secret" not in repr(read_access(JOB))


@pytest.mark.parametrize(
    ("variables", "error", "code"),
    [
        ({"GITHUB_REPOSITORY": ""}, NoRepositoryError, ExitCode.USAGE),
        ({"GITHUB_REPOSITORY": "models"}, NoRepositoryError, ExitCode.USAGE),
        ({"GITHUB_REPOSITORY": "a/b/../c"}, NoRepositoryError, ExitCode.USAGE),
        ({"GITHUB_TOKEN": ""}, NotSignedInToGitHubError, ExitCode.PERMISSION),
        ({"GITHUB_TOKEN": "ghs_se\ncret"}, NotSignedInToGitHubError, ExitCode.PERMISSION),
        ({"GITHUB_TOKEN": "ghs_sécret"}, NotSignedInToGitHubError, ExitCode.PERMISSION),
        ({"GITHUB_API_URL": "http://git.example.com"}, InsecureGitHubError, ExitCode.USAGE),
        ({"GITHUB_GRAPHQL_URL": "ftp://git.example.com"}, InsecureGitHubError, ExitCode.USAGE),
    ],
)
def test_what_cannot_work_is_said_before_anything_is_sent(
    variables: dict[str, str], error: type[WindlassError], code: ExitCode
) -> None:
    with pytest.raises(error) as raised:
        read_access({**JOB, **variables})

    assert raised.value.exit_code is code
    assert "cret" not in str(raised.value).replace("secrets", "")


def test_a_fake_on_this_machine_may_be_reached_in_the_clear() -> None:
    assert read_access({**JOB, "GITHUB_API_URL": "http://127.0.0.1:8080"}).host == "127.0.0.1:8080"
