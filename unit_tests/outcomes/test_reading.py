"""What outcomes tell of profiles."""

from typing import Any

import msgspec
import pytest

from destination_profiles.errors import StoreFailed
from destination_profiles.outcomes import parts, reading
from destination_profiles.outcomes.line import Line
from destination_profiles.outcomes.reading import (
    FEW,
    Known,
    Profile,
    arrived,
    known_of,
    lines_of,
    profiles,
    since,
)
from unit_tests.outcomes.kept import NOW, SYNCS, keep
from unit_tests.outcomes.memory import MemoryFolder
from unit_tests.settings import target

BY_EMAIL = target(mode="email", field_name=None)
ANN, BOB = Profile(1, "id", "ann"), Profile(1, "id", "bob")


def test_newest_place_counts() -> None:
    folder = MemoryFolder()
    keep(folder, 1, ("ann",), ("bob",), ("ann",))
    keep(folder, 0, ("ann",), ("bob",), ("bob",), ("bob",))
    known = known_of(folder, [ANN])
    assert (known.since, known.accepted) == (SYNCS[0], {ANN: {"users": (SYNCS[1], 3)}})
    assert known_of(folder, [BOB]).accepted == {BOB: {"users": (SYNCS[1], 2)}}
    assert known_of(folder, []) == Known(SYNCS[0])


def test_what_did_not_change_is_in_place() -> None:
    folder = MemoryFolder()
    keep(folder, 0, ("ann",))
    keep(folder, 1, ("ann",), outcome="unchanged")
    keep(folder, 2, ("ann",), outcome="retried")
    assert known_of(folder, [ANN]).accepted == {ANN: {"users": (SYNCS[1], 1)}}


@pytest.mark.parametrize(
    ("outcome", "count"), [("accepted", 2), ("superseded", 2), ("rejected", 0)]
)
def test_record_that_was_taken_after_all_has_arrived(outcome: str, count: int) -> None:
    """Another of the same profile, or of another stream, says nothing of it."""
    folder = MemoryFolder()
    keep(folder, 0, ("bob",), ("ann",), ("ann",), outcome=outcome)
    keep(folder, 1, ("ann",), ("ann",), outcome=outcome)
    keep(folder, 1, ("ann",), number=1, outcome=outcome, stream="orders")
    records = [("users", SYNCS[0], 3), ("users", SYNCS[1], 2), ("orders", SYNCS[1], 2)]
    assert known_of(folder, [ANN], records).arrived == set(records[:count])
    assert arrived(folder, SYNCS[0], records) == set(records[:count])
    assert known_of(folder, [ANN]).arrived == set()


def test_record_arrives_no_sooner_than_its_sync() -> None:
    folder = MemoryFolder()
    keep(folder, 0, ("ann",))
    record = ("users", SYNCS[0], 1)
    (name,) = folder.things
    day = NOW.isoformat()
    assert name.startswith("outcomes/2026_11_26_")
    assert arrived(folder, day, [record]) == {record}
    assert arrived(folder, day.replace("-26", "-27"), [record]) == set()


DELETIONS = [("deleted", {}), ("rejected", {"step": "deleted", "code": "deleted"})]


@pytest.mark.parametrize(("outcome", "why"), DELETIONS)
def test_what_the_source_has_deleted_stands_apart(outcome: str, why: Any) -> None:
    folder = MemoryFolder()
    keep(folder, 0, ("ann",))
    keep(folder, 1, ("ann",), outcome=outcome, **why)
    known = known_of(folder, [ANN])
    assert known.accepted == {ANN: {"users": (SYNCS[0], 1)}}
    assert known.deleted == {ANN: {"users": (SYNCS[1], 1)}}
    assert list(known.newest(ANN)) == [("users", (SYNCS[0], 1)), ("users", (SYNCS[1], 1))]
    assert list(known.newest(BOB)) == []


def test_each_stream_has_its_own() -> None:
    folder = MemoryFolder()
    keep(folder, 0, ("ann",))
    keep(folder, 1, ("ann",), stream="orders")
    found = {"users": (SYNCS[0], 1), "orders": (SYNCS[1], 1)}
    assert known_of(folder, [ANN]).accepted == {ANN: found}


@pytest.mark.parametrize("outcome", ["rejected", "superseded", "retried"])
def test_what_was_not_the_last_word_does_not_count(outcome: str) -> None:
    folder = MemoryFolder()
    keep(folder, 0, ("ann",), outcome=outcome)
    keep(folder, 1, ("ann",), outcome=outcome, found=BY_EMAIL)
    assert known_of(folder, [ANN]) == Known(SYNCS[0])
    assert [line.outcome for _, line in lines_of(folder, [ANN])] == [outcome]


def test_profile_of_another_target_is_another() -> None:
    folder = MemoryFolder()
    keep(folder, 0, ("ann",), found=target(2))
    assert known_of(folder, [ANN]).accepted == {}
    assert list(known_of(folder, [ANN._replace(db_id=2)]).accepted) == [ANN._replace(db_id=2)]


@pytest.mark.parametrize("more", [0, FEW])
@pytest.mark.parametrize("outcome", ["accepted", "unchanged", "deleted"])
def test_what_is_found_by_something_else_is_known_by_its_stream(outcome: str, more: int) -> None:
    folder = MemoryFolder()
    keep(folder, 0, ("ann",))
    keep(folder, 1, ("a@x.org",), ("b@x.org",), outcome=outcome, found=BY_EMAIL, stream="crm.a")
    keep(folder, 2, ("c@x.org",), found=target(2, mode="email", field_name=None), stream="b")
    known = known_of(folder, [ANN, *(ANN._replace(identity=str(n)) for n in range(more))])
    assert list(known.other_keys(target())) == [("crm.a", "email", (SYNCS[1], 2))]
    assert list(known.other_keys(target(2))) == [("b", "email", (SYNCS[2], 1))]
    assert list(known.other_keys(target(3))) == []


def test_of_profiles_that_are_found_in_several_ways_each_is_another() -> None:
    folder = MemoryFolder()
    keep(folder, 0, ("bob",))
    keep(folder, 1, ("b@x.org",), found=BY_EMAIL)
    known = known_of(folder, [ANN, Profile(1, "email", "a@x.org")])
    assert list(known.other_keys(target())) == [("users", "email", (SYNCS[1], 1))]
    assert list(known.other_keys(BY_EMAIL)) == [("users", "id", (SYNCS[0], 1))]


def test_only_what_may_be_of_interest_is_decoded(monkeypatch: pytest.MonkeyPatch) -> None:
    folder, decoded = MemoryFolder(), []
    keep(folder, 0, *[(str(number),) for number in range(9)], ("ann",))
    keep(folder, 1, *[(str(number),) for number in range(9)])
    keep(folder, 2, ("ann",), ("a@x.org",), found=BY_EMAIL)
    known_since = since(folder)
    monkeypatch.setattr(reading, "since", lambda _: known_since)

    def decode(text: bytes) -> list[Line]:
        decoded.append(text.count(b'"row"'))
        return msgspec.json.Decoder(Line).decode_lines(text)

    monkeypatch.setattr(reading, "_decode_lines", decode)
    known_of(folder, [ANN])
    assert decoded == [1, 0, 2]
    decoded.clear()
    assert len(list(lines_of(folder, [ANN]))) == 1
    assert decoded == [1, 0, 1]


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


def test_row_without_a_key_is_of_no_profile() -> None:
    folder, empty = MemoryFolder(), ANN._replace(identity="")
    keep(folder, 0, (), values=True)
    assert list(lines_of(folder, [empty])) == []
    keep(folder, 1, ("",), values=True)
    assert [profile for profile, _ in lines_of(folder, [empty])] == [empty]


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
    folder.write(parts.name(NOW, 0, "012345678"), content)
    with pytest.raises(
        StoreFailed, match=r"cannot be read: outcomes/2026_11_26_\d+_0012345678\.jsonl\.gz\."
    ):
        known_of(folder, [ANN])


def test_broken_line_is_told_without_its_text() -> None:
    folder = MemoryFolder()
    parts.write(folder, parts.name(NOW, 0, "012345678"), b'{"key":"canary-7f3a"\n')
    with pytest.raises(StoreFailed) as raised:
        since(folder)
    assert "canary" not in str(raised.value)
