"""A memory from sync to sync: what did not change is not sent, on this machine and in S3."""

from pathlib import Path
from typing import Any

import pytest

from integration_tests.connector import Connector, record, sent_profiles, state
from integration_tests.s3 import MotoServer

ROWS = [{"crm_id": number, "_city": f"City {number}"} for number in range(1, 10)]


def rows(*changed: dict[str, Any]) -> list[bytes]:
    """The table, some of its rows another, as records and a state."""
    by_id = {each["crm_id"]: each for each in (*ROWS, *changed)}
    return [*map(record, by_id.values()), state(len(by_id))]


@pytest.fixture(params=["Local", "S3"])
def remembering(request: pytest.FixtureRequest, connector: Connector, s3: MotoServer) -> Connector:
    """The connector with a memory in a store on this machine, or in S3."""
    local = {"storage_type": "Local", "path": str(connector.folder / "kept")}
    storage = local if request.param == "Local" else s3.setting()
    connector.config |= {"object_storage_config": storage, "memory": {"name": "crm"}}
    return connector


def test_second_sync_sends_nothing(remembering: Connector, bodies: Path) -> None:
    first = remembering.write(*rows())
    assert (first.code, first.stats) == (0, [(9, 0)])
    second = remembering.write(*rows())
    assert (second.code, second.stats) == (0, [(9, 0)])
    assert len(sent_profiles(bodies)) == 9
    assert "0 accepted, 0 rejected, 0 superseded, 0 deleted, 9 unchanged" in second.log
