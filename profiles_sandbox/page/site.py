"""The site: routes of the page, its templates, and the switches behind its buttons."""

import sqlite3
from collections.abc import Awaitable, Callable, Collection
from functools import wraps
from importlib.resources import files
from urllib.parse import parse_qs

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response, StreamingResponse
from starlette.routing import Route

from profiles_sandbox.data.requests import ONLY
from profiles_sandbox.faults.breaks import BREAKS, BROKEN_CALL
from profiles_sandbox.faults.plan import FaultPlan
from profiles_sandbox.page import charts, words
from profiles_sandbox.page.endings import KINDS
from profiles_sandbox.page.guard import HEADERS, Guard
from profiles_sandbox.page.news import News
from profiles_sandbox.page.reader import Reader
from profiles_sandbox.page.views import Missing, Shown, Views

LONGEST_LATENCY = 60_000
"""Milliseconds that every answer may be delayed by a click."""

FORM_BYTES = 10_000
"""Bytes of a form at most."""

STATIC = {"page.css": "text/css", "page.js": "text/javascript", "icon.svg": "image/svg+xml"}

Handler = Callable[[Request], Awaitable[Response]]
View = Callable[[sqlite3.Connection], Shown]


class BadForm(Exception):
    """A form holds what no button sends; the text says what."""


class Site:
    """The page, which reads by `reader`, is told by `news`, and switches `faults`."""

    def __init__(
        self, views: Views, reader: Reader, news: News, faults: FaultPlan, hosts: Collection[str]
    ) -> None:
        """`hosts` are names that it may be asked under, beside those of this machine."""
        self._views = views
        self._reader = reader
        self._news = news
        self._faults = faults
        self._guard = Guard(hosts)
        self._templates = _templates()

    def routes(self) -> list[Route]:
        """Everything that a browser asks for."""
        shown: dict[str, Handler] = {
            "/": self._overview,
            "/requests": self._requests,
            "/requests/{number:int}": self._request,
            "/profiles": self._profiles,
            "/profiles/{id}": self._profile,
            "/subscriptions": self._subscriptions,
            "/events": self._events,
            "/static/{name}": _static,
        }
        posted: dict[str, Handler] = {
            "/faults": self._break,
            "/faults/off": self._mend,
            "/latency": self._delay,
        }
        return [
            Route(path, self._guarded(handler), methods=[method])
            for method, handlers in (("GET", shown), ("POST", posted))
            for path, handler in handlers.items()
        ]

    def _guarded(self, handler: Handler) -> Handler:
        """A handler that only those ask who may, and whose answers have HEADERS."""

        @wraps(handler)
        async def guarded(request: Request) -> Response:
            refusal = self._guard.refusal(request)
            try:
                answer = self._sorry(refusal, 403) if refusal else await handler(request)
            except Missing as missing:
                answer = self._sorry(str(missing), 404)
            except BadForm as bad:
                answer = self._sorry(str(bad), 400)
            answer.headers.update(HEADERS)
            return answer

        return guarded

    async def _overview(self, _: Request) -> Response:
        return await self._page("overview.html", self._views.overview)

    async def _requests(self, request: Request) -> Response:
        asked = request.query_params
        if asked.get("only", "all") not in ONLY:
            raise Missing("There is no such list of requests.")
        return await self._page("requests.html", lambda data: self._views.requests(data, asked))

    async def _request(self, request: Request) -> Response:
        number = min(request.path_params["number"], 1 << 62)
        return await self._page("request.html", lambda data: self._views.request(data, number))

    async def _profiles(self, request: Request) -> Response:
        asked = request.query_params
        return await self._page("profiles.html", lambda data: self._views.profiles(data, asked))

    async def _profile(self, request: Request) -> Response:
        id_, asked = request.path_params["id"], request.query_params
        return await self._page("profile.html", lambda data: self._views.profile(data, id_, asked))

    async def _subscriptions(self, _: Request) -> Response:
        return await self._page("subscriptions.html", self._views.subscriptions)

    async def _events(self, _: Request) -> Response:
        if self._news.full:
            return Response(status_code=503)
        return StreamingResponse(self._news.events(), media_type="text/event-stream")

    async def _break(self, request: Request) -> Response:
        form = await _form(request)
        chosen, count = BREAKS.get(form.get("break", "")), form.get("count", "")
        if chosen is None:
            raise BadForm("There is no such fault.")
        self._faults.add(chosen.rule, _whole(count, "count") if count else None)
        return self._switched()

    async def _mend(self, request: Request) -> Response:
        form = await _form(request)
        if "rule" in form:
            self._faults.remove(_whole(form["rule"], "rule"))
        else:
            self._faults.clear()
        return self._switched()

    async def _delay(self, request: Request) -> Response:
        milliseconds = _whole((await _form(request)).get("latency_ms", ""), "latency")
        if milliseconds > LONGEST_LATENCY:
            raise BadForm(f"The latency is {LONGEST_LATENCY:,} ms at most.")
        self._faults.latency_ms = milliseconds
        return self._switched()

    def _switched(self) -> Response:
        self._news.tell()
        return RedirectResponse("/#switches", 303)

    async def _page(self, template: str, view: View) -> Response:
        shown = await self._reader.ask(view)
        return self._rendered(template, 200, **shown)

    def _sorry(self, text: str, status: int) -> Response:
        return self._rendered("sorry.html", status, text=text)

    def _rendered(self, template: str, status: int, **shown: object) -> Response:
        return HTMLResponse(
            self._templates.get_template(template).render(
                active=self._faults.active(), latency_ms=self._faults.latency_ms, **shown
            ),
            status,
        )


def _templates() -> Environment:
    environment = Environment(
        loader=PackageLoader(__package__),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        name: getattr(words, name)
        for name in ("size", "duration", "number", "clock", "day", "moment", "value")
    } | {"status_word": words.status, "address": words.address, "subscription": words.subscription}
    environment.globals |= {
        "kinds": KINDS,
        "breaks": BREAKS,
        "broken_call": BROKEN_CALL,
        "longest_latency": LONGEST_LATENCY,
        "chart": {"width": charts.WIDTH, "height": charts.HEIGHT, "lane": charts.LANE},
    }
    return environment


async def _form(request: Request) -> dict[str, str]:
    """The fields of a form, the last of each name; raises BadForm."""
    body = bytearray()
    async for block in request.stream():
        body += block
        if len(body) > FORM_BYTES:
            raise BadForm("The form is too large.")
    try:
        fields = parse_qs(body.decode(), keep_blank_values=True)
    except UnicodeDecodeError:
        raise BadForm("The form is not text.") from None
    return {name: values[-1] for name, values in fields.items()}


def _whole(text: str, what: str) -> int:
    if not text.isdecimal() or len(text) > len(str(LONGEST_LATENCY)):
        raise BadForm(f"The {what} is not a number that a button sends.")
    return int(text)


async def _static(request: Request) -> Response:
    name = request.path_params["name"]
    if name not in STATIC:
        raise Missing("There is no such file.")
    body = files(__package__).joinpath("static", name).read_bytes()
    return Response(body, media_type=STATIC[name])
