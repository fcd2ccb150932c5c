import pytest

from profiles_sandbox.page.endings import KINDS, ending_of
from unit_tests.sandbox.page.requests import request

NOTHING = {"accepted": None, "failed": None}
MADE_UP = {"error": None, "error_text": None, **NOTHING}


@pytest.mark.parametrize(
    ("row", "kind", "words"),
    [
        ({}, "done", "10 accepted"),
        ({"accepted": 9_975, "failed": 25}, "partly", "9,975 accepted, 25 refused"),
        ({"accepted": 0, "failed": 3}, "partly", "3 refused"),
        (NOTHING, "done", "answered"),
        ({"duplicate": True, **NOTHING}, "repeat", "answered again"),
        ({"http_status": None, "accepted": 10}, "lost", "no answer"),
        ({"http_status": None, "duplicate": True}, "lost", "no answer"),
        ({"http_status": 503, **MADE_UP}, "refused", "HTTP 503"),
        ({"http_status": 200, **MADE_UP}, "refused", "HTTP 200, another answer"),
        ({"error": 401, "error_text": "token: missing"}, "refused", "401 token: missing"),
        ({"error": 402, "error_text": None}, "refused", "402"),
        ({"ended_at": None}, "open", "under way"),
    ],
)
def test_ending_has_kind_and_words(row, kind, words):
    assert ending_of(request(**row), since=0) == (kind, words)
    assert kind in KINDS


def test_request_of_an_earlier_process_is_not_under_way():
    assert ending_of(request(5, ended_at=None), since=5).kind == "cut"
    assert ending_of(request(6, ended_at=None), since=5).kind == "open"
