"""What the environment says of connections: the proxy of an address, and whose certificates are
trusted.
"""

import ssl
from collections.abc import Mapping
from pathlib import Path

import requests.utils

from ..address import read_address
from ..errors import ConfigError
from .transport import NoAnswer

FILES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE", "SSL_CERT_DIR")
SOCKS = "socks"
CORRECT = "Name the file of your certificate authority (PEM), or unset the variable."


def proxies_for(url: str) -> Mapping[str, str]:
    """The proxies that the environment names for an address: none for one of this machine, where
    the token would leave in plain text. Raises NoAnswer.
    """
    if read_address(url, "api_url").is_of_this_machine():
        return {}
    proxies: Mapping[str, str] = requests.utils.get_environ_proxies(url)
    chosen = requests.utils.select_proxy(url, dict(proxies))
    if chosen and chosen.lower().startswith(SOCKS):
        raise _cured(
            ConfigError(
                "The proxy that the environment names (HTTPS_PROXY or ALL_PROXY) is of the kind "
                "SOCKS, which is not supported. Name one that speaks HTTP, or name the host of the "
                "API URL in NO_PROXY."
            )
        )
    return proxies


def trusted(environment: Mapping[str, str]) -> ssl.SSLContext:
    """The authorities whose certificates are trusted: those of the file or folder that a variable
    names, and no others; else the system's and those that come with this package. Raises NoAnswer.
    """
    named = next((each for each in FILES if environment.get(each)), None)
    if named is None:
        context = ssl.create_default_context()
        context.load_verify_locations(requests.utils.DEFAULT_CA_BUNDLE_PATH)
        return context
    path = Path(environment[named])
    if not path.exists():
        raise _unusable(f"The file named by the variable {named} is not there")
    try:
        if path.is_dir():
            return ssl.create_default_context(capath=str(path))
        return ssl.create_default_context(cafile=str(path))
    except ssl.SSLError:
        raise _unusable(f"The file named by the variable {named} holds no certificate") from None
    except OSError:
        raise _unusable(f"The file named by the variable {named} may not be read") from None


def _unusable(what: str) -> NoAnswer:
    return _cured(ConfigError(f"{what}. {CORRECT}"))


def _cured(cure: ConfigError) -> NoAnswer:
    return NoAnswer(cure.message, left=False, cure=cure)
