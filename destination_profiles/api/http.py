"""The transport over real connections, by requests."""

import os
import ssl
import threading
from collections.abc import Mapping
from typing import Any

import requests
from requests.adapters import HTTPAdapter

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
        try:
            answer = session.post(
                request.url,
                data=request.body,  # type: ignore[arg-type]  # memoryviews are sent as bytes are
                headers=dict(request.headers),
                timeout=request.timeout,
                allow_redirects=False,  # a redirect would carry the token to another address
                stream=True,  # so that the answer is read in large parts
            )
            body = b"".join(answer.iter_content(ANSWER_PART))
        except CONNECTION_ERRORS as error:
            raise no_answer(error) from None
        return HttpResponse(answer.status_code, body, answer.headers)

    def _session(self, url: str) -> requests.Session:
        """That of this thread; all of its requests go to one host."""
        if not hasattr(self._local, "session"):
            session = requests.Session()
            session.trust_env = (
                False  # of it only what is meant: no `~/.netrc`, which adds a header
            )
            session.proxies = dict(proxies_for(url))
            if url.startswith("https:"):
                session.mount("https://", _Adapter(trusted(self._environment)))
            self._local.session = session
        kept: requests.Session = self._local.session
        return kept


class _Adapter(HTTPAdapter):
    """Trusts those that a context trusts, with a proxy and without."""

    def __init__(self, context: ssl.SSLContext) -> None:
        self._context = context
        super().__init__()

    def init_poolmanager(self, *args: Any, **more: Any) -> None:
        super().init_poolmanager(*args, ssl_context=self._context, **more)

    def proxy_manager_for(self, proxy: str, **more: Any) -> Any:
        return super().proxy_manager_for(proxy, ssl_context=self._context, **more)

    def cert_verify(self, conn: Any, url: str, verify: Any, cert: Any) -> None:
        """Add no authorities of requests' own; the context requires a certificate."""
