"""The transport over real connections, by requests."""

import threading

import requests

from .faults import CONNECTION_ERRORS, no_answer
from .transport import HttpRequest, HttpResponse

ANSWER_PART = 1 << 19  # bytes of an answer that are read at once


class HttpTransport:
    """Sends each request once; each thread has a session of its own."""

    def __init__(self) -> None:
        """Connect nowhere yet."""
        self._local = threading.local()

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """One request, one response. Raises NoAnswer."""
        try:
            answer = self._session().post(
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

    def _session(self) -> requests.Session:
        if not hasattr(self._local, "session"):
            self._local.session = requests.Session()
        session: requests.Session = self._local.session
        return session
