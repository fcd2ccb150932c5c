from collections.abc import Iterator
from pathlib import Path

import pytest

from integration_tests.connector import Connector
from integration_tests.s3 import BUCKET, MotoServer
from profiles_sandbox.testing import TOKEN, ServedSandbox, ThreadedSandbox


@pytest.fixture
def bodies(tmp_path: Path) -> Path:
    """Where the sandbox keeps each request body, byte for byte."""
    folder = tmp_path / "bodies"
    folder.mkdir()
    return folder


@pytest.fixture
def options() -> list[str]:
    """The sandbox's options; a test overrides it by parametrising."""
    return []


@pytest.fixture
def faults() -> str:
    """The sandbox's fault plan as YAML; a test overrides it by parametrising."""
    return "[]"


@pytest.fixture
def sandbox(
    tmp_path: Path, bodies: Path, options: list[str], faults: str
) -> Iterator[ServedSandbox]:
    """A running service with the profiles crm_id 1 to 9."""
    plan = tmp_path / "faults.yaml"
    plan.write_text(faults)
    with ThreadedSandbox(
        tmp_path / "sandbox.db", "--keep-bodies", str(bodies), "--faults", str(plan), *options
    ) as running:
        profiles = ({"crm_id": number} for number in range(1, 10))
        token = options[options.index("--token") + 1] if "--token" in options else TOKEN
        running.create(*profiles, matching="custom", field_name="crm_id", token=token)
        yield running


@pytest.fixture
def connector(tmp_path: Path, sandbox: ServedSandbox) -> Connector:
    """The connector, configured for the sandbox, matching by crm_id, one stream `users` in mode
    append.
    """
    return Connector(tmp_path, sandbox.url)


@pytest.fixture
def storing(connector: Connector) -> Connector:
    """The connector with a local store of rejected records."""
    connector.config["object_storage_config"] = {
        "storage_type": "Local",
        "path": str(connector.folder / "rejected"),
    }
    return connector


@pytest.fixture(scope="module")
def server() -> Iterator[MotoServer]:
    """An S3 API."""
    with MotoServer() as running:
        yield running


@pytest.fixture
def s3(server: MotoServer) -> MotoServer:
    """The server with an empty bucket."""
    for key in server.objects():
        server.client.delete_object(Bucket=BUCKET, Key=key)
    return server
