"""Addresses of services, as settings hold them: read once, by one strict pattern. Libraries part an
odd address into host and path in different ways, and a token would go to another host than the one
that was looked at.
"""

import ipaddress
import re
from dataclasses import dataclass

from .errors import ConfigError

# no user, no query, no backslash, no blank: nothing that two readers could read in two ways
PATTERN = (
    r"^[hH][tT][tT][pP][sS]?://"
    r"([A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9_])?(\.[A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9_])?)*\.?"
    r"|\[[0-9A-Fa-f:.]+\])"
    r"(:[0-9]{1,5})?"
    r"(/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)*/*$(?!\n)"
)
WANTED = "a scheme and a host, such as https://example.com; a port and a path may follow"
PARTS = re.compile(r"(?P<scheme>https?)://(?P<host>\[[^\]]+\]|[^:/]+)(:(?P<port>\d+))?(?P<path>.*)")
PERSONAL_DATA = "personal data travels to it"  # why an address of a storage must be secure
PORTS = range(1, 65_536)


@dataclass(frozen=True, slots=True)
class Address:
    """Scheme, host (of IPv6 without its brackets) and the whole `url`, without a slash at its end.
    Scheme and host are in lower case.
    """

    scheme: str
    host: str
    url: str

    def secured(self, what: str, why: str) -> "Address":
        """The same. Raises ConfigError where what travels to it could be read on the way."""
        if self.scheme != "https" and not self.is_of_this_machine():
            raise ConfigError(
                f"The {what} must begin with https, because {why}. Plain http is allowed for "
                "an address of this machine only."
            )
        return self

    def is_of_this_machine(self) -> bool:
        """Whether only this machine itself can be meant."""
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return self.host == "localhost"


def read_address(text: str, setting: str) -> Address:
    """The address in a setting. Raises ConfigError, without the text, where it is not one."""
    if not re.search(PATTERN, text):
        raise ConfigError(f"The setting {setting} is wrong: must be {WANTED}.")
    begin, separator, rest = text.partition("://")
    authority, slash, path = rest.partition("/")
    url = (begin + separator + authority).lower() + (slash + path).rstrip("/")
    parts = PARTS.fullmatch(url)
    host = parts["host"].strip("[]") if parts else ""
    if parts is None or ("[" in authority and not _is_ipv6(host)):
        raise ConfigError(f"The setting {setting} is wrong: must be {WANTED}.")
    if parts["port"] and int(parts["port"]) not in PORTS:
        raise ConfigError(f"The setting {setting} is wrong: its port must be from 1 to 65535.")
    return Address(parts["scheme"], host, url)


def _is_ipv6(text: str) -> bool:
    try:
        ipaddress.IPv6Address(text)
    except ValueError:
        return False
    return True
