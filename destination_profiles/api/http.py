"""The transport over real connections, by requests."""

import os
import ssl
import threading
from collections.abc import Mapping
from http.cookiejar import DefaultCookiePolicy
from typing import Any

import requests
from requests.adapters import HTTPAdapter

from .answer import POOLS, joined, most_bytes
from .environment import proxies_for, trusted
from .faults import CONNECTION_ERRORS, no_answer
from .transport import HttpRequest, HttpResponse

ANSWER_PART = 1 << 19  # bytes of an answer that are read at once


class HttpTransport:
    """Sends each request once; each thread has a session of its own."""

    def __init__(self, environment: Mapping[str, str] = os.environ) -> None:
        """Connect nowhere yet. `environment` may name a file of certificate authorities."""
        self._environment = environment
        self._local = threading.local()

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """One request, one response. Raises NoAnswer."""
        session = self._session(request.url)
        most_bytes.set(request.most_bytes)
        try:
            with session.post(  # what is not read to its end is closed
                request.url,
                data=request.body,  # type: ignore[arg-type]  # memoryviews are sent as bytes are
                headers=dict(request.headers),
                timeout=request.timeout,
                allow_redirects=False,  # a redirect would carry the token to another address
                stream=True,  # so that the answer is read in large parts, and no more than may be
            ) as answer:
                body = joined(answer.iter_content(ANSWER_PART), request.most_bytes)
        except CONNECTION_ERRORS as error:
            raise no_answer(error, left=request.body.is_begun) from None
        return HttpResponse(answer.status_code, body, answer.headers)

    def _session(self, url: str) -> requests.Session:
        """That of this thread; all of its requests go to one host."""
        if not hasattr(self._local, "session"):
            session = _Session()
            session.trust_env = (
                False  # of it only what is meant: no `~/.netrc`, which adds a header
            )
            session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))  # none is kept
            session.proxies = dict(proxies_for(url))
            context = trusted(self._environment) if url.startswith("https:") else None
            session.mount(f"{url.partition(':')[0]}://", _Adapter(context))
            self._local.session = session
        kept: requests.Session = self._local.session
        return kept


class _Session(requests.Session):
    """To whom a redirect is an answer like any other."""

    def get_redirect_target(self, resp: requests.Response) -> None:
        """Nothing: the library would read the whole answer to say where it leads, unbounded."""


class _Adapter(HTTPAdapter):
    """Bounds what it reads, and trusts those that a context trusts, with a proxy and without."""

    def __init__(self, context: ssl.SSLContext | None) -> None:
        self._trust: dict[str, Any] = {} if context is None else {"ssl_context": context}
        super().__init__()

    def init_poolmanager(
        self, connections: int, maxsize: int, block: bool = False, **more: Any
    ) -> None:
        super().init_poolmanager(connections, maxsize, block, **self._trust, **more)
        self.poolmanager.pool_classes_by_scheme = POOLS

    def proxy_manager_for(self, proxy: str, **more: Any) -> Any:
        manager = super().proxy_manager_for(proxy, **self._trust, **more)
        manager.pool_classes_by_scheme = POOLS
        return manager

    def cert_verify(self, conn: Any, url: str, verify: Any, cert: Any) -> None:
        """Add no authorities of requests' own; the context requires a certificate."""
