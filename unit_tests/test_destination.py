import gc
import itertools
import json
import sys
from collections.abc import Iterator

import pytest
from airbyte_cdk.models import AirbyteMessageSerializer, ConfiguredAirbyteCatalogSerializer

from destination_profiles import DestinationProfiles
from destination_profiles.catalog import StreamInfo, streams_of
from destination_profiles.config import parse_config
from destination_profiles.delivery.ledger import Interval
from destination_profiles.service.outcome import ACCEPTED, Outcome
from destination_profiles.service.request import Request
from destination_profiles.sync.sync import assemble
from destination_profiles.sync.throttling import Throttling
from integration_tests.connector import by, line, record, state, stream
from profiles_sandbox.testing import RunningSandbox
from unit_tests.delivery.chunks import batch, chunk, row
from unit_tests.pipeline import Clock


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSandbox]:
    with RunningSandbox(tmp_path_factory.mktemp("sandbox") / "sandbox.db") as running:
        running.create(
            *({"crm_id": number} for number in range(1, 10)), matching="custom", field_name="crm_id"
        )
        yield running


def models(*lines: bytes):
    return (AirbyteMessageSerializer.load(json.loads(each)) for each in lines)


def write(sandbox: RunningSandbox, *lines: bytes, token: str = "sandbox-token") -> Iterator[dict]:
    """The CDK's method; gives what it yields, decoded."""
    config = {
        "api_url": sandbox.url,
        "token": token,
        "db_id": 1,
        "matching": by("crm_id"),
        "batching": {"max_profiles": 2},
    }
    catalog = ConfiguredAirbyteCatalogSerializer.load({"streams": [stream()]})
    for message in DestinationProfiles().write(config, catalog, models(*lines)):
        yield AirbyteMessageSerializer.dump(message)


def test_cdk_method_gives_states_back(sandbox: RunningSandbox) -> None:
    log = line({"type": "LOG", "log": {"level": "INFO", "message": "hello"}})
    states = list(
        write(
            sandbox,
            record({"crm_id": 1, "_fname": "Ann"}),
            log,
            record({"crm_id": 99}),
            state(2),
            record({"crm_id": 3}),
            state(3),
        )
    )
    assert [each["state"]["stream"]["stream_state"]["cursor"] for each in states] == [2, 3]
    assert [each["state"]["destinationStats"]["recordCount"] for each in states] == [1.0, 1.0]


def test_cdk_method_gives_safe_states_before_it_raises(sandbox: RunningSandbox) -> None:
    given = []
    with pytest.raises(Exception, match="does not accept the API token"):
        given.extend(
            itertools.chain(
                write(sandbox, state(0), record({"crm_id": 1}), state(1), token="wrong")
            )
        )
    assert [each["state"]["stream"]["stream_state"]["cursor"] for each in given] == [0]


def test_throttling_names_each_stream_once_a_second() -> None:
    told: list[tuple[str, str | None, float]] = []
    clock = Clock()
    streams = [StreamInfo("users", None, {}, "append"), StreamInfo("people", "crm", {}, "append")]
    throttling = Throttling(streams, lambda *told_: told.append(told_), clock)
    made, users = chunk(), Interval("users")
    for number, interval in enumerate((users, users, Interval("crm.people"))):
        made.extend(batch(row(number)), interval, [])
    throttling(made, 5.0)
    assert sorted(told) == [("people", "crm", 5.0), ("users", None, 5.0)]
    throttling(made, 5.5)
    assert len(told) == 2
    throttling(made, 6.0)
    assert len(told) == 4


class Accepting:
    """Accepts all."""

    def send(self, _: Request) -> Outcome:
        return ACCEPTED


@pytest.mark.parametrize("alone", [True, False])
def test_nothing_that_waits_holds_the_block_that_it_came_in(alone: bool) -> None:
    """A block is a megabyte, of which a record may be the only one that waits for its chunk."""
    odd = [record({"crm_id": "x" * 50}), record({"crm_id": 1}), record({"crm_id": 1})]
    lines = (
        [record({"crm_id": 1}), state(1)]
        if alone
        else [*(record({"crm_id": number}) for number in range(600)), *odd, state(1)]
    )
    block = b"".join(lines)
    before = sys.getrefcount(block)
    config = {
        "api_url": "https://example.com",
        "token": "token",
        "db_id": 1,
        "matching": by("crm_id"),
        "batching": {"max_profiles": 500},
    }
    pump = assemble(
        parse_config(config),
        streams_of({"streams": [stream()]}),
        release=lambda _: None,
        sender=Accepting(),
    )
    pump.feed(block)
    gc.collect()
    assert (pump.writer.read, sys.getrefcount(block)) == (len(lines) - 1, before)
