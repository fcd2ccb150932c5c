"""What the environment says of connections."""

from pathlib import Path

import pytest
import trustme

from destination_profiles.api.environment import proxies_for, trusted
from destination_profiles.api.transport import NoAnswer

PROXY = "http://proxy.example.com:3128"


@pytest.fixture
def proxied(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.setenv("HTTP_PROXY", PROXY)
    monkeypatch.setenv("HTTPS_PROXY", PROXY)


@pytest.mark.usefixtures("proxied")
@pytest.mark.parametrize("host", ["127.0.0.1:8099", "localhost", "127.8.9.1", "[::1]:80"])
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_this_machine_has_no_proxy(scheme: str, host: str) -> None:
    assert proxies_for(f"{scheme}://{host}/api/v1.1/databases/get/") == {}


@pytest.mark.usefixtures("proxied")
def test_other_hosts_have_the_proxy_unless_named(monkeypatch: pytest.MonkeyPatch) -> None:
    url = "https://profiles.example.com/api"
    assert proxies_for(url)["https"] == PROXY
    monkeypatch.setenv("NO_PROXY", "example.com")
    assert proxies_for(url) == {}


def test_named_file_stands_alone(tmp_path: Path) -> None:
    trustme.CA().cert_pem.write_to_path(str(tmp_path / "a.pem"))
    assert len(trusted({"SSL_CERT_FILE": str(tmp_path / "a.pem")}).get_ca_certs()) == 1


def test_systems_store_is_trusted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """OpenSSL takes the variable of the process for its own store."""
    trustme.CA(organization_name="Company").cert_pem.write_to_path(str(tmp_path / "a.pem"))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "a.pem"))
    found = trusted({}).get_ca_certs()
    assert len(found) > 50 and "Company" in str(found)


@pytest.mark.parametrize("name", ["REQUESTS_CA_BUNDLE", "SSL_CERT_FILE", "SSL_CERT_DIR"])
def test_missing_file_is_named(name: str) -> None:
    with pytest.raises(NoAnswer) as raised:
        trusted({name: "/nowhere"})
    assert raised.value.left is False
    assert f"variable {name} is not there" in str(raised.value.cure)
