import pytest
from starlette.requests import Request

from profiles_sandbox.page.guard import Guard

HERE, ELSEWHERE = "127.0.0.1", "192.0.2.7"
OWN = "http://localhost:8099"


def refused(hosts=(), *, client=HERE, method="GET", **headers):
    """Why a request of a browser is refused."""
    scope = {
        "type": "http",
        "scheme": "http",
        "method": method,
        "path": "/",
        "query_string": b"",
        "server": (HERE, 8099),
        "client": (client, 5000) if client else None,
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
    }
    return Guard(hosts).refusal(Request(scope))


NAMES = ["localhost", "LOCALHOST:8099", "127.0.0.1:8099", "[::1]:8099"]
OTHERS = ["evil.example", "localhost.evil.example:8099", "192.0.2.1", "", "[::1", "127.0.0.1@evil"]


@pytest.mark.parametrize("host", NAMES)
@pytest.mark.parametrize("client", [HERE, "127.9.9.9", "::1"])
def test_this_machine_is_answered_under_its_names(host, client):
    assert refused(client=client, host=host) is None


@pytest.mark.parametrize("host", OTHERS)
def test_another_name_is_refused(host):
    assert refused(host=host) == "The page is not shown under this name."


@pytest.mark.parametrize("client", [ELSEWHERE, "2001:db8::1", "no address", None])
def test_another_machine_is_refused(client):
    assert refused(client=client, host="localhost") == "The page is shown on this machine only."


def test_another_machine_is_answered_under_the_name_told():
    assert refused(["Box.example"], client=ELSEWHERE, host="box.example:8099") is None
    assert refused(["Box.example"], client=ELSEWHERE, host="evil.example") is not None


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "https://localhost:8099", ""])
def test_form_of_another_site_is_refused(origin):
    told = refused(method="POST", host="localhost:8099", origin=origin)
    assert told == "The form was not sent by the page itself."


def test_form_without_an_origin_is_refused():
    assert refused(method="POST", host="localhost:8099") is not None


def test_form_of_the_page_is_taken():
    assert refused(method="POST", host="localhost:8099", origin=OWN) is None
