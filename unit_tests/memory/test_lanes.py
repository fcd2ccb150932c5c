from itertools import count

from destination_profiles.memory.lanes import Database, Sends, settle


def sends(stream: str, names: str | None, by: str = "email", db_id: int = 1) -> Sends:
    """Names are letters; None are those that rows have."""
    return Sends(
        stream, "https://example.com", db_id, by, None if names is None else frozenset(names)
    )


class Lanes:
    """Syncs of one memory, one after the other."""

    def __init__(self) -> None:
        self.databases: dict[str, Database] = {}
        self.told: list[str] = []
        self._seeds = count(1)

    def sync(self, *streams: Sends) -> dict[str, int | None]:
        self.told = []
        return settle(self.databases, streams, lambda: next(self._seeds), self.told.append)


def test_streams_that_share_a_field_share_a_lane() -> None:
    lanes = Lanes()
    assert lanes.sync(sends("a", "xy"), sends("b", "z"), sends("c", "yw")) == {
        "a": 1,
        "b": 2,
        "c": 1,
    }
    assert lanes.sync(sends("a", "xy"), sends("b", "z")) == {"a": 1, "b": 2}
    assert lanes.told == []


def test_streams_of_nothing_but_keys_share_a_lane() -> None:
    lanes = Lanes()
    assert lanes.sync(sends("a", ""), sends("b", ""), sends("c", "x")) == {"a": 1, "b": 1, "c": 2}
    assert lanes.sync(sends("a", ""), sends("c", "x")) == {"a": 1, "c": 2}
    assert (len(lanes.databases["1"].lanes), lanes.told) == (2, [])


def test_stream_of_any_fields_shares_all() -> None:
    lanes = Lanes()
    assert len(set(lanes.sync(sends("a", "x"), sends("b", "z"), sends("c", None)).values())) == 1


def test_databases_are_apart() -> None:
    assert Lanes().sync(sends("a", "x"), sends("b", "x", db_id=2)) == {"a": 1, "b": 2}


def test_another_address_begins_anew() -> None:
    """The same service may have two: what was sent to one is not what the other has."""
    lanes = Lanes()
    other = Sends("a", "https://example.org", 1, "email", frozenset("x"))
    assert lanes.sync(sends("a", "x")) == {"a": 1}
    assert lanes.sync(other) == {"a": 2}
    assert "at another address" in lanes.told[0]
    assert lanes.sync(sends("a", "x")) == {"a": 3}


def test_what_another_sync_sends_stays_in_its_lane() -> None:
    """Another sync of this name has other streams."""
    lanes = Lanes()
    lanes.sync(sends("a", "xy"))
    assert lanes.sync(sends("b", "z")) == {"b": 2}
    assert lanes.sync(sends("c", "y")) == {"c": 1}
    assert lanes.sync(sends("a", "xy")) == {"a": 1}


def test_lane_keeps_fields_that_a_stream_sends_no_more() -> None:
    """Its entries speak of them yet."""
    lanes = Lanes()
    lanes.sync(sends("a", "xy"))
    lanes.sync(sends("a", "x"))
    assert lanes.sync(sends("b", "y")) == {"b": 1}


def test_lanes_that_meet_are_begun_anew() -> None:
    lanes = Lanes()
    lanes.sync(sends("a", "x"), sends("b", "z"))
    assert lanes.sync(sends("a", "x"), sends("b", "z"), sends("c", "xz")) == dict.fromkeys("abc", 3)
    assert lanes.told == [
        "Streams of database 1 send fields that others alone have sent before, so everything is "
        "sent there that these have sent."
    ]
    assert lanes.sync(sends("a", "x"), sends("b", "z")) == {"a": 3, "b": 3}


def test_nothing_is_remembered_where_profiles_are_found_in_two_ways() -> None:
    lanes = Lanes()
    lanes.sync(sends("a", "x"), sends("d", "x", db_id=2))
    found = lanes.sync(sends("a", "x"), sends("b", "x", by="phone"), sends("d", "x", db_id=2))
    assert found == {"a": None, "b": None, "d": 2}
    assert "database 1 in different ways, by email and phone" in lanes.told[0]
    assert lanes.sync(sends("a", "x")) == {"a": 3}  # what was sent meanwhile was not seen


def test_another_way_to_find_profiles_begins_anew() -> None:
    lanes = Lanes()
    lanes.sync(sends("a", "x"))
    assert lanes.sync(sends("a", "x", by="phone")) == {"a": 2}
    assert "in another way than before" in lanes.told[0]
    assert lanes.sync(sends("a", "x")) == {"a": 3}
