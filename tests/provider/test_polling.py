"""Long-running operations: the order of detection and the words that azcore goes by."""

import pytest
from windlass_provider.arm.answers import Answer
from windlass_provider.arm.polling import Kind, Operation, advance, begin
from windlass_provider.errors import ArmError, PollingError

URL = "https://management.azure.com/r?api-version=2024-01-01"
STATUS = "https://management.azure.com/op?api-version=1"


def answer(status: int, text: str = "", **headers: str) -> Answer:
    return Answer(status=status, text=text, headers={name.replace("_", "-"): value for name, value in headers.items()})


@pytest.mark.specified
def test_the_status_url_is_preferred_to_the_location() -> None:
    operation = begin("PUT", URL, answer(201, azure_asyncoperation=STATUS, location=URL))

    assert operation == Operation(kind=Kind.STATUS, poll_url=STATUS, final_url=URL)


@pytest.mark.specified
def test_a_body_that_says_succeeded_needs_no_poll() -> None:
    body = '{"properties": {"provisioningState": "Succeeded"}}'

    assert begin("PUT", URL, answer(201, body, azure_asyncoperation=STATUS)).done


@pytest.mark.specified
@pytest.mark.parametrize(("status", "done"), [(201, False), (200, True)])
def test_without_headers_the_code_and_the_state_decide(status: int, *, done: bool) -> None:
    assert begin("PUT", URL, answer(status, '{"id": "x"}')).done is done


@pytest.mark.specified
def test_a_body_in_the_making_is_polled_where_it_is() -> None:
    operation = begin("PUT", URL, answer(200, '{"properties": {"provisioningState": "Creating"}}'))

    assert operation == Operation(kind=Kind.BODY, poll_url=URL)


@pytest.mark.specified
def test_a_delete_that_goes_on_must_say_where() -> None:
    with pytest.raises(PollingError, match="missing polling URL"):
        begin("DELETE", URL, answer(202))


@pytest.mark.specified
def test_a_relative_location_is_made_absolute_with_the_api_version() -> None:
    operation = begin("PUT", URL, answer(202, location="/op/1"))

    assert operation.poll_url == "https://management.azure.com/op/1?api-version=2024-01-01"


@pytest.mark.specified
@pytest.mark.parametrize("word", ["InProgress", "Updating", "Creating", "Accepted", "SomethingNew"])
def test_every_word_but_the_last_ones_means_running(word: str) -> None:
    operation = Operation(kind=Kind.STATUS, poll_url=STATUS)

    assert not advance(operation, answer(200, f'{{"status": "{word}"}}')).done


@pytest.mark.recorded
@pytest.mark.parametrize("word", ["Failed", "Canceled"])
def test_a_failure_inside_a_200_is_an_error_with_its_code(word: str) -> None:
    body = f'{{"status": "{word}", "error": {{"code": "C", "message": "M"}}}}'

    with pytest.raises(ArmError) as caught:
        advance(Operation(kind=Kind.STATUS, poll_url=STATUS), answer(200, body))
    assert str(caught.value) == 'Status=200 Code="C" Message="M"'


@pytest.mark.recorded
def test_an_error_without_a_code_leaves_it_out() -> None:
    body = '{"status": "Failed", "error": {"message": "M"}}'

    with pytest.raises(ArmError) as caught:
        advance(Operation(kind=Kind.STATUS, poll_url=STATUS), answer(200, body))
    assert str(caught.value) == 'Status=200 Message="M"'


@pytest.mark.specified
def test_a_status_answer_without_a_status_is_an_error() -> None:
    with pytest.raises(PollingError, match="did not contain a status"):
        advance(Operation(kind=Kind.STATUS, poll_url=STATUS), answer(200, "{}"))


@pytest.mark.specified
def test_a_location_runs_while_it_answers_202_and_may_move() -> None:
    operation = Operation(kind=Kind.LOCATION, poll_url=STATUS)

    moved = advance(operation, answer(202, location="https://management.azure.com/op2?api-version=1"))

    assert not moved.done
    assert moved.poll_url.endswith("/op2?api-version=1")
    assert advance(moved, answer(200)).done


@pytest.mark.specified
def test_a_location_that_shows_a_state_goes_by_it() -> None:
    operation = Operation(kind=Kind.LOCATION, poll_url=STATUS)

    assert not advance(operation, answer(200, '{"properties": {"provisioningState": "Creating"}}')).done


@pytest.mark.specified
def test_a_poll_that_is_refused_ends_the_operation() -> None:
    with pytest.raises(ArmError, match="Status=404"):
        advance(Operation(kind=Kind.LOCATION, poll_url=STATUS), answer(404, '{"error": {"code": "Gone"}}'))


@pytest.mark.specified
@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry_after": "5"}, 5.0),
        ({"retry_after": "5", "retry_after_ms": "20"}, 0.02),
        ({"x_ms_retry_after_ms": "1500"}, 1.5),
        ({}, None),
        ({"retry_after": "soon"}, None),
    ],
)
def test_the_finer_wait_wins(headers: dict[str, str], seconds: float | None) -> None:
    assert answer(200, **headers).retry_after() == seconds
