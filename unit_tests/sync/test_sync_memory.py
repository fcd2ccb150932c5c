"""Kept rows hear of newer ones in each sync that has their memory, as its streams are configured."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from destination_profiles.catalog import StreamInfo
from destination_profiles.config import Config, FieldConfig, StreamConfig
from destination_profiles.delivery.blame import Resolution
from destination_profiles.delivery.chunks import Chunk
from destination_profiles.delivery.ledger import Interval
from destination_profiles.memory.opening import opened
from destination_profiles.rejects.line import Kept, read
from destination_profiles.rejects.parts import lines, parts_of
from destination_profiles.service.matching import Target
from destination_profiles.storage.settings import MemorySetting, Retried
from destination_profiles.sync.sync_memory import SyncMemory
from unit_tests.delivery.chunks import batch, chunk, row
from unit_tests.outcomes.memory import MemoryFolder
from unit_tests.pipeline import REFUSAL
from unit_tests.settings import config, target

NOW = datetime(2026, 1, 2, tzinfo=UTC)
SETTING = MemorySetting("crm", retry_rejected=Retried(("404",), max_age_days=100_000))
SILENT = replace(SETTING, retry_rejected=None)
RETRY, REPLACED = "memory/crm/retry/", "memory/crm/replaced/"


class Listing(MemoryFolder):
    """A folder that notes what is listed."""

    def __init__(self) -> None:
        super().__init__()
        self.listed: list[str] = []

    def names(self, prefix: str = "") -> list[str]:
        self.listed.append(prefix)
        return super().names(prefix)


@pytest.fixture
def folder() -> Listing:
    return Listing()


def stream(name: str, *fields: str, to: Target | None = None) -> StreamConfig:
    to = to or target()
    keys = [key for one in to.matching.alternatives() for key in one]
    mapped = tuple(FieldConfig(each, each) for each in (*keys, *fields))
    return StreamConfig(name, target=to, fields=mapped)


CITY, REGION, BOTH = (
    stream("users", "city"),
    stream("places", "region"),
    stream("all", "city", "region"),
)


@contextmanager
def remembered(
    folder: MemoryFolder,
    *streams: StreamConfig,
    setting: MemorySetting = SETTING,
    keeps: bool = True,
    remembers: bool = True,
    sync: str | None = None,
) -> Iterator[SyncMemory]:
    """A sync of streams with a memory."""
    infos = [StreamInfo(each.name, None, {"type": "object"}, "append") for each in streams]
    configured: Config = config(streams=streams)
    with opened(folder, "crm", lambda _: None, keeps=keeps) as memory:
        yield SyncMemory(
            memory,
            folder,
            configured,
            setting,
            infos,
            now=NOW,
            keeps=keeps,
            remembers=remembers,
            sync=sync,
        )


def sent(*numbers: int, by: str = "users") -> Chunk:
    """A request with a row of each profile."""
    made = chunk()
    rows = batch(*(row(each, original=b'{"id":%d}' % each) for each in numbers))
    made.extend(rows, Interval(by), [str(each) for each in numbers])
    return made


def refuse(kept: SyncMemory, *numbers: int, by: str = "users") -> None:
    made = sent(*numbers, by=by)
    kept.link.leaving(made)
    kept.link.answered(Resolution(made, dict.fromkeys(range(len(numbers)), REFUSAL)))
    kept.link.settle()


@pytest.fixture
def waiting(folder: Listing) -> Listing:
    """A folder where two rows of the stream of cities wait."""
    with remembered(folder, CITY, REGION, sync="2026-01-01T00:00:00.000Z") as kept:
        refuse(kept, 1, 2)
    return folder


def rows(folder: MemoryFolder, setting: MemorySetting = SETTING) -> list[int]:
    """The profiles of the rows that the next sync of the stream sends again."""
    with remembered(folder, CITY, setting=setting) as kept:
        retries = kept.retries
        assert retries is not None
        found: list[Kept] = [
            read(text)
            for part in parts_of(retries.folder, [(None, "users")])[0]
            for text in lines(retries.folder, part)
        ]
        return [
            int(each.original[6:-1])
            for each in found
            if retries.is_due(each) and not retries.is_given_up(each)
        ]


def test_row_stands_with_the_start_of_its_sync(waiting: Listing) -> None:
    (part,) = waiting.names(RETRY)
    origins = [read(text).origin for text in waiting.things[part].splitlines()]
    assert [each.place() for each in origins] == [
        ("2026-01-01T00:00:00.000Z", 1),
        ("2026-01-01T00:00:00.000Z", 2),
    ]
    assert rows(waiting) == [1, 2]


@pytest.mark.parametrize("setting", [SETTING, SILENT])
def test_stream_with_a_common_field_replaces_it(waiting: Listing, setting: MemorySetting) -> None:
    people = stream("people", "city")
    with remembered(waiting, people, setting=setting) as kept:
        assert (kept.retries is None) == (setting is SILENT)
        kept.link.leaving(sent(1, by="people"))
    assert rows(waiting) == [2]


def test_stream_with_other_fields_alone_does_not(waiting: Listing) -> None:
    with remembered(waiting, REGION) as kept:
        kept.link.leaving(sent(1, by="places"))
    with remembered(waiting, stream("people", "city", to=target(2))) as kept:
        kept.link.leaving(sent(1, by="people"))
    assert waiting.names(REPLACED) == []
    assert rows(waiting) == [1, 2]


@pytest.mark.parametrize(
    "streams",
    [
        [BOTH],  # lanes meet
        [CITY, stream("mails", "city", to=target(mode="email", field_name=None))],  # two ways
        [stream("mails", "x", to=target(mode="email", field_name=None))],  # another way
        [stream("users", "country")],  # the stream sends other fields alone
    ],
)
@pytest.mark.parametrize("setting", [SETTING, SILENT])
def test_row_is_given_up_where_nobody_knows_of_newer_ones(
    waiting: Listing, streams: list[StreamConfig], setting: MemorySetting
) -> None:
    with remembered(waiting, *streams, setting=setting):
        assert waiting.names(REPLACED)
    assert rows(waiting) == []


def test_rows_of_all_databases_wait(waiting: Listing) -> None:
    for db_id in (2, 3):
        with remembered(waiting, stream(f"people {db_id}", "city", to=target(db_id))) as kept:
            refuse(kept, 3, by=f"people {db_id}")
    with remembered(waiting, REGION):
        assert waiting.names(REPLACED) == []
    assert rows(waiting) == [1, 2]


def test_row_is_given_up_where_the_memory_is_begun_anew(waiting: Listing) -> None:
    waiting.things["memory/crm/about.json"] = b"{"
    assert rows(waiting) == []


def test_nothing_but_a_listing_is_done_where_nothing_waits(folder: Listing) -> None:
    with remembered(folder, CITY, setting=SILENT) as kept:
        assert [each for each in folder.listed if "retry" in each] == [RETRY]
        assert REPLACED not in folder.listed
        refuse(kept, 1)
    assert folder.names(RETRY) == folder.names(REPLACED) == []


@pytest.mark.parametrize("setting", [SETTING, SILENT])
def test_nothing_is_written_where_nothing_is_kept(waiting: Listing, setting: MemorySetting) -> None:
    before = waiting.things.copy()
    with remembered(waiting, BOTH, setting=setting, keeps=False) as kept:
        assert kept.retries is None
        kept.link.leaving(sent(1, by="all"))
        kept.link.unsent("all", [b'{"id":2}'])
        kept.link.settle()
    assert waiting.things == before


@pytest.mark.parametrize("setting", [SETTING, SILENT])
def test_resend_replaces_what_is_no_newer(waiting: Listing, setting: MemorySetting) -> None:
    with remembered(waiting, CITY, setting=setting, remembers=False) as kept:
        kept.link.resending(lambda ordinal: ("2026-01-01T00:00:00.000Z", ordinal + 1))
        kept.link.unsent("users", [b'{"id":1}', b'{"id":2}'])
        kept.link.leaving(sent(2))  # the row before that of the second profile
        assert waiting.names(REPLACED) == []
        kept.link.leaving(sent(1))
        before = waiting.names(RETRY)
        refuse(kept, 3)
    assert waiting.names(RETRY) == before
    assert rows(waiting) == [2]
