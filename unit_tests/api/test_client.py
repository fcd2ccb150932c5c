"""What the client asks the service, and what it makes of each end of a call."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from destination_profiles.api.body import Blocks
from destination_profiles.api.client import ProfilesClient, ServiceField, retry_after
from destination_profiles.api.transport import HttpRequest, HttpResponse, NoAnswer, Transport
from destination_profiles.errors import BadAnswer, ConfigError, ProfilesError, Refused, Unavailable
from destination_profiles.service.answers import Answers
from destination_profiles.service.manifest import service
from destination_profiles.service.outcome import Accepted, Retry, Stop
from destination_profiles.service.request import Request
from unit_tests.settings import config

ACCEPTED = b'{"error":0,"result":[{"error":0}]}'
SMALL = Request([b"{", memoryview(b"}")], 2, 1, "id-1")


def client(transport: Transport, clock: Callable[[], float] | None = None) -> ProfilesClient:
    more = {"clock": clock} if clock else {}
    return ProfilesClient(config(), service(), Answers(service()), transport, **more)


def answering(
    body: bytes = ACCEPTED, status: int = 200, headers: dict[str, str] | None = None
) -> Transport:
    return lambda _: HttpResponse(status, body, headers or {})


def failing(error: NoAnswer) -> Transport:
    def transport(_: HttpRequest) -> HttpResponse:
        raise error

    return transport


def test_request_is_sent_as_it_is() -> None:
    seen: list[tuple[HttpRequest, bytes]] = []

    def transport(request: HttpRequest) -> HttpResponse:
        seen.append((request, b"".join(request.body)))
        return HttpResponse(200, ACCEPTED, {})

    assert client(transport).send(SMALL) == Accepted()
    ((request, body),) = seen
    assert (request.url, body, len(request.body)) == (
        "https://example.com/api/v1.1/profiles/update_batch",
        b"{}",
        2,
    )
    assert dict(request.headers) == {
        "Content-Type": "application/json",
        "Accept": "application/json",
        "Request-ID": "id-1",
    }
    assert request.timeout == (10, 300)


def test_wait_that_the_service_names_is_kept() -> None:
    outcome = client(answering(b"", 429, {"Retry-After": "7"})).send(SMALL)
    assert isinstance(outcome, Retry) and (outcome.retry_after, outcome.throttled) == (7.0, True)


@pytest.mark.parametrize("left", [True, False])
def test_request_without_an_answer_is_sent_again(left: bool) -> None:
    outcome = client(failing(NoAnswer("the connection was cut", left=left))).send(SMALL)
    assert isinstance(outcome, Retry) and outcome.unknown is left
    assert "the connection was cut" in outcome.error.message


def test_failure_that_the_user_cures_stops() -> None:
    cure = ConfigError("Check the API URL.")
    assert client(failing(NoAnswer("", cure=cure))).send(SMALL) == Stop(cure)
    with pytest.raises(ConfigError, match="Check the API URL"):
        client(failing(NoAnswer("", cure=cure))).read("databases_get", id=1)


@pytest.mark.parametrize(
    ("transport", "error"),
    [
        (failing(NoAnswer("the connection was cut")), Unavailable),
        (answering(b'{"error":401}'), Refused),
        (answering(b"", 503), Unavailable),
        (answering(b"<html>"), BadAnswer),
        (answering(b'{"error":0,"data":[{"name":5}]}'), BadAnswer),
    ],
)
def test_read_without_data_says_why(transport: Transport, error: type[ProfilesError]) -> None:
    with pytest.raises(error):
        client(transport).fields(1)


@pytest.mark.parametrize(
    ("transport", "reason", "wait"),
    [
        (failing(NoAnswer("the connection was cut")), "the connection was cut", None),
        (answering(b"", 503, {"Retry-After": "7"}), "code 503", 7.0),
        (answering(b'{"error":429}'), "code 429", None),
        (answering(b"", 503, {"Retry-After": "99999999"}), "code 503", None),
    ],
)
def test_read_that_may_pass_later_says_when(
    transport: Transport, reason: str, wait: float | None
) -> None:
    with pytest.raises(Unavailable) as raised:
        client(transport).fields(1)
    assert (raised.value.reason, raised.value.retry_after) == (reason, wait)


def test_read_names_what_it_asks_for() -> None:
    bodies: list[bytes] = []

    def transport(request: HttpRequest) -> HttpResponse:
        bodies.append(b"".join(request.body))
        return HttpResponse(200, b'{"error":0,"data":{"channels":["email"]}}', {})

    assert client(transport).channels(28) == {"email"}
    assert bodies == [b'{"token":"token","id":28}']


def test_other_name_of_the_parameter_is_tried() -> None:
    bodies: list[bytes] = []

    def transport(request: HttpRequest) -> HttpResponse:
        bodies.append(b"".join(request.body))
        if b'"db_id"' in bodies[-1]:
            return HttpResponse(200, b'{"error":0,"data":[{"name":"plan"}]}', {})
        return HttpResponse(200, b'{"error":400}', {})

    assert client(transport).fields(1) == [ServiceField("plan")]
    assert len(bodies) == 2


@pytest.mark.parametrize(
    ("seconds", "status", "largest"),
    [
        (1e-6, 200, Blocks.LARGEST),
        (4.0, 200, 1_000_000),
        (100.0, 200, Blocks.SMALLEST),
        (1e-6, 429, Blocks.SMALLEST),
    ],
)
def test_blocks_are_as_large_as_the_link_is_quick(
    seconds: float, status: int, largest: int
) -> None:
    now, sizes, statuses = [0.0], [], [status, 200, 0, 200]

    def transport(request: HttpRequest) -> HttpResponse:
        sizes.append(max(map(len, request.body)))
        now[0] += seconds
        if not (code := statuses.pop(0)):
            raise NoAnswer("the connection was cut")
        return HttpResponse(code, ACCEPTED, {})

    sending = client(transport, lambda: now[0])
    for _ in range(4):
        sending.send(Request([b"x" * 4_000_000], 4_000_000, 1, "id"))
    again = Blocks.fit(4_000_000 / seconds)
    assert sizes == [Blocks.SMALLEST, largest, again, Blocks.SMALLEST]


@pytest.mark.parametrize(
    ("value", "seconds"),
    [("7", 7.0), (" 7 ", 7.0), ("0", 0.0), ("soon", None), ("-1", None), ("", None), ("1.5", None)],
)
def test_retry_after_in_seconds(value: str, seconds: float | None) -> None:
    assert retry_after(value) == seconds


def test_retry_after_as_a_date() -> None:
    at = format_datetime(datetime.now(UTC) + timedelta(seconds=90), usegmt=True)
    assert 85 < (retry_after(at) or 0) <= 90
    assert retry_after("Wed, 21 Oct 2015 07:28:00 GMT") == 0.0


def test_retry_after_may_be_absent() -> None:
    assert retry_after(None) is None
