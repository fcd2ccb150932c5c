"""Two syncs that begin at one moment and keep things in one store."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from destination_profiles.catalog import StreamInfo
from destination_profiles.outcomes import parts
from destination_profiles.outcomes.reading import since
from destination_profiles.outcomes.recorder import OutcomeRecorder
from destination_profiles.records.key_reader import KeyReader
from destination_profiles.rejection import Rejection
from destination_profiles.rejects.adopted import adopt
from destination_profiles.rejects.line import begun, read
from destination_profiles.rejects.parts import lines, parts_of
from destination_profiles.rejects.store import PartStore
from destination_profiles.rejects.streams import streams_in
from destination_profiles.service.manifest import service
from destination_profiles.storage.folder import Folder
from destination_profiles.storage.local import LocalFolder
from unit_tests.settings import config
from unit_tests.storage.test_s3 import Bucket
from unit_tests.storage.test_s3 import folder as s3_folder

NOW = datetime(2026, 12, 1, 12, 0, 0, 123_000, tzinfo=UTC)
STREAM = ("crm", "users")
REJECTION = Rejection("service", "404", "not found", "$", "not found")


@pytest.fixture(params=["local", "s3"])
def folders(request: pytest.FixtureRequest, tmp_path: Path) -> list[Folder]:
    """One store as two processes open it."""
    if request.param == "local":
        return [LocalFolder(str(tmp_path)) for _ in range(2)]
    bucket = Bucket()
    return [s3_folder(bucket) for _ in range(2)]


def reject(folder: Folder, row: int) -> PartStore:
    """A sync whose only row is rejected."""
    store = PartStore(folder, {"crm.users": ("0", *STREAM)}, lambda: NOW)
    store.put("crm.users", b'{"id":%d}' % row, REJECTION, 0)
    store.close()
    return store


def test_each_keeps_its_rejected_row(folders: list[Folder]) -> None:
    first, second = (reject(folder, row) for row, folder in enumerate(folders))
    found, replaced = parts_of(folders[0], [STREAM])
    kept = [read(text) for part in found for text in lines(folders[0], part)]
    assert sorted(each.original for each in kept) == [b'{"id":0}', b'{"id":1}']
    assert {each.origin.place() for each in kept} == {(first.sync, 1), (second.sync, 1)}
    assert first.sync != second.sync
    assert replaced == [] and streams_in(folders[0].names()) == [STREAM]
    assert {part.written()[:2] for part in found} == {(1796126400123, 0)}


def test_each_keeps_its_outcomes(folders: list[Folder]) -> None:
    readers = {"users": KeyReader(StreamInfo("users", None, {}, "append"), config(), service())}
    syncs = [begun(NOW) for _ in folders]
    for row, (folder, sync) in enumerate(zip(folders, syncs, strict=True)):
        told = OutcomeRecorder(folder, readers, sync=sync, values=True, clock=lambda: NOW)
        told.unsent("users", b'{"id":%d}' % row, REJECTION, 0)
        told.close()
    names = parts.names(folders[0])
    kept = [json.loads(each) for name in names for each in parts.read(folders[0], name).split()]
    assert {(each["sync"], each["row"], each["key"]) for each in kept} == {
        (sync, 1, str(row)) for row, sync in enumerate(syncs)
    }
    assert [parts.is_first(each) for each in names] == [True, True]
    assert since(folders[0]) in syncs


def test_edited_rows_take_the_place_of_none(folders: list[Folder]) -> None:
    reject(folders[0], 0)
    adopted = [adopt(STREAM, b'{"id":0}', NOW, lambda _sync, _row: True)[0] for _ in range(2)]
    assert len({*folders[0].names(), *(each.name for each in adopted)}) == 3


def test_start_of_a_sync_is_a_time_that_no_other_has() -> None:
    starts = {begun(NOW) for _ in range(1_000)}
    assert len(starts) == 1_000
    assert {datetime.fromisoformat(each).replace(microsecond=0) for each in starts} == {
        NOW.replace(microsecond=0)
    }
    assert {(each[:23], each[-1], len(each)) for each in starts} == {
        ("2026-12-01T12:00:00.123", "Z", 33)
    }
