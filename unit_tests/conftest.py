import signal

import pytest
from hypothesis import HealthCheck, settings

from profiles_sandbox.testing import LocalSandbox

# No test is timed, and each run is the same: a slow machine is no defect.
settings.register_profile(
    "steady", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("steady")


@pytest.fixture(autouse=True)
def pipes():
    """A command run within a test may have a broken pipe end its process: not the tests' own."""
    handler = signal.getsignal(signal.SIGPIPE)
    yield
    signal.signal(signal.SIGPIPE, handler)


@pytest.fixture
def open_sandbox(tmp_path):
    opened = []

    def open_with(**switches):
        opened.append(LocalSandbox(tmp_path / "data.db", **switches))
        return opened[-1]

    yield open_with
    for sandbox in opened:
        sandbox.close()


@pytest.fixture
def sandbox(open_sandbox):
    return open_sandbox()
