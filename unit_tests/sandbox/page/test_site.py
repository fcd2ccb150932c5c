"""The page as a browser without script has it."""

from http.client import HTTPConnection
from urllib.parse import quote, urlencode

import pytest
from lxml import html

from profiles_sandbox.faults.breaks import BREAKS
from profiles_sandbox.page import site, views
from profiles_sandbox.page.guard import HEADERS
from profiles_sandbox.testing import TOKEN, ThreadedSandbox

UPDATE = "profiles/update_batch"
BY = {"matching": "custom", "field_name": "crm_id"}
SCRIPT = "<script>alert(1)</script>"
PAGES = [
    "/",
    "/requests",
    "/requests?only=refused",
    "/requests?only=repeated",
    "/requests?before=2",
    "/requests/2",
    "/profiles",
    "/profiles?db=2",
    "/profiles?q=script",
    "/profiles/65f0c0ffee00000000000001",
    "/subscriptions",
]
MISSING = [
    "/requests/99",
    f"/requests/{10**30}",
    "/requests?only=drop+table",
    "/profiles/x",
    "/profiles/65f0c0ffee00000000000099",
    "/static/site.py",
]


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory):
    """Two profiles, one of them named by a script, that were updated, and one that is not there."""
    folder = tmp_path_factory.mktemp("site")
    with ThreadedSandbox(folder / "data.db", "--keep-bodies", str(folder)) as running:
        profiles = {"crm_id": 1, "_fname": SCRIPT}, {"crm_id": 2, "email": "b@example.org"}
        running.create(*profiles, **BY)
        mail = {"channel": "email", "resource_id": 28, "email": f"{SCRIPT}@example.org"}
        items = [{"crm_id": 1, "source": SCRIPT, "subscriptions": [mail]}, {"crm_id": 9}]
        for _ in range(2):
            running.post(UPDATE, {"Request-ID": SCRIPT}, db_id=1, data=items, **BY)
        running.post(UPDATE, db_id=1, data=[], token="another-token")
        yield running


@pytest.fixture
def broken(tmp_path):
    """A service of the test's own."""
    with ThreadedSandbox(tmp_path / "data.db") as running:
        running.create({"crm_id": 1}, **BY)
        yield running


def ask(sandbox, path, form=None, **headers):
    """The status, the headers and the document of a page, or of the answer to a form."""
    connection: HTTPConnection = sandbox.connect()
    body = None if form is None else urlencode(form)
    own = {} if form is None else {"Origin": sandbox.url}
    connection.request("GET" if form is None else "POST", path, body, own | headers)
    answer = connection.getresponse()
    text = answer.read().decode()
    connection.close()
    return answer.status, answer.headers, html.fromstring(text) if text else None


def shown(sandbox, path):
    """The words of a page."""
    status, _, page = ask(sandbox, path)
    assert status == 200
    return " ".join(" ".join(page.xpath("//main//text()")).split())


@pytest.mark.parametrize("path", [*PAGES, *MISSING])
def test_page_is_guarded_and_whole(sandbox, path):
    status, headers, page = ask(sandbox, path)
    assert status == (404 if path in MISSING else 200)
    assert {name: headers[name] for name in HEADERS} == HEADERS
    assert len(page.xpath("//h1")) == 1
    assert len({*page.xpath("//@id")}) == len(page.xpath("//@id"))
    assert not page.xpath("//*[@style or @onclick] | //style | //script[not(@src)]")


@pytest.mark.parametrize("path", PAGES)
def test_no_page_has_a_token(sandbox, path):
    connection = sandbox.connect()
    connection.request("GET", path)
    body = connection.getresponse().read().decode()
    connection.close()
    assert TOKEN not in body
    assert "another-token" not in body


@pytest.mark.parametrize("path", ["/profiles", "/profiles/65f0c0ffee00000000000001", "/requests/2"])
def test_script_in_a_value_is_text(sandbox, path):
    assert SCRIPT in shown(sandbox, path)
    _, _, page = ask(sandbox, path)
    assert [each.get("src") for each in page.xpath("//script")] == ["/static/page.js"]


@pytest.mark.parametrize("text", [SCRIPT, '" autofocus onfocus="alert(1)', "{{ 7 * 7 }}", "%", "ä"])
def test_what_is_searched_is_text(sandbox, text):
    _, _, page = ask(sandbox, f"/profiles?q={quote(text)}")
    [field] = page.xpath("//input[@type='search']")
    assert field.get("value") == text
    assert {*field.keys()} == {"id", "name", "type", "value"}


@pytest.mark.parametrize("path", PAGES)
def test_another_name_sees_nothing(sandbox, path):
    status, headers, page = ask(sandbox, path, Host="evil.example")
    assert (status, {name: headers[name] for name in HEADERS}) == (403, HEADERS)
    assert "example.org" not in page.text_content()


@pytest.mark.parametrize("path", ["/faults", "/faults/off", "/latency"])
def test_another_site_switches_nothing(sandbox, path):
    form = {"break": "unavailable", "count": "3", "latency_ms": "500"}
    assert ask(sandbox, path, form, Origin="http://evil.example")[0] == 403
    assert "Nothing fails." in shown(sandbox, "/")


def test_overview_tells_figures_and_reasons(sandbox):
    words = shown(sandbox, "/")
    for figure in (
        "Requests 4 0 under way",
        "Profiles updated 1 2 imported",
        "Profiles refused 1 25.0 % of those executed",
        "Retries 1 the same Request-ID again",
        "1 profile 404 crm_id: no profile found by custom 2",
        "1 request 401 token: not a known one 4",
    ):
        assert figure in words


def test_list_of_requests_is_narrowed(sandbox):
    def numbers(path):
        _, _, page = ask(sandbox, path)
        return [row.text_content() for row in page.xpath("//tbody/tr/td[1]")]

    assert numbers("/requests") == ["4", "3", "2", "1"]
    assert numbers("/requests?only=repeated") == ["3", "2"]
    assert numbers("/requests?only=refused") == ["4", "2"]
    assert numbers("/requests?before=3") == ["2", "1"]


def test_pages_lead_on(sandbox, monkeypatch):
    monkeypatch.setattr(views, "PAGE", 1)
    seen, path = [], "/requests"
    while path:
        _, _, page = ask(sandbox, path)
        seen += [row.text_content() for row in page.xpath("//tbody/tr/td[1]")]
        path = next(iter(page.xpath("//nav[@class='pager']/a[text()='Older']/@href")), None)
    assert seen == ["4", "3", "2", "1"]


def test_request_tells_its_reasons_attempts_and_body(sandbox):
    words = shown(sandbox, "/requests/2")
    assert "1 accepted, 1 refused" in words
    assert "1 404 crm_id: no profile found by custom" in words
    assert "Every attempt with this Request-ID" in words
    assert '"token": "•••"' in words
    assert '"crm_id": 9' in words


def test_token_of_a_wrong_kind_is_not_shown(sandbox):
    assert '"token": "•••"' in shown(sandbox, "/requests/4")


def test_profile_tells_its_history(sandbox):
    words = shown(sandbox, "/profiles/65f0c0ffee00000000000001")
    assert "Request 2 profiles/update_batch, item 1," in words
    assert f"source – {SCRIPT}" in words
    assert f"subscriptions – email {SCRIPT}@example.org on resource 28: subscribed" in words
    assert "Request 1 created it, item 1," in words
    assert "Request 3" not in words


def test_history_leads_on(broken, monkeypatch):
    monkeypatch.setattr(views, "PAGE", 2)
    broken.update(*({"crm_id": 1, "points": n} for n in range(5)), **BY)
    seen, path = [], "/profiles/65f0c0ffee00000000000001"
    while path:
        _, _, page = ask(broken, path)
        seen += [row.text_content() for row in page.xpath("//ol//tr/td[2]")]
        path = next(iter(page.xpath("//nav[@class='pager']/a[text()='Older']/@href")), None)
    assert seen == ["4", "3", "2", "1", "0", "1"]


def test_subscriptions_are_counted(sandbox):
    assert "Newsletter resource 28" in shown(sandbox, "/subscriptions")
    assert "email subscribed 1" in shown(sandbox, "/subscriptions")


@pytest.mark.parametrize("name", BREAKS)
def test_break_is_played_and_mended(broken, name):
    status, headers, _ = ask(broken, "/faults", {"break": name, "count": "3"})
    assert (status, headers["Location"]) == (303, "/#switches")
    assert "profiles/update_batch, 3 requests left" in shown(broken, "/")
    ask(broken, "/faults/off", {})
    assert "Nothing fails." in shown(broken, "/")
    assert broken.update({"crm_id": 1}, **BY)[0]["error"] == 0


def test_break_is_counted_down(broken):
    ask(broken, "/faults", {"break": "unavailable", "count": "2"})
    statuses = [broken.post(UPDATE, db_id=1, data=[]).status for _ in range(3)]
    assert statuses == [503, 503, 200]
    assert "Nothing fails." in shown(broken, "/")


def test_one_of_two_breaks_is_switched_off(broken):
    for name in ("unavailable", "throttle"):
        ask(broken, "/faults", {"break": name, "count": ""})
    _, _, page = ask(broken, "/")
    first, _ = page.xpath("//button[@name='rule']/@value")
    ask(broken, "/faults/off", {"rule": first})
    assert broken.post(UPDATE, db_id=1, data=[]).status == 503


def test_latency_is_set_and_told(broken):
    ask(broken, "/latency", {"latency_ms": "150"})
    assert "Every answer comes 150 ms later." in shown(broken, "/requests")
    ask(broken, "/latency", {"latency_ms": "0"})
    assert "later" not in shown(broken, "/requests")


BAD_FORMS = [
    ("/faults", {}),
    ("/faults", {"break": "nothing"}),
    ("/faults", {"break": "lost", "count": "-1"}),
    ("/faults", {"break": "lost", "count": "9" * 30}),
    ("/faults/off", {"rule": "x"}),
    ("/latency", {}),
    ("/latency", {"latency_ms": "1.5"}),
    ("/latency", {"latency_ms": "60001"}),
    ("/latency", {"latency_ms": "0", "more": "x" * site.FORM_BYTES}),
]


@pytest.mark.parametrize(("path", "form"), BAD_FORMS)
def test_form_that_no_button_sends_is_refused(broken, path, form):
    assert ask(broken, path, form)[0] == 400
    assert "Nothing fails." in shown(broken, "/")


def test_page_leaves_no_trace_in_the_journal(broken):
    ask(broken, "/")
    ask(broken, "/latency", {"latency_ms": "0"})
    assert [row["call"] for row in broken.journal()] == ["profiles/import_batch"]


def test_events_come_and_end_with_the_service(tmp_path):
    with ThreadedSandbox(tmp_path / "data.db") as running:
        connection = running.connect()
        connection.request("GET", "/events")
        answer = connection.getresponse()
        assert answer.headers["Content-Type"].startswith("text/event-stream")
        assert answer.readline() == b"data: 0\n"
        running.post("databases/list")
        assert b"data: 2\n" in iter(answer.readline, b"")
    assert answer.read().strip() == b""
    connection.close()


def test_events_have_so_many_listeners(broken, monkeypatch):
    monkeypatch.setattr("profiles_sandbox.page.news.MAX_LISTENERS", 1)
    first = broken.connect()
    first.request("GET", "/events")
    assert first.getresponse().readline() == b"data: 2\n"
    assert ask(broken, "/events")[0] == 503
    first.close()


def test_hosts_that_are_told_see_the_page(tmp_path):
    with ThreadedSandbox(tmp_path / "data.db", "--page-host", "box.example") as running:
        assert ask(running, "/", Host="box.example")[0] == 200
        assert ask(running, "/", Host="evil.example")[0] == 403
