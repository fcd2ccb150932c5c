"""A real browser without a window, and what it finds wrong with a page."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from shutil import which

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import (
    Browser,
    BrowserContext,
    Page,
    ViewportSize,
    expect,
    sync_playwright,
)

CHROMIUM = next(filter(None, map(which, ("chromium", "chromium-browser", "google-chrome"))), None)
"""The system's own: none is downloaded."""

NO_CHROMIUM = "there is no Chromium (Debian: apt-get install chromium)"

expect.set_options(timeout=60_000)  # ms: longer than anything here takes

DESKTOP, PHONE = ViewportSize(width=1280, height=900), ViewportSize(width=375, height=780)


@dataclass
class Driven:
    """Opens pages; each is a browser of its own, without cookies or a cache of another.

    `errors` has what pages said that no page should: errors of scripts, of the console, and what a
    Content-Security-Policy kept from loading. The fixture holds it empty.
    """

    browser: Browser
    errors: list[str] = field(default_factory=list)
    _opened: list[BrowserContext] = field(default_factory=list)

    def open(
        self, url: str, *, dark: bool = False, phone: bool = False, script: bool = True
    ) -> Page:
        """A page at an address, `file://` ones included; `script`: whether its own script runs."""
        context = self.browser.new_context(
            viewport=PHONE if phone else DESKTOP,
            color_scheme="dark" if dark else "light",
            reduced_motion="reduce",
            java_script_enabled=script,
        )
        self._opened.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("console", lambda said: said.type == "error" and self.errors.append(said.text))
        page.goto(url)
        return page

    def close(self) -> None:
        """Close all pages."""
        for context in self._opened:
            context.close()


@contextmanager
def chromium() -> Iterator[Browser]:
    """The browser, which has to be there."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM)
        yield browser
        browser.close()


def barriers(page: Page) -> list[str]:
    """What keeps some people from using a page, by axe-core: `rule: element`, for each place."""
    found = Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]
    return [f"{rule['id']}: {node['target']}" for rule in found for node in rule["nodes"]]


def width_beyond(page: Page) -> int:
    """Pixels by which a page is wider than its window."""
    return int(page.evaluate("document.documentElement.scrollWidth - innerWidth"))
