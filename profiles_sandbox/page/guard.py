"""The guard: who may see the page and press its buttons.

The page shows what the service holds, without a token. So unless names are told that it may be
asked under, only this machine may ask, under a name of this machine: another site whose name is
made to lead here (DNS rebinding) is refused by the Host that its browser sends, and a form that
another site posts by the Origin.
"""

from collections.abc import Collection
from ipaddress import ip_address
from urllib.parse import urlsplit

from starlette.requests import Request

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
        "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}
"""What every answer of the page has."""

LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
"""Names of this machine."""


class Guard:
    """Decides by the request alone."""

    def __init__(self, hosts: Collection[str]) -> None:
        """Take the names that the page may be asked under, beside those of this machine."""
        self._hosts = LOOPBACK | {host.lower() for host in hosts}
        self._from_anywhere = bool(hosts)

    def refusal(self, request: Request) -> str | None:
        """Why the page is not shown; None when it is."""
        if not self._from_anywhere and not _is_this_machine(request):
            return "The page is shown on this machine only."
        host = request.headers.get("host", "")
        if _name(f"//{host}") not in self._hosts:
            return "The page is not shown under this name."
        if request.method == "POST":
            return _refusal_of_form(request, host)
        return None


def _is_this_machine(request: Request) -> bool:
    try:
        return request.client is not None and ip_address(request.client.host).is_loopback
    except ValueError:
        return False


def _name(address: str) -> str | None:
    """The host of an address, in lower case; None when it cannot be read."""
    try:
        return urlsplit(address).hostname
    except ValueError:
        return None


def _refusal_of_form(request: Request, host: str) -> str | None:
    if request.headers.get("origin") == f"{request.url.scheme}://{host}":
        return None
    return "The form was not sent by the page itself."
