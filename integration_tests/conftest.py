from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from integration_tests.browser import CHROMIUM, NO_CHROMIUM, Driven, chromium
from integration_tests.connector import Connector
from integration_tests.s3 import BUCKET, MotoServer
from profiles_sandbox.testing import TOKEN, ServedSandbox, ThreadedSandbox


@pytest.fixture
def bodies(tmp_path: Path) -> Path:
    """Where the sandbox keeps each request body, byte for byte."""
    folder = tmp_path / "bodies"
    folder.mkdir()
    return folder


@pytest.fixture
def options() -> list[str]:
    """The sandbox's options; a test overrides it by parametrising."""
    return []


@pytest.fixture
def faults() -> str:
    """The sandbox's fault plan as YAML; a test overrides it by parametrising."""
    return "[]"


@pytest.fixture
def sandbox(
    tmp_path: Path, bodies: Path, options: list[str], faults: str
) -> Iterator[ServedSandbox]:
    """A running service with the profiles crm_id 1 to 9."""
    plan = tmp_path / "faults.yaml"
    plan.write_text(faults)
    with ThreadedSandbox(
        tmp_path / "sandbox.db", "--keep-bodies", str(bodies), "--faults", str(plan), *options
    ) as running:
        profiles = ({"crm_id": number} for number in range(1, 10))
        token = options[options.index("--token") + 1] if "--token" in options else TOKEN
        running.create(*profiles, matching="custom", field_name="crm_id", token=token)
        yield running


@pytest.fixture
def connector(tmp_path: Path, sandbox: ServedSandbox) -> Connector:
    """The connector, configured for the sandbox, matching by crm_id, one stream `users` in mode
    append.
    """
    return Connector(tmp_path, sandbox.url)


@pytest.fixture
def storing(connector: Connector) -> Connector:
    """The connector with a local store of rejected records."""
    connector.config["object_storage_config"] = {
        "storage_type": "Local",
        "path": str(connector.folder / "rejected"),
    }
    return connector


@pytest.fixture(scope="module")
def server() -> Iterator[MotoServer]:
    """An S3 API."""
    with MotoServer() as running:
        yield running


@pytest.fixture
def s3(server: MotoServer) -> MotoServer:
    """The server with an empty bucket."""
    for key in server.objects():
        server.client.delete_object(Bucket=BUCKET, Key=key)
    return server


@pytest.fixture(scope="module")
def system_browser() -> Iterator[Browser]:
    """The system's Chromium, one process a module. The tests are left out where there is none, and
    the summary says so.
    """
    if CHROMIUM is None:
        pytest.skip(NO_CHROMIUM)
    with chromium() as running:
        yield running


@pytest.fixture
def browser(system_browser: Browser) -> Iterator[Driven]:
    """A real browser: `browser.open(url, dark=True, phone=True)` gives Playwright's page, by which
    a test clicks and types (`page.get_by_role("button", name="Search").click()`) and waits for
    what it expects (`expect(page.get_by_text("done")).to_be_visible()`); `barriers(page)` of
    browser.py has what axe-core finds wrong. The test fails where a page's script fails, or where
    its Content-Security-Policy kept something from loading. A test takes it behind `sandbox`, so
    that it ends first: a page whose service is gone says so as an error.
    """
    driven = Driven(system_browser)
    yield driven
    driven.close()
    assert not driven.errors


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say how many tests were left out for want of a browser."""
    skipped = terminalreporter.stats.get("skipped", [])
    if left_out := sum(NO_CHROMIUM in str(report.longrepr) for report in skipped):
        terminalreporter.section("browser", bold=True)
        terminalreporter.line(f"{left_out} tests of pages were left out: {NO_CHROMIUM}.")
