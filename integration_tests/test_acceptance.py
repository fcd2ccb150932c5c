"""Airbyte's own standard tests of a destination, with the configurations that
acceptance-test-config.yml names.
"""

import fcntl
from collections.abc import Iterator

import pytest
from airbyte_cdk.test.standard_tests import DestinationTestSuiteBase

from destination_profiles import DestinationProfiles
from profiles_sandbox.testing import RunningSandbox

PORT, TOKEN = "8099", "acceptance-token-4c1e"  # those of integration_tests/acceptance/*.json


@pytest.fixture(scope="module", autouse=True)
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """The service, where the configurations look for it. Workers that share the port take turns."""
    lock = (tmp_path_factory.getbasetemp().parent / f"port-{PORT}.lock").open("w")
    with lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield from service(tmp_path_factory)


def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with RunningSandbox(
        tmp_path_factory.mktemp("sandbox") / "sandbox.db", "--port", PORT, "--token", TOKEN
    ) as running:
        assert running.line, f"port {PORT} is not free"
        yield


class TestSuite(DestinationTestSuiteBase):
    """All that Airbyte's suite asks of a destination, but what it asks of an image: .ci/image does
    that without a Docker engine.
    """

    connector = DestinationProfiles
    connector_name = "destination-profiles"
