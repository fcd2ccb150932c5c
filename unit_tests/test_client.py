from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
import requests

from destination_profiles.client import reason, retry_after


@pytest.mark.parametrize(
    ("value", "seconds"), [("7", 7.0), (" 7 ", 7.0), ("0", 0.0), ("soon", None), ("-1", None), ("", None), ("1.5", None)]
)
def test_retry_after_in_seconds(value: str, seconds: float | None) -> None:
    assert retry_after(value) == seconds


def test_retry_after_as_a_date() -> None:
    at = format_datetime(datetime.now(UTC) + timedelta(seconds=90), usegmt=True)
    assert 85 < (retry_after(at) or 0) <= 90
    assert retry_after("Wed, 21 Oct 2015 07:28:00 GMT") == 0.0


def test_retry_after_may_be_absent() -> None:
    assert retry_after(None) is None


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (requests.exceptions.ConnectTimeout("canary"), "the host did not accept a connection in time"),
        (requests.exceptions.ReadTimeout("canary"), "the answer did not come in time"),
        (requests.exceptions.ProxyError("canary"), "the proxy that the environment names refuses the connection"),
        (requests.exceptions.ConnectionError(ConnectionResetError("canary")), "the connection was cut"),
        (requests.exceptions.ChunkedEncodingError("canary"), "the connection failed (ChunkedEncodingError)"),
    ],
)
def test_no_answer_has_its_reason(error: requests.RequestException, sentence: str) -> None:
    assert reason(error) == sentence
