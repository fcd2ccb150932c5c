import itertools
import json
from collections.abc import Iterator

import pytest
from airbyte_cdk.models import AirbyteMessageSerializer, ConfiguredAirbyteCatalogSerializer

from destination_profiles import DestinationProfiles
from integration_tests.connector import by, line, record, state, stream
from profiles_sandbox.testing import RunningSandbox


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSandbox]:
    with RunningSandbox(tmp_path_factory.mktemp("sandbox") / "sandbox.db") as running:
        running.create(*({"crm_id": number} for number in range(1, 10)), matching="custom", field_name="crm_id")
        yield running


def models(*lines: bytes):
    return (AirbyteMessageSerializer.load(json.loads(each)) for each in lines)


def write(sandbox: RunningSandbox, *lines: bytes, token: str = "sandbox-token") -> Iterator[dict]:
    """The CDK's method; gives what it yields, decoded."""
    config = {"api_url": sandbox.url, "token": token, "db_id": 1, "matching": by("crm_id"), "batching": {"max_profiles": 2}}
    catalog = ConfiguredAirbyteCatalogSerializer.load({"streams": [stream()]})
    for message in DestinationProfiles().write(config, catalog, models(*lines)):
        yield AirbyteMessageSerializer.dump(message)


def test_cdk_method_gives_states_back(sandbox: RunningSandbox) -> None:
    log = line({"type": "LOG", "log": {"level": "INFO", "message": "hello"}})
    states = list(
        write(sandbox, record({"crm_id": 1, "_fname": "Ann"}), log, record({"crm_id": 99}), state(2), record({"crm_id": 3}), state(3))
    )
    assert [each["state"]["stream"]["stream_state"]["cursor"] for each in states] == [2, 3]
    assert [each["state"]["destinationStats"]["recordCount"] for each in states] == [1.0, 1.0]


def test_cdk_method_gives_safe_states_before_it_raises(sandbox: RunningSandbox) -> None:
    given = []
    with pytest.raises(Exception, match="does not accept the API token"):
        given.extend(itertools.chain(write(sandbox, state(0), record({"crm_id": 1}), state(1), token="wrong")))
    assert [each["state"]["stream"]["stream_state"]["cursor"] for each in given] == [0]
