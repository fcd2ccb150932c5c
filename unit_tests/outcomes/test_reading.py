"""What outcomes tell of profiles."""

from datetime import UTC, datetime, timedelta

import pytest

from destination_profiles.errors import StoreFailed
from destination_profiles.outcomes import parts
from destination_profiles.outcomes.line import head, lines
from destination_profiles.outcomes.reading import (
    FEW,
    Known,
    Profile,
    later_accepted,
    lines_of,
    profiles,
    since,
)
from unit_tests.outcomes.memory import MemoryFolder
from unit_tests.settings import target

NOW = datetime(2026, 11, 26, tzinfo=UTC)
SYNCS = [f"2026-11-2{day}T00:00:00.000Z" for day in range(1, 6)]
ANN, BOB = Profile(1, "id", "ann"), Profile(1, "id", "bob")


def keep(
    folder: MemoryFolder,
    sync: int,
    *rows: tuple[str, ...],
    number: int = 0,
    outcome: str = "accepted",
    stream: str = "users",
    values: bool = False,
    db_id: int = 1,
) -> None:
    """A part of a sync with a line for each row, which has such identities."""
    opening = head(stream, target(db_id), outcome, sync=SYNCS[sync], at=SYNCS[sync])
    made = lines(opening, rows, range(1, len(rows) + 1), values=values)
    name = parts.name(NOW + timedelta(days=sync, seconds=number), number)
    parts.write(folder, name, "".join(made).encode())


def test_newest_place_counts() -> None:
    folder = MemoryFolder()
    keep(folder, 1, ("ann",), ("bob",), ("ann",))
    keep(folder, 0, ("ann",), ("bob",), ("bob",), ("bob",))
    assert later_accepted(folder, [ANN]) == Known(SYNCS[0], {ANN: {"users": (SYNCS[1], 3)}})
    assert later_accepted(folder, [BOB]).newest == {BOB: {"users": (SYNCS[1], 2)}}
    assert later_accepted(folder, []).newest == {}


def test_what_did_not_change_is_in_place() -> None:
    folder = MemoryFolder()
    keep(folder, 0, ("ann",))
    keep(folder, 1, ("ann",), outcome="unchanged")
    keep(folder, 2, ("ann",), outcome="deleted")
    assert later_accepted(folder, [ANN]).newest == {ANN: {"users": (SYNCS[1], 1)}}


def test_each_stream_has_its_own() -> None:
    folder = MemoryFolder()
    keep(folder, 0, ("ann",))
    keep(folder, 1, ("ann",), stream="orders")
    found = {"users": (SYNCS[0], 1), "orders": (SYNCS[1], 1)}
    assert later_accepted(folder, [ANN]).newest == {ANN: found}


@pytest.mark.parametrize("outcome", ["rejected", "superseded", "deleted", "retried"])
def test_only_what_was_accepted_counts(outcome: str) -> None:
    folder = MemoryFolder()
    keep(folder, 0, ("ann",), outcome=outcome)
    assert later_accepted(folder, [ANN]).newest == {}
    assert [line.outcome for _, line in lines_of(folder, [ANN])] == [outcome]


def test_profile_of_another_target_is_another() -> None:
    folder = MemoryFolder()
    keep(folder, 0, ("ann",), db_id=2)
    assert later_accepted(folder, [ANN]).newest == {}
    assert list(later_accepted(folder, [ANN._replace(db_id=2)]).newest) == [ANN._replace(db_id=2)]


@pytest.mark.parametrize("values", [False, True])
@pytest.mark.parametrize("more", [0, FEW])
def test_any_identity_finds_a_line(values: bool, more: int) -> None:
    folder = MemoryFolder()
    keep(folder, 0, ('a"nn', "49301"), ("bob",), values=values)
    wanted = [
        *profiles(target(), ('a"nn', "49301")),
        *(Profile(1, "id", str(n)) for n in range(more)),
    ]
    assert [profile.identity for profile, _ in lines_of(folder, wanted)] == ['a"nn', "49301"]


def test_known_from_the_first_sync_that_is_whole() -> None:
    folder = MemoryFolder()
    assert since(folder) is None
    keep(folder, 0, ("ann",), number=3)  # what stood before it has gone
    assert since(folder) is None
    keep(folder, 1, ("ann",))
    keep(folder, 2, ("ann",))
    assert since(folder) == SYNCS[1]


@pytest.mark.parametrize("content", [b"", b"no gzip"])
def test_broken_part_is_named(content: bytes) -> None:
    folder = MemoryFolder()
    folder.write(parts.name(NOW, 0), content)
    with pytest.raises(
        StoreFailed, match=r"cannot be read: outcomes/2026_11_26_\d+_0\.jsonl\.gz\."
    ):
        later_accepted(folder, [ANN])


def test_broken_line_is_told_without_its_text() -> None:
    folder = MemoryFolder()
    parts.write(folder, parts.name(NOW, 0), b'{"key":"canary-7f3a"\n')
    with pytest.raises(StoreFailed) as raised:
        since(folder)
    assert "canary" not in str(raised.value)
