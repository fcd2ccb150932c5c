"""The sandbox's page in a real browser, by real clicks, while the connector runs."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from integration_tests.browser import Driven, barriers, width_beyond
from integration_tests.connector import Connector, record, state, updates
from profiles_sandbox.testing import ServedSandbox, ThreadedSandbox

SCRIPT = "<script>document.title = 'run'</script>"
PROFILE = "/profiles/65f0c0ffee00000000000001"
PAGES = [
    "/",
    "/requests",
    "/requests/2",
    "/profiles",
    "/profiles?q=script",
    PROFILE,
    "/subscriptions",
]


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServedSandbox]:
    """A service with everything that a page shows, a fault switched on included."""
    folder: Path = tmp_path_factory.mktemp("filled")
    plan = folder / "faults.yaml"
    plan.write_text(
        "[{call: profiles/update_batch, requests: [2], status: 503}, {call: profiles/get, drop: after}]"
    )
    options = ["--keep-bodies", str(folder), "--faults", str(plan), "--latency-ms", "1"]
    with ThreadedSandbox(folder / "sandbox.db", *options) as running:
        running.create(
            *({"crm_id": number, "email": f"n{number}@example.org"} for number in range(1, 12)),
            matching="custom",
            field_name="crm_id",
        )
        mail = {"channel": "email", "resource_id": 28, "email": "very.long.address@example.org"}
        data = [{"crm_id": 1, "_fname": SCRIPT, "subscriptions": [mail]}, {"crm_id": 999}]
        by = {"db_id": 1, "matching": "custom", "field_name": "crm_id"}
        for _ in range(3):
            running.post("profiles/update_batch", {"Request-ID": "a" * 32}, data=data, **by)
        yield running


def figure(page: Page, name: str) -> str:
    """The figure of this name."""
    value = page.locator(".figures div", has=page.get_by_text(name, exact=True)).locator("dd")
    return value.evaluate("element => element.firstChild.textContent").strip()


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("phone", [False, True], ids=["desktop", "phone"])
def test_everybody_can_use_each_page(
    browser: Driven, filled: ServedSandbox, dark: bool, phone: bool
) -> None:
    page = browser.open(filled.url, dark=dark, phone=phone)
    for path in PAGES:
        page.goto(filled.url + path)
        expect(page.get_by_role("status")).to_have_text("Live")
        assert (path, barriers(page), width_beyond(page)) == (path, [], 0)


def test_page_that_is_not_there_can_be_used(browser: Driven, filled: ServedSandbox) -> None:
    page = browser.open(filled.url + "/requests/99")
    expect(page.get_by_role("heading", level=1)).to_have_text("There is no request 99.")
    assert barriers(page) == []
    assert all("404" in error for error in browser.errors)
    browser.errors.clear()


def test_page_without_a_request_can_be_used(browser: Driven, tmp_path: Path) -> None:
    with ThreadedSandbox(tmp_path / "empty.db") as empty:
        page = browser.open(empty.url)
        for path in ("/", "/requests", "/profiles", "/subscriptions"):
            page.goto(empty.url + path)
            expect(page.get_by_role("status")).to_have_text("Live")
            assert (path, barriers(page)) == (path, [])


def test_connector_copes_with_what_a_click_breaks(
    connector: Connector, sandbox: ServedSandbox, browser: Driven
) -> None:
    page = browser.open(sandbox.url)
    latest = page.get_by_role("table", name="Latest requests").get_by_role("row")
    connector.config["batching"] = {"max_profiles": 1}
    page.get_by_label("the next request").check()
    page.get_by_role("button", name="Answer lost").click()
    expect(page.get_by_text("1 request left")).to_be_visible()
    expect(page.get_by_text("Broken on purpose.")).to_be_visible()

    running = connector.start()
    running.feed(record({"crm_id": 1, "points": 1}))
    expect(latest.filter(has_text="played: drop after")).to_contain_text("no answer")
    expect(latest.filter(has_text="answered again")).to_contain_text("attempt 2")
    expect(page.get_by_text("Nothing fails.")).to_be_visible()

    page.get_by_role("button", name="Throttled").click()
    expect(page.get_by_text("1 request left")).to_be_visible()
    running.feed(record({"crm_id": 2, "points": 2}), state("end"))
    expect(latest.filter(has_text="played: status 429")).to_contain_text("HTTP 429")
    expect(latest.filter(has_text="1 accepted").filter(has_text="attempt 2")).to_be_visible()
    assert running.end() == 0

    assert [row["http_status"] for row in updates(sandbox)] == [None, 200, 429, 200]
    assert [figure(page, name) for name in ("Profiles updated", "Retries")] == ["2", "2"]
    reasons = page.get_by_role("table", name="Reasons").get_by_role("row")
    expect(reasons.filter(has_text="no answer")).to_contain_text("played: drop after")
    expect(reasons.filter(has_text="HTTP 429")).to_contain_text("played: status 429")


def test_requests_show_while_they_are_under_way(
    connector: Connector, sandbox: ServedSandbox, browser: Driven
) -> None:
    page = browser.open(sandbox.url)
    page.get_by_label("Latency of every answer, ms").fill("6000")
    page.get_by_role("button", name="Set").click()
    expect(page.locator("#broken")).to_contain_text("6,000 ms later")
    connector.config["batching"] = {"max_profiles": 1}
    running = connector.start()
    running.feed(record({"crm_id": 1, "points": 1}), state("end"))
    expect(page.get_by_role("table", name="Latest requests")).to_contain_text("under way")
    page.get_by_role("button", name="Mend everything").click()
    assert running.end() == 0
    expect(page.get_by_role("table", name="Latest requests")).to_contain_text("1 accepted")
    expect(page.get_by_label("Latency of every answer, ms")).to_have_value("0")
    assert page.locator("#timeline rect.done").count() == len(sandbox.journal())


def test_connector_that_cannot_go_on_says_why(
    connector: Connector, sandbox: ServedSandbox, browser: Driven
) -> None:
    page = browser.open(sandbox.url)
    page.get_by_label("all, until off").check()
    page.get_by_role("button", name="Tariff used up").click()
    expect(page.get_by_text("until switched off")).to_be_visible()
    said = connector.write(record({"crm_id": 1, "points": 1}), state("end"))
    assert said.code == 1
    assert "402" in said.error["message"]
    expect(page.get_by_role("table", name="Reasons")).to_contain_text("Tariff limit reached")
    page.get_by_role("button", name="Switch off error 402").click()
    expect(page.get_by_text("Nothing fails.")).to_be_visible()
    assert connector.write(record({"crm_id": 1, "points": 1}), state("end")).code == 0


def test_profile_is_found_and_tells_who_changed_it(
    connector: Connector, sandbox: ServedSandbox, browser: Driven
) -> None:
    connector.write(record({"crm_id": 4, "source": SCRIPT}), state("end"))
    page = browser.open(sandbox.url)
    page.get_by_label("Any value").fill("document.title")
    page.get_by_role("button", name="Search").click()
    page.get_by_role("table", name="Profiles of database 1").get_by_role("link").first.click()
    history = page.get_by_role("table", name=re.compile("Fields that request [2-9]"))
    expect(history.get_by_role("row").nth(1)).to_have_text(
        re.compile("source.*–.*" + re.escape(SCRIPT), re.S)
    )
    assert page.title().startswith("Profile 65f0c0ffee")
    page.get_by_role("link", name=re.compile("Request [2-9]")).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(re.compile("Request [2-9]"))
    expect(page.get_by_text('"token": "•••"')).to_be_visible()


def test_forms_work_without_script(sandbox: ServedSandbox, browser: Driven) -> None:
    page = browser.open(sandbox.url, script=False)
    expect(page.get_by_role("button", name="Pause")).to_be_hidden()
    page.get_by_role("button", name="Unavailable").click()
    expect(page.get_by_text("3 requests left")).to_be_visible()
    page.get_by_role("button", name="Mend everything").click()
    expect(page.get_by_text("Nothing fails.")).to_be_visible()
    page.get_by_label("Any value").fill("7")
    page.get_by_role("button", name="Search").click()
    expect(page.get_by_role("heading", name="With “7”")).to_be_visible()


def test_page_is_used_by_keyboard(sandbox: ServedSandbox, browser: Driven) -> None:
    page = browser.open(sandbox.url)
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()
    button = page.get_by_role("button", name="Answer lost")
    while not button.evaluate("element => element === document.activeElement"):
        page.keyboard.press("Tab")
        outline = page.evaluate("getComputedStyle(document.activeElement).outlineWidth")
        assert outline == "3px"
    page.keyboard.press("Enter")
    off = page.get_by_role("button", name="Switch off drop after")
    expect(off).to_be_visible()
    expect(button).to_be_focused()
    off.press("Enter")
    expect(page.get_by_role("heading", name="Break the service")).to_be_focused()


def test_pause_keeps_the_page_still(sandbox: ServedSandbox, browser: Driven) -> None:
    page = browser.open(sandbox.url)
    expect(page.get_by_role("status")).to_have_text("Live")
    before = len(sandbox.journal())
    page.get_by_role("button", name="Pause").click()
    expect(page.get_by_role("status")).to_have_text("Paused")
    sandbox.post("databases/list")
    assert figure(page, "Requests") == str(before)
    page.get_by_role("button", name="Pause").click()
    expect(page.locator(".figures")).to_contain_text(re.compile(rf"Requests\s*{before + 1}"))


def test_part_that_somebody_is_in_waits(sandbox: ServedSandbox, browser: Driven) -> None:
    page = browser.open(sandbox.url)
    link = page.get_by_role("table", name="Latest requests").get_by_role(
        "link", name="1", exact=True
    )
    link.focus()
    sandbox.post("databases/list")
    expect(page.locator(".figures")).to_contain_text(re.compile(r"Requests\s*2"))
    expect(link).to_be_focused()
    page.locator("h1").click()
    sandbox.post("databases/list")
    expect(page.get_by_role("table", name="Latest requests")).to_contain_text("databases/list")


def test_page_says_that_the_service_is_gone(browser: Driven, tmp_path: Path) -> None:
    with ThreadedSandbox(tmp_path / "gone.db") as running:
        page = browser.open(running.url)
        expect(page.get_by_role("status")).to_have_text("Live")
    expect(page.get_by_role("status")).to_have_text("The service is gone")
    page.close()  # it goes on asking, and each time that is an error
    browser.errors.clear()
